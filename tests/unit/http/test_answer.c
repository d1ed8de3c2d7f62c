#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/answer.h"
#include "http/exchange.h"

#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

static const struct {
	struct http_answer_head head;
	const char *want;
} rows[] = {
	{{.status = 302, .lines = {"Location: x\r\n", 13}},
		"HTTP/1.1 302 Found\r\n" DATE
		"Location: x\r\nContent-Length: 0\r\n\r\n"},
	{{.status = 200, .content_length = SIZE_MAX, .close = true},
		"HTTP/1.1 200 OK\r\n" DATE
		"Content-Length: 18446744073709551615\r\n"
		"Connection: close\r\n\r\n"},
	{{.status = 200, .length = ANSWER_CHUNKED, .keep_alive = true},
		"HTTP/1.1 200 OK\r\n" DATE "Transfer-Encoding: chunked\r\n"
		"Connection: keep-alive\r\n\r\n"},
	{{.status = 200,
		 .length = ANSWER_CHUNKED,
		 .close = true,
		 .gzip = true,
		 .varies = true},
		"HTTP/1.1 200 OK\r\n" DATE "Transfer-Encoding: chunked\r\n"
		"Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n"
		"Connection: close\r\n\r\n"},
	{{.status = 204, .length = ANSWER_OPEN},
		"HTTP/1.1 204 No Content\r\n" DATE "\r\n"},
	{{.status = 599}, "HTTP/1.1 599 \r\n" DATE "Content-Length: 0\r\n\r\n"},
	{{.status = 431, .content_length = 10, .close = true},
		"HTTP/1.1 431 Request Header Fields Too Large\r\n" DATE
		"Content-Length: 10\r\nConnection: close\r\n\r\n"},
};

static void test_heads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_answer_head head = rows[i].head;
		char text[HTTP_ANSWER_HEAD_MAX + 64];
		size_t n;

		head.date_line = STR(DATE);
		n = http_put_answer_head(text, &head);
		assert_true(n <= HTTP_ANSWER_HEAD_MAX + head.lines.n);
		if (!str_is(str_make(text, n), rows[i].want))
			fail_msg("row %zu: %.*s", i, (int)n, text);
	}
}

static const struct {
	uint64_t wall_ms;
	const char *want;
} dates[] = {
	{784111777999, DATE},
	{0, "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"},
	{951782400000, "Date: Tue, 29 Feb 2000 00:00:00 GMT\r\n"},
	{1795413600000, "Date: Mon, 23 Nov 2026 06:00:00 GMT\r\n"},
};

static void test_dates(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		char text[HTTP_DATE_LINE_MAX];
		size_t n = http_put_date_line(text, dates[i].wall_ms);

		if (!str_is(str_make(text, n), dates[i].want))
			fail_msg("row %zu: %.*s", i, (int)n, text);
	}
}

static void test_statuses(void **state)
{
	(void)state;
	assert_string_equal(http_status_text(404), "Not Found");
	assert_string_equal(http_status_text(299), "");
	assert_string_equal(http_status_text(-1), "");
	assert_string_equal(http_status_text(600), "");
	assert_true(http_status_has_body(302));
	assert_false(http_status_has_body(204));
	assert_false(http_status_has_body(304));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
