#include <sys/stat.h>
#include <unistd.h>

#include "core/record.h"
#include "store/tally.h"
#include "unit/store/tally_region.h"

static void with_tally(void (*change)(struct db_txn *t))
{
	struct db_txn t;

	assert_int_equal(db_begin(tally_env(region.tally), &t), OK);
	change(&t);
	assert_int_equal(db_commit(&t), OK);
}

static void damage_first(struct db_txn *t, unsigned table)
{
	struct db_cursor c;
	char key[64];
	size_t n = 0;

	db_cursor_init(t, table, &c);
	if (db_last(&c)) {
		assert_true(c.key.n <= sizeof(key));
		n = c.key.n;
		memcpy(key, c.key.p, n);
	}
	db_cursor_deinit(&c);
	assert_true(n > 0);
	db_put(t, table, str_make(key, n), STR("damaged"));
}

static void damage_seen(struct db_txn *t)
{
	for (uint64_t i = 0; i <= TOKENS / TALLY_CHUNK_TOKENS; i++)
		db_put(t, TALLY_SEEN,
			DB_KEY64(((uint64_t)REGION_SHARD << 48) + i),
			STR("damaged"));
}

static void damage_counters(struct db_txn *t)
{
	struct count c = {
		.account = entries[0].click.account,
		.link = entries[0].click.link,
		.campaign = entries[0].click.campaign,
		.quarter = count_quarter(entries[0].click.at_ms),
	};
	struct count_key key;

	count_key_put(&key, &c);
	db_put(t, TALLY_COUNTERS, count_key_view(&key), STR("damaged"));
}

static void damage_postings(struct db_txn *t)
{
	damage_first(t, TALLY_POSTINGS);
}

static void damage_state(struct db_txn *t)
{
	db_put(t, TALLY_META, STR("state"), STR("damaged"));
}

static void lose_state(struct db_txn *t)
{
	tally_delete_state(t, false);
}

static void test_damage_is_rebuilt(void **state)
{
	static void (*const rows[])(struct db_txn * t) = {damage_seen,
		damage_counters, damage_postings, damage_state, lose_state};

	(void)state;
	write_days(2, 500);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		catch_up();
		with_tally(rows[i]);
		if (i % 2)
			reopen();
		assert_int_equal(tally_start(region.tally), OK);
		/* Touches every kind of record, the first one's counter
		 * too. The writer itself may have to wait for the rebuild. */
		entries[entries_n] =
			(struct click_entry){.click = entries[0].click};
		region_write(&region, &entries[entries_n++], 1);
		for (size_t n = 0; n < 7; n++)
			write_clicks(100);
		region_await_tally(&region);
		tally_stop(region.tally);
		check_all(0);
		assert_int_equal(
			counter_get(&tally_metrics(region.tally)->rebuilds), 1);
		assert_false(tally_lost_base(region.tally));
		reopen();
	}
}

static void test_missing_tally(void **state)
{
	char aside[PATH_MAX + 32];
	char command[2 * PATH_MAX];
	struct stat s;

	(void)state;
	write_days(2, 1000);
	catch_up();
	region_close(&region);
	/* Unreadable: put aside. */
	(void)snprintf(
		command, sizeof(command), "%s/data.mdb", region.tally_dir);
	assert_int_equal(truncate(command, 5000), 0);
	region_open(&region);
	(void)snprintf(aside, sizeof(aside), "%s.damaged", region.tally_dir);
	assert_int_equal(stat(aside, &s), 0);
	catch_up();
	check_all(0);
	region_close(&region);
	/* Gone altogether. */
	assert_int_equal(
		rename(region.tally_dir, temp_file(&region.temp, "elsewhere")),
		0);
	region_open(&region);
	catch_up();
	check_all(0);
	assert_false(tally_lost_base(region.tally));
	region_close(&region);
	/* An older tally, put back from elsewhere, goes on. */
	assert_int_equal(
		rename(region.tally_dir, temp_file(&region.temp, "away")), 0);
	assert_int_equal(
		rename(temp_file(&region.temp, "elsewhere"), region.tally_dir),
		0);
	region_open(&region);
	write_clicks(100);
	catch_up();
	check_all(0);
}

/* A log that lost its end: the tally starts over, and no number comes twice. */
static void test_ahead_of_the_log(void **state)
{
	uint64_t newest;

	(void)state;
	write_days(1, 1000);
	catch_up();
	newest = region_newest(&region);
	region_close(&region);
	assert_int_equal(
		rename(region.clicks_dir, temp_file(&region.temp, "elsewhere")),
		0);
	region_open(&region);
	entries_n = 0;
	write_clicks(100);
	assert_true(entries[0].sequence == newest + 1);
	catch_up();
	check_all(0);
}

static void put_newer(struct db_txn *t, struct str key)
{
	struct writer w;
	struct buf b;

	buf_init(&b, 64);
	record_begin(&w, &b, TALLY_FORMAT + 1);
	record_seal_keyed(&w, key);
	assert_int_equal(writer_err(&w), OK);
	db_put(t, TALLY_META, key, buf_view(&b));
	buf_deinit(&b);
}

static void newer_state(struct db_txn *t)
{
	put_newer(t, STR("state"));
}

