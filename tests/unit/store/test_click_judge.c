#include "store/click_judge.h"

#include "core/verdict.h"
#include "unit/store/click_region.h"

enum {
	WINDOW = 10000
};

#define CHROME                                                                 \
	"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like "  \
	"Gecko) Chrome/141.0.7390.124 Mobile Safari/537.36 "                   \
	"[WA4A/2.25.32.75;]"
#define SAFARI                                                                 \
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) "              \
	"AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "               \
	"Mobile/15E148 Safari/604.1"

static struct region region;
static struct verdict_rules *rules;
static struct click_judge *judge;

static void make_judge(enum ip_policy ip)
{
	const struct click_judge_options options = {
		.rules = rules,
		.ip = ip,
		.repeat_window_ms = WINDOW,
	};

	click_judge_free(judge);
	assert_int_equal(click_judge_new(&options, &judge), OK);
	region.judge = judge;
}

static int setup(void **state)
{
	const struct verdict_rules_source source = {0};
	struct buf findings;

	(void)state;
	buf_init(&findings, 1024);
	assert_int_equal(verdict_rules_new(&source, &findings, &rules), OK);
	buf_deinit(&findings);
	region_init(&region);
	make_judge(IP_TRUNCATED);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	region_deinit(&region);
	click_judge_free(judge);
	judge = NULL;
	verdict_rules_free(rules);
	return 0;
}

/* Only people are counted, only of what led on, and never tests. */
static void test_counted(void **state)
{
	static const struct {
		struct click click;
		enum verdict verdict;
		enum reason reason;
		bool counted;
	} rows[] = {
		{{.agent = {CHROME, sizeof(CHROME) - 1}}, VERDICT_HUMAN,
			REASON_WHATSAPP_APP, true},
		{{.agent = {SAFARI, sizeof(SAFARI) - 1}}, VERDICT_HUMAN,
			REASON_NONE, true},
		{{.agent = {SAFARI, sizeof(SAFARI) - 1}, .test = true},
			VERDICT_HUMAN, REASON_NONE, false},
		{{.agent = {SAFARI, sizeof(SAFARI) - 1},
			 .outcome = CLICK_FALLBACK},
			VERDICT_HUMAN, REASON_NONE, false},
		{{.agent = {SAFARI, sizeof(SAFARI) - 1}, .outcome = CLICK_GONE},
			VERDICT_HUMAN, REASON_NONE, false},
		{{.agent = {SAFARI, sizeof(SAFARI) - 1}, .head = true},
			VERDICT_PROBE, REASON_HEAD_METHOD, false},
		{{.agent = {SAFARI, sizeof(SAFARI) - 1},
			 .signals = VERDICT_SIGNAL_X_PURPOSE},
			VERDICT_PREFETCH, REASON_X_PURPOSE, false},
		{{.agent = {"WhatsApp/2.23.20.0 A", 20}}, VERDICT_PREVIEW,
			REASON_WHATSAPP_AGENT, false},
		{{.agent = {NULL, 0}}, VERDICT_BOT, REASON_EMPTY_AGENT, false},
	};

	(void)state;
	for (size_t pass = 0; pass < 2; pass++) {
		assert_int_equal(
			click_judge_prepare(judge, COUNT_OF(rows), 1), OK);
		for (size_t i = 0; i < COUNT_OF(rows); i++) {
			struct click c = rows[i].click;

			c.token = pass * COUNT_OF(rows) + i + 1;
			c.at_ms = 1;
			click_judge_decide(judge, &c);
			assert_int_equal(c.verdict, rows[i].verdict);
			assert_int_equal(c.reason, rows[i].reason);
			assert_int_equal(c.counted, rows[i].counted);
			assert_int_equal(c.rules, VERDICT_RULES_VERSION * 1000);
			assert_int_equal(click_check(&c), OK);
		}
	}
}

