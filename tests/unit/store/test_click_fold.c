#include "store/click_fold.h"

#include "core/verdict.h"
#include "unit/store/click_region.h"

#define SAFARI                                                                 \
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) "              \
	"AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "               \
	"Mobile/15E148 Safari/604.1"

static struct region region;
static struct verdict_rules *rules;
static struct click_fold fold;

static int setup(void **state)
{
	const struct verdict_rules_source source = {.name = "rules",
		.text = STR("version 3\nbot agent contains Kiosk\n")};
	struct buf findings;

	(void)state;
	buf_init(&findings, 1024);
	assert_int_equal(verdict_rules_new(&source, &findings, &rules), OK);
	buf_deinit(&findings);
	region_init(&region);
	region_open(&region);
	assert_int_equal(
		click_fold_init(&fold, region.tally, rules, 10000), OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	click_fold_deinit(&fold);
	region_deinit(&region);
	verdict_rules_free(rules);
	return 0;
}

static const struct {
	uint64_t token, at_ms;
	const char *agent; /* NULL: it cannot be read */
	bool erased;
	enum verdict was;
	bool was_counted, was_unique;
	enum verdict is;
	bool is_counted, is_unique;
	bool changed;
} rows[] = {
	{1, 1, SAFARI, false, VERDICT_HUMAN, true, true, VERDICT_HUMAN, true,
		true, false},
	{1, 2, SAFARI, false, VERDICT_HUMAN, true, false, VERDICT_REPEAT, false,
		false, true},
	{1, 20000, SAFARI, false, VERDICT_HUMAN, true, false, VERDICT_HUMAN,
		true, false, false},
	/* What was the first is a machine's now: the next one is. */
	{2, 1, "Kiosk " SAFARI, false, VERDICT_HUMAN, true, true, VERDICT_BOT,
		false, false, true},
	{2, 2, SAFARI, false, VERDICT_HUMAN, true, false, VERDICT_HUMAN, true,
		true, true},
	{3, 1, "WhatsApp/2.1", false, VERDICT_HUMAN, true, true,
		VERDICT_PREVIEW, false, false, true},
	/* Nothing new is known of these. */
	{4, 1, "", true, VERDICT_HUMAN, true, true, VERDICT_HUMAN, true, true,
		false},
	{5, 1, NULL, false, VERDICT_HUMAN, true, true, VERDICT_HUMAN, true,
		true, false},
	{6, 1, "", false, VERDICT_BOT, false, false, VERDICT_BOT, false, false,
		true}, /* the reason is told now */
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct click c = {.token = rows[i].token,
			.at_ms = rows[i].at_ms,
			.agent_id =
				rows[i].agent && rows[i].agent[0] == 0 ? 0 : 7,
			.verdict = (uint8_t)rows[i].was,
			.reason = REASON_NONE,
			.rules = 1,
			.counted = rows[i].was_counted,
			.unique = rows[i].was_unique,
			.erased = rows[i].erased};
		bool changed;

		if (rows[i].agent)
			c.agent = str_from(rows[i].agent);
		changed = click_fold_next(&fold, &c);
		assert_int_equal(fold.err, OK);
		assert_int_equal(changed, rows[i].changed);
		assert_int_equal(c.verdict, rows[i].is);
		assert_int_equal(c.counted, rows[i].is_counted);
		assert_int_equal(c.unique, rows[i].is_unique);
		assert_int_equal(c.revision, changed);
		assert_int_equal(c.rules,
			changed && !c.erased ? VERDICT_RULES_VERSION * 1000 + 3
					     : 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