static void newer_base(struct db_txn *t)
{
	put_newer(t, STR("base"));
}

static void test_newer_is_refused(void **state)
{
	static void (*const rows[])(struct db_txn * t) = {
		newer_base, newer_state};

	(void)state;
	catch_up();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		with_tally(rows[i]);
		region_close(&region);
		assert_int_equal(region_open_log(&region), OK);
		assert_int_equal(region_open_tally(&region), ERR_VERSION);
		segments_close(region.segments);
		region.segments = NULL;
		/* Unharmed, for the version that knows it. */
		assert_int_equal(region_open_log(&region), OK);
		assert_int_equal(region_open_tally(&region), ERR_VERSION);
		segments_close(region.segments);
		region.segments = NULL;
		if (i + 1 == COUNT_OF(rows))
			break;
		assert_int_equal(rename(region.tally_dir,
					 temp_file(&region.temp, "aside")),
			0);
		region_open(&region);
		catch_up();
	}
}

/* As version 1 wrote them. */
static void put_old_state(struct db_txn *t, struct str key, uint64_t position)
{
	struct writer w;
	struct buf b;

	buf_init(&b, 64);
	record_begin(&w, &b, 1);
	writer_be64(&w, position);
	for (int i = 0; i < 3; i++)
		writer_varint(&w, position ? 1 : 0);
	record_seal_keyed(&w, key);
	assert_int_equal(writer_err(&w), OK);
	db_put(t, TALLY_META, key, buf_view(&b));
	buf_deinit(&b);
}

static void make_old(struct db_txn *t)
{
	put_old_state(t, STR("state"), REGION_FIRST + 5);
	put_old_state(t, STR("base"), 0);
	db_put(t, TALLY_COUNTERS, STR("an account, a link, a quarter"),
		STR("counts"));
}

static void make_old_folded(struct db_txn *t)
{
	make_old(t);
	put_old_state(t, STR("base"), REGION_FIRST + 5);
}

static uint64_t complete_from(void)
{
	struct db_txn t = snapshot();
	uint64_t ms = tally_complete_from(&t);

	assert_int_equal(t.err, OK);
	db_reader_deinit(&t);
	return ms;
}

/* One of an older version is rebuilt; its base, if it holds something, is
 * not understood, which is said. */
static void test_older(void **state)
{
	(void)state;
	write_days(2, 500);
	for (int i = 0; i < 2; i++) {
		catch_up();
		with_tally(i ? make_old_folded : make_old);
		reopen();
		assert_int_equal(
			counter_get(&tally_metrics(region.tally)->rebuilds), 1);
		assert_int_equal(tally_lost_base(region.tally), i == 1);
		catch_up();
		check_all(0);
		assert_true(
			complete_from() == (i ? day_start_ms(REGION_DAY) : 0));
		/* Once. */
		reopen();
		assert_int_equal(
			counter_get(&tally_metrics(region.tally)->rebuilds), 0);
	}
}

static void test_fold(void **state)
{
	struct segment_info info[4];
	uint64_t folded;

	(void)state;
	write_days(4, CLICKS / 4);
	assert_int_equal(
		tally_fold_base(region.tally, REGION_FIRST + 10), ERR_AGAIN);
	catch_up();
	check_all(0);
	assert_int_equal(segments_list(region.segments, info, 4), 4);
	for (size_t i = 1; i < 4; i++) {
		folded = info[i].first_sequence - 1;
		assert_int_equal(tally_fold_base(region.tally, folded), OK);
		assert_int_equal(tally_fold_base(region.tally, folded), OK);
		check_all(folded);
		/* From base and log alone. */
		tally_report_damage(region.tally);
		catch_up();
		check_all(folded);
		assert_false(tally_lost_base(region.tally));
	}
	reopen();
	check_all(folded);
}

static void damage_base(struct db_txn *t)
{
	damage_first(t, TALLY_BASE_COUNTERS);
}

static void lose_base(struct db_txn *t)
{
	db_put(t, TALLY_META, STR("base"), STR("damaged"));
}

/* What the base has lost is said; what the log has is counted. */
static void test_lost_base(void **state)
{
	struct segment_info info[2];
	struct counts totals;
	struct db_txn t;

	(void)state;
	write_days(2, 1000);
	catch_up();
	assert_int_equal(segments_list(region.segments, info, 2), 2);
	assert_int_equal(
		tally_fold_base(region.tally, info[1].first_sequence - 1), OK);
	with_tally(damage_base);
	tally_report_damage(region.tally);
	catch_up();
	assert_true(tally_lost_base(region.tally));
	reopen();
	with_tally(lose_base);
	reopen();
	assert_true(tally_lost_base(region.tally));
	catch_up();
	assert_true(complete_from() == day_start_ms(REGION_DAY));
	/* The log still has everything here. */
	check_all(0);
	t = snapshot();
	assert_int_equal(tally_totals(&t, &totals), OK);
	assert_int_equal(totals.requests, 2000);
	db_reader_deinit(&t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_damage_is_rebuilt),
		TEST(test_missing_tally),
		TEST(test_ahead_of_the_log),
		TEST(test_newer_is_refused),
		TEST(test_older),
		TEST(test_fold),
		TEST(test_lost_base),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