static void test_address(void **state)
{
	static const struct {
		enum ip_policy policy;
		const char *ip, *kept;
	} rows[] = {
		{IP_TRUNCATED, "203.0.113.77", "203.0.113.0"},
		{IP_TRUNCATED, "2001:db8:1:2:3:4:5:6", "2001:db8:1::"},
		{IP_FULL, "203.0.113.77", "203.0.113.77"},
		{IP_NONE, "203.0.113.77", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct click c = {.token = 1};
		char got[IP_TEXT_MAX];

		make_judge(rows[i].policy);
		assert_int_equal(ip_parse(str_from(rows[i].ip), &c.ip), OK);
		click_judge_receive(judge, &c);
		ip_put(got, &c.ip);
		assert_string_equal(got, rows[i].kept);
	}
}

static struct click tap(
	uint64_t token, const char *ip, const char *agent, uint64_t after_ms)
{
	struct click c = region_click(&region, token);

	c.at_ms = day_start_ms(REGION_DAY) + after_ms;
	c.counted = false;
	c.agent = str_from(agent);
	assert_int_equal(ip_parse(str_from(ip), &c.ip), OK);
	return c;
}

struct repeat_row {
	uint64_t token;
	const char *ip, *agent;
	uint64_t after_ms;
	enum verdict verdict;
	bool unique;
};

static void write_rows(const struct repeat_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct click_entry entry = {
			.click = tap(rows[i].token, rows[i].ip, rows[i].agent,
				rows[i].after_ms)};
		const struct click *c = &entry.click;

		region_write(&region, &entry, 1);
		assert_int_equal(entry.result, OK);
		assert_int_equal(c->verdict, rows[i].verdict);
		assert_int_equal(c->counted, c->verdict == VERDICT_HUMAN);
		assert_int_equal(c->unique, rows[i].unique);
		assert_int_equal(c->reason == REASON_REPEAT,
			c->verdict == VERDICT_REPEAT);
	}
}

static const struct repeat_row double_taps[] = {
	{1, "203.0.113.77", CHROME, 0, VERDICT_HUMAN, true},
	{1, "203.0.113.77", CHROME, 1, VERDICT_REPEAT, false},
	/* The same prefix is the same place. */
	{1, "203.0.113.78", CHROME, 2, VERDICT_REPEAT, false},
	/* A second person on a forwarded link counts, and is not unique. */
	{1, "203.0.114.77", CHROME, 3, VERDICT_HUMAN, false},
	{1, "203.0.113.77", SAFARI, 4, VERDICT_HUMAN, false},
	{1, "203.0.113.77", SAFARI, 5, VERDICT_REPEAT, false},
	{2, "203.0.113.77", CHROME, 6, VERDICT_HUMAN, true},
	/* What is no person's does not begin a window. */
	{3, "203.0.113.77", "curl/8.0", 7, VERDICT_BOT, false},
	{3, "203.0.113.77", "curl/8.0", 8, VERDICT_BOT, false},
	/* A repeat does not prolong it. */
	{1, "203.0.113.77", CHROME, WINDOW, VERDICT_REPEAT, false},
	{1, "203.0.113.77", CHROME, WINDOW + 1, VERDICT_HUMAN, false},
	{1, "203.0.113.77", CHROME, 2 * WINDOW, VERDICT_REPEAT, false},
};

static void test_repeats(void **state)
{
	(void)state;
	region_open(&region);
	write_rows(double_taps, COUNT_OF(double_taps));
}

/* Between any two of them the writer starts anew. */
static void test_repeats_through_restarts(void **state)
{
	(void)state;
	region_open(&region);
	for (size_t i = 0; i < COUNT_OF(double_taps); i++) {
		write_rows(&double_taps[i], 1);
		region_close(&region);
		make_judge(IP_TRUNCATED);
		region_open(&region);
	}
}

