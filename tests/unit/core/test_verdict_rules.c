#include "core/verdict_rules.h"

#include <string.h>

#include "core/verdict_file.h"
#include "support/cmocka.h"
#include "support/fault.h"

static void test_a_file(void **state)
{
	static const char text[] =
		"\xef\xbb\xbf# ours\r\n"
		"\n"
		"  version 3   # counted up\r\n"
		"human\tagent contains \"Acme Kiosk\" # in shops\n"
		"bot   agent starts acme-health/\n"
		"bot agent ends \"#7\"\n"
		"preview agent is x#y\n"
		"prefetch referer host Scanner.Example\n"
		"bot ip in 192.0.2.0/24\n"
		"bot ip in 2001:db8::/48";
	static const struct {
		enum verdict verdict;
		enum verdict_file_how how;
		const char *text;
		unsigned bits;
	} rules[] = {
		{VERDICT_HUMAN, VERDICT_AGENT_CONTAINS, "Acme Kiosk", 0},
		{VERDICT_BOT, VERDICT_AGENT_STARTS, "acme-health/", 0},
		{VERDICT_BOT, VERDICT_AGENT_ENDS, "#7", 0},
		{VERDICT_PREVIEW, VERDICT_AGENT_IS, "x#y", 0},
		{VERDICT_PREFETCH, VERDICT_REFERER_HOST, "Scanner.Example", 0},
		{VERDICT_BOT, VERDICT_IP_IN, "", 24},
		{VERDICT_BOT, VERDICT_IP_IN, "", 48},
	};
	struct verdict_file file;
	struct buf findings;

	(void)state;
	buf_init(&findings, 1000);
	assert_int_equal(
		verdict_file_parse("f", STR(text), &file, &findings), OK);
	assert_int_equal(file.version, 3);
	assert_int_equal(file.n, COUNT_OF(rules));
	for (size_t i = 0; i < file.n; i++) {
		assert_int_equal(file.rules[i].verdict, rules[i].verdict);
		assert_int_equal(file.rules[i].how, rules[i].how);
		assert_true(str_is(file.rules[i].text, rules[i].text));
		assert_int_equal(file.rules[i].prefix.bits, rules[i].bits);
	}
	verdict_file_deinit(&file);
	verdict_file_deinit(&file);
	buf_deinit(&findings);
}

#define V "version 1\n"

