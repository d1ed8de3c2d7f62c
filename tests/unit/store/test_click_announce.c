#include "store/click_announce.h"

#include "unit/store/click_region.h"

enum {
	ANNOUNCEMENTS = 100000,
	WINDOW = 64, /* taps on their way */
	SLOW_MS = 2000,
};

static struct region region;
static struct click_announcer announcer;

static int setup(void **state)
{
	(void)state;
	region_init(&region);
	region_open(&region);
	click_announcer_init(&announcer, region.writer);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	click_announcer_deinit(&announcer);
	region_deinit(&region);
	return 0;
}

static void test_in_order_and_counted_by_nobody(void **state)
{
	struct click_entry entry = {.click = region_click(&region, 42)};
	struct click said = {.account = entry.click.account, .revision = 3};
	struct counts counts;
	struct click_reader r;
	struct click got;
	struct db_txn t;
	uint64_t sequence;

	(void)state;
	region_write(&region, &entry, 1);
	assert_int_equal(click_announce(&announcer, REGION_FIRST, &said,
				 atomic_load(&region.wall_ms)),
		OK);
	assert_int_equal(click_announce_flush(&announcer), OK);
	click_reader_init(&r, region.segments);
	assert_int_equal(click_reader_next(&r, &sequence, &got), OK);
	assert_true(!got.revises);
	assert_int_equal(click_reader_next(&r, &sequence, &got), OK);
	assert_true(sequence == REGION_FIRST + 1 &&
		    got.revises == REGION_FIRST && got.revision == 3 &&
		    got.account == said.account);
	click_reader_deinit(&r);
	region_await_tally(&region);
	assert_int_equal(db_reader_init(tally_env(region.tally), &t), OK);
	assert_int_equal(db_reader_renew(&t), OK);
	assert_int_equal(tally_totals(&t, &counts), OK);
	assert_true(counts.requests == 1 && counts.clicks == 1);
	db_reader_deinit(&t);
}

struct load {
	pthread_t thread;
	atomic_bool stop;
	uint64_t n, slowest_ns;
};

/* Taps, one at a time: how long does the slowest wait for its commit? */
static void *tap_on(void *arg)
{
	static struct click_entry entry;
	struct load *load = arg;

	while (!atomic_load(&load->stop)) {
		uint64_t begun = clock_mono_ns(&clock_system), took;

		entry = (struct click_entry){
			.click = region_click(&region, 1 + load->n % 1000)};
		region_write(&region, &entry, 1);
		assert_int_equal(entry.result, OK);
		took = clock_mono_ns(&clock_system) - begun;
		if (took > load->slowest_ns)
			load->slowest_ns = took;
		load->n++;
	}
	return NULL;
}

static void test_many_beside_taps(void **state)
{
	struct load load = {0};
	struct click said = {.account = REGION_TOKEN(1), .revision = 1};
	uint64_t begun, took_ns, oldest, newest;

	(void)state;
	assert_int_equal(pthread_create(&load.thread, NULL, tap_on, &load), 0);
	begun = clock_mono_ns(&clock_system);
	for (uint64_t i = 0; i < ANNOUNCEMENTS; i++)
		assert_int_equal(click_announce(&announcer, REGION_FIRST + i,
					 &said, day_start_ms(REGION_DAY)),
			OK);
	assert_int_equal(click_announce_flush(&announcer), OK);
	took_ns = clock_mono_ns(&clock_system) - begun;
	atomic_store(&load.stop, true);
	assert_int_equal(pthread_join(load.thread, NULL), 0);
	segments_range(region.segments, &oldest, &newest);
	assert_true(newest + 1 - oldest == ANNOUNCEMENTS + load.n);
	assert_true(load.n > 0 && load.slowest_ns < SLOW_MS * 1000000ull);
	print_message("%d announced in %llu ms, %llu taps meanwhile, the "
		      "slowest in %llu us\n",
		ANNOUNCEMENTS, (unsigned long long)(took_ns / 1000000),
		(unsigned long long)load.n,
		(unsigned long long)(load.slowest_ns / 1000));
}

/* What cannot be written is told, and nothing of it is with the writer. */
static void test_failures(void **state)
{
	struct click said = {.account = REGION_TOKEN(1), .revision = 1};

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(
			click_announce(&announcer, REGION_FIRST, &said, 1), OK);
	atomic_store(&region.fault, ERR_IO);
	atomic_store(&region.faults, 1);
	assert_int_equal(click_announce_flush(&announcer), ERR_IO);
	assert_int_equal(
		click_announce(&announcer, REGION_FIRST, &said, 1), OK);
	assert_int_equal(click_announce_flush(&announcer), ERR_IO);
	click_writer_close(region.writer);
	assert_int_equal(click_announce_flush(&announcer), OK); /* of none */
}

static void test_closed(void **state)
{
	struct click said = {.account = REGION_TOKEN(1), .revision = 1};

	(void)state;
	assert_int_equal(
		click_announce(&announcer, REGION_FIRST, &said, 1), OK);
	click_writer_close(region.writer);
	assert_int_equal(click_announce_flush(&announcer), ERR_CLOSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_in_order_and_counted_by_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_many_beside_taps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_closed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
