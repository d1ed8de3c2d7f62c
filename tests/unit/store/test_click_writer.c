#include "store/click_writer.h"

#include "store/segment.h"
#include "unit/store/click_region.h"

enum {
	PUSHERS = 4,
	MIDNIGHT_CLICKS = 3000, /* of each pusher */
	DAYS = 5,
	WINDOW = 200,
};

static struct region region;
static atomic_size_t pushed_n;

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

static struct click_entry *entries_new(size_t n)
{
	struct click_entry *entries = calloc(n, sizeof(*entries));

	assert_non_null(entries);
	for (size_t i = 0; i < n; i++)
		entries[i].click = region_click(&region, i + 1);
	return entries;
}

static size_t days_of_log(struct segment_info *to, size_t max)
{
	return segments_list(region.segments, to, max);
}

static void test_one_click(void **state)
{
	struct click_entry entry = {.click = region_click(&region, 42)};
	struct click_reader r;
	struct click got;
	uint64_t sequence;

	(void)state;
	region_open(&region);
	entry.click.agent = STR("Mozilla/5.0 (Linux; Android 14)");
	entry.click.referer = STR("https://shop.example/");
	region_write(&region, &entry, 1);
	assert_int_equal(entry.result, OK);
	assert_true(entry.sequence == REGION_FIRST);
	assert_true(entry.click.unique);
	click_reader_init(&r, region.segments);
	assert_int_equal(click_reader_next(&r, &sequence, &got), OK);
	assert_true(
		sequence == entry.sequence && got.token == REGION_TOKEN(42));
	assert_true(got.unique && got.counted && got.agent_id == 1);
	assert_true(str_is(got.agent, "Mozilla/5.0 (Linux; Android 14)"));
	assert_true(str_is(got.referer, "https://shop.example/"));
	assert_int_equal(click_reader_next(&r, &sequence, &got), ERR_AGAIN);
	click_reader_deinit(&r);
	assert_int_equal(
		counter_get(&click_writer_metrics(region.writer)->rows), 1);
	assert_false(click_writer_is_stalled(region.writer));
	assert_int_equal(click_writer_health(region.writer), OK);
}

static void test_bad_clicks_are_refused(void **state)
{
	static char text[CLICK_QUERY_MAX + 1];
	struct click_entry entry = {.click = region_click(&region, 1)};

	(void)state;
	region_open(&region);
	entry.click.query = str_make(text, sizeof(text));
	assert_int_equal(
		click_writer_push(region.writer, &entry), ERR_TOO_LONG);
	entry.click.query.n = 0;
	entry.click.token = 0;
	assert_int_equal(click_writer_push(region.writer, &entry), ERR_INVALID);
	assert_int_equal(click_writer_queued(region.writer), 0);
}

/* What is queued when it stops is on disk afterwards. */
static void test_stop_drains(void **state)
{
	const size_t n = 40000; /* more than two commits */
	struct click_entry *entries = entries_new(n);
	struct click_reader r;
	struct click got;
	uint64_t sequence;

	(void)state;
	region_open(&region);
	for (size_t i = 0; i < n; i++)
		region_push(&region, &entries[i]);
	region_close(&region);
	assert_int_equal(region_done_n(&region), n);
	region_open(&region);
	click_reader_init(&r, region.segments);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(entries[i].result, OK);
		assert_true(entries[i].sequence == REGION_FIRST + i);
		assert_int_equal(click_reader_next(&r, &sequence, &got), OK);
		assert_true(sequence == entries[i].sequence);
		assert_true(got.token == entries[i].click.token && got.unique);
	}
	assert_int_equal(click_reader_next(&r, &sequence, &got), ERR_AGAIN);
	click_reader_deinit(&r);
	free(entries);
}

struct pusher {
	pthread_t thread;
	struct click_entry *entries;
	size_t n;
};

/* A window on the way at a time, so that the load lasts. */
static void *push_all(void *arg)
{
	struct pusher *p = arg;

	for (size_t i = 0; i < p->n; i++) {
		size_t pushed = atomic_fetch_add(&pushed_n, 1) + 1;

		if (pushed > WINDOW)
			region_await(&region, pushed - WINDOW);
		region_push(&region, &p->entries[i]);
	}
	return NULL;
}

