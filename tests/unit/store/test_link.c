#include "store/link.h"

#include "unit/store/links_store.h"

static struct links_store s;

static int setup(void **state)
{
	(void)state;
	links_store_init(&s, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	links_store_deinit(&s);
	return 0;
}

static void put_link(
	uint64_t id, uint64_t account, uint32_t revision, const char *name)
{
	const struct link l = {.id = id,
		.account = account,
		.revision = revision,
		.name = str_from(name),
		.ttl_ms = revision};
	struct buf b;

	buf_init(&b, 8192);
	link_record_put(&b, &l);
	apply_link(links_store_begin(&s), buf_view(&b));
	links_store_commit(&s);
	buf_deinit(&b);
}

static void put_campaign(
	uint64_t id, uint64_t account, uint32_t revision, const char *name)
{
	const struct campaign c = {.id = id,
		.account = account,
		.revision = revision,
		.name = str_from(name)};
	struct buf b;

	buf_init(&b, 8192);
	campaign_record_put(&b, &c);
	apply_campaign(links_store_begin(&s), buf_view(&b));
	links_store_commit(&s);
	buf_deinit(&b);
}

/* Names are an account's own. */
static void test_link_lookups(void **state)
{
	struct db_txn *t;
	struct link l;

	(void)state;
	put_link(1, 10, 1, "shop");
	put_link(2, 20, 1, "shop");
	put_link(3, 10, 1, "shop-now");
	t = links_store_read(&s);
	assert_int_equal(link_by_name(t, 10, STR("shop"), &l), OK);
	assert_true(l.id == 1);
	assert_int_equal(link_by_name(t, 20, STR("shop"), &l), OK);
	assert_true(l.id == 2);
	assert_int_equal(
		link_by_name(t, 20, STR("shop-now"), &l), ERR_NOT_FOUND);
	assert_int_equal(link_by_name(t, 10, STR("sho"), &l), ERR_NOT_FOUND);
	assert_int_equal(link_by_id(t, 3, &l), OK);
	assert_true(str_is(l.name, "shop-now"));
	assert_int_equal(link_by_id(t, 4, &l), ERR_NOT_FOUND);
}

static void test_link_list(void **state)
{
	static const char *const names[] = {"A", "B", "a", "a.b", "b"};
	struct str after = str_make(NULL, 0);
	struct db_txn *t;
	struct link l;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		put_link(10 - i, 10, 1, names[i]);
	put_link(20, 9, 1, "z");
	put_link(21, 11, 1, "0");
	t = links_store_read(&s);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_int_equal(link_next(t, 10, after, &l), OK);
		assert_true(str_is(l.name, names[i]));
		after = l.name;
	}
	assert_int_equal(link_next(t, 10, after, &l), ERR_NOT_FOUND);
	assert_int_equal(link_next(t, 12, STR(""), &l), ERR_NOT_FOUND);
	assert_int_equal(link_next(t, 9, STR(""), &l), OK);
	assert_true(l.id == 20);
}

static void test_link_revisions(void **state)
{
	uint64_t records;
	struct db_txn *t;
	struct link l;

	(void)state;
	for (uint32_t revision = 1; revision <= 3; revision++)
		put_link(5, 10, revision, "shop");
	records = links_store_records(&s);
	put_link(5, 10, 3, "shop"); /* a second time changes nothing */
	assert_true(links_store_records(&s) == records);
	t = links_store_read(&s);
	for (uint32_t revision = 1; revision <= 3; revision++) {
		assert_int_equal(link_at(t, 5, revision, &l), OK);
		assert_int_equal(l.ttl_ms, revision);
	}
	assert_int_equal(link_by_id(t, 5, &l), OK);
	assert_int_equal(l.revision, 3);
	assert_int_equal(link_at(t, 5, 4, &l), ERR_NOT_FOUND);
	assert_int_equal(link_at(t, 5, 0, &l), ERR_NOT_FOUND);
}

static void test_campaigns(void **state)
{
	struct str after = str_make(NULL, 0);
	struct db_txn *t;
	struct campaign c;
	struct link l;

	(void)state;
	put_campaign(1, 10, 1, "holi");
	put_campaign(2, 10, 1, "diwali");
	put_campaign(2, 10, 2, "diwali");
	put_campaign(3, 20, 1, "holi");
	t = links_store_read(&s);
	assert_int_equal(campaign_by_name(t, 10, STR("holi"), &c), OK);
	assert_true(c.id == 1);
	assert_int_equal(campaign_by_id(t, 2, &c), OK);
	assert_int_equal(c.revision, 2);
	assert_int_equal(campaign_at(t, 2, 1, &c), OK);
	assert_int_equal(c.revision, 1);
	assert_int_equal(campaign_at(t, 2, 3, &c), ERR_NOT_FOUND);
	assert_int_equal(campaign_next(t, 10, after, &c), OK);
	assert_true(str_is(c.name, "diwali"));
	assert_int_equal(campaign_next(t, 10, c.name, &c), OK);
	assert_true(str_is(c.name, "holi") && c.id == 1);
	assert_int_equal(campaign_next(t, 10, c.name, &c), ERR_NOT_FOUND);
	/* Links and campaigns of a name or an id have nothing in common. */
	assert_int_equal(link_by_name(t, 10, STR("holi"), &l), ERR_NOT_FOUND);
	assert_int_equal(link_by_id(t, 1, &l), ERR_NOT_FOUND);
	assert_int_equal(link_at(t, 2, 1, &l), ERR_NOT_FOUND);
}

static void test_corrupt_records(void **state)
{
	struct db_txn *t;
	struct campaign c;
	struct str value;
	struct link l;
	char copy[256];
	size_t n;

	(void)state;
	put_link(1, 10, 1, "shop");
	t = links_store_begin(&s);
	assert_true(db_get(t, LINKS_LINKS, DB_KEY64(1), &value));
	n = value.n;
	memcpy(copy, value.p, n);
	db_put(t, LINKS_LINKS, DB_KEY64(2), str_make(copy, n));
	copy[n - 1] ^= 1;
	db_put(t, LINKS_LINKS, DB_KEY64(3), str_make(copy, n));
	db_put(t, LINKS_CAMPAIGNS, DB_KEY64(3), str_make(copy, n));
	links_store_commit(&s);
	t = links_store_read(&s);
	assert_int_equal(link_by_id(t, 2, &l), ERR_CORRUPT);
	assert_int_equal(link_by_id(t, 3, &l), ERR_CORRUPT);
	assert_int_equal(campaign_by_id(t, 3, &c), ERR_CORRUPT);
	apply_link(links_store_begin(&s), str_make(copy, n));
	assert_int_equal(db_commit(&s.writer), ERR_CORRUPT);
	apply_campaign(links_store_begin(&s), str_make(copy, n));
	assert_int_equal(db_commit(&s.writer), ERR_CORRUPT);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_link_lookups),
		WITH_STORE(test_link_list),
		WITH_STORE(test_link_revisions),
		WITH_STORE(test_campaigns),
		WITH_STORE(test_corrupt_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
