#include "core/json_quote.h"

#include <stdlib.h>
#include <string.h>

#include "support/cmocka.h"

enum {
	LENGTH_MAX = 70, /* several blocks and every tail */
	OUT_MAX = 1024,
};

/* Into memory of exactly the size that was told, so that a sanitizer sees a
 * byte too many. */
static char *quote(struct str s, size_t *size)
{
	char *out;

	*size = json_quoted_size(s);
	assert_true(*size <= JSON_QUOTED_MAX(s.n));
	out = malloc(*size);
	assert_non_null(out);
	assert_ptr_equal(json_quote(out, s), out + *size);
	return out;
}

static void check(struct str s, const char *want, size_t want_n)
{
	size_t size;
	char *out = quote(s, &size);

	assert_int_equal(size, want_n);
	assert_memory_equal(out, want, want_n);
	free(out);
}

/* What each byte becomes, alone. */
static size_t naive(unsigned char c, char *to)
{
	static const char digits[] = "0123456789abcdef";
	static const char replacement[3] = {'\xef', '\xbf', '\xbd'};
	static const char escape[4] = {'\\', 'u', '0', '0'};
	static const char from[] = "\b\f\n\r\t\"\\";
	static const char letter[] = "bfnrt\"\\";
	const char *at = c ? strchr(from, c) : NULL;

	if (at) {
		to[0] = '\\';
		to[1] = letter[at - from];
		return 2;
	}
	if (c < 0x20) {
		memcpy(to, escape, sizeof(escape));
		to[4] = digits[c >> 4];
		to[5] = digits[c & 15];
		return 6;
	}
	if (c >= 0x80) {
		memcpy(to, replacement, sizeof(replacement));
		return 3;
	}
	to[0] = (char)c;
	return 1;
}

/* Every byte at every place of every length. */
static void test_places(void **state)
{
	char text[LENGTH_MAX], want[OUT_MAX];

	(void)state;
	for (size_t n = 1; n <= LENGTH_MAX; n++) {
		for (unsigned c = 0; c < 256 * n; c++) {
			size_t at = c / 256, want_n = 0;

			want[want_n++] = '"';
			for (size_t i = 0; i < n; i++) {
				unsigned char byte =
					(unsigned char)(i == at ? c % 256
								: 'a' + i % 26);

				text[i] = (char)byte;
				want_n += naive(byte, want + want_n);
			}
			want[want_n++] = '"';
			check(str_make(text, n), want, want_n);
		}
	}
}

/* Nothing but bytes that grow. */
static void test_all_special(void **state)
{
	static const unsigned char bytes[] = {'"', '\\', '\n', 1, 0x80, 0xff};

	(void)state;
	for (size_t b = 0; b < sizeof(bytes); b++) {
		for (size_t n = 0; n <= LENGTH_MAX; n++) {
			char text[LENGTH_MAX], want[OUT_MAX];
			size_t want_n = 0;

			memset(text, bytes[b], sizeof(text));
			want[want_n++] = '"';
			for (size_t i = 0; i < n; i++)
				want_n += naive(bytes[b], want + want_n);
			want[want_n++] = '"';
			check(str_make(text, n), want, want_n);
		}
	}
}

#define TEXT(literal)                                                          \
	{                                                                      \
		(literal), sizeof(literal) - 1                                 \
	}

static void test_utf8(void **state)
{
	static const struct {
		struct str s;
		const char *json;
	} rows[] = {
		{{NULL, 0}, "\"\""},
		{TEXT("caf\xc3\xa9 \xf0\x9f\x9b\x92"),
			"\"caf\xc3\xa9 \xf0\x9f\x9b\x92\""},
		/* A sequence over a block's end, whole and cut off. */
		{TEXT("0123456789abcde\xe0\xa4\xa8-"),
			"\"0123456789abcde\xe0\xa4\xa8-\""},
		{TEXT("0123456789abcde\xe0\xa4"),
			"\"0123456789abcde\xef\xbf\xbd\xef\xbf\xbd\""},
		{TEXT("\xe0\xa4\xa8\xe0\xa4\xae\xe0\xa4\xb8\xe0\xa5\x8d"),
			"\"\xe0\xa4\xa8\xe0\xa4\xae\xe0\xa4\xb8\xe0\xa5\x8d"
			"\""},
		{TEXT("\xed\xa0\x80"),
			"\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check(rows[i].s, rows[i].json, strlen(rows[i].json));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_all_special),
		cmocka_unit_test(test_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