/* Reads the log from its start: every entry once, in order. */
static void check_log(struct click_entry *const *by_sequence, size_t n)
{
	struct click_reader r;
	struct click got;
	uint64_t sequence;

	click_reader_init(&r, region.segments);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(click_reader_next(&r, &sequence, &got), OK);
		assert_true(sequence == REGION_FIRST + i);
		assert_non_null(by_sequence[i]);
		assert_true(got.token == by_sequence[i]->click.token);
		if (i % 100 == 0)
			click_reader_reset(&r);
	}
	assert_int_equal(click_reader_next(&r, &sequence, &got), ERR_AGAIN);
	assert_int_equal(r.skipped, 0);
	click_reader_deinit(&r);
}

static void test_midnight_under_load(void **state)
{
	const size_t n = (size_t)PUSHERS * MIDNIGHT_CLICKS;
	struct click_entry *entries = entries_new(n), **by_sequence;
	struct pusher pushers[PUSHERS];
	struct segment_info days[DAYS + 1];

	(void)state;
	by_sequence = calloc(n, sizeof(struct click_entry *));
	assert_non_null(by_sequence);
	region.interval_us = 100;
	region_open(&region);
	for (size_t i = 0; i < PUSHERS; i++) {
		pushers[i].entries = entries + i * MIDNIGHT_CLICKS;
		pushers[i].n = MIDNIGHT_CLICKS;
		assert_int_equal(pthread_create(&pushers[i].thread, NULL,
					 push_all, &pushers[i]),
			0);
	}
	for (uint64_t day = 1; day < DAYS; day++) {
		region_await(&region, n * day / DAYS);
		region_set_day(&region, REGION_DAY + day);
	}
	for (size_t i = 0; i < PUSHERS; i++)
		assert_int_equal(pthread_join(pushers[i].thread, NULL), 0);
	region_await(&region, n);
	for (size_t i = 0; i < n; i++) {
		size_t at = (size_t)(entries[i].sequence - REGION_FIRST);

		assert_int_equal(entries[i].result, OK);
		assert_true(entries[i].click.unique);
		assert_true(at < n && !by_sequence[at]);
		by_sequence[at] = &entries[i];
	}
	check_log(by_sequence, n);
	region_close(&region);
	region_open(&region);
	check_log(by_sequence, n);
	assert_int_equal(days_of_log(days, DAYS + 1), DAYS);
	for (size_t i = 0; i < DAYS; i++)
		assert_int_equal(days[i].err, OK);
	free(by_sequence);
	free(entries);
}

static void test_clock_set_back(void **state)
{
	struct click_entry *entries = entries_new(5);
	struct segment_info days[4];
	/* The day on which each is written, and the segment that takes it. */
	static const struct {
		uint64_t wall;
		size_t segment;
	} rows[5] = {{1, 0}, {2, 1}, {0, 1}, {1, 1}, {3, 2}};

	(void)state;
	region_open(&region);
	for (size_t i = 0; i < 5; i++) {
		region_set_day(&region, REGION_DAY - 1 + rows[i].wall);
		region_write(&region, &entries[i], 1);
		assert_int_equal(entries[i].result, OK);
		assert_true(entries[i].sequence == REGION_FIRST + i);
		assert_int_equal(days_of_log(days, 4), rows[i].segment + 1);
	}
	region_set_day(&region, REGION_DAY - 1);
	region_close(&region);
	region_open(&region);
	region_write(&region, &entries[0], 1);
	assert_true(entries[0].sequence == REGION_FIRST + 5);
	assert_int_equal(days_of_log(days, 4), 3);
	assert_true(days[0].day == REGION_DAY &&
		    days[1].day == REGION_DAY + 1 &&
		    days[2].day == REGION_DAY + 2);
	assert_true(days[1].first_sequence == REGION_FIRST + 1);
	assert_true(days[2].first_sequence == REGION_FIRST + 4);
	free(entries);
}

