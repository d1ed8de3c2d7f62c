#include "service/problem.h"

#include <string.h>

#include "base/num.h"
#include "support/cmocka.h"

/* The names and statuses are the API's contract. */
static void test_kinds(void **state)
{
	static const struct {
		enum problem_kind kind;
		int status;
		const char *name;
	} rows[] = {
		{PROBLEM_MALFORMED, 400, "malformed"},
		{PROBLEM_BAD_PARAMETER, 400, "bad-parameter"},
		{PROBLEM_UNAUTHORIZED, 401, "unauthorized"},
		{PROBLEM_FORBIDDEN, 403, "forbidden"},
		{PROBLEM_NOT_FOUND, 404, "not-found"},
		{PROBLEM_METHOD, 405, "method-not-allowed"},
		{PROBLEM_TIMEOUT, 408, "timeout"},
		{PROBLEM_CONFLICT, 409, "conflict"},
		{PROBLEM_IN_FLIGHT, 409, "in-flight"},
		{PROBLEM_CURSOR_GONE, 410, "cursor-gone"},
		{PROBLEM_TOO_LARGE, 413, "too-large"},
		{PROBLEM_TARGET_TOO_LONG, 414, "target-too-long"},
		{PROBLEM_MEDIA_TYPE, 415, "media-type"},
		{PROBLEM_EXPECTATION, 417, "expectation"},
		{PROBLEM_INVALID, 422, "invalid"},
		{PROBLEM_KEY_REUSED, 422, "key-reused"},
		{PROBLEM_HEAD_TOO_LARGE, 431, "head-too-large"},
		{PROBLEM_INTERNAL, 500, "internal"},
		{PROBLEM_NOT_IMPLEMENTED, 501, "not-implemented"},
		{PROBLEM_UNAVAILABLE, 503, "unavailable"},
		{PROBLEM_HTTP_VERSION, 505, "http-version"},
	};

	(void)state;
	assert_int_equal(COUNT_OF(rows), PROBLEM_KINDS - 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum problem_kind kind = rows[i].kind;

		assert_int_equal(problem_status(kind), rows[i].status);
		assert_string_equal(problem_name(kind), rows[i].name);
		assert_true(strlen(problem_title(kind)) > 5);
		assert_true(strlen(problem_help(kind)) > 10);
		assert_int_equal(
			problem_status(problem_of_status(rows[i].status)),
			rows[i].status);
	}
	assert_int_equal(problem_of_status(418), PROBLEM_INTERNAL);
	assert_int_equal(problem_of_status(400), PROBLEM_MALFORMED);
}

static void test_the_first_wins(void **state)
{
	struct problem p = {0};

	(void)state;
	problem_set(&p, PROBLEM_CONFLICT, "first %d", 1);
	problem_set(&p, PROBLEM_INTERNAL, "second");
	problem_from_err(&p, ERR_IO);
	assert_int_equal(p.kind, PROBLEM_CONFLICT);
	assert_string_equal(p.detail, "first 1");
}

static void test_long_detail_is_cut(void **state)
{
	struct problem p = {0};
	char text[2 * PROBLEM_DETAIL_MAX];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	problem_set(&p, PROBLEM_CONFLICT, "%s", text);
	assert_int_equal(strlen(p.detail), PROBLEM_DETAIL_MAX - 1);
}

static void test_from_err(void **state)
{
	static const struct {
		enum err err;
		int status;
	} rows[] = {
		{ERR_DISK_FULL, 503},
		{ERR_IO, 503},
		{ERR_NOMEM, 503},
		{ERR_FULL, 503},
		{ERR_CLOSED, 503},
		{ERR_CORRUPT, 500},
		{ERR_VERSION, 500},
		{ERR_SYSTEM, 500},
		{ERR_INVALID, 500},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct problem p = {0};

		problem_from_err(&p, rows[i].err);
		assert_int_equal(problem_status(p.kind), rows[i].status);
		assert_true(p.detail[0] != '\0');
	}
}

static void check_json(
	const struct problem *p, size_t bytes_max, const char *want)
{
	struct buf b;

	buf_init(&b, PROBLEM_BYTES_MAX);
	buf_text(&b, "before ");
	problem_put(&b, p, bytes_max);
	assert_int_equal(buf_err(&b), OK);
	assert_string_equal(buf_cstr(&b) + 7, want);
	buf_deinit(&b);
}

static void test_json(void **state)
{
	struct problem p = {0};

	(void)state;
	problem_set(&p, PROBLEM_NOT_FOUND, "There is no \"%s\".", "x");
	check_json(&p, PROBLEM_BYTES_MAX,
		"{\"type\":\"/problems/not-found\",\"title\":\"There is no "
		"such thing\",\"status\":404,\"detail\":\"There is no "
		"\\\"x\\\".\"}");
	p = (struct problem){.oldest_cursor = "abc"};
	problem_set(&p, PROBLEM_CURSOR_GONE, "Gone.");
	check_json(&p, PROBLEM_BYTES_MAX,
		"{\"type\":\"/problems/cursor-gone\",\"title\":\"The cursor is "
		"no longer valid\",\"status\":410,\"detail\":\"Gone.\","
		"\"oldest_cursor\":\"abc\"}");
	p = (struct problem){0};
	json_finding_add(&p.findings, "#", STR("link"), "is %s", "wrong");
	json_finding_add(&p.findings, "#/params", STR("a/b"), "too");
	problem_set(&p, PROBLEM_INVALID, "Two.");
	check_json(&p, PROBLEM_BYTES_MAX,
		"{\"type\":\"/problems/invalid\",\"title\":\"The content is "
		"not valid\",\"status\":422,\"detail\":\"Two.\",\"errors\":["
		"{\"detail\":\"is wrong\",\"pointer\":\"#/link\"},"
		"{\"detail\":\"too\",\"pointer\":\"#/params/a~1b\"}]}");
	/* What finds no room is left out from the end. */
	check_json(&p, 180,
		"{\"type\":\"/problems/invalid\",\"title\":\"The content is "
		"not valid\",\"status\":422,\"detail\":\"Two.\",\"errors\":["
		"{\"detail\":\"is wrong\",\"pointer\":\"#/link\"}]}");
	check_json(&p, 1,
		"{\"type\":\"/problems/invalid\",\"title\":\"The content is "
		"not valid\",\"status\":422,\"detail\":\"Two.\"}");
}

/* The worst that there can be fits PROBLEM_BYTES_MAX, and a refusal its own
 * maximum but for the fixed parts. */
static void test_worst(void **state)
{
	char name[300];
	struct problem p = {0};
	struct buf b;

	(void)state;
	memset(name, 1, sizeof(name)); /* six bytes each, as JSON */
	for (int i = 0; i < JSON_FINDINGS_MAX + 5; i++)
		json_finding_add(&p.findings, "#", str_make(name, sizeof(name)),
			"%.*s", 299, name);
	problem_set(&p, PROBLEM_INVALID, "%.*s", 299, name);
	buf_init(&b, 2 * (size_t)PROBLEM_BYTES_MAX);
	problem_put(&b, &p, PROBLEM_BYTES_MAX);
	assert_int_equal(buf_err(&b), OK);
	assert_true(b.n <= PROBLEM_BYTES_MAX);
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_the_first_wins),
		cmocka_unit_test(test_long_detail_is_cut),
		cmocka_unit_test(test_from_err),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_worst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
