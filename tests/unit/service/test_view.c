#include "service/view.h"

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

int main(void)
{
#define WITH_SERVICE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(test_only_what_is_served),
		WITH_SERVICE(test_snapshots),
		WITH_SERVICE(test_errors),
		WITH_SERVICE(test_two_views),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
