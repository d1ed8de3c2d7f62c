/* An operator's file of any bytes: refused with findings, each a line of its
 * own that names the file, or taken, and then within its bounds; each rule on
 * agents gives its verdict, or an earlier rule does, to an agent that is its
 * text. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "core/verdict_file.h"
#include "core/verdict_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	FINDINGS_MAX = 4096
};

static void check_findings(struct str findings)
{
	ASSERT(findings.n > 0 && findings.p[findings.n - 1] == '\n');
	while (findings.n) {
		struct str line = str_split(&findings, '\n');

		ASSERT(str_starts(line, STR("own:")) &&
			str_contains(line, STR(": ")));
	}
}

static void check_rule(const struct verdict_file_rule *rule)
{
	ASSERT(rule->how < VERDICT_HOWS);
	ASSERT(rule->verdict <= VERDICT_BOT);
	if (rule->how == VERDICT_IP_IN)
		ASSERT(rule->prefix.bits <= (rule->prefix.ip.n == 4 ? 24 : 48));
	else
		ASSERT(rule->text.n > 0 && rule->text.n <= VERDICT_TEXT_MAX &&
			!memchr(rule->text.p, '\n', rule->text.n));
}

static void check_rules(
	const struct verdict_rules *rules, const struct verdict_file *file)
{
	unsigned number = VERDICT_RULES_VERSION * VERDICT_FILE_VERSIONS;

	ASSERT(file->version >= 1 && file->version <= VERDICT_FILE_VERSION_MAX);
	ASSERT(file->n <= VERDICT_FILE_RULES_MAX);
	ASSERT(verdict_rules_number(rules) == number + file->version);
	for (size_t i = 0; i < file->n; i++) {
		struct judgement j;

		check_rule(&file->rules[i]);
		if (file->rules[i].how > VERDICT_AGENT_IS)
			continue;
		j = verdict_agent(rules, file->rules[i].text);
		ASSERT(j.reason == REASON_OPERATOR_RULE);
		ASSERT(j.row >= 1 && j.row <= i + 1);
		ASSERT(j.verdict == file->rules[j.row - 1].verdict);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct verdict_rules_source source = {
		.name = "own", .text = str_make((const char *)data, size)};
	struct verdict_rules *rules = NULL;
	struct verdict_file file;
	struct buf findings;
	enum err e;

	buf_init(&findings, FINDINGS_MAX);
	e = verdict_file_parse("own", source.text, &file, &findings);
	if (e == ERR_INVALID) {
		/* One that found no room is left out. */
		if (findings.n)
			check_findings(buf_view(&findings));
		ASSERT(file.n == 0);
	}
	ASSERT(e == OK || e == ERR_INVALID);
	/* The automaton of the built-in rules takes a while to make. */
	if (e == OK) {
		ASSERT(findings.n == 0);
		ASSERT(verdict_rules_new(&source, &findings, &rules) == OK);
		check_rules(rules, &file);
		verdict_rules_free(rules);
	}
	verdict_file_deinit(&file);
	buf_deinit(&findings);
	return 0;
}
