#include "base/num.h"

#include "support/cmocka.h"

static void test_u64(void **state)
{
	static const struct {
		struct str s;
		uint64_t max;
		enum err want;
		uint64_t v;
	} rows[] = {
		{STR("0"), 0, OK, 0},
		{STR("7"), UINT64_MAX, OK, 7},
		{STR("007"), UINT64_MAX, OK, 7},
		{STR("100"), 100, OK, 100},
		{STR("101"), 100, ERR_INVALID, 0},
		{STR("18446744073709551615"), UINT64_MAX, OK, UINT64_MAX},
		{STR("18446744073709551616"), UINT64_MAX, ERR_INVALID, 0},
		{STR("20000000000000000000"), UINT64_MAX, ERR_INVALID, 0},
		{STR("99999999999999999999"), UINT64_MAX, ERR_INVALID, 0},
		{STR("00000000000000000007"), UINT64_MAX, OK, 7},
		{STR("000000000000000000007"), UINT64_MAX, ERR_INVALID, 0},
		{STR(""), UINT64_MAX, ERR_INVALID, 0},
		{{NULL, 0}, UINT64_MAX, ERR_INVALID, 0},
		{STR("+1"), UINT64_MAX, ERR_INVALID, 0},
		{STR("-1"), UINT64_MAX, ERR_INVALID, 0},
		{STR(" 1"), UINT64_MAX, ERR_INVALID, 0},
		{STR("1 "), UINT64_MAX, ERR_INVALID, 0},
		{STR("1\0"), UINT64_MAX, ERR_INVALID, 0},
		{STR("0x1"), UINT64_MAX, ERR_INVALID, 0},
		{STR("1e3"), UINT64_MAX, ERR_INVALID, 0},
		{STR("1_0"), UINT64_MAX, ERR_INVALID, 0},
		{STR("/"), UINT64_MAX, ERR_INVALID, 0},
		{STR(":"), UINT64_MAX, ERR_INVALID, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t v = 42;

		assert_int_equal(num_parse_u64(rows[i].s, rows[i].max, &v),
			rows[i].want);
		assert_true(v == (rows[i].want ? 42 : rows[i].v));
	}
}

static void test_put_u64(void **state)
{
	static const struct {
		uint64_t v;
		const char *want;
	} rows[] = {
		{0, "0"},
		{9, "9"},
		{10, "10"},
		{1234567890, "1234567890"},
		{UINT64_MAX, "18446744073709551615"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char to[NUM_U64_MAX];

		assert_true(str_is(str_make(to, num_put_u64(to, rows[i].v)),
			rows[i].want));
	}
}

static void test_hex(void **state)
{
	static const struct {
		struct str s;
		size_t n;
		enum err want;
		const char *bytes;
	} rows[] = {
		{STR(""), 0, OK, ""},
		{STR("00ff"), 2, OK, "\x00\xff"},
		{STR("aBcD"), 2, OK, "\xab\xcd"},
		{STR("90"), 1, OK, "\x90"},
		{STR("9"), 1, ERR_INVALID, NULL},
		{STR("900"), 1, ERR_INVALID, NULL},
		{STR("9g"), 1, ERR_INVALID, NULL},
		{STR("g9"), 1, ERR_INVALID, NULL},
		{STR("0x"), 1, ERR_INVALID, NULL},
		{STR(" 1"), 1, ERR_INVALID, NULL},
		{STR("0\0"), 1, ERR_INVALID, NULL},
		{STR("00fx"), 2, ERR_INVALID, NULL},
	};
	char text[4];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		unsigned char to[2] = {42, 42};

		assert_int_equal(
			num_parse_hex(rows[i].s, to, rows[i].n), rows[i].want);
		if (rows[i].want)
			assert_memory_equal(to, "\x2a\x2a", 2);
		else
			assert_memory_equal(to, rows[i].bytes, rows[i].n);
	}
	num_put_hex(text, "\x0f\xa9", 2);
	assert_memory_equal(text, "0fa9", 4);
}

static void test_duration(void **state)
{
	static const struct {
		struct str s;
		enum err want;
		uint64_t ms;
		const char *printed;
	} rows[] = {
		{STR("0"), OK, 0, "0"},
		{STR("0s"), OK, 0, "0"},
		{STR("0d"), OK, 0, "0"},
		{STR("1ms"), OK, 1, "1ms"},
		{STR("100ms"), OK, 100, "100ms"},
		{STR("1000ms"), OK, 1000, "1s"},
		{STR("1500ms"), OK, 1500, "1500ms"},
		{STR("90s"), OK, 90000, "90s"},
		{STR("120s"), OK, 120000, "2m"},
		{STR("15m"), OK, 900000, "15m"},
		{STR("24h"), OK, 86400000, "1d"},
		{STR("25h"), OK, 90000000, "25h"},
		{STR("90d"), OK, 7776000000, "90d"},
		{STR("36600d"), OK, 3162240000000, "36600d"},
		{STR("36601d"), ERR_INVALID, 0, NULL},
		{STR("3162240000001ms"), ERR_INVALID, 0, NULL},
		{STR("18446744073709551615d"), ERR_INVALID, 0, NULL},
		{STR("18446744073709551616ms"), ERR_INVALID, 0, NULL},
		{STR(""), ERR_INVALID, 0, NULL},
		{{NULL, 0}, ERR_INVALID, 0, NULL},
		{STR("00"), ERR_INVALID, 0, NULL},
		{STR("1"), ERR_INVALID, 0, NULL},
		{STR("s"), ERR_INVALID, 0, NULL},
		{STR("1S"), ERR_INVALID, 0, NULL},
		{STR("1w"), ERR_INVALID, 0, NULL},
		{STR("1mss"), ERR_INVALID, 0, NULL},
		{STR("1 s"), ERR_INVALID, 0, NULL},
		{STR(" 1s"), ERR_INVALID, 0, NULL},
		{STR("1s "), ERR_INVALID, 0, NULL},
		{STR("-1s"), ERR_INVALID, 0, NULL},
		{STR("1.5s"), ERR_INVALID, 0, NULL},
		{STR("1h30m"), ERR_INVALID, 0, NULL},
	};
	char text[NUM_DURATION_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t ms = 42;

		assert_int_equal(
			num_parse_duration(rows[i].s, &ms), rows[i].want);
		assert_true(ms == (rows[i].want ? 42 : rows[i].ms));
		if (rows[i].want)
			continue;
		num_put_duration(text, ms);
		assert_string_equal(text, rows[i].printed);
	}
	num_put_duration(text, UINT64_MAX);
	assert_string_equal(text, "18446744073709551615ms");
}

static void test_size(void **state)
{
	static const struct {
		struct str s;
		enum err want;
		uint64_t bytes;
	} rows[] = {
		{STR("0"), OK, 0},
		{STR("1"), OK, 1},
		{STR("8K"), OK, 8192},
		{STR("3M"), OK, 3145728},
		{STR("64G"), OK, 68719476736},
		{STR("17179869183G"), OK, 18446744072635809792ull},
		{STR("17179869184G"), ERR_INVALID, 0},
		{STR("18446744073709551615"), OK, UINT64_MAX},
		{STR("18446744073709551616"), ERR_INVALID, 0},
		{STR(""), ERR_INVALID, 0},
		{STR("K"), ERR_INVALID, 0},
		{STR("1k"), ERR_INVALID, 0},
		{STR("1KB"), ERR_INVALID, 0},
		{STR("1T"), ERR_INVALID, 0},
		{STR("1 K"), ERR_INVALID, 0},
		{STR("-1K"), ERR_INVALID, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t bytes = 42;

		assert_int_equal(
			num_parse_size(rows[i].s, &bytes), rows[i].want);
		assert_true(bytes == (rows[i].want ? 42 : rows[i].bytes));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_u64),
		cmocka_unit_test(test_put_u64),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
