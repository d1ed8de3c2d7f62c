#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "http/chunked.h"

/* Decodes with pieces of at most `piece` bytes, taking at most `bite` of them
 * at once; what stands behind the end is counted in *rest. */
static enum http_chunk decode(struct str bytes, size_t piece, size_t bite,
	struct buf *out, size_t *rest)
{
	struct http_chunked chunked = {0};
	enum http_chunk got = CHUNK_MORE;
	size_t at = 0, end = 0;

	while (got == CHUNK_MORE && end < bytes.n) {
		struct str here, data;

		end = end + piece < bytes.n ? end + piece : bytes.n;
		here = str_make(bytes.p + at, end - at);
		while ((got = http_chunked_next(&chunked, &here, &data)) ==
			CHUNK_DATA) {
			size_t n = data.n < bite ? data.n : bite;

			buf_add(out, data.p, n);
			http_chunked_took(&chunked, n);
			here = str_skip(here, n);
		}
		at = end - here.n;
	}
	*rest = bytes.n - at;
	return got;
}

static const struct {
	enum http_chunk want;
	const char *data;
	size_t rest;
	struct str bytes;
} rows[] = {
	{CHUNK_END, "", 0, STR("0\r\n\r\n")},
	{CHUNK_END, "", 3, STR("0\r\n\r\nGET")},
	{CHUNK_END, "hello", 0, STR("5\r\nhello\r\n0\r\n\r\n")},
	{CHUNK_END, "hello world", 2,
		STR("5\r\nhello\r\n006\r\n world\r\n00\r\n\r\nXY")},
	{CHUNK_END, "0123456789", 0, STR("A\r\n0123456789\r\n0\r\n\r\n")},
	{CHUNK_END, "0123456789", 0, STR("a\r\n0123456789\r\n0\r\n\r\n")},
	{CHUNK_END, "\r\n", 0, STR("2\r\n\r\n\r\n0\r\n\r\n")},
	{CHUNK_END, "x", 0,
		STR("000000000000000000000000000001\r\nx\r\n0\r\n\r\n")},
	{CHUNK_MORE, "", 0, STR("")},
	{CHUNK_MORE, "", 0, STR("5")},
	{CHUNK_MORE, "hel", 0, STR("5\r\nhel")},
	{CHUNK_MORE, "hello", 0, STR("5\r\nhello\r\n0\r\n")},
	{CHUNK_MORE, "", 0, STR("ffffffffffffff\r\n")},
	{CHUNK_BAD, "", 2, STR("\r\n")},
	{CHUNK_BAD, "", 4, STR(" 5\r\n")},
	{CHUNK_BAD, "", 3, STR("5 \r\n")},
	{CHUNK_BAD, "", 4, STR("0x5 ")},
	{CHUNK_BAD, "", 3, STR("+5\r")},
	{CHUNK_BAD, "", 3, STR("-5\r")},
	{CHUNK_BAD, "", 5, STR("5;a=b")},
	{CHUNK_BAD, "", 1, STR("5\n")},
	{CHUNK_BAD, "", 2, STR("5\rx\n")},
	{CHUNK_BAD, "", 3, STR("g\r\n")},
	{CHUNK_BAD, "hello", 1, STR("5\r\nhellox")},
	{CHUNK_BAD, "hello", 1, STR("5\r\nhello\n")},
	{CHUNK_BAD, "hello", 1, STR("5\r\nhello\rx")},
	{CHUNK_BAD, "", 4, STR("0\r\nA: b")},
	{CHUNK_BAD, "", 1, STR("0\r\n\rx")},
	{CHUNK_BAD, "", 1, STR("ffffffffffffffff")},
	{CHUNK_BAD, "", 3,
		STR("00000000000000000000000000000000"
		    "000")},
};

static void check(size_t i, size_t piece, size_t bite)
{
	struct buf out;
	size_t rest;
	enum http_chunk got;

	buf_init(&out, 1024);
	got = decode(rows[i].bytes, piece, bite, &out, &rest);
	if (got != rows[i].want)
		fail_msg("row %zu by %zu and %zu: want %d, got %d", i, piece,
			bite, rows[i].want, got);
	if (!str_is(buf_view(&out), rows[i].data))
		fail_msg("row %zu by %zu and %zu: got \"%.*s\"", i, piece, bite,
			STR_FMT(buf_view(&out)));
	if (got == CHUNK_END)
		assert_int_equal(rest, rows[i].rest);
	buf_deinit(&out);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t piece = 1; piece <= rows[i].bytes.n + 1; piece++) {
			check(i, piece, 1);
			check(i, piece, 3);
			check(i, piece, 1000);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
