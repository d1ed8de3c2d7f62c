#include "api/tap_pace.h"

#include "support/cmocka.h"

/* A turn: the taps it served, when it ended, and what it may do then. */
struct turn {
	uint64_t taps;
	uint64_t now_ms;
	size_t parked;
	int32_t us;
};

static void check(const struct turn *turns, size_t n)
{
	struct tap_pace p = {0};

	for (size_t i = 0; i < n; i++) {
		p.taps += turns[i].taps;
		p.parked = turns[i].parked;
		assert_int_equal(
			tap_pace_turn_end(&p, turns[i].now_ms), turns[i].us);
	}
}

/* A few taps a millisecond are served as they come. */
static void test_calm(void **state)
{
	static const struct turn turns[] = {
		{1, 1000, 0, TAP_PACE_WAIT},
		{7, 1001, 0, TAP_PACE_WAIT},
		{7, 1002, 31, TAP_PACE_WAIT},
		{15, 1004, 0, TAP_PACE_WAIT},
		{0, 1005, 0, TAP_PACE_WAIT},
	};

	(void)state;
	check(turns, COUNT_OF(turns));
}

/* When they come fast they are looked for at once, then after a pause; and not
 * any more when they cease. */
static void test_busy(void **state)
{
	static const struct turn turns[] = {
		{0, 1000, 0, TAP_PACE_WAIT},
		{8, 1001, 0, 0},
		{0, 1001, 0, 100},
		{3, 1001, 0, 0},
		{5, 1002, 0, 0},
		{0, 1002, 0, 100},
		{0, 1003, 0, TAP_PACE_WAIT},
		{1, 1004, 0, TAP_PACE_WAIT},
		{16, 1006, 0, 0},
	};

	(void)state;
	check(turns, COUNT_OF(turns));
}

/* Parked replies decide, however slowly their taps came. */
static void test_parked(void **state)
{
	static const struct turn turns[] = {
		{32, 1000, 32, 300},
		{0, 1000, 32, 300},
		{0, 5000, 500, 300},
		{0, 5000, 31, TAP_PACE_WAIT},
	};

	(void)state;
	check(turns, COUNT_OF(turns));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calm),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_parked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
