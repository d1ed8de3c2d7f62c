#include "service/keeper.h"

#include "unit/service/erase_fixture.h"

static struct keeper *keeper;

static int setup(void **state)
{
	const struct keeper_options options = {.clock = &s.clock};
	struct keeper_options with = options;

	(void)erase_setup(state);
	with.regions = s.regions;
	assert_int_equal(keeper_new(&with, &keeper), OK);
	return 0;
}

static int teardown(void **state)
{
	keeper_free(keeper);
	return erase_teardown(state);
}

static void await_done(uint64_t n)
{
	const struct upkeep_metrics *m = keeper_metrics(keeper, s.region);

	assert_non_null(m);
	while (counter_get(&m->done) < n)
		(void)sched_yield();
}

/* What is ordered before the start, and what it is woken for. */
static void test_it_does_what_is_due(void **state)
{
	uint64_t first = erase_order(GONE), second;

	(void)state;
	views_reset(&s.views);
	assert_int_equal(keeper_start(keeper), OK);
	await_done(1);
	second = erase_order("other-40");
	views_reset(&s.views);
	keeper_wake(keeper);
	await_done(2);
	assert_int_equal(erase_receipt(first).state, ERASURE_DONE);
	assert_int_equal(erase_receipt(second).state, ERASURE_DONE);
	views_reset(&s.views);
	/* Of the other region, which is not served, nobody takes care. */
	assert_null(keeper_metrics(keeper, &s.regions->items[1]));
}

/* It ends in the middle of its work, or before it began. */
static void test_it_ends(void **state)
{
	(void)state;
	(void)erase_order(GONE);
	assert_int_equal(keeper_start(keeper), OK);
	keeper_wake(keeper);
}

static void test_it_never_started(void **state)
{
	(void)state;
	keeper_wake(keeper);
	keeper_wake(NULL);
	keeper_free(NULL);
}

#define KEEPER(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KEEPER(test_it_does_what_is_due),
		KEEPER(test_it_ends),
		KEEPER(test_it_never_started),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
