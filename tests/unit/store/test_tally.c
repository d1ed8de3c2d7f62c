#include "store/tally.h"

#include "unit/store/tally_region.h"

static void test_equals_a_recount(void **state)
{
	struct db_txn t;

	(void)state;
	write_days(3, CLICKS / 4);
	catch_up();
	check_all(0);
	catch_up();
	check_all(0);
	write_clicks(CLICKS / 4);
	reopen();
	catch_up();
	check_all(0);
	t = snapshot();
	for (uint64_t i = 0; i < CLICKS; i += 10)
		check_postings(&t, REGION_TOKEN(1 + i % ACCOUNTS),
			REGION_FIRST - 1 + i);
	check_postings(&t, REGION_TOKEN(1), UINT64_MAX);
	db_reader_deinit(&t);
}

static void test_empty(void **state)
{
	struct db_txn t;
	static struct tally_known known; /* asked once */
	bool seen = true;

	(void)state;
	catch_up();
	check_all(0);
	t = snapshot();
	assert_int_equal(tally_seen(&t, &known, UINT64_MAX, &seen), OK);
	assert_false(seen);
	db_reader_deinit(&t);
	assert_false(tally_lost_base(region.tally));
}

static void test_counters_by_quarter(void **state)
{
	static const struct {
		uint32_t from, to;
	} rows[] = {{0, UINT32_MAX}, {0, 0}, {10, 20}, {10, 11}, {95, 97},
		{96, 200}, {20, 10}, {0, 96}};
	const uint32_t start =
		(uint32_t)quarter_of_ms(day_start_ms(REGION_DAY));

	(void)state;
	for (size_t i = 0; i < 2000; i++)
		entries[i].click = region_click(&region, 1 + i * 449);
	region_write(&region, entries, 2000);
	entries_n = 2000;
	catch_up();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint32_t from = rows[i].from ? start + rows[i].from : 0;
		uint32_t to = rows[i].to == UINT32_MAX ? UINT32_MAX
						       : start + rows[i].to;
		struct db_txn t = snapshot();
		const struct counts_range range = {
			.account = REGION_TOKEN(3), .from = from, .to = to};
		struct counts_scan it;
		struct count c;
		uint64_t sum = 0, want = 0;

		for (size_t k = 0; k < entries_n; k++) {
			uint64_t q = quarter_of_ms(entries[k].click.at_ms);

			want += entries[k].click.account == REGION_TOKEN(3) &&
				q >= from && q < to;
		}
		tally_counts_scan(&it, &t, &range);
		for (;;) {
			enum err e = counts_scan_next(&it, &c);

			if (e == ERR_NOT_FOUND)
				continue;
			if (e)
				break;
			assert_true(c.quarter >= from && c.quarter < to);
			sum += c.counts.requests;
		}
		assert_int_equal(t.err, OK);
		assert_int_equal(sum, want);
		counts_scan_deinit(&it);
		db_reader_deinit(&t);
	}
}

/* Every transaction fails once, at its commit: nothing is counted twice. */
static void test_failed_commits(void **state)
{
	enum err e;
	size_t failures = 0;

	(void)state;
	write_days(2, 2000);
	atomic_store(&region.tally_fault, ERR_DISK_FULL);
	do {
		atomic_store(&region.tally_faults, 1);
		e = tally_catch_up(region.tally);
		failures += e == ERR_DISK_FULL;
		atomic_store(&region.tally_faults, 0);
		/* One more, which goes through. */
		if (e)
			catch_up();
	} while (e);
	assert_true(failures > 0);
	check_all(0);
}

/* Its thread: woken by the writer, paced, stopped at any time. */
static void test_thread(void **state)
{
	(void)state;
	assert_int_equal(tally_wait(region.tally, REGION_FIRST, 1), ERR_CLOSED);
	assert_int_equal(tally_start(region.tally), OK);
	assert_int_equal(
		tally_wait(region.tally, REGION_FIRST, 1), ERR_TIMEOUT);
	for (size_t i = 0; i < 20; i++) {
		write_clicks(100);
		if (i % 3 == 0) {
			atomic_store(&region.tally_fault, ERR_DISK_FULL);
			atomic_store(&region.tally_faults, 1);
		}
		region_await_tally(&region);
	}
	check_all(0);
	tally_stop(region.tally);
	tally_stop(region.tally);
	write_clicks(100);
	assert_int_equal(tally_start(region.tally), OK);
	region_await_tally(&region);
	check_all(0);
	assert_int_equal(
		counter_get(&tally_metrics(region.tally)->clicks), 2100);
	assert_int_equal(counter_get(&tally_metrics(region.tally)->lag), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_equals_a_recount),
		TEST(test_empty),
		TEST(test_counters_by_quarter),
		TEST(test_failed_commits),
		TEST(test_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
