#include "store/segment_rewrite.h"

#include "unit/store/rewrite_fixture.h"

static uint64_t generation_of(uint64_t day)
{
	struct segment_meta meta = {0};
	struct segment_ref ref;
	struct db_txn t;

	assert_int_equal(segments_acquire_day(region.segments, day, &ref), OK);
	assert_int_equal(db_reader_init(ref.env, &t), OK);
	assert_int_equal(db_reader_renew(&t), OK);
	assert_int_equal(segment_read_meta(&t, &meta), OK);
	db_reader_deinit(&t);
	segments_release(region.segments, &ref);
	assert_true(meta.first >= REGION_FIRST);
	return meta.generation;
}

static void test_sealed(void **state)
{
	struct segment_rewrite_counts counts;
	struct segment_rewrite_options options;
	uint64_t asked = 0;

	(void)state;
	region_open(&region);
	write_clicks(MANY);
	region_set_day(&region, REGION_DAY + 1);
	options = options_of(&asked);
	{
		struct click_entry more;

		fill(&more, MANY);
		region_write(&region, &more, 1);
	}
	assert_true(is_on_disk("agent-of-the-gone-one"));
	assert_int_equal(segment_rewrite(&options, REGION_DAY, &counts), OK);
	assert_true(asked == MANY && counts.damaged == 0);
	assert_true(counts.changed == MANY / TOKENS + (MANY % TOKENS >= GONE));
	assert_true(counts.kept == MANY - counts.changed);
	sweep();
	assert_false(is_on_disk("agent-of-the-gone-one"));
	assert_false(is_on_disk("referer-of-the-gone-one"));
	assert_true(is_on_disk("agent-of-others"));
	assert_int_equal(generation_of(REGION_DAY), 1);
	assert_int_equal(generation_of(REGION_DAY + 1), 0);
	check(MANY + 1, true);
	/* Again: nothing is left to change. */
	assert_int_equal(segment_rewrite(&options, REGION_DAY, &counts), OK);
	assert_true(counts.changed == 0 && counts.kept == MANY);
	sweep();
	assert_int_equal(generation_of(REGION_DAY), 2);
	assert_int_equal(segment_rewrite(&options, REGION_DAY - 1, &counts),
		ERR_NOT_FOUND);
	region_close(&region);
	region_open(&region);
	check(MANY + 1, true);
}

/* The newest segment, also when nothing was written since the start. */
static void test_hot(void **state)
{
	struct segment_rewrite_counts counts;
	struct segment_rewrite_options options;

	(void)state;
	region_open(&region);
	write_clicks(MANY);
	for (unsigned i = 1; i <= 3; i++) {
		options = options_of(NULL);
		assert_int_equal(
			segment_rewrite(&options, REGION_DAY, &counts), OK);
		sweep();
		assert_int_equal(generation_of(REGION_DAY), i);
		assert_false(is_on_disk("agent-of-the-gone-one"));
		assert_true(segments_next_sequence(region.segments) ==
			    REGION_FIRST + MANY);
		check(MANY, true);
		if (i == 1)
			continue;
		region_close(&region);
		region_open(&region);
	}
	/* The agents that were left out are interned again. */
	write_clicks(TOKENS);
	assert_true(is_on_disk("agent-of-the-gone-one"));
}

/* Numbers that were given out once and lost are not waited for. */
static void test_hot_after_skipped_numbers(void **state)
{
	struct segment_rewrite_options options;
	struct segment_rewrite_counts counts;

	(void)state;
	region_open(&region);
	write_clicks(TOKENS);
	region_close(&region);
	region_open(&region);
	segments_skip_to(region.segments, REGION_FIRST + 5000);
	options = options_of(NULL);
	assert_int_equal(segment_rewrite(&options, REGION_DAY, &counts), OK);
	sweep();
	assert_int_equal(counts.changed, 1);
	check(TOKENS, true);
	write_clicks(1);
	assert_true(
		segments_next_sequence(region.segments) == REGION_FIRST + 5002);
}