static void test_disk_full_passes(void **state)
{
	static const enum err rows[] = {ERR_DISK_FULL, ERR_FULL, ERR_NOMEM};
	struct click_entry *entries = entries_new(COUNT_OF(rows));
	struct click_reader r;
	struct click got;

	(void)state;
	region_open(&region);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t asked = atomic_load(&region.commits);

		/* Interned again after each failure. */
		entries[i].click.agent = str_make("agents", 6 - i);
		atomic_store(&region.fault, rows[i]);
		atomic_store(&region.faults, INT_MAX);
		region_push(&region, &entries[i]);
		while (atomic_load(&region.commits) < asked + 2)
			sched_yield();
		assert_true(click_writer_is_stalled(region.writer));
		assert_int_equal(click_writer_health(region.writer), rows[i]);
		assert_int_equal(region_done_n(&region), i);
		atomic_store(&region.faults, 0);
		region_await(&region, i + 1);
		assert_int_equal(entries[i].result, OK);
		assert_true(entries[i].click.unique);
		assert_true(entries[i].sequence == REGION_FIRST + i);
		click_reader_init(&r, region.segments);
		assert_int_equal(
			click_reader_get(&r, entries[i].sequence, &got), OK);
		assert_true(str_eq(got.agent, entries[i].click.agent));
		click_reader_deinit(&r);
	}
	region_close(&region);
	region_open(&region);
	region_write(&region, entries, 1);
	assert_true(entries[0].sequence == REGION_FIRST + COUNT_OF(rows));
	assert_false(entries[0].click.unique);
	assert_false(click_writer_is_stalled(region.writer));
	free(entries);
}

static void test_stop_with_a_full_disk(void **state)
{
	struct click_entry *entries = entries_new(100);

	(void)state;
	region_open(&region);
	atomic_store(&region.fault, ERR_DISK_FULL);
	atomic_store(&region.faults, INT_MAX);
	for (size_t i = 0; i < 100; i++)
		region_push(&region, &entries[i]);
	region_close(&region);
	assert_int_equal(region_done_n(&region), 100);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(entries[i].result, ERR_DISK_FULL);
	free(entries);
}

static void test_io_error_ends_writing(void **state)
{
	struct click_entry *entries = entries_new(3);

	(void)state;
	region_open(&region);
	region_write(&region, &entries[0], 1);
	atomic_store(&region.fault, ERR_IO);
	atomic_store(&region.faults, 1);
	region_write(&region, &entries[1], 1);
	assert_int_equal(entries[1].result, ERR_IO);
	assert_false(entries[1].click.unique);
	assert_int_equal(click_writer_push(region.writer, &entries[2]), ERR_IO);
	assert_int_equal(click_writer_health(region.writer), ERR_IO);
	assert_true(click_writer_is_stalled(region.writer));
	region_close(&region);
	region_open(&region);
	region_write(&region, &entries[1], 2);
	assert_true(entries[1].result == OK && entries[1].click.unique);
	assert_true(entries[2].result == OK && entries[2].click.unique);
	assert_true(entries[1].sequence == REGION_FIRST + 1);
	free(entries);
}

/* While the first commit is held up, so many fit and no more. */
static enum err hold_up(void *arg)
{
	atomic_bool *go_on = arg;

	while (!atomic_load(go_on))
		sched_yield();
	return OK;
}

static void test_full_queue(void **state)
{
	const size_t n = CLICK_QUEUE_MAX + 1;
	struct click_entry *entries = entries_new(n);
	atomic_bool go_on = false;
	struct click_writer_options options = {
		.clock = &region.clock,
		.done = region_done,
		.arg = &region,
		.before_commit = hold_up,
		.fault_arg = &go_on,
	};

	(void)state;
	assert_int_equal(region_open_log(&region), OK);
	assert_int_equal(region_open_tally(&region), OK);
	assert_int_equal(tally_start(region.tally), OK);
	options.segments = region.segments;
	options.tally = region.tally;
	assert_int_equal(click_writer_start(&options, &region.writer), OK);
	for (size_t i = 0; i + 1 < n; i++)
		assert_int_equal(
			click_writer_push(region.writer, &entries[i]), OK);
	assert_int_equal(
		click_writer_push(region.writer, &entries[n - 1]), ERR_FULL);
	assert_int_equal(click_writer_queued(region.writer), n - 1);
	/* A slow disk alone is no failure. */
	assert_false(click_writer_is_stalled(region.writer));
	atomic_store(&go_on, true);
	region_await(&region, n - 1);
	while (click_writer_push(region.writer, &entries[n - 1]) == ERR_FULL)
		sched_yield(); /* counted off just after done */
	region_await(&region, n);
	for (size_t i = 0; i < n; i++)
		assert_true(entries[i].sequence == REGION_FIRST + i);
	free(entries);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_click),
		TEST(test_bad_clicks_are_refused),
		TEST(test_stop_drains),
		TEST(test_midnight_under_load),
		TEST(test_clock_set_back),
		TEST(test_disk_full_passes),
		TEST(test_stop_with_a_full_disk),
		TEST(test_io_error_ends_writing),
		TEST(test_full_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