/* Of a log that is much longer than the window all of the window is known. */
static void test_replay_of_a_long_log(void **state)
{
	enum {
		N = 5000,
		STEP = 10
	};
	struct click_entry *entries = calloc(N, sizeof(*entries));

	(void)state;
	assert_non_null(entries);
	region_open(&region);
	for (size_t i = 0; i < N; i++)
		entries[i].click = tap(i + 1, "192.0.2.1", SAFARI, i * STEP);
	region_write(&region, entries, N);
	region_close(&region);
	make_judge(IP_TRUNCATED);
	region_open(&region);
	for (size_t i = N - 2 * WINDOW / STEP; i < N; i += 97) {
		uint64_t now = (uint64_t)N * STEP;
		bool is_near = now - i * STEP <= WINDOW;
		const struct repeat_row row = {i + 1, "192.0.2.1", SAFARI, now,
			is_near ? VERDICT_REPEAT : VERDICT_HUMAN, false};

		write_rows(&row, 1);
	}
	free(entries);
}

/* Clicks whose commit failed are judged again, as if for the first time. */
static void test_failed_commits(void **state)
{
	(void)state;
	region_open(&region);
	for (size_t i = 0; i < COUNT_OF(double_taps); i++) {
		atomic_store(&region.fault, ERR_DISK_FULL);
		atomic_store(&region.faults, 2);
		write_rows(&double_taps[i], 1);
		assert_int_equal(atomic_load(&region.faults), 0);
	}
}

/* Other rules hold from the next batch on, for agents that are known too. */
static void test_other_rules(void **state)
{
	const struct verdict_rules_source source = {.name = "rules",
		.text = STR("version 7\nbot agent contains iPhone\n")};
	const struct repeat_row before = {
		1, "192.0.2.1", SAFARI, 0, VERDICT_HUMAN, true};
	struct click_entry entry = {0};
	struct verdict_rules *others;
	struct buf findings;

	(void)state;
	buf_init(&findings, 1024);
	assert_int_equal(verdict_rules_new(&source, &findings, &others), OK);
	buf_deinit(&findings);
	region_open(&region);
	write_rows(&before, 1);
	click_judge_rules(judge, others);
	entry.click = tap(2, "192.0.2.1", SAFARI, 1);
	region_write(&region, &entry, 1);
	assert_int_equal(entry.click.verdict, VERDICT_BOT);
	assert_int_equal(entry.click.reason, REASON_OPERATOR_RULE);
	assert_int_equal(entry.click.rules, VERDICT_RULES_VERSION * 1000 + 7);
	/* The writer goes on judging by them until it ends. */
	region_close(&region);
	verdict_rules_free(others);
	make_judge(IP_TRUNCATED);
	region_open(&region);
}

/* Of an erased token's visitor nothing is kept; but who it was is judged. */
static void test_forgotten(void **state)
{
	static const struct {
		const char *agent;
		enum verdict verdict;
	} rows[] = {{SAFARI, VERDICT_HUMAN}, {"WhatsApp/2.1", VERDICT_PREVIEW}};

	(void)state;
	region_open(&region);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct click_entry entry = {
			.click = tap(i + 1, "203.0.113.7", rows[i].agent, 0),
			.forget = true};

		entry.click.outcome = CLICK_GONE;
		entry.click.query = STR("a=1");
		/* Through failures, too. */
		atomic_store(&region.fault, ERR_DISK_FULL);
		atomic_store(&region.faults, 2);
		region_write(&region, &entry, 1);
		assert_int_equal(entry.result, OK);
		assert_int_equal(entry.click.verdict, rows[i].verdict);
		assert_true(!entry.click.agent.n && !entry.click.ip.n &&
			    !entry.click.query.n && !entry.click.counted);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_counted),
		TEST(test_address),
		TEST(test_repeats),
		TEST(test_repeats_through_restarts),
		TEST(test_replay_of_a_long_log),
		TEST(test_failed_commits),
		TEST(test_other_rules),
		TEST(test_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
