#include "load/histogram.h"

#include <stdlib.h>

#include "load/random.h"
#include "support/cmocka.h"

enum {
	VALUES = 20000
};

static struct latency l;

static void test_empty(void **state)
{
	(void)state;
	latency_init(&l);
	assert_true(latency_quantile(&l, 1) == 0);
	assert_true(latency_quantile(&l, 1000) == 0);
	assert_true(latency_mean(&l) == 0);
	assert_true(l.n == 0 && l.max == 0);
}

/* Each of `n` values, `step` apart from `first`: what quantile is which one. */
static void test_ranks(void **state)
{
	static const struct {
		uint64_t n;
		unsigned per_mille;
		uint64_t rank; /* counting from 1 */
	} rows[] = {
		{1, 1, 1},
		{1, 500, 1},
		{1, 1000, 1},
		{2, 500, 1},
		{2, 501, 2},
		{4, 500, 2},
		{100, 500, 50},
		{100, 990, 99},
		{100, 999, 100},
		{200, 1, 1},
		{200, 6, 2},
		{200, 990, 198},
		{200, 1000, 200},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		latency_init(&l);
		/* Below 256 every value has a bucket. */
		for (uint64_t v = rows[i].n; v >= 1; v--)
			latency_add(&l, v);
		assert_int_equal(
			latency_quantile(&l, rows[i].per_mille), rows[i].rank);
		assert_true(l.max == rows[i].n && l.n == rows[i].n);
	}
}

/* A value, between a smaller and a larger one, is read back within 1 %. */
static void check_error(uint64_t v)
{
	uint64_t got;

	latency_init(&l);
	latency_add(&l, 0);
	latency_add(&l, v);
	latency_add(&l, UINT64_C(1) << 41);
	got = latency_quantile(&l, 500);
	assert_true((got > v ? got - v : v - got) * 200 <= v);
}

static void test_error(void **state)
{
	struct xorshift random;

	(void)state;
	xorshift_init(&random, 7);
	for (unsigned bit = 0; bit < 41; bit++) {
		uint64_t power = UINT64_C(1) << bit;

		check_error(power - 1);
		check_error(power);
		check_error(power + 1);
		for (unsigned i = 0; i < 200; i++) {
			uint64_t low = (uint64_t)xorshift_next(&random) << 9 |
				       xorshift_next(&random);

			check_error(power + low % power);
		}
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void test_many(void **state)
{
	static uint64_t values[VALUES];
	static const unsigned per_mille[] = {1, 10, 500, 900, 990, 999, 1000};
	struct xorshift random;
	double sum = 0;

	(void)state;
	xorshift_init(&random, 1);
	latency_init(&l);
	for (size_t i = 0; i < VALUES; i++) {
		values[i] =
			xorshift_next(&random) >> xorshift_below(&random, 24);
		sum += (double)values[i];
		latency_add(&l, values[i]);
	}
	qsort(values, VALUES, sizeof(values[0]), compare);
	for (size_t i = 0; i < COUNT_OF(per_mille); i++) {
		size_t rank = VALUES * per_mille[i] / 1000;
		uint64_t want = values[rank ? rank - 1 : 0];
		uint64_t got = latency_quantile(&l, per_mille[i]);

		assert_true(
			(got > want ? got - want : want - got) * 100 <= want);
	}
	assert_true(latency_quantile(&l, 1000) == values[VALUES - 1]);
	assert_true(latency_mean(&l) == sum / VALUES);
}

static void test_largest(void **state)
{
	(void)state;
	latency_init(&l);
	latency_add(&l, 5);
	latency_add(&l, UINT64_C(1) << 50);
	latency_add(&l, UINT64_C(1) << 60);
	assert_true(l.max == UINT64_C(1) << 60);
	assert_true(latency_quantile(&l, 1000) == UINT64_C(1) << 60);
	assert_true(latency_quantile(&l, 1) == 5);
	assert_true(latency_quantile(&l, 500) >= UINT64_C(1) << 41);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
