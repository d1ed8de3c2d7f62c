#include "store/tally.h"

#include <sys/stat.h>
#include <unistd.h>

#include "core/record.h"
#include "store/tally_tables.h"
#include "unit/store/click_region.h"

enum {
	CLICKS = 6000,
	BATCH = 500, /* of the tally */
	TOKENS = 40000,
	ACCOUNTS = 7, /* region_click()'s */
	QUARTERS = 96,
};

static struct region region;
static struct click_entry entries[CLICKS];
static size_t entries_n;
static uint64_t random_state;

static int setup(void **state)
{
	(void)state;
	random_state = 88172645463325252;
	entries_n = 0;
	region_init(&region);
	region.tally_batch = BATCH;
	region.without_tally_thread = true;
	region_open(&region);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	region_deinit(&region);
	return 0;
}

/* Random clicks over a few days, written by the writer. */
static void write_clicks(size_t n)
{
	struct click_entry *e = entries + entries_n;

	assert_true(entries_n + n <= CLICKS);
	for (size_t i = 0; i < n; i++) {
		uint64_t token = 1 + region_random(&random_state) % TOKENS;

		e[i] = (struct click_entry){
			.click = region_click(&region, token)};
		e[i].click.counted = region_random(&random_state) % 4;
	}
	region_write(&region, e, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(e[i].result, OK);
	entries_n += n;
}

static void write_days(size_t days, size_t n)
{
	for (size_t day = 0; day < days; day++) {
		region_set_day(&region, REGION_DAY + day);
		write_clicks(n);
	}
}

static void catch_up(void)
{
	assert_int_equal(tally_catch_up(region.tally), OK);
}

static void reopen(void)
{
	region_close(&region);
	region_open(&region);
}

static struct db_txn snapshot(void)
{
	struct db_txn t;

	assert_int_equal(db_reader_init(tally_env(region.tally), &t), OK);
	assert_int_equal(db_reader_renew(&t), OK);
	return t;
}

static void check_seen(struct db_txn *t)
{
	static bool counted[TOKENS + 1];
	bool seen;

	memset(counted, 0, sizeof(counted));
	for (size_t i = 0; i < entries_n; i++)
		counted[entries[i].click.token - REGION_TOKEN(0)] |=
			entries[i].click.counted;
	for (uint64_t token = 1; token <= TOKENS; token++) {
		assert_int_equal(tally_seen(t, REGION_TOKEN(token), &seen), OK);
		assert_int_equal(seen, counted[token]);
	}
}

static void add_counts(struct tally_counts *to, const struct click *c)
{
	struct tally_counts one = {1, c->counted, c->unique};

	tally_counts_add(to, &one);
}

static bool is_equal(const struct tally_counts *a, const struct tally_counts *b)
{
	return a->requests == b->requests && a->clicks == b->clicks &&
	       a->unique_clicks == b->unique_clicks;
}

/* What the clicks say of this account's counter. */
static struct tally_counts recount(const struct tally_counter *c)
{
	struct tally_counts sum = {0};

	for (size_t i = 0; i < entries_n; i++) {
		const struct click *k = &entries[i].click;

		if (k->account == c->account && k->link == c->link &&
			k->campaign == c->campaign &&
			quarter_of_ms(k->at_ms) == c->quarter)
			add_counts(&sum, k);
	}
	return sum;
}

static void check_counters(struct db_txn *t)
{
	struct tally_counts totals = {0}, sum = {0}, want = {0};
	struct tally_counters it;
	struct tally_counter c;
	enum err e = OK;

	for (size_t i = 0; i < entries_n; i++)
		add_counts(&want, &entries[i].click);
	for (uint64_t account = 1; account <= ACCOUNTS; account++) {
		tally_counters_init(
			&it, t, REGION_TOKEN(account), 0, UINT32_MAX);
		while ((e = tally_counters_next(&it, &c)) == OK) {
			struct tally_counts counts = recount(&c);

			assert_true(is_equal(&counts, &c.counts));
			tally_counts_add(&sum, &c.counts);
		}
		assert_int_equal(e, ERR_AGAIN);
		tally_counters_deinit(&it);
	}
	assert_true(is_equal(&sum, &want));
	assert_int_equal(tally_totals(t, &totals), OK);
	assert_true(is_equal(&totals, &want));
}

/* The account's clicks behind `after`, and no others. */
static void check_postings(struct db_txn *t, uint64_t account, uint64_t after)
{
	struct tally_postings p;
	uint64_t sequence;

	tally_postings_init(&p, t, account, after);
	for (size_t i = 0; i < entries_n; i++) {
		if (entries[i].click.account != account ||
			entries[i].sequence <= after)
			continue;
		assert_int_equal(tally_postings_next(&p, &sequence), OK);
		assert_true(sequence == entries[i].sequence);
	}
	assert_int_equal(tally_postings_next(&p, &sequence), ERR_AGAIN);
	tally_postings_deinit(&p);
}

static void check_all(uint64_t postings_after)
{
	struct db_txn t = snapshot();

	assert_true(tally_position(&t) == region_newest(&region));
	check_seen(&t);
	check_counters(&t);
	for (uint64_t account = 0; account <= ACCOUNTS + 1; account++)
		check_postings(&t, REGION_TOKEN(account), postings_after);
	assert_int_equal(t.err, OK);
	db_reader_deinit(&t);
}

static void test_equals_a_recount(void **state)
{
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
	for (uint64_t i = 0; i < CLICKS; i += 100)
		check_all(REGION_FIRST - 1 + i);
	check_all(UINT64_MAX);
}

static void test_empty(void **state)
{
	struct db_txn t;
	bool seen = true;

	(void)state;
	catch_up();
	check_all(0);
	t = snapshot();
	assert_int_equal(tally_seen(&t, UINT64_MAX, &seen), OK);
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
	const uint32_t start = (uint32_t)quarter_of_ms(
		day_start_ms(REGION_DAY));

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
		struct tally_counters it;
		struct tally_counter c;
		uint64_t sum = 0, want = 0;

		for (size_t k = 0; k < entries_n; k++) {
			uint64_t q = quarter_of_ms(entries[k].click.at_ms);

			want += entries[k].click.account == REGION_TOKEN(3) &&
				q >= from && q < to;
		}
		tally_counters_init(&it, &t, REGION_TOKEN(3), from, to);
		while (tally_counters_next(&it, &c) == OK) {
			assert_true(c.quarter >= from && c.quarter < to);
			sum += c.counts.requests;
		}
		assert_int_equal(t.err, OK);
		assert_int_equal(sum, want);
		tally_counters_deinit(&it);
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
	struct tally_counter c = {
		.account = entries[0].click.account,
		.link = entries[0].click.link,
		.campaign = entries[0].click.campaign,
		.quarter = (uint32_t)quarter_of_ms(entries[0].click.at_ms),
	};
	struct tally_counter_key key = tally_counter_key(&c);

	db_put(t, TALLY_COUNTERS, str_make(key.bytes, sizeof(key.bytes)),
		STR("damaged"));
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
	static void (*const rows[])(struct db_txn *t) = {damage_seen,
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
		entries[entries_n] = (struct click_entry){
			.click = entries[0].click};
		region_write(&region, &entries[entries_n++], 1);
		for (size_t n = 0; n < 7; n++)
			write_clicks(100);
		region_await_tally(&region);
		tally_stop(region.tally);
		check_all(0);
		assert_int_equal(
			counter_get(&tally_metrics(region.tally)->rebuilds),
			1);
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
	(void)snprintf(command, sizeof(command), "%s/data.mdb",
		region.tally_dir);
	assert_int_equal(truncate(command, 5000), 0);
	region_open(&region);
	(void)snprintf(aside, sizeof(aside), "%s.damaged", region.tally_dir);
	assert_int_equal(stat(aside, &s), 0);
	catch_up();
	check_all(0);
	region_close(&region);
	/* Gone altogether. */
	assert_int_equal(rename(region.tally_dir,
				 temp_file(&region.temp, "elsewhere")),
		0);
	region_open(&region);
	catch_up();
	check_all(0);
	assert_false(tally_lost_base(region.tally));
	region_close(&region);
	/* An older tally, put back from elsewhere, goes on. */
	assert_int_equal(
		rename(region.tally_dir, temp_file(&region.temp, "away")), 0);
	assert_int_equal(rename(temp_file(&region.temp, "elsewhere"),
				 region.tally_dir),
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
	assert_int_equal(rename(region.clicks_dir,
				 temp_file(&region.temp, "elsewhere")),
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
	static void (*const rows[])(struct db_txn *t) = {
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
	struct tally_counts totals;
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
	/* The log still has everything here. */
	check_all(0);
	t = snapshot();
	assert_int_equal(tally_totals(&t, &totals), OK);
	assert_int_equal(totals.requests, 2000);
	db_reader_deinit(&t);
}

/* Its thread: woken by the writer, paced, stopped at any time. */
static void test_thread(void **state)
{
	(void)state;
	assert_int_equal(
		tally_wait(region.tally, REGION_FIRST, 1), ERR_CLOSED);
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
		TEST(test_damage_is_rebuilt),
		TEST(test_missing_tally),
		TEST(test_ahead_of_the_log),
		TEST(test_newer_is_refused),
		TEST(test_fold),
		TEST(test_lost_base),
		TEST(test_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
