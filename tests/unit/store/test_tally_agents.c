#include "store/tally_agents.h"

#include "store/tally.h"
#include "unit/store/tally_region.h"

enum {
	MANY = 3000 /* agents, more than one batch asks about */
};

static char many[MANY][32];
static size_t asked_n;

static void other_families(
	void *arg, struct str agent, struct agent_families *to)
{
	(void)arg;
	(void)agent;
	asked_n++;
	(void)snprintf(to->os, sizeof(to->os), "Other");
}

static void ask(void *arg, struct str agent, struct agent_families *to)
{
	asked_n++;
	region_families(arg, agent, to);
}

static struct counts sum_of(const char *os)
{
	struct counts sum = {0};
	struct db_txn t = snapshot();
	struct counts_scan scan;
	struct count c;

	for (uint64_t account = 1; account <= ACCOUNTS; account++) {
		const struct counts_range range = {
			.account = REGION_TOKEN(account),
			.kind = COUNT_OS,
			.to = UINT32_MAX};

		tally_counts_scan(&scan, &t, &range);
		while (counts_scan_next(&scan, &c) == OK)
			if (str_is(c.value, os))
				counts_add(&sum, &c.counts);
		counts_scan_deinit(&scan);
	}
	assert_int_equal(t.err, OK);
	db_reader_deinit(&t);
	return sum;
}

static struct agent_families kept(const char *agent, enum err want)
{
	struct agent_families families = {{0}, {0}, {0}};
	struct db_txn t = snapshot();

	assert_int_equal(tally_families(&t, str_from(agent), &families), want);
	db_reader_deinit(&t);
	return families;
}

/* As it was first looked up, whatever is loaded later; and once. */
static void test_kept(void **state)
{
	struct agent_families families;

	(void)state;
	region.families = ask;
	reopen();
	asked_n = 0;
	write_days(2, 1000);
	catch_up();
	check_all(0);
	assert_int_equal(asked_n, 5);
	families = kept("Android/Chrome", OK);
	assert_string_equal(families.os, "Android");
	assert_string_equal(families.device, "Phone");
	assert_string_equal(families.browser, "Chrome");
	(void)kept("Android/Opera", ERR_NOT_FOUND);
	/* Other rules; a rebuild too knows no better than before. */
	region.families = other_families;
	for (int i = 0; i < 2; i++) {
		reopen();
		write_clicks(1000);
		if (i)
			tally_report_damage(region.tally);
		catch_up();
		check_all(0);
	}
	assert_int_equal(asked_n, 5);
	assert_int_equal(
		counter_get(&tally_metrics(region.tally)->agents_unkept), 0);
}

/* More than one batch may ask about, and none in its click's segment twice. */
static void test_many(void **state)
{
	(void)state;
	region.families = ask;
	region.tally_batch = 0;
	reopen();
	asked_n = 0;
	for (size_t i = 0; i < CLICKS; i++) {
		entries[i].click = region_click(&region, 1 + i);
		(void)snprintf(
			many[i % MANY], sizeof(many[0]), "OS %zu/b", i % MANY);
		entries[i].click.agent = str_from(many[i % MANY]);
	}
	region_write(&region, entries, CLICKS);
	entries_n = CLICKS;
	catch_up();
	check_all(0);
	assert_int_equal(asked_n, MANY);
	assert_int_equal(
		counter_get(&tally_metrics(region.tally)->transactions), 2);
	assert_int_equal(
		counter_get(&tally_metrics(region.tally)->agents), MANY);
}

/* Past the bound they are looked up, but not kept. */
static void test_unkept(void **state)
{
	(void)state;
	region.agents_max = 3;
	reopen();
	write_days(3, 500);
	catch_up();
	check_all(0);
	assert_int_equal(counter_get(&tally_metrics(region.tally)->agents), 3);
	assert_true(
		counter_get(&tally_metrics(region.tally)->agents_unkept) >= 2);
}

static void test_nothing_known(void **state)
{
	struct counts none;

	(void)state;
	region.families = NULL;
	reopen();
	write_days(1, 500);
	catch_up();
	none = sum_of("");
	assert_int_equal(none.requests, 500);
	(void)kept("Android/Chrome", OK);
}

/* An erased click tells its families itself. */
static void test_erased(void **state)
{
	static const char *const systems[] = {"Android", "", "Symbian"};
	struct counts got;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(systems); i++) {
		entries[i].click = region_click(&region, 1 + i);
		entries[i].click.erased = true;
		entries[i].click.os = str_from(systems[i]);
	}
	region_write(&region, entries, COUNT_OF(systems));
	catch_up();
	for (size_t i = 0; i < COUNT_OF(systems); i++) {
		assert_int_equal(entries[i].result, OK);
		got = sum_of(systems[i]);
		assert_int_equal(got.requests, 1);
	}
	assert_int_equal(counter_get(&tally_metrics(region.tally)->agents), 0);
}

/* A transaction that fails keeps nothing of what it asked about; then it asks
 * again. */
static void test_failed_commit(void **state)
{
	(void)state;
	region.families = ask;
	reopen();
	asked_n = 0;
	write_days(1, 300);
	atomic_store(&region.tally_fault, ERR_DISK_FULL);
	atomic_store(&region.tally_faults, 1);
	assert_int_equal(tally_catch_up(region.tally), ERR_DISK_FULL);
	assert_int_equal(asked_n, 5);
	(void)kept("Android/Chrome", ERR_NOT_FOUND);
	catch_up();
	assert_int_equal(asked_n, 10);
	(void)kept("Android/Chrome", OK);
	check_all(0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kept),
		TEST(test_many),
		TEST(test_unkept),
		TEST(test_nothing_known),
		TEST(test_erased),
		TEST(test_failed_commit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
