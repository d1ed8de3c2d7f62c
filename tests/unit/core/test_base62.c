#include "core/base62.h"

#include "base/bytes.h"
#include "base/num.h"
#include "base/random.h"
#include "support/cmocka.h"
#include "support/dies.h"

struct row {
	unsigned top;
	const char *block;
	const char *text;
};

static const struct row rows[] = {
	{0, "00000000000000000000000000000000", "0000000000000000000000"},
	{0, "00000000000000000000000000000001", "0000000000000000000001"},
	{0, "0000000000000000000000000000003d", "000000000000000000000z"},
	{0, "0000000000000000000000000000003e", "0000000000000000000010"},
	{0, "ffffffffffffffffffffffffffffffff", "7n42DGM5Tflk9n8mt7Fhc7"},
	{1, "00000000000000000000000000000000", "7n42DGM5Tflk9n8mt7Fhc8"},
	{0, "0123456789abcdeffedcba9876543210", "0296tiiBb3UUmdjYQ3ySu0"},
	{1, "0123456789abcdeffedcba9876543210", "7pD96z4H4jGEwQsLJBEAW8"},
	{6, "0123456789abcdeffedcba9876543210", "kmXKBIqiT66xjOaHklUgam"},
	{6, "00000000000000000000000000000000", "kkODHa8Ws2cSwkqjKhWDgm"},
	{6, "ffffffffffffffffffffffffffffffff", "sXSFUqUcLiOD6XzWDolvIt"},
};

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint8_t block[BASE62_BLOCK], got[BASE62_BLOCK];
		char text[BASE62_LEN];
		unsigned top;

		assert_int_equal(
			num_parse_hex(str_from(rows[i].block), block, 16), OK);
		base62_write(text, rows[i].top, block);
		assert_memory_equal(text, rows[i].text, BASE62_LEN);
		assert_int_equal(
			base62_read(str_from(rows[i].text), &top, got), OK);
		assert_int_equal(top, rows[i].top);
		assert_memory_equal(got, block, sizeof(got));
	}
}

/* Digit by digit, by division. */
static void write_slowly(char *to, unsigned top, unsigned __int128 v)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz";
	/* 2^128 / 62, and what is left. */
	const unsigned __int128 of_top = ~(unsigned __int128)0 / 62;
	const unsigned rest_of_top = (unsigned)(~(unsigned __int128)0 % 62) + 1;

	for (size_t i = BASE62_LEN; i-- > 0;) {
		unsigned rest = (unsigned)(v % 62) + top % 62 * rest_of_top;

		v = v / 62 + of_top * top + rest / 62;
		to[i] = digits[rest % 62];
		top = 0;
	}
}

static void check_slowly(unsigned __int128 v)
{
	for (unsigned top = 0; top <= BASE62_TOP_MAX; top++) {
		char text[BASE62_LEN], want[BASE62_LEN];
		uint8_t block[BASE62_BLOCK], got[BASE62_BLOCK];
		unsigned got_top;

		put_be64(block, (uint64_t)(v >> 64));
		put_be64(block + 8, (uint64_t)v);
		base62_write(text, top, block);
		write_slowly(want, top, v);
		assert_memory_equal(text, want, BASE62_LEN);
		assert_int_equal(
			base62_read(str_make(text, BASE62_LEN), &got_top, got),
			OK);
		assert_int_equal(got_top, top);
		assert_memory_equal(got, block, BASE62_BLOCK);
	}
}

/* Around every power of 62 and of 2 and their multiples, where a quotient that
 * is one too large would show, and at random. */
static void test_like_division(void **state)
{
	unsigned __int128 power = 1, v;

	(void)state;
	for (unsigned i = 0; i < BASE62_LEN; i++, power *= 62) {
		for (unsigned m = 0; m <= 62; m++) {
			v = power * m;
			check_slowly(v - 1);
			check_slowly(v);
			check_slowly(v + 1);
		}
	}
	for (unsigned i = 0; i < 128; i++) {
		v = (unsigned __int128)1 << i;
		check_slowly(v - 1);
		check_slowly(v);
		check_slowly(v + 1);
	}
	for (unsigned i = 0; i < 20000; i++) {
		random_fill(&v, sizeof(v));
		check_slowly(v >> i % 128);
	}
}

static void test_refusals(void **state)
{
	static const char *const bad[] = {
		"",
		"000000000000000000000",   /* 21 */
		"00000000000000000000000", /* 23 */
		"sXSFUqUcLiOD6XzWDolvIu",  /* 7 * 2^128 */
		"zzzzzzzzzzzzzzzzzzzzzz",
		"tXSFUqUcLiOD6XzWDolvIt",
		"000000000000000000000-",
		" 000000000000000000000",
		"0000000000_00000000000",
		"00000000000000000000\xc3\xa9",
		"000000000000/000000000",
		"00000000000:0000000000",
		"00000000000@0000000000",
		"00000000000[0000000000",
		"00000000000`0000000000",
		"00000000000{0000000000",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		uint8_t block[BASE62_BLOCK] = {9};
		unsigned top = 99;

		assert_int_equal(base62_read(str_from(bad[i]), &top, block),
			ERR_INVALID);
		assert_int_equal(top, 99);
		assert_int_equal(block[0], 9);
	}
	/* A NUL within. */
	{
		uint8_t block[BASE62_BLOCK];
		unsigned top;

		assert_int_equal(
			base62_read(str_make("000000000000000000000", 22), &top,
				block),
			ERR_INVALID);
	}
}

static void test_random_round_trips(void **state)
{
	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint8_t block[BASE62_BLOCK], got[BASE62_BLOCK];
		char text[BASE62_LEN];
		unsigned top, want = (unsigned)i % (BASE62_TOP_MAX + 1);

		random_fill(block, sizeof(block));
		base62_write(text, want, block);
		assert_int_equal(
			base62_read(str_make(text, sizeof(text)), &top, got),
			OK);
		assert_int_equal(top, want);
		assert_memory_equal(got, block, sizeof(got));
	}
}

static void write_with_top(void *arg)
{
	static const uint8_t block[BASE62_BLOCK];
	char text[BASE62_LEN];

	base62_write(text, *(const unsigned *)arg, block);
}

static void test_top_is_bounded(void **state)
{
	unsigned most = BASE62_TOP_MAX, over = BASE62_TOP_MAX + 1;

	(void)state;
	assert_false(dies(write_with_top, &most));
	assert_true(dies(write_with_top, &over));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_like_division),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_random_round_trips),
		cmocka_unit_test(test_top_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
