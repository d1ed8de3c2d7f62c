#include "core/verdict.h"

#include <string.h>

#include "support/cmocka.h"

#define CHROME                                                                 \
	"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like "  \
	"Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"

struct row {
	bool is_head;
	const char *user_agent;
	const char *sec_purpose;
	const char *purpose;
	const char *x_purpose;
	const char *x_moz;
	enum verdict verdict;
	enum reason reason;
};

static const struct row rows[] = {
	{false, "", "", "", "", "", VERDICT_HUMAN, REASON_NONE},
	{false, CHROME, "", "", "", "", VERDICT_HUMAN, REASON_NONE},
	{true, CHROME, "", "", "", "", VERDICT_PROBE, REASON_HEAD_METHOD},
	{false, CHROME, "prefetch", "", "", "", VERDICT_PREFETCH,
		REASON_SEC_PURPOSE},
	{false, CHROME, "prefetch;prerender", "", "", "", VERDICT_PREFETCH,
		REASON_SEC_PURPOSE},
	{false, CHROME, "prefetch;anonymous-client-ip", "", "", "",
		VERDICT_PREFETCH, REASON_SEC_PURPOSE},
	{false, CHROME, "x, PreRender", "", "", "", VERDICT_PREFETCH,
		REASON_SEC_PURPOSE},
	{false, CHROME, "", "prefetch", "", "", VERDICT_PREFETCH,
		REASON_PURPOSE},
	{false, CHROME, "", "PREFRESH", "", "", VERDICT_PREFETCH,
		REASON_PURPOSE},
	{false, CHROME, "", "", "preview", "", VERDICT_PREFETCH,
		REASON_X_PURPOSE},
	{false, CHROME, "", "", "", "prefetch", VERDICT_PREFETCH, REASON_X_MOZ},
	{false, CHROME, "", "", "", "Prefetch", VERDICT_PREFETCH, REASON_X_MOZ},
	{false, CHROME, "", "", "", "preview", VERDICT_HUMAN, REASON_NONE},
	{false, CHROME, "navigate", "view", "p", "x", VERDICT_HUMAN,
		REASON_NONE},
	{false, CHROME, "prefetc", "", "", "", VERDICT_HUMAN, REASON_NONE},
	{false, "WhatsApp/2.22.20.72 A", "", "", "", "", VERDICT_PREVIEW,
		REASON_WHATSAPP_AGENT},
	{false, "WhatsApp/2.2236.3 N", "", "", "", "", VERDICT_PREVIEW,
		REASON_WHATSAPP_AGENT},
	{false, "WhatsApp", "", "", "", "", VERDICT_HUMAN, REASON_NONE},
	{false, "whatsapp/2.2236.3 N", "", "", "", "", VERDICT_HUMAN,
		REASON_NONE},
	/* A person, in WhatsApp's own browser. */
	{false, CHROME " WhatsApp/2.24.1 WA4A", "", "", "", "", VERDICT_HUMAN,
		REASON_NONE},
	/* The first rule decides. */
	{true, "WhatsApp/2.22.20.72 A", "prefetch", "", "", "", VERDICT_PROBE,
		REASON_HEAD_METHOD},
	{false, "WhatsApp/2.22.20.72 A", "", "preview", "", "",
		VERDICT_PREFETCH, REASON_PURPOSE},
};

static void test_verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct verdict_input input = {
			.is_head = rows[i].is_head,
			.user_agent = str_from(rows[i].user_agent),
			.sec_purpose = str_from(rows[i].sec_purpose),
			.purpose = str_from(rows[i].purpose),
			.x_purpose = str_from(rows[i].x_purpose),
			.x_moz = str_from(rows[i].x_moz),
		};
		enum reason reason;

		assert_int_equal(verdict_of(&input, &reason), rows[i].verdict);
		assert_int_equal(reason, rows[i].reason);
	}
}

static void test_only_the_front_of_a_value_counts(void **state)
{
	static const struct str word = {"prefetch", 8};
	static char value[VERDICT_VALUE_MAX + 8];
	struct verdict_input input = {0};
	enum reason reason;

	(void)state;
	memset(value, 'p', sizeof(value));
	memcpy(value + VERDICT_VALUE_MAX - 8, word.p, word.n);
	input.purpose = str_make(value, sizeof(value));
	assert_int_equal(verdict_of(&input, &reason), VERDICT_PREFETCH);
	memset(value, 'p', sizeof(value));
	memcpy(value + VERDICT_VALUE_MAX - 7, word.p, word.n);
	assert_int_equal(verdict_of(&input, &reason), VERDICT_HUMAN);
	/* No header at all. */
	input = (struct verdict_input){0};
	assert_int_equal(verdict_of(&input, &reason), VERDICT_HUMAN);
}

/* Stored and exported: they never change. */
static void test_names_and_numbers(void **state)
{
	static const char *const names[] = {
		"human", "preview", "prefetch", "bot", "probe", "repeat"};
	static const char *const reasons[] = {"none", "head-method",
		"sec-purpose", "purpose", "x-purpose", "x-moz",
		"whatsapp-agent"};
	enum verdict verdict;

	(void)state;
	assert_int_equal(VERDICTS, 6);
	for (unsigned i = 0; i < VERDICTS; i++) {
		assert_string_equal(verdict_name(i), names[i]);
		assert_int_equal(
			verdict_parse(str_from(names[i]), &verdict), OK);
		assert_int_equal(verdict, i);
	}
	assert_int_equal(REASONS, 7);
	for (unsigned i = 0; i < REASONS; i++)
		assert_string_equal(reason_name(i), reasons[i]);
	assert_string_equal(verdict_name(VERDICTS), "unknown");
	assert_string_equal(reason_name(255), "unknown");
	assert_int_equal(verdict_parse(STR("Human"), &verdict), ERR_INVALID);
	assert_int_equal(verdict_parse(STR(""), &verdict), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_only_the_front_of_a_value_counts),
		cmocka_unit_test(test_names_and_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
