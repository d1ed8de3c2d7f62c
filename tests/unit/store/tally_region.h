/* A region whose tally is compared with a recount of the clicks written, for
 * test_tally*.c: one region a program. */
#pragma once

#include "core/verdict.h"
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

/* What the region's function says of an agent. */
static inline void region_families(
	void *arg, struct str agent, struct agent_families *to)
{
	(void)arg;
	(void)snprintf(to->os, sizeof(to->os), "%.*s",
		(int)str_find(agent, '/'), agent.p);
	(void)snprintf(to->device, sizeof(to->device), "Phone");
	(void)snprintf(to->browser, sizeof(to->browser), "%.*s",
		STR_FMT(str_skip(agent, str_find(agent, '/') + 1)));
}

static inline int setup(void **state)
{
	(void)state;
	random_state = 88172645463325252;
	entries_n = 0;
	region_init(&region);
	region.tally_batch = BATCH;
	region.families = region_families;
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

/* Country, agent and, where it was not counted, a verdict: of some. */
static inline void region_dress(struct click *c, uint64_t random)
{
	static const char *const countries[] = {"IN", "US", "DE"};
	static const char *const agents[] = {"Android/Chrome", "iOS/Safari",
		"Android/Firefox", "/curl", "iOS/"};

	if (random % 4)
		memcpy(c->country, countries[random % 3], 2);
	if (random / 16 % 6 < COUNT_OF(agents))
		c->agent = str_from(agents[random / 16 % 6]);
	if (!c->counted)
		c->verdict = (uint8_t)(random / 256 % VERDICTS);
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
		region_dress(&e[i].click, region_random(&random_state));
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
	tally_known_begin(&known, t);
	for (size_t i = 0; i < entries_n; i++)
		counted[entries[i].click.token - REGION_TOKEN(0)] |=
			entries[i].click.counted;
	for (uint64_t token = 1; token <= TOKENS; token++) {
		assert_int_equal(
			tally_seen(t, &known, REGION_TOKEN(token), &seen), OK);
		assert_int_equal(seen, counted[token]);
	}
}

static inline void add_counts(struct counts *to, const struct click *c)
{
	struct counts one = {.requests = 1,
		.clicks = c->counted,
		.unique_clicks = c->unique};

	counts_add(to, &one);
}

static inline bool is_equal(const struct counts *a, const struct counts *b)
{
	return a->requests == b->requests && a->clicks == b->clicks &&
	       a->unique_clicks == b->unique_clicks &&
	       a->unconfirmed == b->unconfirmed && a->minted == b->minted;
}

static inline bool has_value(const struct click *k, const struct count *c)
{
	const struct str country = str_make(k->country, k->country[0] ? 2 : 0);
	const char verdict = (char)k->verdict;
	struct agent_families families = {{0}, {0}, {0}};

	switch (c->kind & 15) {
	case COUNT_VERDICT:
		return str_eq(c->value, str_make(&verdict, 1));
	case COUNT_COUNTRY:
		return str_eq(c->value, country);
	case COUNT_OS:
		if (k->agent.n)
			region_families(NULL, k->agent, &families);
		return str_is(c->value, families.os);
	default:
		return c->value.n == 0;
	}
}

/* What the clicks say of this count. */
static inline struct counts recount(const struct count *c)
{
	struct counts sum = {0};

	for (size_t i = 0; i < entries_n; i++) {
		const struct click *k = &entries[i].click;
		uint64_t q = quarter_of_ms(k->at_ms);

		if (c->kind & COUNT_DAY)
			q -= q % QUARTERS_PER_DAY;
		if (k->account == c->account && q == c->quarter &&
			(c->kind & COUNT_ALL_LINKS ||
				(k->link == c->link &&
					k->campaign == c->campaign)) &&
			has_value(k, c))
			add_counts(&sum, k);
	}
	return sum;
}

/* Each is right, and together they are all there is. */
static inline void check_kind(
	struct db_txn *t, uint8_t kind, const struct counts *want)
{
	struct counts sum = {0};
	struct counts_scan scan;
	struct count c;
	enum err e;

	for (uint64_t account = 1; account <= ACCOUNTS; account++) {
		const struct counts_range range = {
			.account = REGION_TOKEN(account),
			.kind = kind,
			.to = UINT32_MAX};

		tally_counts_scan(&scan, t, &range);
		while ((e = counts_scan_next(&scan, &c)) == OK) {
			struct counts counts = recount(&c);

			assert_true(is_equal(&counts, &c.counts));
			counts_add(&sum, &c.counts);
		}
		assert_int_equal(e, ERR_AGAIN);
		counts_scan_deinit(&scan);
	}
	assert_true(is_equal(&sum, want));
}

static inline void check_counters(struct db_txn *t)
{
	struct counts totals = {0}, want = {0};

	for (size_t i = 0; i < entries_n; i++)
		add_counts(&want, &entries[i].click);
	for (unsigned d = 0; d < COUNT_DIMENSIONS; d++)
		for (size_t i = 0; i < COUNT_SUMS; i++)
			check_kind(t, (uint8_t)(d | count_sum_bits(i)), &want);
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
