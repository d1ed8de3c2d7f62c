#include "api/query.h"

#include <stdio.h>

#include "support/cmocka.h"
#include "support/dies.h"

static const char *const names[] = {"after", "limit", "from", "a b", NULL};
static struct query query;

struct row {
	const char *text;
	const char *values[4]; /* NULL: not given */
};

static void test_good(void **state)
{
	static const struct row rows[] = {
		{"", {0}},
		{"&", {0}},
		{"&&&", {0}},
		{"after=x", {"x"}},
		{"after=x&limit=7&from=y", {"x", "7", "y"}},
		{"from=y&after=x", {"x", NULL, "y"}},
		{"&after=x&", {"x"}},
		{"after", {""}},
		{"after=", {""}},
		{"after=a=b=c", {"a=b=c"}},
		{"after=a+b%2Bc%20d", {"a b+c d"}},
		{"%61fter=x", {"x"}},
		{"a+b=1", {NULL, NULL, NULL, "1"}},
		{"a%20b=%31", {NULL, NULL, NULL, "1"}},
		{"after=%41", {"A"}},
		{"after=%c3%A4", {"\xc3\xa4"}},
		{"after=?/:@-._~", {"?/:@-._~"}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct problem problem = {0};

		assert_true(query_parse(
			&query, str_from(rows[i].text), names, &problem));
		assert_int_equal(problem.kind, PROBLEM_NONE);
		for (size_t n = 0; names[n]; n++) {
			struct str got = query_get(&query, names[n]);

			if (rows[i].values[n])
				assert_true(got.p &&
					    str_is(got, rows[i].values[n]));
			else
				assert_null(got.p);
		}
	}
}

static void test_bad(void **state)
{
	static const struct {
		const char *text, *detail;
	} rows[] = {
		{"x=1", "There is no query parameter \"x\" here."},
		{"After=1", "There is no query parameter \"After\" here."},
		{"after =1", "There is no query parameter \"after \" here."},
		{"=1", "There is no query parameter \"\" here."},
		{"after=1&after=1",
			"The query parameter \"after\" is given twice."},
		{"after&after=", "The query parameter \"after\" is given "
				 "twice."},
		{"after=1&%61fter=2",
			"The query parameter \"after\" is given twice."},
		{"after=%", "A query parameter has a bad percent-escape."},
		{"after=%4", "A query parameter has a bad percent-escape."},
		{"after=%4g", "A query parameter has a bad percent-escape."},
		{"after=%-1", "A query parameter has a bad percent-escape."},
		{"after=%%41", "A query parameter has a bad percent-escape."},
		{"aft%er=1", "A query parameter has a bad percent-escape."},
		{"limit=1&x", "There is no query parameter \"x\" here."},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct problem problem = {0};

		assert_false(query_parse(
			&query, str_from(rows[i].text), names, &problem));
		assert_int_equal(problem.kind, PROBLEM_BAD_PARAMETER);
		assert_string_equal(problem.detail, rows[i].detail);
	}
}

static void test_no_params(void **state)
{
	struct problem problem = {0};

	(void)state;
	assert_true(query_parse(&query, STR(""), NULL, &problem));
	assert_false(query_parse(&query, STR("after=1"), NULL, &problem));
}

static void test_lengths(void **state)
{
	static char text[QUERY_BYTES_MAX + 1];
	struct problem problem = {0};

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < 6; i++)
		text[i] = "after="[i];
	assert_true(query_parse(
		&query, str_make(text, QUERY_BYTES_MAX), names, &problem));
	assert_int_equal(query_get(&query, "after").n, QUERY_BYTES_MAX - 6);
	assert_false(query_parse(
		&query, str_make(text, QUERY_BYTES_MAX + 1), names, &problem));
	/* A long unknown name is not said in full. */
	problem = (struct problem){0};
	assert_false(
		query_parse(&query, str_make(text + 6, 1000), names, &problem));
	assert_true(strlen(problem.detail) < 120);
}

/* The values are the query's own: the text may go. */
static void test_copies(void **state)
{
	char text[] = "after=abc";
	struct problem problem = {0};

	(void)state;
	assert_true(query_parse(&query, str_from(text), names, &problem));
	memset(text, 0, sizeof(text));
	assert_true(str_is(query_get(&query, "after"), "abc"));
}

static void get_unknown(void *arg)
{
	(void)query_get(&query, arg);
}

static void test_unknown_get_is_a_bug(void **state)
{
	char known[] = "after", unknown[] = "other";
	struct problem problem = {0};

	(void)state;
	assert_true(query_parse(&query, STR(""), names, &problem));
	assert_false(dies(get_unknown, known));
	assert_true(dies(get_unknown, unknown));
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t v;
	} rows[] = {
		{"", true, 77},
		{"limit=1", true, 1},
		{"limit=1000", true, 1000},
		{"limit=0", false, 77},
		{"limit=1001", false, 77},
		{"limit=", false, 77},
		{"limit", false, 77},
		{"limit=-1", false, 77},
		{"limit=%2B1", false, 77},
		{"limit=+1", false, 77},
		{"limit=1e2", false, 77},
		{"limit=99999999999999999999999", false, 77},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct problem problem = {0};
		uint64_t v = 77;

		assert_true(query_parse(
			&query, str_from(rows[i].text), names, &problem));
		assert_int_equal(
			query_u64(&query, "limit", 1, 1000, &v, &problem),
			rows[i].ok);
		assert_true(v == rows[i].v);
		assert_int_equal(problem.kind,
			rows[i].ok ? PROBLEM_NONE : PROBLEM_BAD_PARAMETER);
	}
}

static void test_times(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t ms;
	} rows[] = {
		{"", true, 77},
		{"from=2026-11-23T00:00:00Z", true, 1795392000000},
		{"from=2026-11-23T05:30:00%2B05:30", true, 1795392000000},
		/* A '+' is a blank. */
		{"from=2026-11-23T05:30:00+05:30", false, 77},
		{"from=2026-11-23", false, 77},
		{"from=", false, 77},
		{"from=now", false, 77},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct problem problem = {0};
		uint64_t ms = 77;

		assert_true(query_parse(
			&query, str_from(rows[i].text), names, &problem));
		assert_int_equal(
			query_time(&query, "from", &ms, &problem), rows[i].ok);
		assert_true(ms == rows[i].ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_no_params),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_unknown_get_is_a_bug),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
