#include "base/str.h"

#include "support/cmocka.h"

#define NONE ((struct str){NULL, 0})

static void test_equal(void **state)
{
	static const struct {
		struct str a, b;
		bool same, same_nocase;
	} rows[] = {
		{STR(""), STR(""), true, true},
		{NONE, STR(""), true, true},
		{STR("a"), STR(""), false, false},
		{STR("abc"), STR("abc"), true, true},
		{STR("abc"), STR("ABC"), false, true},
		{STR("abc"), STR("abd"), false, false},
		{STR("a\0b"), STR("a\0b"), true, true},
		{STR("a\0b"), STR("a\0c"), false, false},
		{STR("["), STR("{"), false, false},
		{STR("@"), STR("`"), false, false},
		{STR("\xc3\x84"), STR("\xc3\xa4"), false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(str_eq(rows[i].a, rows[i].b), rows[i].same);
		assert_int_equal(str_eq(rows[i].b, rows[i].a), rows[i].same);
		assert_int_equal(str_eq_nocase(rows[i].a, rows[i].b),
			rows[i].same_nocase);
		assert_int_equal(
			str_cmp(rows[i].a, rows[i].b) == 0, rows[i].same);
	}
	assert_true(str_is(STR("x"), "x"));
	assert_true(str_is(NONE, NULL));
	assert_int_equal(str_from(NULL).n, 0);
	assert_int_equal(str_from("ab").n, 2);
}

static void test_compare(void **state)
{
	static const struct str ascending[] = {
		STR(""),
		STR("\0"),
		STR("A"),
		STR("AA"),
		STR("B"),
		STR("a"),
		STR("\x80"),
		STR("\xff"),
		STR("\xff\0"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ascending); i++)
		for (size_t j = 0; j < COUNT_OF(ascending); j++) {
			int order = str_cmp(ascending[i], ascending[j]);

			assert_int_equal(order < 0, i < j);
			assert_int_equal(order > 0, i > j);
		}
}

static void test_search(void **state)
{
	static const struct {
		struct str s, part;
		bool starts, ends, contains;
	} rows[] = {
		{STR(""), STR(""), true, true, true},
		{NONE, NONE, true, true, true},
		{NONE, STR("a"), false, false, false},
		{STR("abc"), STR(""), true, true, true},
		{STR("abc"), NONE, true, true, true},
		{STR("abc"), STR("ab"), true, false, true},
		{STR("abc"), STR("bc"), false, true, true},
		{STR("abc"), STR("abc"), true, true, true},
		{STR("abc"), STR("abcd"), false, false, false},
		{STR("abcd"), STR("bc"), false, false, true},
		{STR("a\0bc"), STR("\0b"), false, false, true},
		{STR("abab"), STR("ab"), true, true, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str s = rows[i].s, part = rows[i].part;

		assert_int_equal(str_starts(s, part), rows[i].starts);
		assert_int_equal(str_ends(s, part), rows[i].ends);
		assert_int_equal(str_contains(s, part), rows[i].contains);
	}
	assert_int_equal(str_find(STR("abca"), 'a'), 0);
	assert_int_equal(str_find(STR("abc"), 'c'), 2);
	assert_int_equal(str_find(STR("abc"), 'd'), 3);
	assert_int_equal(str_find(STR("a\0c"), 0), 1);
	assert_int_equal(str_find(NONE, 'a'), 0);
}

static void test_skip_and_trim(void **state)
{
	static const struct {
		struct str s, want;
	} trims[] = {
		{STR(""), STR("")},
		{NONE, STR("")},
		{STR("a"), STR("a")},
		{STR(" \t a b\t"), STR("a b")},
		{STR(" \t "), STR("")},
		{STR("\na\n"), STR("\na\n")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(trims); i++)
		assert_true(str_eq(str_trim(trims[i].s), trims[i].want));
	assert_true(str_is(str_skip(STR("abc"), 0), "abc"));
	assert_true(str_is(str_skip(STR("abc"), 2), "c"));
	assert_true(str_is(str_skip(STR("abc"), 3), ""));
	assert_true(str_is(str_skip(STR("abc"), 99), ""));
	assert_int_equal(str_skip(NONE, 0).n, 0);
	assert_null(str_skip(NONE, 5).p);
}

static void test_split(void **state)
{
	static const struct {
		struct str s;
		size_t count;
		struct str parts[4];
	} rows[] = {
		{STR(""), 1, {STR("")}},
		{STR("a"), 1, {STR("a")}},
		{STR("a,b"), 2, {STR("a"), STR("b")}},
		{STR(","), 2, {STR(""), STR("")}},
		{STR("a,"), 2, {STR("a"), STR("")}},
		{STR(",a,,b"), 4, {STR(""), STR("a"), STR(""), STR("b")}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str rest = rows[i].s;
		size_t n = 0;

		while (rest.p) {
			struct str part = str_split(&rest, ',');

			assert_true(n < rows[i].count);
			assert_true(str_eq(part, rows[i].parts[n]));
			n++;
		}
		assert_int_equal(n, rows[i].count);
		assert_int_equal(rest.n, 0);
		assert_int_equal(str_split(&rest, ',').n, 0);
	}
}

static void test_ascii(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
		bool digit = c >= '0' && c <= '9';
		const char *hex =
			c ? strchr("0123456789abcdef", c | 0x20) : NULL;
		char ch = (char)c;

		assert_int_equal(ascii_is_digit(ch), digit);
		assert_int_equal(ascii_is_alnum(ch), digit || upper || lower);
		assert_int_equal(ascii_lower(ch), upper ? (char)(c + 32) : ch);
		if (digit || (hex && (upper || lower)))
			assert_int_equal(ascii_hex_value(ch),
				digit ? c - '0' : (c | 0x20) - 'a' + 10);
		else
			assert_int_equal(ascii_hex_value(ch), -1);
	}
}

static void test_utf8(void **state)
{
	/* Mostly the rows of RFC 3629, section 4, and their neighbours. */
	static const struct {
		struct str s;
		bool ok;
	} rows[] = {
		{STR(""), true},
		{NONE, true},
		{STR("plain\0\x7f"), true},
		{STR("\xc2\x80"), true},
		{STR("\xdf\xbf"), true},
		{STR("\xe0\xa0\x80"), true},
		{STR("\xed\x9f\xbf"), true},
		{STR("\xee\x80\x80"), true},
		{STR("\xef\xbf\xbf"), true},
		{STR("\xf0\x90\x80\x80"), true},
		{STR("\xf4\x8f\xbf\xbf"), true},
		{STR("a\xe2\x82\xac\xf0\x9f\x98\x80z"), true},
		{STR("\x80"), false},
		{STR("\xbf"), false},
		{STR("\xc0\x80"), false},
		{STR("\xc1\xbf"), false},
		{STR("\xc2"), false},
		{STR("\xc2\x7f"), false},
		{STR("\xc2\xc0"), false},
		{STR("\xe0\x9f\xbf"), false},
		{STR("\xe2\x82"), false},
		{STR("\xe2\x82\x41"), false},
		{STR("\xe2\x82\xff"), false},
		{STR("\xed\xa0\x80"), false},
		{STR("\xed\xbf\xbf"), false},
		{STR("\xf0\x8f\xbf\xbf"), false},
		{STR("\xf0\x90\x80"), false},
		{STR("\xf0\x90\x80\x7f"), false},
		{STR("\xf4\x90\x80\x80"), false},
		{STR("\xf5\x80\x80\x80"), false},
		{STR("\xfe"), false},
		{STR("\xff"), false},
		{STR("ok\xff"), false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(str_is_utf8(rows[i].s), rows[i].ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_skip_and_trim),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
