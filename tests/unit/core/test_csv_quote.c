#include "core/csv_quote.h"

#include <stdlib.h>
#include <string.h>

#include "core/csv.h"
#include "support/cmocka.h"

enum {
	LENGTH_MAX = 70,
	OUT_MAX = 1024,
};

static const char replacement[3] = {'\xef', '\xbf', '\xbd'};

/* As core/csv.c writes a field, which is UTF-8 already. */
static void check(struct str s, struct str clean)
{
	char *room = malloc(CSV_QUOTED_MAX(s.n));
	struct csv_writer w;
	struct buf want;

	assert_non_null(room);
	buf_init(&want, OUT_MAX);
	csv_writer_init(&w, &want);
	csv_put_str(&w, clean);
	assert_int_equal(buf_err(&want), OK);
	assert_int_equal((size_t)(csv_quote(room, s) - room), want.n);
	if (want.n)
		assert_memory_equal(room, want.p, want.n);
	buf_deinit(&want);
	free(room);
}

/* Every byte at every place of every length; what is not ASCII is never UTF-8
 * when it stands alone. */
static void test_places(void **state)
{
	char text[LENGTH_MAX], clean[LENGTH_MAX + 3];

	(void)state;
	for (size_t n = 1; n <= LENGTH_MAX; n++) {
		for (unsigned c = 0; c < 256 * n; c++) {
			size_t at = c / 256, clean_n = 0;

			for (size_t i = 0; i < n; i++) {
				unsigned char byte =
					(unsigned char)(i == at ? c % 256
								: 'a' + i % 26);

				text[i] = (char)byte;
				if (byte < 0x80) {
					clean[clean_n++] = (char)byte;
					continue;
				}
				memcpy(clean + clean_n, replacement,
					sizeof(replacement));
				clean_n += 3;
			}
			check(str_make(text, n), str_make(clean, clean_n));
		}
	}
}

#define TEXT(literal)                                                          \
	{                                                                      \
		(literal), sizeof(literal) - 1                                 \
	}

static void test_rows(void **state)
{
	static const struct {
		struct str s, clean;
	} rows[] = {
		{{NULL, 0}, {NULL, 0}},
		{TEXT("en-IN,en;q=0.9"), TEXT("en-IN,en;q=0.9")},
		{TEXT("say \"hi\""), TEXT("say \"hi\"")},
		{TEXT("\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""),
			TEXT("\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"")},
		{TEXT("a\r\nb"), TEXT("a\r\nb")},
		{TEXT("caf\xc3\xa9"), TEXT("caf\xc3\xa9")},
		{TEXT("caf\xc3\xa9, \xff"), TEXT("caf\xc3\xa9, \xef\xbf\xbd")},
		{TEXT("\xc3,"), TEXT("\xef\xbf\xbd,")},
		{TEXT("0123456789abcde\xe0\xa4\xa8,\""),
			TEXT("0123456789abcde\xe0\xa4\xa8,\"")},
		{TEXT("0123456789abcde\xe0\xa4"),
			TEXT("0123456789abcde\xef\xbf\xbd\xef\xbf\xbd")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check(rows[i].s, rows[i].clean);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
