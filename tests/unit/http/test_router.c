#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "http/router.h"

static const struct http_route routes[] = {
	{HTTP_GET, "/", "root"},
	{HTTP_POST, "/v1/tokens", "mint"},
	{HTTP_GET, "/v1/tokens", "list"},
	{HTTP_POST, "/v1/tokens/check", "check"},
	{HTTP_GET, "/v1/tokens/{token}", "get"},
	{HTTP_PATCH, "/v1/tokens/{token}", "patch"},
	{HTTP_DELETE, "/v1/tokens/{token}", "delete"},
	{HTTP_PUT, "/v1/t/{name}/{language}/x", "two"},
	{HTTP_HEAD, "/own", "own head"},
	{HTTP_GET, "/own", "own get"},
};

static const struct {
	enum err want;
	enum http_method method;
	const char *path;
	const char *data; /* or the value of Allow */
	const char *first, *second;
} rows[] = {
	{OK, HTTP_GET, "/", "root"},
	{OK, HTTP_HEAD, "/", "root"},
	{OK, HTTP_POST, "/v1/tokens", "mint"},
	{OK, HTTP_HEAD, "/v1/tokens", "list"},
	{OK, HTTP_HEAD, "/own", "own head"},
	{OK, HTTP_GET, "/own", "own get"},
	{OK, HTTP_POST, "/v1/tokens/check", "check"},
	{OK, HTTP_GET, "/v1/tokens/check", "get", "check"},
	{OK, HTTP_GET, "/v1/tokens/uAbC", "get", "uAbC"},
	{OK, HTTP_GET, "/v1/tokens/a%2Fb%20%c3%A9+", "get", "a/b \xc3\xa9+"},
	{OK, HTTP_PUT, "/v1/t/a%25/b/x", "two", "a%", "b"},
	{ERR_NOT_FOUND, HTTP_GET, "", NULL},
	{ERR_NOT_FOUND, HTTP_GET, "*", NULL},
	{ERR_NOT_FOUND, HTTP_GET, "//", NULL},
	{ERR_NOT_FOUND, HTTP_GET, "/v1", NULL},
	{ERR_NOT_FOUND, HTTP_GET, "/v1/tokens/", NULL},
	{ERR_NOT_FOUND, HTTP_GET, "/v1/tokens/a/", NULL},
	{ERR_NOT_FOUND, HTTP_GET, "/v1//tokens", NULL},
	{ERR_NOT_FOUND, HTTP_GET, "/V1/tokens", NULL},
	{ERR_NOT_FOUND, HTTP_PUT, "/v1/t/a//x", NULL},
	{ERR_DENIED, HTTP_PUT, "/", "GET, HEAD"},
	{ERR_DENIED, HTTP_DELETE, "/v1/tokens", "GET, HEAD, POST"},
	{ERR_DENIED, HTTP_OTHER, "/v1/tokens/a", "GET, HEAD, PATCH, DELETE"},
	{ERR_DENIED, HTTP_PUT, "/v1/tokens/check",
		"GET, HEAD, POST, PATCH, DELETE"},
	{ERR_NOT_FOUND, HTTP_HEAD, "/v1/tokens/check/x", NULL},
	{ERR_INVALID, HTTP_GET, "/v1/tokens/%", NULL},
	{ERR_INVALID, HTTP_GET, "/v1/tokens/%4", NULL},
	{ERR_INVALID, HTTP_GET, "/v1/tokens/%4g", NULL},
	{ERR_INVALID, HTTP_GET, "/v1/tokens/a%00", NULL},
};

static void check(size_t i, enum err want)
{
	static struct http_match m;
	enum err e = http_route_find(routes, sizeof(routes) / sizeof(routes[0]),
		rows[i].method, str_from(rows[i].path), &m);

	if (e != want)
		fail_msg("row %zu: want %d, got %d", i, want, e);
	if (e == ERR_DENIED)
		assert_string_equal(m.allow, rows[i].data);
	if (e)
		return;
	if (strcmp(m.route->data, rows[i].data) != 0)
		fail_msg("row %zu: got %s", i, (const char *)m.route->data);
	assert_int_equal(m.captures_n, !!rows[i].first + !!rows[i].second);
	if (rows[i].first)
		assert_true(str_is(m.captures[0], rows[i].first));
	if (rows[i].second)
		assert_true(str_is(m.captures[1], rows[i].second));
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check(i, rows[i].want);
	}
}

static void test_long_capture(void **state)
{
	static struct http_match m;
	char path[11 + HTTP_CAPTURE_BYTES + 1] = "/v1/tokens/";
	const size_t n = sizeof(routes) / sizeof(routes[0]);

	(void)state;
	memset(path + 11, 'a', HTTP_CAPTURE_BYTES + 1);
	assert_int_equal(http_route_find(routes, n, HTTP_GET,
				 str_make(path, sizeof(path) - 1), &m),
		OK);
	assert_int_equal(m.captures[0].n, HTTP_CAPTURE_BYTES);
	assert_int_equal(http_route_find(routes, n, HTTP_GET,
				 str_make(path, sizeof(path)), &m),
		ERR_TOO_LONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_long_capture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
