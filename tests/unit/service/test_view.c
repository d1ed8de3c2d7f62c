#include "service/view.h"

#include "service/resolve.h"
#include "unit/service/service_fixture.h"

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

static void test_only_what_is_served(void **state)
{
	(void)state;
	assert_non_null(
		view_of(&s.views, region_by_name(s.regions, STR("us1"))));
	assert_null(view_of(&s.views, region_by_name(s.regions, STR("eu1"))));
}

/* A snapshot holds until it is dropped, and then sees what was committed. */
static void test_snapshots(void **state)
{
	struct account_edit edit = {.job.done = service_job_done,
		.regions = s.regions,
		.region = s.region,
		.is_new = true,
		.name = STR("late")};
	struct account account;
	struct db_txn *t;
	enum err e;

	(void)state;
	t = view_links(s.view, &e);
	assert_int_equal(e, OK);
	assert_non_null(t);
	assert_int_equal(
		account_edit_submit(&edit, s.region->links_writer), OK);
	service_wait(1);
	assert_ptr_equal(view_links(s.view, &e), t);
	assert_int_equal(lookup_account_name(s.view, STR("late"), &account),
		ERR_NOT_FOUND);
	views_reset(&s.views);
	assert_int_equal(
		lookup_account_name(s.view, STR("late"), &account), OK);
	assert_true(str_is(account.name, "late"));
}

/* An error in a snapshot stays until it is dropped, and no longer. */
static void test_errors(void **state)
{
	enum err e;

	(void)state;
	db_fail(view_links(s.view, &e), ERR_CORRUPT);
	assert_null(view_links(s.view, &e));
	assert_int_equal(e, ERR_CORRUPT);
	assert_non_null(view_tally(s.view, &e));
	assert_int_equal(e, OK);
	views_reset(&s.views);
	assert_non_null(view_links(s.view, &e));
	assert_int_equal(e, OK);
}

/* A thread's own: its ciphers agree with the others'. */
static void test_two_views(void **state)
{
	struct token_id id = {.seq = 7, .nonce = 9}, got;
	char a[TOKEN_LEN], b[TOKEN_LEN];
	struct views second;

	(void)state;
	assert_int_equal(views_init(s.regions, &second), OK);
	token_write(&s.view->codec, &id, a);
	token_write(&view_of(&second, s.region)->codec, &id, b);
	assert_memory_equal(a, b, TOKEN_LEN);
	assert_int_equal(token_read(&view_of(&second, s.region)->codec,
				 str_make(a, TOKEN_LEN), &got),
		OK);
	assert_true(got.seq == 7 && got.nonce == 9);
	views_deinit(&second);
	views_deinit(&second); /* again is fine */
}

static uint64_t snapshots(void)
{
	return counter_get(&s.views.snapshots);
}

static struct db_txn *links(void)
{
	struct db_txn *t;
	enum err e;

	t = view_links(s.view, &e);
	assert_int_equal(e, OK);
	assert_non_null(t);
	return t;
}

static void commit_nothing(void)
{
}

static void commit_empty(void)
{
	struct db_txn w;

	assert_int_equal(db_begin(s.region->links.env, &w), OK);
	assert_int_equal(db_commit(&w), OK);
}

static void commit_meta(void)
{
	struct db_txn w;

	assert_int_equal(db_begin(s.region->links.env, &w), OK);
	db_put(&w, LINKS_META, STR("test"), STR("1"));
	assert_int_equal(db_commit(&w), OK);
}

static void abort_it(void)
{
	struct db_txn w;

	assert_int_equal(db_begin(s.region->links.env, &w), OK);
	db_put(&w, LINKS_META, STR("test"), STR("2"));
	db_abort(&w);
}

static void fail_it(void)
{
	struct db_txn w;

	assert_int_equal(db_begin(s.region->links.env, &w), OK);
	db_put(&w, LINKS_META, STR("test"), STR("3"));
	db_fail(&w, ERR_CONFLICT);
	assert_int_equal(db_commit(&w), ERR_CONFLICT);
}