/* Who reads the old one reads on, and it goes when the last one left. */
static void test_reader_keeps_what_it_reads(void **state)
{
	struct segment_rewrite_options options;
	struct segment_rewrite_counts counts;
	struct click_reader r;
	struct click got;
	uint64_t sequence;
	size_t left;

	(void)state;
	region_open(&region);
	write_clicks(MANY);
	options = options_of(NULL);
	click_reader_init(&r, region.segments);
	assert_int_equal(click_reader_next(&r, &sequence, &got), OK);
	assert_int_equal(segment_rewrite(&options, REGION_DAY, &counts), OK);
	assert_int_equal(
		segment_rewrite(&options, REGION_DAY, &counts), ERR_BUSY);
	assert_int_equal(segments_sweep(region.segments, &left), OK);
	assert_int_equal(left, 1);
	for (uint64_t i = 1; i < MANY; i++) {
		assert_int_equal(click_reader_next(&r, &sequence, &got), OK);
		assert_false(got.erased);
	}
	assert_int_equal(click_reader_next(&r, &sequence, &got), ERR_AGAIN);
	click_reader_reset(&r);
	sweep();
	assert_int_equal(
		click_reader_get(&r, REGION_FIRST + GONE - 1, &got), OK);
	assert_true(got.erased && str_is(got.os, "Android"));
	click_reader_deinit(&r);
	assert_false(is_on_disk("referer-of-the-gone-one"));
}

static void put_record(uint64_t sequence, struct str record)
{
	struct segment_ref ref;
	struct db_txn t;

	assert_int_equal(
		segments_acquire_day(region.segments, REGION_DAY, &ref), OK);
	assert_int_equal(db_begin(ref.env, &t), OK);
	db_put(&t, SEGMENT_CLICKS, DB_KEY64(sequence), record);
	assert_int_equal(db_commit(&t), OK);
	segments_release(region.segments, &ref);
}

/* Rewritten only if something of it is to change. */
static void check_rewrite(const struct segment_rewrite_options *options,
	uint64_t damaged, uint64_t generation)
{
	struct segment_rewrite_counts counts;

	assert_int_equal(segment_rewrite(options, REGION_DAY, &counts), OK);
	sweep();
	assert_true(counts.damaged == damaged);
	assert_true(generation_of(REGION_DAY) == generation);
}

static void test_damage_may_be_kept(void **state)
{
	struct segment_rewrite_options options;
	struct click_entry more;

	(void)state;
	region_open(&region);
	write_clicks(10);
	put_record(REGION_FIRST + 5, STR("damaged-beyond-reading"));
	region_set_day(&region, REGION_DAY + 1);
	fill(&more, 10);
	region_write(&region, &more, 1);
	options = options_of(NULL);
	options.only_if_changed = options.keep_damaged = true;
	check_rewrite(&options, 1, 0);
	options.only_if_changed = false;
	check_rewrite(&options, 1, 1);
	assert_true(is_on_disk("damaged-beyond-reading"));
	options.only_if_changed = true;
	options.keep_damaged = false;
	check_rewrite(&options, 1, 2);
	assert_false(is_on_disk("damaged-beyond-reading"));
	/* What stands for it now is no damage. */
	check_rewrite(&options, 0, 2);
}

static bool stop_soon(void *arg)
{
	unsigned *left = arg;

	return *left == 0 || --*left == 0;
}

/* Stopped between two chunks it stays as it was, sealed or hot. */
static void test_stop(void **state)
{
	struct segment_rewrite_options options;
	struct segment_rewrite_counts counts;
	struct click_entry more;
	unsigned left;

	(void)state;
	region_open(&region);
	write_clicks(MANY);
	options = options_of(NULL);
	options.is_stopping = stop_soon;
	options.stop_arg = &left;
	for (int i = 0; i < 2; i++) {
		left = 2;
		assert_int_equal(segment_rewrite(&options, REGION_DAY, &counts),
			ERR_CLOSED);
		sweep();
		assert_true(counts.kept + counts.changed == REWRITE_CHUNK);
		assert_int_equal(generation_of(REGION_DAY), 0);
		check(MANY + i, false);
		if (i)
			break;
		region_set_day(&region, REGION_DAY + 1);
		fill(&more, MANY);
		region_write(&region, &more, 1);
	}
}

