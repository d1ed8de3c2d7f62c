#include "base/file.h"
#include "store/click_overlay.h"
#include "store/click_writer.h"
#include "unit/store/click_region.h"

/* Which clicks are unique, against a model that knows all: random clicks, over
 * restarts, failed commits, and a tally anywhere behind. */
enum {
	ROUNDS = 60,
	CLICKS_MAX = 400, /* of a round */
	TOKENS = 3000,
	OVERLAY_STEPS = 200000,
	OVERLAY_TOKENS = 5000,
};

static struct region region;

static int setup(void **state)
{
	(void)state;
	region_init(&region);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	region_deinit(&region);
	return 0;
}

CHECKED static enum err unlink_tally(void)
{
	return file_remove_dir(region.tally_dir);
}

static void check_round(struct click_entry *entries, size_t n, bool *seen)
{
	for (size_t i = 0; i < n; i++) {
		struct click *c = &entries[i].click;
		size_t token = (size_t)(c->token - REGION_TOKEN(0));
		bool unique = c->counted && !seen[token];

		assert_int_equal(entries[i].result, OK);
		assert_int_equal(c->unique, unique);
		seen[token] |= c->counted;
	}
}

static void test_random_against_a_model(void **state)
{
	static struct click_entry entries[CLICKS_MAX];
	static bool seen[TOKENS + 1];
	uint64_t random = 88172645463325252;

	(void)state;
	region.tally_interval_ms = 1;
	region.tally_batch = 100;
	region_open(&region);
	for (size_t round = 0; round < ROUNDS; round++) {
		size_t n = 1 + region_random(&random) % CLICKS_MAX;

		for (size_t i = 0; i < n; i++) {
			uint64_t token = 1 + region_random(&random) % TOKENS;

			entries[i] = (struct click_entry){
				.click = region_click(&region, token)};
			entries[i].click.counted = region_random(&random) % 4;
		}
		if (round % 4 == 1) {
			atomic_store(&region.fault, ERR_DISK_FULL);
			atomic_store(&region.faults, 1);
		}
		region_write(&region, entries, n);
		check_round(entries, n, seen);
		switch (region_random(&random) % 8) {
		case 0: /* the tally does not run at all for a while */
			region.without_tally_thread = true;
			region_close(&region);
			region_open(&region);
			break;
		case 1:
			region.without_tally_thread = false;
			region_close(&region);
			region_open(&region);
			break;
		case 2:
			region_set_day(&region, REGION_DAY + round);
			break;
		default:
			break;
		}
	}
}

/* Damage in the tally is repaired from the log, without a wrong answer. */
static void test_rebuilt_while_running(void **state)
{
	static struct click_entry entries[CLICKS_MAX];
	static bool seen[TOKENS + 1];

	(void)state;
	region.tally_interval_ms = 1;
	region_open(&region);
	for (size_t round = 0; round < 20; round++) {
		for (size_t i = 0; i < CLICKS_MAX; i++)
			entries[i] = (struct click_entry){
				.click = region_click(&region,
					1 + (round * 37 + i) % TOKENS)};
		if (round % 3 == 0)
			region_await_tally(&region);
		if (round % 2)
			tally_report_damage(region.tally);
		region_write(&region, entries, CLICKS_MAX);
		check_round(entries, CLICKS_MAX, seen);
	}
	assert_true(counter_get(&tally_metrics(region.tally)->rebuilds) > 0);
}

/* Without the tally it comes so far and no further; with it, all is right. */
static void test_waits_for_the_tally(void **state)
{
	static struct click_entry entries[CLICKS_MAX];
	static bool seen[TOKENS + 1];

	(void)state;
	region.overlay_max = CLICKS_MAX / 4;
	region.tally_interval_ms = 1;
	region.without_tally_thread = true;
	region_open(&region);
	for (size_t round = 0; round < 4; round++) {
		size_t before = region_done_n(&region);

		for (size_t i = 0; i < CLICKS_MAX; i++) {
			entries[i] = (struct click_entry){
				.click = region_click(&region,
					1 + (round * 300 + i) % TOKENS)};
			region_push(&region, &entries[i]);
		}
		while (!click_writer_is_stalled(region.writer))
			sched_yield();
		assert_int_equal(click_writer_health(region.writer), ERR_AGAIN);
		assert_true(region_done_n(&region) < before + CLICKS_MAX);
		assert_int_equal(tally_start(region.tally), OK);
		region_await(&region, before + CLICKS_MAX);
		tally_stop(region.tally);
		check_round(entries, CLICKS_MAX, seen);
		assert_false(click_writer_is_stalled(region.writer));
		/* Half of the rounds begin with more than fits. */
		if (round % 2) {
			region_close(&region);
			assert_int_equal(unlink_tally(), OK);
			region_open(&region);
		}
	}
}

/* Generations against a model: nothing is forgotten that the tally lacks. */
static void test_overlay(void **state)
{
	static uint64_t added_at[OVERLAY_TOKENS + 1]; /* 0: not in it */
	struct click_overlay o;
	uint64_t random = 362436069, newest = 0, position = 0;
	uint64_t batch[64];
	size_t n;

	(void)state;
	click_overlay_init(&o, 0);
	for (size_t step = 0; step < OVERLAY_STEPS; step += n) {
		bool fails = region_random(&random) % 5 == 0;
		size_t added = 0;

		n = 1 + region_random(&random) % COUNT_OF(batch);
		assert_int_equal(click_overlay_reserve(&o, n), OK);
		for (size_t i = 0; i < n; i++) {
			uint64_t token =
				1 + region_random(&random) % OVERLAY_TOKENS;

			if (click_overlay_has(&o, token))
				continue;
			/* In the tally, then, or new. */
			assert_true(added_at[token] <= position);
			click_overlay_add(&o, token);
			batch[added++] = token;
		}
		for (size_t i = 0; i < added && fails; i++)
			click_overlay_remove(&o, batch[i]);
		for (size_t i = 0; i < added && !fails; i++)
			added_at[batch[i]] = ++newest;
		if (!fails)
			click_overlay_committed(&o, newest);
		if (region_random(&random) % 3 == 0)
			position += region_random(&random) %
				    (newest - position + 1);
		click_overlay_passed(&o, position);
		assert_true(o.dropped_to <= position);
		for (size_t i = 0; i < added; i++)
			if (added_at[batch[i]] > position)
				assert_true(click_overlay_has(&o, batch[i]));
	}
	for (uint64_t token = 1; token <= OVERLAY_TOKENS; token++)
		if (added_at[token] > position)
			assert_true(click_overlay_has(&o, token));
	click_overlay_passed(&o, newest);
	assert_int_equal(click_overlay_n(&o), 0);
	click_overlay_deinit(&o);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_random_against_a_model),
		TEST(test_rebuilt_while_running),
		TEST(test_waits_for_the_tally),
		cmocka_unit_test(test_overlay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
