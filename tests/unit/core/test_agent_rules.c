#include "core/agent_rules.h"

#include <stdio.h>

#include "support/cmocka.h"
#include "support/fault.h"

/* Each list with a rule. */
#define BROWSER "user_agent_parsers:\n  - regex: 'b'\n"
#define OS      "os_parsers:\n  - regex: 'o'\n"
#define DEVICE  "device_parsers:\n  - regex: 'd'\n"

static void test_whole(void **state)
{
	static const char yaml[] =
		"# rules\n"
		"device_parsers:\n"
		"  - regex: '(bot)'\n"
		"    regex_flag: 'i'\n"
		"    device_replacement: 'Spider'\n"
		"    brand_replacement: 'Spider'\n"
		"\n"
		"  - regex: 'it''s (\\d+)'\n"
		"    device_replacement: \"a \\\"$1\\\"\"\n"
		"user_agent_parsers:\n"
		"  - regex: '(Firefox)/(\\d+)'\n"
		"    v1_replacement: '1'\n"
		"  - { regex: plain, family_replacement: '' }\n"
		"  - regex: x\n"
		"    family_replacement: 'Spider'\n"
		"whatever:\n"
		"  - [1, {a: b}, [[c]]]\n"
		"  - d: e\n"
		"os_parsers: []\n";
	struct agent_problem problem;
	struct agent_rules r;

	(void)state;
	assert_int_equal(agent_rules_parse(&r, "f", STR(yaml), &problem), OK);
	assert_int_equal(r.n, 5);
	assert_int_equal(r.lists[AGENT_DEVICE].begin, 0);
	assert_int_equal(r.lists[AGENT_DEVICE].end, 2);
	assert_int_equal(r.lists[AGENT_BROWSER].begin, 2);
	assert_int_equal(r.lists[AGENT_BROWSER].end, 5);
	assert_int_equal(r.lists[AGENT_OS].begin, r.lists[AGENT_OS].end);
	assert_true(str_is(agent_rules_text(&r, r.file), "f"));
	assert_true(str_is(agent_rules_text(&r, r.rules[0].regex), "(bot)"));
	assert_true(r.rules[0].caseless && r.rules[0].is_spider);
	assert_int_equal(r.rules[0].line, 3);
	assert_true(
		str_is(agent_rules_text(&r, r.rules[1].regex), "it's (\\d+)"));
	assert_true(
		str_is(agent_rules_text(&r, r.rules[1].family), "a \"$1\""));
	assert_true(r.rules[1].has_family && !r.rules[1].caseless);
	assert_int_equal(r.rules[1].line, 8);
	assert_false(r.rules[2].has_family);
	assert_true(r.rules[3].has_family && r.rules[3].family.n == 0);
	/* Only a device is a spider. */
	assert_false(r.rules[4].is_spider);
	agent_rules_deinit(&r);
}

