#include "service/webhook_page.h"

#include "support/fault.h"
#include "unit/service/feed_fixture.h"

enum {
	MANY = 2 * WEBHOOK_BATCH_CLICKS + 7
};

static struct service s;
static struct webhook_page page;
static uint64_t ours, theirs;

/* The tally's thread stands still: the test says how far it has come. */
static int setup(void **state)
{
	(void)state;
	service_init(&s);
	tally_stop(s.region->tally);
	ours = service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");
	theirs = service_mint(&s, service_account(&s, "other"),
		"{\"destination\":\"https://b.example/\"}");
	assert_int_equal(webhook_page_init(&page, s.account), OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	webhook_page_deinit(&page);
	assert_int_equal(tally_start(s.region->tally), OK);
	service_deinit(&s);
	return 0;
}

/* So many taps of ours, each behind one of theirs; the first one's number. */
static uint64_t tap(size_t n)
{
	uint64_t first = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t number;

		(void)feed_tap(&s, theirs, STR(""), VERDICT_HUMAN);
		number = feed_tap(&s, ours, STR(""), VERDICT_HUMAN);
		first = first ? first : number;
	}
	return first;
}

static void gather(void)
{
	views_reset(&s.views);
	assert_int_equal(webhook_page_gather(&page, s.view), OK);
}

static void count(void)
{
	views_reset(&s.views);
	assert_int_equal(webhook_page_count(&page, s.view), OK);
}

static uint64_t end_of_page(void)
{
	return page.feed.sequences[page.feed.n - 1];
}

static void check_tally(bool caught_up)
{
	if (caught_up)
		assert_int_equal(tally_catch_up(s.region->tally), OK);
}

/* It fills as clicks come; what was sent is taken off its front. */
static void check_gathering(bool caught_up)
{
	uint64_t first;

	webhook_page_reset(&page, 0, 0, 0);
	gather();
	assert_int_equal(page.feed.n, 0);
	first = tap(3);
	check_tally(caught_up);
	gather();
	assert_int_equal(page.feed.n, 3);
	assert_true(page.feed.sequences[0] == first);
	assert_true(page.feed.at >= end_of_page());
	assert_int_equal(webhook_page_lag(&page), 3);
	tap(2);
	check_tally(caught_up);
	gather();
	assert_int_equal(page.feed.n, 5);
	webhook_page_drop(&page, page.feed.sequences[1]);
	assert_int_equal(page.feed.n, 3);
	assert_true(page.feed.sequences[0] == first + 4);
	webhook_page_drop(&page, first);
	assert_int_equal(page.feed.n, 3);
	webhook_page_drop(&page, UINT64_MAX);
	assert_int_equal(page.feed.n, 0);
	gather();
	assert_int_equal(page.feed.n, 0);
	assert_int_equal(page.missing, 0);
}

static void test_gathering(void **state)
{
	(void)state;
	check_gathering(false);
}

static void test_gathering_from_the_tally(void **state)
{
	(void)state;
	check_gathering(true);
}

/* How far it is behind is known beyond what it holds, and stays right while it
 * goes on. */
static void test_lag(void **state)
{
	size_t sent = 0;

	(void)state;
	webhook_page_reset(&page, 0, 0, 0);
	tap(MANY);
	assert_int_equal(tally_catch_up(s.region->tally), OK);
	gather();
	assert_true(webhook_page_is_full(&page));
	assert_int_equal(webhook_page_lag(&page), WEBHOOK_BATCH_CLICKS);
	count();
	assert_int_equal(webhook_page_lag(&page), MANY);
	tap(5);
	count();
	assert_int_equal(webhook_page_lag(&page), MANY + 5);
	while (page.feed.n) {
		assert_int_equal(webhook_page_lag(&page), MANY + 5 - sent);
		sent += page.feed.n;
		webhook_page_drop(&page, end_of_page());
		gather();
	}
	assert_int_equal(sent, MANY + 5);
	assert_int_equal(page.missing, 0);
}

/* What was counted, and is not there when its turn comes. */
static void test_missing(void **state)
{
	uint64_t first;

	(void)state;
	first = tap(4);
	assert_int_equal(tally_catch_up(s.region->tally), OK);
	/* Ten were known up to its second click, and two are there. */
	webhook_page_reset(&page, 0, 10, first + 2);
	assert_int_equal(webhook_page_lag(&page), 10);
	gather();
	assert_int_equal(page.feed.n, 4);
	assert_int_equal(page.missing, 8);
	assert_int_equal(webhook_page_lag(&page), 4);
	/* A place before where it begins says nothing. */
	webhook_page_reset(&page, first, 10, first);
	assert_int_equal(webhook_page_lag(&page), 0);
	gather();
	assert_int_equal(page.feed.n, 3);
	assert_int_equal(page.missing, 0);
}

static void test_no_memory(void **state)
{
	struct webhook_page p;

	(void)state;
	fault_alloc(1);
	assert_int_equal(webhook_page_init(&p, 1), ERR_NOMEM);
	fault_alloc(1);
	assert_int_equal(webhook_page_count(&page, s.view), ERR_NOMEM);
	fault_alloc(0);
}

int main(void)
{
#define WITH_SERVICE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(test_gathering),
		WITH_SERVICE(test_gathering_from_the_tally),
		WITH_SERVICE(test_lag),
		WITH_SERVICE(test_missing),
		WITH_SERVICE(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
