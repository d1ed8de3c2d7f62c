#include "service/stats_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/cmocka.h"
#include "support/fault.h"

enum {
	MANY = 5000,
	NUMBERS = 1700
};

static struct stats_rows rows;

static int setup(void **state)
{
	(void)state;
	stats_rows_init(&rows);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	stats_rows_deinit(&rows);
	return 0;
}

static enum err add(uint64_t number, uint64_t n)
{
	struct counts one = {.requests = n, .minted = 2 * n};
	char key[32];
	int length = snprintf(
		key, sizeof(key), "key %08llu", (unsigned long long)number);

	return stats_rows_add(&rows, str_make(key, (size_t)length), &one);
}

static uint64_t next_random(void)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void sort(size_t budget)
{
	enum err e;

	while ((e = stats_rows_sort(&rows, budget)) == ERR_AGAIN)
		continue;
	assert_int_equal(e, OK);
}

/* Each key once, in order, with all that was added to it. */
static void test_sums_in_order(void **state)
{
	static uint64_t want[NUMBERS];
	struct counts counts;
	struct str key;
	size_t n = 0;

	(void)state;
	memset(want, 0, sizeof(want));
	for (size_t i = 0; i < MANY; i++) {
		uint64_t number = next_random() % NUMBERS;

		assert_int_equal(add(number, i), OK);
		want[number] += i;
	}
	sort(7);
	for (size_t i = 0; i < NUMBERS; i++) {
		char text[32];

		if (!want[i])
			continue;
		(void)snprintf(text, sizeof(text), "key %08zu", i);
		assert_true(stats_rows_find(&rows, str_from(text))->requests ==
			    want[i]);
		assert_true(stats_rows_next(&rows, &key, &counts));
		assert_true(str_is(key, text));
		assert_true(counts.requests == want[i]);
		assert_true(counts.minted == 2 * want[i]);
		n++;
	}
	assert_int_equal(n, rows.n);
	assert_false(stats_rows_next(&rows, &key, &counts));
	assert_null(stats_rows_find(&rows, STR("key")));
}

static void test_empty(void **state)
{
	struct counts counts, one = {.clicks = 1};
	struct str key;

	(void)state;
	assert_null(stats_rows_find(&rows, STR("")));
	sort(1);
	assert_false(stats_rows_next(&rows, &key, &counts));
	/* Empty keys are keys. */
	assert_int_equal(stats_rows_add(&rows, STR(""), &one), OK);
	assert_int_equal(stats_rows_add(&rows, STR("a"), &one), OK);
	assert_int_equal(stats_rows_add(&rows, STR(""), &one), OK);
	sort(1);
	assert_true(stats_rows_next(&rows, &key, &counts));
	assert_int_equal(key.n, 0);
	assert_int_equal(counts.clicks, 2);
}

static void test_full(void **state)
{
	struct counts counts;
	struct str key;

	(void)state;
	for (uint64_t i = 0; i < STATS_ROWS_MAX; i++)
		assert_int_equal(add(i * 7919 % STATS_ROWS_MAX, i), OK);
	assert_int_equal(add(STATS_ROWS_MAX, 1), ERR_FULL);
	assert_int_equal(add(5, 1), OK);
	sort(1000);
	for (uint64_t i = 0; i < STATS_ROWS_MAX; i++)
		assert_true(stats_rows_next(&rows, &key, &counts));
	assert_false(stats_rows_next(&rows, &key, &counts));
}

static void test_no_memory(void **state)
{
	(void)state;
	for (unsigned nth = 1; nth < 12; nth++) {
		enum err e = OK;

		fault_alloc(nth);
		for (uint64_t i = 0; !e && i < 200; i++)
			e = add(i, 1);
		if (!e)
			e = stats_rows_sort(&rows, 1000);
		assert_int_equal(e, fault_alloc_hit() ? ERR_NOMEM : OK);
		fault_alloc(0);
		stats_rows_deinit(&rows);
		stats_rows_init(&rows);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sums_in_order),
		TEST(test_empty),
		TEST(test_full),
		TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
