#include "service/feed.h"

#include "unit/service/feed_fixture.h"

enum {
	CLICKS = 40,
	BUDGET = 100000,
};

static struct service s;
static uint64_t other;

/* The tally's thread stands still: the test says how far it has come. */
static int setup(void **state)
{
	(void)state;
	service_init(&s);
	other = service_account(&s, "other");
	tally_stop(s.region->tally);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(tally_start(s.region->tally), OK);
	service_deinit(&s);
	return 0;
}

static uint64_t tap(uint64_t token)
{
	return feed_tap(&s, token, STR(""), VERDICT_HUMAN);
}

static void gather(struct feed_page *p, uint64_t account, uint64_t after,
	size_t limit, size_t budget)
{
	enum err e;
	int turns = 0;

	assert_int_equal(feed_page_init(p, account, after, limit), OK);
	while ((e = feed_page_gather(p, s.view, budget)) == ERR_AGAIN) {
		views_reset(&s.views);
		assert_true(++turns < 1000);
	}
	assert_int_equal(e, OK);
	assert_true(p->is_whole && p->n <= limit);
}

/* All pages, one after the other, give each of the account's clicks once. */
static void check_pages(uint64_t account, const uint64_t *want, size_t want_n,
	size_t limit, size_t budget)
{
	uint64_t after = 0;
	size_t n = 0;

	for (;;) {
		struct feed_page p;
		size_t found;

		gather(&p, account, after, limit, budget);
		found = p.n;
		for (size_t i = 0; i < p.n; i++) {
			assert_true(n < want_n);
			assert_true(p.sequences[i] == want[n]);
			n++;
		}
		assert_true(p.at >= after);
		if (found)
			assert_true(p.at >= p.sequences[found - 1]);
		after = p.at;
		feed_page_deinit(&p);
		if (!found)
			break;
	}
	assert_int_equal(n, want_n);
}

static void check_all_pages(uint64_t account, const uint64_t *want, size_t n)
{
	static const size_t limits[] = {1, 2, 3, 7, 10000};
	static const size_t budgets[] = {1, 2, 5, BUDGET};

	for (size_t i = 0; i < COUNT_OF(limits); i++)
		for (size_t j = 0; j < COUNT_OF(budgets); j++)
			check_pages(account, want, n, limits[i], budgets[j]);
}

/* Two accounts' clicks by turns; the tally stands before them, within them,
 * and behind them. */
static void test_pages(void **state)
{
	uint64_t ours = service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");
	uint64_t theirs = service_mint(
		&s, other, "{\"destination\":\"https://b.example/\"}");
	uint64_t own[CLICKS] = {0}, foreign[CLICKS] = {0};
	uint64_t oldest, newest;
	size_t own_n = 0, foreign_n = 0;

	(void)state;
	check_all_pages(s.account, own, 0);
	for (size_t i = 0; i < CLICKS; i++) {
		if (i % 3 == 0)
			foreign[foreign_n++] = tap(theirs);
		else
			own[own_n++] = tap(ours);
		if (i % 13 != 5)
			continue;
		check_all_pages(s.account, own, own_n);
		assert_int_equal(tally_catch_up(s.region->tally), OK);
		views_reset(&s.views);
		check_all_pages(s.account, own, own_n);
	}
	check_all_pages(s.account, own, own_n);
	check_all_pages(other, foreign, foreign_n);
	check_all_pages(s.account + 1000, own, 0);
	feed_range(s.view, &oldest, &newest);
	assert_true(oldest + 1 == foreign[0]);
	assert_true(newest == foreign[foreign_n - 1]);
	/* From behind the last one: nothing, and the place stays. */
	{
		struct feed_page p;

		gather(&p, s.account, newest, 10, BUDGET);
		assert_int_equal(p.n, 0);
		assert_true(p.at == newest);
		feed_page_deinit(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pages, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
