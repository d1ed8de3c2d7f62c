/* A log that was decided anew: the tally's next generation comes whole, beside
 * the one in use. */
#include "store/seen_set.h"
#include "store/segment_rewrite.h"
#include "unit/store/tally_region.h"

static const atomic_bool never = false;

/* Every third click is another now, in the log and in what is compared. */
static bool is_changed(uint64_t sequence)
{
	return sequence % 3 == 0;
}

static void change(struct click *c)
{
	c->verdict = VERDICT_BOT;
	c->counted = false;
	c->unique = false;
}

static bool decide(void *arg, uint64_t sequence, struct click *c)
{
	(void)arg;
	if (!is_changed(sequence))
		return false;
	change(c);
	return true;
}

static void rewrite_all(void)
{
	const struct segment_rewrite_options options = {
		.segments = region.segments,
		.writer = region.writer,
		.decide = decide,
	};
	struct segment_info days[16];
	size_t n = segments_list(region.segments, days, 16), left;

	for (size_t i = 0; i < n; i++) {
		struct segment_rewrite_counts counts;

		assert_int_equal(
			segment_rewrite(&options, days[i].day, &counts), OK);
		assert_int_equal(segments_sweep(region.segments, &left), OK);
	}
	for (size_t i = 0; i < entries_n; i++)
		if (is_changed(entries[i].sequence))
			change(&entries[i].click);
}

static uint32_t generation(void)
{
	struct db_txn t = snapshot();
	uint32_t found = tally_generation(&t);

	db_reader_deinit(&t);
	return found;
}

static void test_next_generations(void **state)
{
	(void)state;
	write_days(3, 800);
	catch_up();
	check_all(region_newest(&region));
	for (uint32_t i = 1; i <= 3; i++) {
		uint32_t next = 0;

		assert_false(tally_is_marked(region.tally));
		assert_int_equal(tally_mark(region.tally, &next), OK);
		assert_int_equal(next, i);
		assert_true(tally_is_marked(region.tally));
		rewrite_all();
		/* The one in use goes on; the mark stays, through a restart. */
		write_clicks(100);
		catch_up();
		reopen();
		assert_true(tally_is_marked(region.tally));
		assert_int_equal(generation(), i - 1);
		rewrite_all();
		catch_up();
		assert_int_equal(tally_anew(region.tally, next, &never), OK);
		assert_false(tally_is_marked(region.tally));
		assert_int_equal(generation(), i);
		check_all(region_newest(&region));
		/* And goes on from there. */
		write_clicks(200);
		catch_up();
		check_all(region_newest(&region));
		reopen();
		catch_up();
		check_all(region_newest(&region));
	}
}

/* What was folded into the base is in every generation. */
static void test_with_a_base(void **state)
{
	struct seen_set seen = {0};
	struct segment_info days[4];
	uint32_t next = 0;

	(void)state;
	write_days(3, 700);
	catch_up();
	assert_int_equal(segments_list(region.segments, days, 4), 3);
	assert_int_equal(
		tally_fold_base(region.tally, days[1].first_sequence - 1), OK);
	assert_int_equal(tally_load_base_seen(region.tally, &seen), OK);
	for (size_t i = 0; i < entries_n; i++)
		if (entries[i].sequence < days[1].first_sequence &&
			entries[i].click.counted)
			assert_true(
				seen_set_has(&seen, entries[i].click.token));
	seen_set_deinit(&seen);
	assert_int_equal(tally_mark(region.tally, &next), OK);
	assert_int_equal(tally_anew(region.tally, next, &never), OK);
	{
		struct db_txn t = snapshot();

		check_seen(&t);
		check_counters(&t);
		db_reader_deinit(&t);
	}
}

/* Stopped, or failed in the middle, it has changed nothing, and can be begun
 * again. */
static void test_cut_off(void **state)
{
	const atomic_bool now = true;
	uint32_t next = 0;

	(void)state;
	write_days(2, 1500);
	catch_up();
	assert_int_equal(tally_mark(region.tally, &next), OK);
	assert_int_equal(tally_anew(region.tally, next, &now), ERR_CLOSED);
	check_all(region_newest(&region));
	reopen();
	assert_int_equal(generation(), 0);
	assert_true(tally_is_marked(region.tally));
	assert_int_equal(tally_mark(region.tally, &next), OK);
	assert_int_equal(next, 1);
	assert_int_equal(tally_anew(region.tally, next, &never), OK);
	check_all(region_newest(&region));
	/* Not twice, and not another one. */
	assert_int_equal(tally_anew(region.tally, next, &never), ERR_CONFLICT);
}

/* Damage in between: the rebuilt one keeps mark and generation. */
static void test_damage(void **state)
{
	struct db_txn w;
	uint32_t next = 0;

	(void)state;
	write_days(2, 500);
	catch_up();
	assert_int_equal(tally_mark(region.tally, &next), OK);
	assert_int_equal(tally_anew(region.tally, next, &never), OK);
	assert_int_equal(tally_mark(region.tally, &next), OK);
	assert_int_equal(db_begin(tally_env(region.tally), &w), OK);
	db_clear(&w, TALLY_COUNTERS_ODD);
	assert_int_equal(db_commit(&w), OK);
	tally_report_damage(region.tally);
	catch_up();
	assert_int_equal(generation(), 1);
	assert_true(tally_is_marked(region.tally));
	check_all(region_newest(&region));
}

enum {
	DAMAGES = 5
};

/* Somebody finds damage, again and again. */
static void *report_damage(void *arg)
{
	const struct counter *rebuilds = &tally_metrics(region.tally)->rebuilds;

	(void)arg;
	for (int i = 0; i < DAMAGES; i++) {
		uint64_t before = counter_get(rebuilds);

		tally_report_damage(region.tally);
		while (counter_get(rebuilds) == before)
			sched_yield();
	}
	return NULL;
}

/* Whatever is rebuilt while it is made: it is whole, or begins again. */
static void test_rebuilt_meanwhile(void **state)
{
	(void)state;
	write_days(2, 2500);
	catch_up();
	assert_int_equal(tally_start(region.tally), OK);
	for (int i = 0; i < 3; i++) {
		uint32_t next = 0;
		pthread_t thread;

		assert_int_equal(
			pthread_create(&thread, NULL, report_damage, NULL), 0);
		while (tally_mark(region.tally, &next))
			sched_yield();
		assert_int_equal(tally_anew(region.tally, next, &never), OK);
		assert_int_equal(pthread_join(thread, NULL), 0);
		region_await_tally(&region);
		check_all(region_newest(&region));
		assert_int_equal(generation(), next);
	}
	tally_stop(region.tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_next_generations, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_with_a_base, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut_off, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_rebuilt_meanwhile, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