/* Refreshed, a snapshot is dropped if something was committed since it was
 * begun, and only then. */
static void test_refresh(void **state)
{
	static const struct {
		void (*between)(void);
		unsigned begun;
		const char *meta;
	} rows[] = {
		{commit_nothing, 0, NULL},
		{abort_it, 0, NULL},
		{commit_meta, 1, "1"},
		{commit_nothing, 0, "1"},
		{fail_it, 0, "1"},
		{commit_empty, 1, "1"},
	};

	(void)state;
	views_reset(&s.views);
	(void)links();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t before = snapshots();
		struct str value = str_make(NULL, 0);

		rows[i].between();
		/* Without being asked to it stays. */
		(void)links();
		assert_true(snapshots() == before);
		for (int again = 0; again < 3; again++) {
			view_refresh_links(s.view);
			(void)db_get(links(), LINKS_META, STR("test"), &value);
			assert_int_equal(snapshots() - before, rows[i].begun);
			assert_int_equal(!!value.p, !!rows[i].meta);
			if (rows[i].meta)
				assert_true(str_is(value, rows[i].meta));
		}
	}
}

/* It is fine when there is none, and a new one needs no refresh. */
static void test_refresh_without_snapshot(void **state)
{
	uint64_t before;

	(void)state;
	views_reset(&s.views);
	commit_meta();
	before = snapshots();
	view_refresh_links(s.view);
	view_refresh_links(s.view);
	assert_true(snapshots() == before);
	(void)links();
	assert_true(snapshots() == before + 1);
	view_refresh_links(s.view);
	(void)links();
	assert_true(snapshots() == before + 1);
}

static enum click_outcome resolve(struct view *v, const struct token_id *id)
{
	struct resolution r;
	struct buf location;

	buf_init(&location, 4096);
	assert_int_equal(resolve_token(v, id, STR(""), STR(""), service_now(),
				 &location, &r),
		OK);
	buf_deinit(&location);
	return r.outcome;
}

/* Changes of tokens are looked for once there are some: then the very next tap
 * sees them, in a view that began without, and in one that comes later. */
static void test_changes(void **state)
{
	struct token_id ids[3];
	uint64_t numbers[COUNT_OF(ids)];
	struct token_edit edit;
	struct views taps;
	struct view *tap;

	(void)state;
	assert_int_equal(views_init(s.regions, &taps), OK);
	tap = view_of(&taps, s.region);
	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		numbers[i] = service_mint(&s, s.account,
			"{\"destination\":\"https://a.example/\"}");
		ids[i] = service_token_id(&s, numbers[i]);
	}
	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		view_refresh_links(tap);
		for (size_t k = 0; k < COUNT_OF(ids); k++)
			assert_int_equal(resolve(tap, &ids[k]),
				k < i ? CLICK_GONE : CLICK_REDIRECTED);
		assert_int_equal(tap->has_changes, i > 0);
		assert_int_equal(
			service_edit_token(&s, numbers[i], NULL, &edit), OK);
		assert_int_equal(resolve(tap, &ids[i]), CLICK_REDIRECTED);
		view_refresh_links(tap);
		assert_int_equal(resolve(tap, &ids[i]), CLICK_GONE);
		assert_true(tap->has_changes);
	}
	views_deinit(&taps);
	assert_int_equal(views_init(s.regions, &taps), OK);
	tap = view_of(&taps, s.region);
	for (size_t i = 0; i < COUNT_OF(ids); i++)
		assert_int_equal(resolve(tap, &ids[i]), CLICK_GONE);
	views_deinit(&taps);
}

int main(void)
{
#define WITH_SERVICE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(test_only_what_is_served),
		WITH_SERVICE(test_snapshots),
		WITH_SERVICE(test_errors),
		WITH_SERVICE(test_two_views),
		WITH_SERVICE(test_refresh),
		WITH_SERVICE(test_refresh_without_snapshot),
		WITH_SERVICE(test_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