static void test_damage_is_not_kept(void **state)
{
	struct segment_rewrite_options options;
	struct segment_rewrite_counts counts;
	struct click_reader r;
	struct click got;
	uint64_t sequence;

	(void)state;
	region_open(&region);
	write_clicks(10);
	put_record(REGION_FIRST + 9, STR("damaged-beyond-reading"));
	options = options_of(NULL);
	assert_int_equal(segment_rewrite(&options, REGION_DAY, &counts), OK);
	sweep();
	assert_true(counts.damaged == 1 && counts.kept == 9);
	assert_false(is_on_disk("damaged-beyond-reading"));
	region_close(&region);
	region_open(&region);
	/* Its number is not given out again. */
	assert_true(
		segments_next_sequence(region.segments) == REGION_FIRST + 10);
	click_reader_init(&r, region.segments);
	for (int i = 0; i < 9; i++)
		assert_int_equal(click_reader_next(&r, &sequence, &got), OK);
	assert_int_equal(click_reader_next(&r, &sequence, &got), ERR_AGAIN);
	assert_int_equal(r.skipped, 1);
	click_reader_deinit(&r);
}

struct load {
	pthread_t thread;
	atomic_bool stop;
	_Atomic uint64_t n;
};

/* Clicks as fast as they are committed; midnight comes now and then. */
static void *write_on(void *arg)
{
	static struct click_entry entries[256];
	struct load *load = arg;
	uint64_t i = 0;

	/* Over two midnights at most: readers go through all of it. */
	for (; i < MANY || (!atomic_load(&load->stop) && i < 4 * MANY); i++) {
		if (i >= 256)
			region_await(&region, i - 255);
		fill(&entries[i % 256], i);
		region_push(&region, &entries[i % 256]);
		if (i % 30000 == 29999)
			atomic_fetch_add(&region.wall_ms, MS_PER_DAY);
	}
	region_await(&region, i);
	atomic_store(&load->n, i);
	return NULL;
}

/* Reads all the log over and over; nothing is ever missing. */
static void *read_on(void *arg)
{
	struct load *load = arg;
	struct click_reader r;
	struct click got;
	uint64_t sequence;

	click_reader_init(&r, region.segments);
	while (!atomic_load(&load->stop)) {
		uint64_t want = REGION_FIRST;
		enum err e;

		click_reader_seek(&r, 0);
		while ((e = click_reader_next(&r, &sequence, &got)) == OK) {
			assert_true(sequence == want++);
			if (sequence % 1000 == 0)
				click_reader_reset(&r);
		}
		assert_int_equal(e, ERR_AGAIN);
		click_reader_reset(&r);
	}
	click_reader_deinit(&r);
	return NULL;
}

static void rewrite_all(void)
{
	struct segment_rewrite_options options = options_of(NULL);
	struct segment_info days[64];
	struct segment_rewrite_counts counts;
	size_t n = segments_list(region.segments, days, 64), left;

	for (size_t i = 0; i < n; i++) {
		enum err e;

		do {
			assert_int_equal(
				segments_sweep(region.segments, &left), OK);
			e = segment_rewrite(&options, days[i].day, &counts);
		} while (e == ERR_BUSY);
		assert_int_equal(e, OK);
		assert_true(counts.damaged == 0);
	}
}

static void test_under_load(void **state)
{
	struct load load = {0}, readers[2] = {{0}};
	size_t left = 1;

	(void)state;
	region_open(&region);
	assert_int_equal(
		pthread_create(&load.thread, NULL, write_on, &load), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&readers[i].thread, NULL,
					 read_on, &readers[i]),
			0);
	region_await(&region, MANY / 4);
	for (int i = 0; i < 4; i++)
		rewrite_all();
	atomic_store(&load.stop, true);
	assert_int_equal(pthread_join(load.thread, NULL), 0);
	for (int i = 0; i < 2; i++) {
		atomic_store(&readers[i].stop, true);
		assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
	}
	rewrite_all();
	while (left)
		assert_int_equal(segments_sweep(region.segments, &left), OK);
	check(atomic_load(&load.n), true);
	assert_false(is_on_disk("of-the-gone-one"));
	region_await_tally(&region);
	region_close(&region);
	region_open(&region);
	check(atomic_load(&load.n), true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sealed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hot, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_hot_after_skipped_numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_reader_keeps_what_it_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_damage_is_not_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_damage_may_be_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stop, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_under_load, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
