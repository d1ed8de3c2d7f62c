#include "core/count_record.h"

#include <string.h>

#include "core/record.h"
#include "core/timestamp.h"
#include "support/cmocka.h"
#include "support/damage.h"

static const struct count one = {
	.account = (uint64_t)1 << 48 | 7,
	.link = 3,
	.campaign = 5,
	.quarter = 1234567,
	.kind = COUNT_OS | COUNT_DAY,
	.value = {"Android", 7},
	.counts = {1, UINT64_MAX, 300, 2, 0},
};

static struct count_key key;

static enum err read_record(struct str bytes, void *arg)
{
	return count_record_get(count_key_view(&key), bytes, arg);
}

static void test_round_trip(void **state)
{
	static const char bytes[] = "\0\1\0\0\0\0\0\7"
				    "\x23"
				    "\0\0\0\0\0\0\0\3"
				    "\0\0\0\0\0\0\0\5"
				    "\0\x12\xd6\x87"
				    "Android";
	struct count got;
	struct buf b;

	(void)state;
	count_key_put(&key, &one);
	assert_int_equal(key.n, sizeof(bytes) - 1);
	assert_memory_equal(key.bytes, bytes, key.n);
	buf_init(&b, COUNT_RECORD_MAX);
	count_record_put(&b, count_key_view(&key), &one.counts);
	check_damage(&b, read_record, &got);
	assert_int_equal(count_compare(&got, &one), 0);
	assert_memory_equal(&got.counts, &one.counts, sizeof(got.counts));
	/* Found under another key it is not believed. */
	key.bytes[20] ^= 1;
	assert_int_equal(read_record(buf_view(&b), &got), ERR_CORRUPT);
	buf_deinit(&b);
}

static void test_longest(void **state)
{
	static char text[COUNT_VALUE_MAX + 1];
	struct count c = one, got;
	struct buf b;

	(void)state;
	memset(text, 'x', sizeof(text));
	c.value = str_make(text, sizeof(text));
	c.counts = (struct counts){
		UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
	count_key_put(&key, &c);
	assert_int_equal(key.n, COUNT_KEY_MAX);
	buf_init(&b, COUNT_RECORD_MAX);
	count_record_put(&b, count_key_view(&key), &c.counts);
	assert_int_equal(buf_err(&b), OK);
	assert_int_equal(read_record(buf_view(&b), &got), OK);
	assert_int_equal(got.value.n, COUNT_VALUE_MAX);
	buf_deinit(&b);
}

/* Kinds that there are not, a quarter that no click has, keys of other sizes.
 */
static void test_refused_keys(void **state)
{
	static const uint8_t kinds[] = {COUNT_DIMENSIONS, 0x0f, 0x40, 0x80,
		COUNT_ALL_LINKS | COUNT_DAY | COUNT_DIMENSIONS};
	struct counts none = {0};
	struct count c, got;
	struct buf b;

	(void)state;
	buf_init(&b, COUNT_RECORD_MAX);
	for (size_t i = 0; i <= COUNT_OF(kinds); i++) {
		c = one;
		if (i < COUNT_OF(kinds))
			c.kind = kinds[i];
		else
			c.quarter = UINT32_MAX;
		count_key_put(&key, &c);
		buf_reset(&b);
		count_record_put(&b, count_key_view(&key), &none);
		assert_int_equal(read_record(buf_view(&b), &got), ERR_CORRUPT);
	}
	count_key_put(&key, &one);
	for (size_t n = 0; n < COUNT_KEY_MIN; n++) {
		struct str cut = str_make(key.bytes, n);

		buf_reset(&b);
		count_record_put(&b, cut, &none);
		assert_int_equal(
			count_record_get(cut, buf_view(&b), &got), ERR_CORRUPT);
	}
	buf_deinit(&b);
}

/* The order of counts is that of their keys. */
static void test_order(void **state)
{
	static const struct count rows[] = {
		{.account = 1},
		{.account = 1, .value = {"a", 1}},
		{.account = 1, .value = {"ab", 2}},
		{.account = 1, .value = {"b", 1}},
		{.account = 1, .value = {"\xff", 1}},
		{.account = 1, .quarter = 255},
		{.account = 1, .quarter = 256},
		{.account = 1, .campaign = 1},
		{.account = 1, .link = 1},
		{.account = 1, .link = 256},
		{.account = 1, .link = UINT64_MAX},
		{.account = 1, .kind = COUNT_VERDICT},
		{.account = 1, .kind = COUNT_ALL_LINKS},
		{.account = 1, .kind = COUNT_DAY},
		{.account = 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t j = 0; j < COUNT_OF(rows); j++) {
			struct count_key a, b;
			int want = (i > j) - (i < j);
			int got = count_compare(&rows[i], &rows[j]);

			count_key_put(&a, &rows[i]);
			count_key_put(&b, &rows[j]);
			assert_int_equal((got > 0) - (got < 0), want);
			got = str_cmp(count_key_view(&a), count_key_view(&b));
			assert_int_equal((got > 0) - (got < 0), want);
		}
}

static void test_sums(void **state)
{
	struct count c = {.link = 3,
		.campaign = 4,
		.quarter = 10 * QUARTERS_PER_DAY + 95,
		.kind = COUNT_OS};
	unsigned all = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_SUMS; i++) {
		uint8_t sum = count_sum_bits(i);
		struct count in = count_in_sum(&c, sum);

		all |= 1u << (sum >> 4);
		assert_int_equal(in.kind, COUNT_OS | sum);
		assert_int_equal(in.link, sum & COUNT_ALL_LINKS ? 0 : 3);
		assert_int_equal(in.campaign, sum & COUNT_ALL_LINKS ? 0 : 4);
		assert_int_equal(in.quarter,
			10 * QUARTERS_PER_DAY + (sum & COUNT_DAY ? 0 : 95));
	}
	assert_int_equal(all, 15);
	assert_int_equal(count_quarter(0), 0);
	assert_int_equal(count_quarter(MS_PER_QUARTER - 1), 0);
	assert_int_equal(count_quarter(MS_PER_DAY), QUARTERS_PER_DAY);
	assert_true(count_quarter(UINT64_MAX) == UINT32_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_refused_keys),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
