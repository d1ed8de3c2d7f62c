#include "base/clock.h"

#include <time.h>

#include "support/cmocka.h"

static uint64_t fixed_wall(void *arg)
{
	return *(const uint64_t *)arg;
}

static uint64_t fixed_mono(void *arg)
{
	return *(const uint64_t *)arg * 1000000 + 999999;
}

static void test_passed_in(void **state)
{
	uint64_t now = 1234;
	struct clock c = {fixed_wall, fixed_mono, &now};

	(void)state;
	assert_int_equal(clock_wall_ms(&c), 1234);
	assert_int_equal(clock_mono_ns(&c), 1234999999);
	assert_int_equal(clock_mono_ms(&c), 1234);
	now = 5;
	assert_int_equal(clock_wall_ms(&c), 5);
}

static void test_system(void **state)
{
	uint64_t before = (uint64_t)time(NULL) * 1000;
	uint64_t mono = clock_mono_ns(&clock_system);
	uint64_t wall = clock_wall_ms(&clock_system);

	(void)state;
	/* time() may be a tick behind. */
	assert_true(wall + 1000 >= before && wall < before + 60000);
	for (int i = 0; i < 1000; i++) {
		uint64_t next = clock_mono_ns(&clock_system);

		assert_true(next >= mono);
		mono = next;
	}
	assert_int_equal(MS_PER_DAY, 24 * 60 * 60 * 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passed_in),
		cmocka_unit_test(test_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
