#include "store/minted.h"

#include "core/timestamp.h"
#include "store/block_builder.h"
#include "store/link.h"
#include "support/fault.h"
#include "unit/store/links_store.h"

enum {
	KINDS = 600, /* more than are gathered */
	LINK = 77,
	CAMPAIGN = 88,
};

#define NOW_MS (20780 * (uint64_t)MS_PER_DAY + 5 * MS_PER_QUARTER)

static struct links_store store;
static struct block_builder builder;
static struct buf shape;

static int setup(void **state)
{
	(void)state;
	links_store_init(&store, 0);
	block_builder_init(&builder);
	buf_init(&shape, SHAPE_BYTES_MAX);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_deinit(&shape);
	block_builder_deinit(&builder);
	links_store_deinit(&store);
	return 0;
}

static void begin(uint64_t now_ms)
{
	struct db_txn *t = links_store_begin(&store);
	uint64_t next = 0;

	assert_int_equal(links_next_token(t, 0, &next), OK);
	block_builder_begin(&builder, t, next, 0, now_ms);
}

static void commit(void)
{
	block_builder_end(&builder);
	links_store_commit(&store);
}

static void mint(uint64_t link, uint64_t campaign, bool test)
{
	struct token_shape s = {.account = 1,
		.link = link,
		.destination = link ? STR("") : STR("https://a.example/"),
		.campaign = campaign,
		.test = test};

	buf_reset(&shape);
	token_shape_put(&shape, &s);
	(void)block_builder_add(&builder, buf_view(&shape), STR("\0\0"));
}

/* The sum of the range, in each of the sums the same. */
static uint64_t minted(struct counts_range range)
{
	struct db_txn *t = links_store_read(&store);
	uint64_t sums[COUNT_SUMS] = {0};

	range.account = 1;
	range.to = UINT32_MAX;
	for (size_t i = 0; i < COUNT_SUMS; i++) {
		struct counts_scan s;
		struct count c;
		enum err e;

		range.kind = COUNT_TOTAL | count_sum_bits(i);
		if ((range.kind & COUNT_ALL_LINKS) &&
			(range.by_link || range.by_campaign))
			continue;
		if (range.kind & COUNT_DAY && range.from)
			continue;
		minted_scan(&s, t, &range);
		while ((e = counts_scan_next(&s, &c)) != ERR_AGAIN)
			if (e != ERR_NOT_FOUND) {
				assert_int_equal(e, OK);
				sums[i] += c.counts.minted;
			}
		counts_scan_deinit(&s);
		assert_true(sums[i] == sums[0]);
	}
	return sums[0];
}

static void test_counted(void **state)
{
	const struct counts_range all = {0};

	(void)state;
	for (uint64_t i = 0; i < 3; i++) {
		begin(NOW_MS + i * MS_PER_QUARTER);
		for (uint64_t k = 0; k < 100; k++) {
			mint(1 + k % 3, 0, false);
			mint(0, k % 2, false);
			mint(5, 0, true);
		}
		(void)block_builder_refuse(&builder, 1, STR("no"));
		commit();
	}
	assert_int_equal(minted(all), 600);
	assert_int_equal(
		minted((struct counts_range){.by_link = true, .link = 1}), 102);
	assert_int_equal(
		minted((struct counts_range){.by_link = true, .link = 5}), 0);
	assert_int_equal(minted((struct counts_range){
				 .by_campaign = true, .campaign = 1}),
		150);
	assert_int_equal(minted((struct counts_range){
				 .from = (uint32_t)quarter_of_ms(NOW_MS) + 1}),
		400);
}

static void test_many_kinds(void **state)
{
	(void)state;
	begin(NOW_MS);
	for (uint64_t round = 0; round < 2; round++)
		for (uint64_t i = 1; i <= KINDS; i++)
			mint(i, 0, false);
	commit();
	assert_int_equal(minted((struct counts_range){0}), 2 * KINDS);
	for (uint64_t i = 1; i <= KINDS; i += 99)
		assert_int_equal(minted((struct counts_range){
					 .by_link = true, .link = i}),
			2);
}

/* Tokens that name no campaign are their link's. */
static void test_campaign_of_the_link(void **state)
{
	struct link link = {.id = LINK,
		.account = 1,
		.name = STR("shop"),
		.destination = STR("https://a.example/"),
		.campaign = CAMPAIGN,
		.active = true};
	struct buf record;

	(void)state;
	buf_init(&record, 4096);
	link_record_put(&record, &link);
	begin(NOW_MS);
	apply_link(&store.writer, buf_view(&record));
	mint(LINK, 0, false);
	mint(LINK, 5, false);
	commit();
	buf_deinit(&record);
	assert_int_equal(minted((struct counts_range){
				 .by_campaign = true, .campaign = CAMPAIGN}),
		1);
	assert_int_equal(minted((struct counts_range){
				 .by_campaign = true, .campaign = 5}),
		1);
}

/* Nothing is counted that was not minted. */
static void test_aborted(void **state)
{
	(void)state;
	begin(NOW_MS);
	mint(1, 0, false);
	block_builder_end(&builder);
	db_abort(&store.writer);
	begin(NOW_MS);
	mint(2, 0, false);
	commit();
	assert_int_equal(minted((struct counts_range){0}), 1);
}

/* A damaged count stops no mint: it begins anew. */
static void test_damaged(void **state)
{
	struct count c = {.account = 1,
		.link = 1,
		.quarter = (uint32_t)quarter_of_ms(NOW_MS)};
	struct count_key key;

	(void)state;
	begin(NOW_MS);
	mint(1, 0, false);
	mint(1, 0, false);
	commit();
	begin(NOW_MS);
	count_key_put(&key, &c);
	db_put(&store.writer, LINKS_MINTED, count_key_view(&key),
		STR("damaged"));
	mint(1, 0, false);
	commit();
	for (int i = 0; i < 2; i++) {
		struct db_txn *t = links_store_read(&store);
		struct count found;
		struct str record;

		c = count_in_sum(&c, i ? COUNT_DAY : 0);
		count_key_put(&key, &c);
		assert_true(
			db_get(t, LINKS_MINTED, count_key_view(&key), &record));
		assert_int_equal(
			count_record_get(count_key_view(&key), record, &found),
			OK);
		assert_int_equal(found.counts.minted, i ? 3 : 1);
	}
}

static void forget(struct db_txn *t, void *arg)
{
	(void)arg;
	db_delete(t, LINKS_META, STR("minted_from"));
}

static uint64_t minted_from(void)
{
	uint64_t ms = 1;

	assert_int_equal(links_minted_from(links_store_read(&store), &ms), OK);
	return ms;
}

/* A store from before tokens were counted says since when they are. */
static void test_older_store(void **state)
{
	uint64_t from;

	(void)state;
	assert_int_equal(minted_from(), 0);
	forget(links_store_begin(&store), NULL);
	links_store_commit(&store);
	links_store_reopen(&store);
	assert_int_equal(minted_from(), 0); /* it had no tokens */
	begin(NOW_MS);
	mint(1, 0, false);
	forget(&store.writer, NULL);
	commit();
	links_store_reopen(&store);
	from = minted_from();
	assert_true(from > NOW_MS / 2);
	links_store_reopen(&store);
	assert_true(minted_from() == from);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_counted),
		TEST(test_many_kinds),
		TEST(test_campaign_of_the_link),
		TEST(test_aborted),
		TEST(test_damaged),
		TEST(test_older_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
