/* list.c between stand-ins for the call's own functions. */
#include "api/list.h"

#include "api/links.h"
#include "support/cmocka.h"

static struct buf answer;
static int answered;
static size_t failures;

struct buf *call_answer_begin(struct call *c)
{
	(void)c;
	buf_reset(&answer);
	return &answer;
}

void call_answer(struct call *c, int status, struct str extra_lines)
{
	(void)c;
	assert_int_equal(extra_lines.n, 0);
	answered = status;
}

void call_fail(struct call *c)
{
	assert_int_not_equal(c->problem.kind, PROBLEM_NONE);
	failures++;
}

static struct call call;

static bool read(const char *query, struct str *after, uint64_t *limit)
{
	call.problem = (struct problem){0};
	assert_true(query_parse(
		&call.query, str_from(query), list_params, &call.problem));
	return list_read(&call, after, limit);
}

static void test_read(void **state)
{
	static const struct {
		const char *query;
		bool ok;
		const char *after;
		uint64_t limit;
	} rows[] = {
		{"", true, NULL, LIST_LIMIT_DEFAULT},
		{"after=", true, "", LIST_LIMIT_DEFAULT},
		{"after=a.b&limit=1", true, "a.b", 1},
		{"limit=1000", true, NULL, LIST_LIMIT_MAX},
		{"limit=1001", false, NULL, 0},
		{"limit=0", false, NULL, 0},
		{"limit=x", false, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t before = failures;
		struct str after;
		uint64_t limit;

		assert_int_equal(
			read(rows[i].query, &after, &limit), rows[i].ok);
		assert_int_equal(failures - before, !rows[i].ok);
		if (!rows[i].ok)
			continue;
		assert_true(limit == rows[i].limit);
		if (rows[i].after)
			assert_true(after.p && str_is(after, rows[i].after));
		else
			assert_null(after.p);
	}
}

static void test_answers(void **state)
{
	static const struct {
		unsigned items;
		const char *next, *want;
	} rows[] = {
		{0, NULL, "{\"items\":[],\"next\":null}"},
		{1, NULL, "{\"items\":[0],\"next\":null}"},
		{3, "a\"b", "{\"items\":[0,1,2],\"next\":\"a\\\"b\"}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct json_writer w;

		answered = 0;
		list_begin(&call, &w);
		for (unsigned n = 0; n < rows[i].items; n++)
			json_put_u64(&w, n);
		list_answer(&call, &w,
			rows[i].next ? str_from(rows[i].next)
				     : str_make(NULL, 0));
		assert_int_equal(answered, 200);
		assert_string_equal(buf_cstr(&answer), rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_answers),
	};
	int rc;

	buf_init(&answer, 4096);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	buf_deinit(&answer);
	return rc;
}
