#include "store/click_agents.h"
#include "store/click_overlay.h"
#include "store/tally_batch.h"
#include "support/fault.h"
#include "unit/store/click_region.h"

/* Each allocation of what is opened fails once: an error, nothing leaked, and
 * the next attempt finds everything in order. */
enum {
	ALLOCATIONS_MAX = 200,
	SEGMENTS = 40,
};

static struct region region;

static enum err open_log(void)
{
	enum err e = region_open_log(&region);

	if (!e)
		segments_close(region.segments);
	region.segments = NULL;
	return e;
}

static enum err open_tally(void)
{
	enum err e = region_open_tally(&region);

	if (!e)
		tally_close(region.tally);
	region.tally = NULL;
	return e;
}

static enum err start_writer(void)
{
	struct click_writer_options options = {
		.segments = region.segments,
		.tally = region.tally,
		.clock = &region.clock,
		.done = region_done,
		.arg = &region,
	};
	enum err e = click_writer_start(&options, &region.writer);

	if (!e)
		click_writer_stop(region.writer);
	region.writer = NULL;
	return e;
}

static enum err roll(void)
{
	struct segment_ref hot = {0};
	enum err e =
		segments_hot(region.segments, REGION_DAY + SEGMENTS + 1, &hot);

	segments_release(region.segments, &hot);
	return e;
}

static enum err read_all(void)
{
	struct click_reader r;
	struct click click;
	uint64_t sequence;
	enum err e;

	click_reader_init(&r, region.segments);
	e = click_reader_next(&r, &sequence, &click);
	click_reader_deinit(&r);
	return e == ERR_AGAIN ? OK : e;
}

static enum err catch_up(void)
{
	tally_report_damage(region.tally);
	return tally_catch_up(region.tally);
}

static enum err fold(void)
{
	return tally_fold_base(region.tally, 0);
}

static enum err make_agents(void)
{
	struct click_agents a;
	enum err e = click_agents_init(&a);

	if (!e)
		click_agents_deinit(&a);
	return e;
}

static enum err make_overlay(void)
{
	struct click_overlay o;
	enum err e;

	click_overlay_init(&o, 0);
	e = click_overlay_reserve(&o, 100);
	click_overlay_deinit(&o);
	return e;
}

/* Returns how many allocations it makes. */
static unsigned fail_each(enum err (*f)(void))
{
	for (unsigned n = 1; n < ALLOCATIONS_MAX; n++) {
		enum err e;
		bool is_hit;

		fault_alloc(n);
		e = f();
		is_hit = fault_alloc_hit();
		fault_alloc(0);
		assert_int_equal(e, is_hit ? ERR_NOMEM : OK);
		if (!is_hit)
			return n - 1;
	}
	fail();
	return 0;
}

static void test_allocations(void **state)
{
	struct segment_ref hot = {0};

	(void)state;
	region_init(&region);
	assert_true(fail_each(open_log) > 0);
	assert_int_equal(region_open_log(&region), OK);
	for (uint64_t i = 0; i < SEGMENTS; i++)
		assert_int_equal(
			segments_hot(region.segments, REGION_DAY + i, &hot),
			OK);
	segments_release(region.segments, &hot);
	segments_close(region.segments);
	assert_true(fail_each(open_log) >= SEGMENTS);
	assert_int_equal(region_open_log(&region), OK);
	assert_true(fail_each(open_tally) > 4);
	assert_true(fail_each(open_tally) > 4);
	assert_int_equal(region_open_tally(&region), OK);
	assert_true(fail_each(roll) > 0);
	assert_true(fail_each(start_writer) > 1);
	(void)fail_each(read_all);
	(void)fail_each(catch_up);
	assert_true(fail_each(fold) > 4);
	assert_int_equal(fail_each(make_agents), 1);
	assert_int_equal(fail_each(make_overlay), 1);
	region_deinit(&region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
