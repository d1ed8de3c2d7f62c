#include "load/schedule.h"

#include "support/cmocka.h"

#define START UINT64_C(5000000000)

static void test_closed(void **state)
{
	struct schedule s;
	uint64_t due = 0;

	(void)state;
	schedule_init(&s, START, 0, 3);
	for (uint64_t i = 0; i < 3; i++) {
		assert_false(schedule_is_over(&s));
		assert_true(schedule_take(&s, START + i * 7, &due));
		assert_true(due == START + i * 7);
	}
	assert_true(schedule_is_over(&s));
	assert_false(schedule_take(&s, START + 100, &due));
	assert_true(schedule_stop(&s, START + 100) == 0);
}

static void test_open(void **state)
{
	struct schedule s;
	uint64_t due = 0;

	(void)state;
	schedule_init(&s, START, 4, UINT64_MAX);
	assert_true(schedule_next(&s) == START);
	assert_true(schedule_take(&s, START, &due) && due == START);
	assert_true(schedule_next(&s) == START + 250000000);
	assert_false(schedule_take(&s, START + 249999999, &due));
	assert_true(schedule_take(&s, START + 250000000, &due));
	assert_true(due == START + 250000000);
	/* Late, it is still due when it was. */
	assert_true(schedule_take(&s, START + 9000000000, &due));
	assert_true(due == START + 500000000);
	assert_true(schedule_stop(&s, START + 1000000000) == 2);
	assert_true(schedule_is_over(&s));
	assert_true(schedule_next(&s) == UINT64_MAX);
	assert_false(schedule_take(&s, START + 9000000000, &due));
	assert_true(schedule_stop(&s, START + 9000000000) == 0);
}

/* No request is skewed, and none is missing, whatever the rate. */
static void test_rates(void **state)
{
	static const uint64_t rates[] = {
		1, 3, 7, 1000, 29999, 30000, 999999, SCHEDULE_RATE_MAX};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rates); i++) {
		struct schedule s;
		struct schedule stopped;
		uint64_t due = 0;
		uint64_t last = 0;

		schedule_init(&s, START, rates[i], UINT64_MAX);
		for (uint64_t n = 0; n < 3 * rates[i] && n < 100000; n++) {
			last = schedule_next(&s);
			assert_true(last >= START);
			/* i / rate seconds, rounded down. */
			assert_true((last - START) * rates[i] <=
				    n * UINT64_C(1000000000));
			assert_true((last - START + 1) * rates[i] >
				    n * UINT64_C(1000000000));
			stopped = s;
			assert_true(schedule_stop(&stopped, last) == 1);
			if (n) {
				stopped = s;
				assert_true(
					schedule_stop(&stopped, last - 1) == 0);
			}
			assert_true(schedule_take(&s, last, &due));
			assert_true(due == last);
		}
	}
}

static void test_open_max(void **state)
{
	struct schedule s;
	uint64_t due;

	(void)state;
	schedule_init(&s, START, 10, 2);
	assert_true(schedule_take(&s, START, &due));
	assert_true(schedule_stop(&s, START + 9000000000) == 1);
	schedule_init(&s, START, 10, 2);
	assert_true(schedule_take(&s, START + 9000000000, &due));
	assert_true(schedule_take(&s, START + 9000000000, &due));
	assert_false(schedule_take(&s, START + 9000000000, &due));
	assert_true(schedule_is_over(&s));
	assert_true(schedule_next(&s) == UINT64_MAX);
	assert_true(schedule_stop(&s, START + 9000000000) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_open_max),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