static void test_refused(void **state)
{
	static const struct {
		const char *yaml;
		const char *problem;
	} rows[] = {
		{"", "f:1: a document was expected"},
		{"a", "f:1: user_agent_parsers, os_parsers and device_parsers "
		      "was expected"},
		{BROWSER OS, "f:5: device_parsers is missing"},
		{OS DEVICE, "f:5: user_agent_parsers is missing"},
		{BROWSER DEVICE, "f:5: os_parsers is missing"},
		{BROWSER OS BROWSER, "f:5: a second user_agent_parsers"},
		{BROWSER OS "device_parsers: x\n",
			"f:5: a list of rules was expected"},
		{BROWSER OS "device_parsers:\n  - x\n",
			"f:6: a rule was expected"},
		{BROWSER OS "device_parsers:\n  - regx: 'x'\n",
			"f:6: a rule of device_parsers without a regex"},
		{BROWSER OS "device_parsers:\n  - regex: ''\n",
			"f:6: an empty regex"},
		{BROWSER OS "device_parsers:\n  - regex: [x]\n",
			"f:6: a text was expected"},
		{BROWSER OS "device_parsers:\n  - [x]: y\n",
			"f:6: a key was expected"},
		{BROWSER OS "device_parsers:\n  - ? [x]\n    : y\n",
			"f:6: a key was expected"},
		{BROWSER OS "device_parsers:\n  - regex: 'x'\n"
			    "    regex: 'y'\n",
			"f:7: a second regex"},
		{BROWSER OS "device_parsers:\n  - regex: 'x'\n"
			    "    device_replacement: 'y'\n"
			    "    device_replacement: 'z'\n",
			"f:8: a second device_replacement"},
		{BROWSER OS "device_parsers:\n  - regex: 'x'\n"
			    "    regex_flag: 'm'\n",
			"f:7: the regex_flag m, which is not known"},
		{BROWSER OS "device_parsers:\n  - &a\n    regex: 'x'\n"
			    "  - *a\n",
			"f:8: an alias, which is not read"},
		{BROWSER OS "device_parsers:\n  - regex: 'x\n",
			"f:7: not YAML: found unexpected end of stream"},
		{BROWSER "\tx: y\n", "f:3: not YAML: found character that "
				     "cannot start any token"},
		{BROWSER OS DEVICE "---\na: b\n",
			"f:7: the file's end was expected"},
		{"x: [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]\n",
			"f:1: values within values, more than 16"},
		{BROWSER OS DEVICE
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			"aaaaaaaaaaaaaaaa: 1\n",
			"f:7: a key longer than 64 bytes"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct agent_problem problem;
		struct agent_rules r;

		print_message("%s\n", rows[i].yaml);
		assert_int_equal(agent_rules_parse(&r, "f",
					 str_from(rows[i].yaml), &problem),
			ERR_INVALID);
		assert_string_equal(problem.text, rows[i].problem);
	}
}

/* n times a byte, quoted as a member's value, in one rule. */
static enum err parse_long(
	const char *member, size_t n, struct agent_problem *problem)
{
	struct agent_rules r;
	struct buf yaml;
	enum err e;

	buf_init(&yaml, (size_t)2 * AGENT_RULES_FILE_MAX);
	buf_printf(&yaml, BROWSER OS "device_parsers:\n  - %s: '", member);
	for (size_t i = 0; i < n; i++)
		buf_byte(&yaml, 'x');
	buf_text(&yaml, "'\n    regex: 'y'\n");
	e = agent_rules_parse(&r, "f", buf_view(&yaml), problem);
	if (!e)
		agent_rules_deinit(&r);
	buf_deinit(&yaml);
	return e;
}

static void test_limits(void **state)
{
	struct agent_problem problem;

	(void)state;
	assert_int_equal(parse_long("device_replacement", AGENT_REPLACEMENT_MAX,
				 &problem),
		OK);
	assert_int_equal(parse_long("device_replacement",
				 AGENT_REPLACEMENT_MAX + 1, &problem),
		ERR_INVALID);
	assert_string_equal(problem.text,
		"f:6: device_replacement is longer than 255 bytes");
	assert_int_equal(parse_long("model_replacement",
				 AGENT_REPLACEMENT_MAX + 1, &problem),
		ERR_INVALID);
	assert_int_equal(parse_long("regex", AGENT_REGEX_MAX + 1, &problem),
		ERR_INVALID);
	assert_string_equal(
		problem.text, "f:6: regex is longer than 8192 bytes");
	assert_int_equal(parse_long("comment", 100000, &problem), OK);
	assert_int_equal(parse_long("comment", AGENT_RULES_FILE_MAX, &problem),
		ERR_TOO_LONG);
	assert_string_equal(
		problem.text, "f:1: the file is longer than 4194304 bytes");
}

static enum err parse_rules(size_t n, struct agent_problem *problem)
{
	struct agent_rules r;
	struct buf yaml;
	enum err e;

	buf_init(&yaml, AGENT_RULES_FILE_MAX);
	buf_text(&yaml, BROWSER OS "device_parsers:\n");
	for (size_t i = 0; i < n; i++)
		buf_text(&yaml, "  - regex: x\n");
	e = agent_rules_parse(&r, "f", buf_view(&yaml), problem);
	if (!e) {
		assert_int_equal(r.n, n + 2);
		agent_rules_deinit(&r);
	}
	buf_deinit(&yaml);
	return e;
}

static void test_many(void **state)
{
	struct agent_problem problem;

	(void)state;
	assert_int_equal(parse_rules(AGENT_RULES_MAX - 2, &problem), OK);
	assert_int_equal(
		parse_rules(AGENT_RULES_MAX - 1, &problem), ERR_INVALID);
	assert_string_equal(problem.text, "f:4100: more than 4096 rules");
}

static void test_nomem(void **state)
{
	enum err e = ERR_NOMEM;

	(void)state;
	for (unsigned nth = 1; e; nth++) {
		struct agent_problem problem;
		struct agent_rules r;

		fault_alloc(nth);
		e = agent_rules_parse(
			&r, "f", STR(BROWSER OS DEVICE), &problem);
		assert_true(!e == !fault_alloc_hit());
		fault_alloc(0);
		if (!e)
			agent_rules_deinit(&r);
		else
			assert_int_equal(e, ERR_NOMEM);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_nomem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
