#include "load/picker.h"

#include "support/cmocka.h"

enum {
	TARGETS_N = 4,
	PICKS = 4000
};

static void take(uint64_t seed, uint32_t picks[PICKS])
{
	struct targets_error error;
	struct targets t;
	struct xorshift random;
	struct picker p;

	assert_int_equal(
		targets_parse(&t, STR("a 1\nb 2\nc 3\nd 4\n"), &error), OK);
	xorshift_init(&random, seed);
	picker_init(&p, &t, &random);
	for (size_t i = 0; i < PICKS; i++) {
		picks[i] = picker_next(&p);
		assert_true(picks[i] < TARGETS_N);
	}
	targets_deinit(&t);
}

static void test_every_target_alike(void **state)
{
	static const uint64_t seeds[] = {0, 1, 2, UINT64_MAX};

	(void)state;
	for (size_t s = 0; s < COUNT_OF(seeds); s++) {
		static uint32_t picks[PICKS];
		unsigned counts[TARGETS_N] = {0};

		take(seeds[s], picks);
		for (size_t i = 0; i < PICKS; i++)
			counts[picks[i]]++;
		for (size_t i = 0; i < TARGETS_N; i++)
			assert_in_range(counts[i], 850, 1150);
	}
}

static void test_seeds(void **state)
{
	static uint32_t first[PICKS];
	static uint32_t second[PICKS];

	(void)state;
	take(7, first);
	take(7, second);
	assert_memory_equal(first, second, sizeof(first));
	take(8, second);
	assert_memory_not_equal(first, second, sizeof(first));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_target_alike),
		cmocka_unit_test(test_seeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