static const struct {
	const char *text;
	const char *findings;
} wrong[] = {
	{"", "f: expected a line `version N`\n"},
	{"# nothing", "f: expected a line `version N`\n"},
	{"version", "f:1: expected a version from 1 to 999, got \"\"\n"},
	{"version 0", "f:1: expected a version from 1 to 999, got \"0\"\n"},
	{"version 1000",
		"f:1: expected a version from 1 to 999, got \"1000\"\n"},
	{"version 1 2", "f:1: expected nothing more (a text with blanks "
			"needs quotes), got \"2\"\n"},
	{V "version 2", "f:2: the version stands in line 1 already\n"},
	{"bot agent is x\nbot agent is y\nversion 1",
		"f:1: expected `version N` before the first rule\n"
		"f:3: the version is to stand before the rules\n"},
	{"bot agent is x", "f:1: expected `version N` before the first rule\n"},
	{V "Bot agent is x", "f:2: expected human, preview, prefetch "
			     "or bot, got \"Bot\"\n"},
	{V "probe agent is x", "f:2: expected human, preview, prefetch "
			       "or bot, got \"probe\"\n"},
	{V "bot", "f:2: expected agent, referer or ip, got \"\"\n"},
	{V "bot url is x", "f:2: expected agent, referer or ip, got \"url\"\n"},
	{V "bot agent like x", "f:2: expected contains, starts, ends "
			       "or is after agent, got \"like\"\n"},
	{V "bot referer contains x",
		"f:2: expected host after referer, got \"contains\"\n"},
	{V "bot ip is x", "f:2: expected in after ip, got \"is\"\n"},
	{V "bot agent is", "f:2: expected a text that is not empty\n"},
	{V "bot agent is \"\"", "f:2: expected a text that is not empty\n"},
	{V "bot agent is # x", "f:2: expected a text that is not empty\n"},
	{V "bot agent is \"x y",
		"f:2: expected a quote that ends, got \"\"x y\"\n"},
	{V "bot agent is x y", "f:2: expected nothing more (a text with "
			       "blanks needs quotes), got \"y\"\n"},
	{V "bot agent is \"x\"y", "f:2: expected nothing more (a text "
				  "with blanks needs quotes), got "
				  "\"y\"\n"},
	{V "bot referer host *.example.com",
		"f:2: expected a host, such as example.com (for all "
		"below it too), got \"*.example.com\"\n"},
	{V "bot referer host https://example.com/",
		"f:2: expected a host, such as example.com (for all "
		"below it too), got \"https://example.com/\"\n"},
	{V "bot ip in example", "f:2: expected a prefix, such as "
				"192.0.2.0/24, got \"example\"\n"},
	{V "bot ip in 192.0.2.0/25",
		"f:2: expected at most /24 of IPv4 or /48 of IPv6, "
		"since no more of an address may be kept, got "
		"\"192.0.2.0/25\"\n"},
	{V "bot ip in 192.0.2.1",
		"f:2: expected at most /24 of IPv4 or /48 of IPv6, "
		"since no more of an address may be kept, got "
		"\"192.0.2.1\"\n"},
	{V "bot ip in 2001:db8::/49",
		"f:2: expected at most /24 of IPv4 or /48 of IPv6, "
		"since no more of an address may be kept, got "
		"\"2001:db8::/49\"\n"},
	{V "bot agent is x\x01", "f:2: control characters or no "
				 "UTF-8\n"},
	{V "bot agent is \xff", "f:2: control characters or no UTF-8\n"},
	/* every one, not only the first */
	{V "x\n\nbot agent is\nbot agent is z",
		"f:2: expected human, preview, prefetch or bot, got "
		"\"x\"\n"
		"f:4: expected a text that is not empty\n"},
};

static void test_findings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		const struct verdict_rules_source source = {
			.name = "f", .text = str_from(wrong[i].text)};
		struct verdict_rules *rules = NULL;
		struct buf findings;

		buf_init(&findings, 1000);
		assert_int_equal(verdict_rules_new(&source, &findings, &rules),
			ERR_INVALID);
		assert_string_equal(buf_cstr(&findings), wrong[i].findings);
		assert_null(rules);
		buf_deinit(&findings);
	}
}

/* A long word is shown in part, and findings without room are left out. */
static void test_findings_are_bounded(void **state)
{
	struct verdict_file file;
	struct buf text, findings;

	(void)state;
	buf_init(&text, VERDICT_FILE_MAX);
	buf_init(&findings, 200);
	buf_text(&text, V);
	for (unsigned i = 0; i < 100; i++)
		buf_text(&text, "0123456789");
	buf_byte(&text, '\n');
	for (unsigned i = 0; i < 100; i++)
		buf_text(&text, "bot url\n");
	assert_int_equal(
		verdict_file_parse("f", buf_view(&text), &file, &findings),
		ERR_INVALID);
	assert_non_null(strstr(buf_cstr(&findings), "456789...\"\n"));
	assert_true(findings.n < 200);
	assert_int_equal(findings.p[findings.n - 1], '\n');
	buf_deinit(&findings);
	buf_deinit(&text);
}

static enum err parse_n(size_t rules, size_t text_n, struct buf *findings)
{
	struct verdict_file file = {0};
	struct buf text;
	enum err e;

	buf_init(&text, 1 << 20);
	buf_text(&text, V);
	for (size_t i = 0; i < rules; i++) {
		buf_text(&text, "bot agent is ");
		for (size_t k = 0; k < text_n; k++)
			buf_byte(&text, 'x');
		buf_byte(&text, '\n');
	}
	assert_int_equal(buf_err(&text), OK);
	buf_reset(findings);
	e = verdict_file_parse("f", buf_view(&text), &file, findings);
	assert_int_equal(file.n, e ? 0 : rules);
	verdict_file_deinit(&file);
	buf_deinit(&text);
	return e;
}

