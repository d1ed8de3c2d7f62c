/* A region whose tally is compared with a recount of the clicks written, for
 * test_tally*.c: one region a program. */
#pragma once

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

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
	(void)state;
	region_deinit(&region);
	return 0;
}

/* Random clicks over a few days, written by the writer. */
static inline void write_clicks(size_t n)
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

static inline void write_days(size_t days, size_t n)
{
	for (size_t day = 0; day < days; day++) {
		region_set_day(&region, REGION_DAY + day);
		write_clicks(n);
	}
}

static inline void catch_up(void)
{
	assert_int_equal(tally_catch_up(region.tally), OK);
}

static inline void reopen(void)
{
	region_close(&region);
	region_open(&region);
}

static inline struct db_txn snapshot(void)
{
	struct db_txn t;

	assert_int_equal(db_reader_init(tally_env(region.tally), &t), OK);
	assert_int_equal(db_reader_renew(&t), OK);
	return t;
}

static inline void check_seen(struct db_txn *t)
{
	static bool counted[TOKENS + 1];
	static struct tally_known known;
	bool seen;

	memset(counted, 0, sizeof(counted));
	memset(&known, 0, sizeof(known));
	for (size_t i = 0; i < entries_n; i++)
		counted[entries[i].click.token - REGION_TOKEN(0)] |=
			entries[i].click.counted;
	for (uint64_t token = 1; token <= TOKENS; token++) {
		assert_int_equal(
			tally_seen(t, &known, REGION_TOKEN(token), &seen), OK);
		assert_int_equal(seen, counted[token]);
	}
}

static inline void add_counts(struct tally_counts *to, const struct click *c)
{
	struct tally_counts one = {1, c->counted, c->unique};

	tally_counts_add(to, &one);
}

static inline bool is_equal(
	const struct tally_counts *a, const struct tally_counts *b)
{
	return a->requests == b->requests && a->clicks == b->clicks &&
	       a->unique_clicks == b->unique_clicks;
}

/* What the clicks say of this account's counter. */
static inline struct tally_counts recount(const struct tally_counter *c)
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

static inline void check_counters(struct db_txn *t)
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
static inline void check_postings(
	struct db_txn *t, uint64_t account, uint64_t after)
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

static inline void check_all(uint64_t postings_after)
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
