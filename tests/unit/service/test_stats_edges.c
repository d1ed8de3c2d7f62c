#include "service/stats.h"
#include "store/tally_tables.h"
#include "unit/service/feed_fixture.h"

enum {
	WAIT_MS = 60000
};

static struct service s;

static int setup(void **state)
{
	(void)state;
	service_init(&s);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	service_deinit(&s);
	return 0;
}

static struct stats_query query_by(enum stats_by by)
{
	struct stats_query q = {
		.account = s.account, .by = by, .to = UINT32_MAX};

	time_zone_fixed(0, &q.zone);
	return q;
}

static enum err run(const struct stats_query *q, struct stats **to)
{
	enum err e = stats_new(s.view, q, to);

	if (e)
		return e;
	while ((e = stats_step(*to, 1000)) == ERR_AGAIN)
		continue;
	return e;
}

static struct db_env *links_env(void)
{
	return s.region->links.env;
}

/* So many links have tokens. */
static void put_minted(uint64_t n)
{
	struct count c = {.account = s.account,
		.kind = COUNT_DAY,
		.counts = {.minted = 1}};
	struct buf scratch;
	struct db_txn t;

	buf_init(&scratch, COUNT_RECORD_MAX);
	assert_int_equal(db_begin(links_env(), &t), OK);
	for (uint64_t i = 0; i < n; i++) {
		c.link = 1000 + i;
		counts_table_put(&t, LINKS_MINTED, &c, &scratch);
	}
	assert_int_equal(db_commit(&t), OK);
	buf_deinit(&scratch);
}

static void test_too_many_rows(void **state)
{
	struct stats_query q = query_by(STATS_LINK);
	struct stats *t;

	(void)state;
	put_minted(STATS_ROWS_MAX);
	assert_int_equal(run(&q, &t), OK);
	assert_int_equal(stats_rows(t), STATS_ROWS_MAX);
	assert_true(stats_total(t)->minted == STATS_ROWS_MAX);
	stats_free(t);
	put_minted(STATS_ROWS_MAX + 1);
	assert_int_equal(run(&q, &t), ERR_FULL);
	stats_free(t);
	q.by_link = true;
	q.link = 1000;
	assert_int_equal(run(&q, &t), OK);
	assert_int_equal(stats_rows(t), 1);
	stats_free(t);
}

/* No rebuild brings these back: what can be trusted is summed up. */
static void test_damaged_minted(void **state)
{
	struct stats_query q = query_by(STATS_LINK);
	struct count c = {
		.account = s.account, .link = 1001, .kind = COUNT_DAY};
	struct count_key key;
	struct stats *t;
	struct db_txn w;

	(void)state;
	put_minted(3);
	count_key_put(&key, &c);
	assert_int_equal(db_begin(links_env(), &w), OK);
	db_put(&w, LINKS_MINTED, count_key_view(&key), STR("damaged"));
	assert_int_equal(db_commit(&w), OK);
	assert_int_equal(run(&q, &t), OK);
	assert_int_equal(stats_damaged(t), 1);
	assert_int_equal(stats_rows(t), 2);
	assert_true(stats_total(t)->minted == 2);
	stats_free(t);
}

static void tap(void)
{
	uint64_t token = service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");
	uint64_t sequence = feed_tap(&s, token, STR(""), VERDICT_HUMAN);

	assert_int_equal(tally_wait(s.region->tally, sequence, WAIT_MS), OK);
}

/* A damaged count of clicks has all counted anew. */
static void test_damaged_counts(void **state)
{
	struct stats_query q = query_by(STATS_DAY);
	struct count c = {.account = s.account,
		.quarter = count_quarter(SERVICE_WALL_MS),
		.kind = COUNT_ALL_LINKS};
	struct count_key key;
	struct stats *t;
	struct db_txn w;
	uint64_t requests = 0;
	enum err e;

	(void)state;
	tap();
	tally_stop(s.region->tally);
	count_key_put(&key, &c);
	assert_int_equal(db_begin(tally_env(s.region->tally), &w), OK);
	db_put(&w, TALLY_COUNTERS, count_key_view(&key), STR("damaged"));
	assert_int_equal(db_commit(&w), OK);
	assert_int_equal(run(&q, &t), ERR_CORRUPT);
	stats_free(t);
	assert_int_equal(tally_start(s.region->tally), OK);
	while (!requests) {
		t = NULL;
		e = run(&q, &t);
		assert_true(!e || e == ERR_AGAIN || e == ERR_CORRUPT);
		requests = e ? 0 : stats_total(t)->requests;
		stats_free(t);
		sched_yield();
	}
	assert_true(requests == 1);
}

static void test_being_rebuilt(void **state)
{
	struct stats_query q = query_by(STATS_DAY);
	struct stats *t = NULL;
	struct db_txn w;

	(void)state;
	tap();
	tally_stop(s.region->tally);
	assert_int_equal(db_begin(tally_env(s.region->tally), &w), OK);
	tally_delete_state(&w, false);
	assert_int_equal(db_commit(&w), OK);
	assert_int_equal(run(&q, &t), ERR_AGAIN);
	assert_null(t);
}

/* Both begin to be complete at some time: the later one counts. */
static void test_complete_from(void **state)
{
	struct stats_query q = query_by(STATS_DAY);
	struct tally_state tally;
	struct stats *t;
	struct db_txn w;

	(void)state;
	tap();
	tally_stop(s.region->tally);
	assert_int_equal(db_begin(tally_env(s.region->tally), &w), OK);
	assert_int_equal(tally_get_state(&w, false, &tally), OK);
	tally.complete_from_ms = 12345;
	tally_put_state(&w, false, &tally);
	assert_int_equal(db_commit(&w), OK);
	assert_int_equal(run(&q, &t), OK);
	assert_true(stats_complete_from(t) == 12345);
	stats_free(t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_too_many_rows),
		TEST(test_damaged_minted),
		TEST(test_damaged_counts),
		TEST(test_being_rebuilt),
		TEST(test_complete_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
