#include "store/webhook.h"

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

static void put_webhook(
	uint64_t id, uint64_t account, uint32_t epoch, const char *name)
{
	const struct webhook w = {.id = id,
		.account = account,
		.revision = epoch,
		.epoch = epoch,
		.start = 100 * epoch,
		.name = str_from(name)};
	struct buf b;

	buf_init(&b, 8192);
	webhook_record_put(&b, &w);
	apply_webhook(links_store_begin(&s), buf_view(&b));
	links_store_commit(&s);
	buf_deinit(&b);
}

static void put_progress(const struct webhook_progress *p)
{
	struct buf b;

	buf_init(&b, 8192);
	webhook_progress_put(&b, p);
	apply_webhook_progress(links_store_begin(&s), buf_view(&b));
	links_store_commit(&s);
	buf_deinit(&b);
}

/* Names are an account's own. */
static void test_lookups(void **state)
{
	struct str none = str_make(NULL, 0);
	struct db_txn *t;
	struct webhook w;

	(void)state;
	put_webhook(7, 10, 1, "b");
	put_webhook(9, 20, 1, "b");
	put_webhook(8, 10, 1, "a");
	t = links_store_read(&s);
	assert_int_equal(webhook_by_name(t, 10, STR("b"), &w), OK);
	assert_true(w.id == 7);
	assert_int_equal(webhook_by_name(t, 20, STR("b"), &w), OK);
	assert_true(w.id == 9);
	assert_int_equal(webhook_by_name(t, 20, STR("a"), &w), ERR_NOT_FOUND);
	assert_int_equal(webhook_by_id(t, 8, &w), OK);
	assert_true(str_is(w.name, "a"));
	assert_int_equal(webhook_by_id(t, 6, &w), ERR_NOT_FOUND);
	/* One account's by name, everybody's by id. */
	assert_int_equal(webhook_next(t, 10, none, &w), OK);
	assert_true(w.id == 8);
	assert_int_equal(webhook_next(t, 10, STR("a"), &w), OK);
	assert_true(w.id == 7);
	assert_int_equal(webhook_next(t, 10, STR("b"), &w), ERR_NOT_FOUND);
	for (uint64_t id = 0, want = 7; want <= 9; want++) {
		assert_int_equal(webhook_next_id(t, id, &w), OK);
		assert_true(w.id == want);
		id = w.id;
	}
	assert_int_equal(webhook_next_id(t, 9, &w), ERR_NOT_FOUND);
	assert_int_equal(webhook_next_id(t, UINT64_MAX, &w), ERR_NOT_FOUND);
}

static void test_again_changes_nothing(void **state)
{
	const struct webhook_progress p = {.webhook = 7, .epoch = 1};
	uint64_t n;

	(void)state;
	put_webhook(7, 10, 1, "a");
	put_progress(&p);
	n = links_store_records(&s);
	put_webhook(7, 10, 1, "a");
	put_progress(&p);
	assert_true(links_store_records(&s) == n);
}

static void test_standing(void **state)
{
	struct webhook_progress p = {.webhook = 7,
		.epoch = 1,
		.sequence = 500,
		.behind = 3,
		.counted_at = 510,
		.delivered = 40,
		.skipped = 2,
		.failures = 6,
		.result = WEBHOOK_TIMEOUT};
	struct webhook_progress got;
	struct webhook w;

	(void)state;
	put_webhook(7, 10, 1, "a");
	assert_int_equal(webhook_by_id(links_store_read(&s), 7, &w), OK);
	assert_int_equal(webhook_standing(&s.reader, &w, &got), OK);
	assert_true(got.webhook == 7 && got.epoch == 1 && got.sequence == 100);
	assert_true(got.counted_at == 100 && got.result == WEBHOOK_NEVER);
	put_progress(&p);
	assert_int_equal(webhook_by_id(links_store_read(&s), 7, &w), OK);
	assert_int_equal(webhook_standing(&s.reader, &w, &got), OK);
	assert_true(got.sequence == 500 && got.behind == 3);
	assert_true(got.failures == 6);
	/* It begins anew: elsewhere, and what was ever done stays told. */
	put_webhook(7, 10, 2, "a");
	assert_int_equal(webhook_by_id(links_store_read(&s), 7, &w), OK);
	assert_int_equal(webhook_standing(&s.reader, &w, &got), OK);
	assert_true(got.epoch == 2 && got.sequence == 200);
	assert_true(got.counted_at == 200 && got.behind == 0);
	assert_true(got.failures == 0 && got.delivered == 40);
	assert_true(got.skipped == 2 && got.result == WEBHOOK_TIMEOUT);
}

static void test_removal(void **state)
{
	const struct webhook_progress p = {.webhook = 7, .epoch = 1};
	struct webhook w;
	uint64_t n;

	(void)state;
	n = links_store_records(&s);
	put_webhook(7, 10, 1, "a");
	put_progress(&p);
	for (unsigned i = 0; i < 2; i++) {
		apply_webhook_removal(links_store_begin(&s), 7);
		links_store_commit(&s);
		assert_true(links_store_records(&s) == n);
	}
	/* Another one of the name begins at its own start. */
	put_webhook(8, 10, 3, "a");
	assert_int_equal(
		webhook_by_name(links_store_read(&s), 10, STR("a"), &w), OK);
	assert_true(w.id == 8);
}

static void test_damage(void **state)
{
	struct webhook_progress p;
	struct webhook w = {.id = 7};

	(void)state;
	put_webhook(7, 10, 1, "a");
	db_put(links_store_begin(&s), LINKS_WEBHOOKS, DB_KEY64(8),
		STR("nonsense that is no record"));
	db_put(&s.writer, LINKS_HOOK_PROGRESS, DB_KEY64(7), STR("nonsense"));
	links_store_commit(&s);
	(void)links_store_read(&s);
	assert_int_equal(webhook_by_id(&s.reader, 8, &w), ERR_CORRUPT);
	assert_int_equal(webhook_next_id(&s.reader, 7, &w), ERR_CORRUPT);
	assert_true(w.id == 8);
	w.id = 7;
	assert_int_equal(webhook_standing(&s.reader, &w, &p), ERR_CORRUPT);
	apply_webhook(links_store_begin(&s), STR("nonsense"));
	assert_int_equal(db_commit(&s.writer), ERR_CORRUPT);
	apply_webhook_progress(links_store_begin(&s), STR("nonsense"));
	assert_int_equal(db_commit(&s.writer), ERR_CORRUPT);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_lookups),
		WITH_STORE(test_again_changes_nothing),
		WITH_STORE(test_standing),
		WITH_STORE(test_removal),
		WITH_STORE(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
