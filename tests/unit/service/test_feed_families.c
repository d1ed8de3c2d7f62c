#include "service/feed_families.h"

#include "service/feed_join.h"
#include "unit/service/feed_fixture.h"

enum {
	AGENTS = FEED_FAMILIES + 3,
	WAIT_MS = 60000,
};

static struct service s;
static struct feed_join *join;
static atomic_int rules; /* which are loaded */
static atomic_size_t asked_n;

/* "SYSTEM BROWSER" of rules 0; others know nothing. */
static void families(void *arg, struct str agent, struct agent_families *to)
{
	struct str os = str_split(&agent, ' ');

	(void)arg;
	atomic_fetch_add(&asked_n, 1);
	if (atomic_load(&rules))
		return;
	(void)snprintf(to->os, sizeof(to->os), "%.*s", STR_FMT(os));
	(void)snprintf(to->device, sizeof(to->device), "Phone");
	(void)snprintf(
		to->browser, sizeof(to->browser), "%.*s", STR_FMT(agent));
}

static int setup(void **state)
{
	(void)state;
	atomic_store(&rules, 0);
	service_families = families;
	service_init(&s);
	assert_int_equal(feed_join_new(s.view, &join), OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	feed_join_free(join);
	service_deinit(&s);
	return 0;
}

static void check(uint64_t sequence, const char *os, const char *browser)
{
	struct feed_page page = {
		.account = s.account, .n = 1, .sequences = &sequence};
	const struct feed_filter all = {0};
	struct feed_row row;

	views_reset(&s.views);
	feed_join_begin(join, &page, FEED_NDJSON);
	assert_int_equal(feed_join_read(join, 0, &all, &row), OK);
	assert_true(str_is(row.os, os));
	assert_true(str_is(row.browser, browser));
	assert_true(str_is(row.device, os[0] ? "Phone" : ""));
	feed_join_end(join);
}

static uint64_t tap(struct str agent)
{
	uint64_t token = service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");
	struct click click = feed_click(&s, token, STR(""), VERDICT_HUMAN);

	click.agent = agent;
	return feed_log(&s, &click);
}

static void await_tally(void)
{
	uint64_t oldest, newest;

	segments_range(s.region->segments, &oldest, &newest);
	assert_int_equal(tally_wait(s.region->tally, newest, WAIT_MS), OK);
}

/* Once the tally has an agent, other rules change nothing. */
static void test_as_the_tally_has_it(void **state)
{
	uint64_t known, nameless, later, unknown;

	(void)state;
	known = tap(STR("Android Chrome"));
	nameless = tap(STR(""));
	await_tally();
	for (int i = 0; i < 2; i++) {
		check(known, "Android", "Chrome");
		check(nameless, "", "");
		atomic_store(&rules, 1);
	}
	tally_stop(s.region->tally);
	later = tap(STR("Android Chrome"));
	unknown = tap(STR("iOS Safari"));
	for (int i = 0; i < 2; i++) {
		check(later, "Android", "Chrome");
		check(unknown, "", "");
	}
	assert_int_equal(tally_start(s.region->tally), OK);
	await_tally();
	check(later, "Android", "Chrome");
	check(unknown, "", "");
}

/* Behind the tally they are asked for once; what the tally then says counts. */
static void test_behind_the_tally(void **state)
{
	uint64_t sequence;
	size_t before;

	(void)state;
	tally_stop(s.region->tally);
	sequence = tap(STR("iOS Safari"));
	before = atomic_load(&asked_n);
	for (int i = 0; i < 3; i++)
		check(sequence, "iOS", "Safari");
	assert_int_equal(atomic_load(&asked_n), before + 1);
	atomic_store(&rules, 1);
	assert_int_equal(tally_start(s.region->tally), OK);
	await_tally();
	check(sequence, "", "");
}

static void test_erased(void **state)
{
	struct click click;
	uint64_t sequence, token;

	(void)state;
	token = service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");
	click = feed_click(&s, token, STR(""), VERDICT_HUMAN);
	click.erased = true;
	click.os = STR("Symbian");
	click.device = STR("Phone");
	click.browser = STR("Nokia");
	sequence = feed_log(&s, &click);
	check(sequence, "Symbian", "Nokia");
}

/* More than are kept, so that one takes another's place. */
static void test_many(void **state)
{
	static struct click_entry entries[AGENTS];
	static char texts[AGENTS][32];
	uint64_t token = service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");
	struct click click = feed_click(&s, token, STR(""), VERDICT_HUMAN);

	(void)state;
	for (unsigned i = 0; i < AGENTS; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "Android %u", i);
		click.agent = str_from(texts[i]);
		entries[i] = (struct click_entry){.click = click};
		assert_int_equal(
			click_writer_push(s.region->click_writer, &entries[i]),
			OK);
	}
	service_wait(AGENTS);
	await_tally();
	for (unsigned i = 0; i < AGENTS; i++)
		check(entries[i].sequence, "Android",
			texts[i] + sizeof("Android"));
	for (unsigned i = 0; i < AGENTS; i += 100)
		check(entries[i].sequence, "Android",
			texts[i] + sizeof("Android"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_as_the_tally_has_it),
		TEST(test_behind_the_tally),
		TEST(test_erased),
		TEST(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
