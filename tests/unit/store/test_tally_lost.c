#include "store/tally_lost.h"

#include "store/tally.h"
#include "unit/store/tally_region.h"

static struct counts scan(uint64_t account, uint8_t kind, const uint64_t *link)
{
	const struct counts_range range = {.account = account,
		.kind = kind,
		.by_link = link != NULL,
		.link = link ? *link : 0,
		.to = UINT32_MAX};
	struct counts sum = {0};
	struct db_txn t = snapshot();
	struct counts_scan s;
	struct count c;
	enum err e;

	tally_lost_scan(&s, &t, &range);
	while ((e = counts_scan_next(&s, &c)) != ERR_AGAIN)
		if (e != ERR_NOT_FOUND) {
			assert_int_equal(e, OK);
			counts_add(&sum, &c.counts);
		}
	counts_scan_deinit(&s);
	db_reader_deinit(&t);
	return sum;
}

static uint64_t unconfirmed(uint64_t account)
{
	struct counts sum = scan(account, COUNT_TOTAL, NULL);

	for (size_t i = 0; i < COUNT_SUMS; i++) {
		struct counts same = scan(account, count_sum_bits(i), NULL);

		assert_true(is_equal(&sum, &same));
	}
	assert_true(sum.requests == 0 && sum.clicks == 0);
	return sum.unconfirmed;
}

static void note(uint64_t account, uint64_t link, size_t n)
{
	for (size_t i = 0; i < n; i++)
		tally_note_lost(region.tally, account, link, 9,
			day_start_ms(REGION_DAY) + i % 3 * MS_PER_DAY);
}

/* Counted without a click to go with them, kept by a rebuild, and by a
 * transaction that fails. */
static void test_counted(void **state)
{
	const uint64_t link = 5;
	struct counts some;

	(void)state;
	write_days(1, 100);
	note(1, link, 10);
	note(1, 6, 3);
	note(2, link, 1);
	atomic_store(&region.tally_fault, ERR_DISK_FULL);
	atomic_store(&region.tally_faults, 1);
	assert_int_equal(tally_catch_up(region.tally), ERR_DISK_FULL);
	assert_int_equal(unconfirmed(1), 0);
	note(1, link, 1);
	catch_up();
	assert_int_equal(unconfirmed(1), 14);
	assert_int_equal(unconfirmed(2), 1);
	some = scan(1, COUNT_TOTAL | COUNT_DAY, &link);
	assert_int_equal(some.unconfirmed, 11);
	check_all(0);
	note(1, link, 1);
	tally_report_damage(region.tally);
	catch_up();
	assert_int_equal(unconfirmed(1), 15);
	reopen();
	assert_int_equal(unconfirmed(1), 15);
	catch_up();
	assert_int_equal(unconfirmed(1), 15);
	check_all(0);
}

/* The thread is woken, though the log has nothing new; what is noted last is
 * counted when it ends. */
static void test_thread(void **state)
{
	(void)state;
	for (size_t round = 1; round <= 20; round++) {
		uint64_t before;

		assert_int_equal(tally_start(region.tally), OK);
		before =
			counter_get(&tally_metrics(region.tally)->transactions);
		note(1, 5, 1);
		while (counter_get(
			       &tally_metrics(region.tally)->transactions) ==
			before)
			sched_yield();
		note(1, 5, 1);
		tally_stop(region.tally);
		assert_int_equal(unconfirmed(1), 2 * round);
	}
}

/* What finds no room is counted as its account's; then it is dropped, and that
 * is said. */
static void test_no_room(void **state)
{
	const uint64_t none = 0;
	struct counts any;
	enum {
		MANY = 2000
	};

	(void)state;
	for (uint64_t link = 1; link <= MANY; link++)
		note(1, link, 1);
	for (uint64_t account = 10; account < 10 + MANY; account++)
		note(account, 1, 1);
	catch_up();
	assert_int_equal(unconfirmed(1), MANY);
	any = scan(1, COUNT_TOTAL, &none);
	assert_int_equal(
		any.unconfirmed, MANY - (TALLY_LOST_MAX - TALLY_LOST_SPARE));
	assert_int_equal(counter_get(&tally_metrics(region.tally)->lost),
		MANY - (TALLY_LOST_SPARE - 1));
	assert_int_equal(unconfirmed(10), 1);
	assert_int_equal(unconfirmed(9 + MANY), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_counted),
		TEST(test_thread),
		TEST(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
