#include "base/metric.h"

#include <pthread.h>

#include "support/cmocka.h"

enum {
	ADDS = 200000
};

static void test_counter(void **state)
{
	struct counter c = {0};

	(void)state;
	assert_int_equal(counter_get(&c), 0);
	counter_add(&c, 1);
	counter_add(&c, 41);
	assert_int_equal(counter_get(&c), 42);
	counter_set(&c, 7);
	assert_int_equal(counter_get(&c), 7);
	counter_set(&c, UINT64_MAX);
	assert_true(counter_get(&c) == UINT64_MAX);
}

static void test_histogram(void **state)
{
	static const uint64_t bounds[] = {0, 10, 100};
	static const struct {
		uint64_t v;
		size_t bucket;
	} rows[] = {
		{0, 0},
		{1, 1},
		{10, 1},
		{11, 2},
		{100, 2},
		{101, 3},
		{UINT64_MAX / 2, 3},
	};
	struct histogram h = {.bounds = bounds, .bounds_n = COUNT_OF(bounds)};
	uint64_t sum = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t before = counter_get(&h.buckets[rows[i].bucket]);

		histogram_add(&h, rows[i].v);
		assert_int_equal(
			counter_get(&h.buckets[rows[i].bucket]), before + 1);
		sum += rows[i].v;
		assert_true(counter_get(&h.sum) == sum);
	}
}

static void test_histogram_widest(void **state)
{
	uint64_t bounds[HISTOGRAM_BUCKETS - 1];
	struct histogram h = {.bounds = bounds, .bounds_n = COUNT_OF(bounds)};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bounds); i++)
		bounds[i] = i;
	histogram_add(&h, 1000);
	assert_int_equal(counter_get(&h.buckets[HISTOGRAM_BUCKETS - 1]), 1);
}

static void *add_many(void *arg)
{
	for (int i = 0; i < ADDS; i++)
		counter_add(arg, 1);
	return NULL;
}

/* A reader in another thread sees it grow, never shrink. */
static void test_threads(void **state)
{
	struct counter c = {0};
	pthread_t thread;
	uint64_t seen = 0;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, add_many, &c), 0);
	while (seen < ADDS) {
		uint64_t now = counter_get(&c);

		assert_true(now >= seen && now <= ADDS);
		seen = now;
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(counter_get(&c), ADDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counter),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_histogram_widest),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