static void test_maximums(void **state)
{
	struct buf findings;

	(void)state;
	buf_init(&findings, 1000);
	assert_int_equal(parse_n(VERDICT_FILE_RULES_MAX, 1, &findings), OK);
	assert_int_equal(
		parse_n(VERDICT_FILE_RULES_MAX + 1, 1, &findings), ERR_INVALID);
	assert_string_equal(
		buf_cstr(&findings), "f:1002: more than 1000 rules\n");
	assert_int_equal(parse_n(1, VERDICT_TEXT_MAX, &findings), OK);
	assert_int_equal(
		parse_n(1, VERDICT_TEXT_MAX + 1, &findings), ERR_INVALID);
	assert_string_equal(buf_cstr(&findings),
		"f:2: the text is longer than 256 bytes\n");
	assert_int_equal(
		parse_n(2, VERDICT_FILE_MAX / 2, &findings), ERR_INVALID);
	assert_string_equal(buf_cstr(&findings),
		"f: the file is longer than 262144 bytes\n");
	buf_deinit(&findings);
}

static void test_how_agents_match(void **state)
{
	static const char text[] = V "bot agent starts Acme\n"
				     "human agent ends kiosk\n"
				     "preview agent contains \"middle OF\"\n"
				     "prefetch agent is Exact/1\n";
	static const struct {
		const char *agent;
		unsigned row;
		enum verdict verdict;
	} rows[] = {
		{"ACME Mozilla", 1, VERDICT_BOT},
		{"not Acme", 0, VERDICT_BOT},
		{"acme kiosk", 1, VERDICT_BOT},
		{"x KIOSK", 2, VERDICT_HUMAN},
		{"x kiosk/1", 0, VERDICT_BOT},
		{"in the Middle of it", 3, VERDICT_PREVIEW},
		{"in the middle of a Kiosk", 2, VERDICT_HUMAN},
		{"Exact/1", 4, VERDICT_PREFETCH},
		{"exact/1", 0, VERDICT_BOT},
		{"Exact/1 ", 0, VERDICT_BOT},
	};
	const struct verdict_rules_source source = {
		.name = "f", .text = STR(text)};
	struct verdict_rules *rules = NULL;
	struct buf findings;

	(void)state;
	buf_init(&findings, 1000);
	assert_int_equal(verdict_rules_new(&source, &findings, &rules), OK);
	assert_int_equal(verdict_rules_number(rules),
		VERDICT_RULES_VERSION * VERDICT_FILE_VERSIONS + 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct judgement j =
			verdict_agent(rules, str_from(rows[i].agent));

		assert_int_equal(j.row, rows[i].row);
		assert_int_equal(j.verdict, rows[i].verdict);
		assert_int_equal(
			j.reason == REASON_OPERATOR_RULE, rows[i].row > 0);
	}
	verdict_rules_free(rules);
	buf_deinit(&findings);
}

static void test_without_memory(void **state)
{
	const struct verdict_rules_source source = {.name = "f",
		.text = STR(V "bot agent is x\nbot ip in 192.0.2.0/24\n")};
	struct verdict_rules *rules = NULL;
	struct buf findings;
	unsigned nth = 0;
	enum err e;

	(void)state;
	buf_init(&findings, 1000);
	do {
		fault_alloc(++nth);
		e = verdict_rules_new(&source, &findings, &rules);
		fault_alloc(0);
		assert_true(e == OK || e == ERR_NOMEM);
	} while (e);
	assert_true(nth > 10);
	verdict_rules_free(rules);
	verdict_rules_free(NULL);
	buf_deinit(&findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file),
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_findings_are_bounded),
		cmocka_unit_test(test_maximums),
		cmocka_unit_test(test_how_agents_match),
		cmocka_unit_test(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
