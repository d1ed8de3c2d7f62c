/* Rules of agents: whatever is read, its texts lie where they should; whatever
 * is not, is named with its line. */
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "core/agent_parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_span(const struct agent_rules *r, struct agent_span span)
{
	ASSERT(span.at <= r->text.n && span.n <= r->text.n - span.at);
}

static void check_rules(const struct agent_rules *r)
{
	size_t listed = 0;

	for (size_t i = 0; i < AGENT_LISTS; i++) {
		ASSERT(r->lists[i].begin <= r->lists[i].end);
		ASSERT(r->lists[i].end <= r->n);
		listed += r->lists[i].end - r->lists[i].begin;
	}
	ASSERT(listed == r->n && r->n <= AGENT_RULES_MAX);
	for (size_t i = 0; i < r->n; i++) {
		const struct agent_rule *rule = &r->rules[i];

		check_span(r, rule->regex);
		check_span(r, rule->family);
		ASSERT(rule->regex.n > 0 && rule->line > 0);
		ASSERT(rule->has_family || rule->family.n == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str yaml = str_make((const char *)data, size);
	struct agent_problem problem = {""};
	struct agent_parser *p;
	struct agent_rules r;
	enum err e = agent_rules_parse(&r, "f", yaml, &problem);

	if (e) {
		ASSERT(e == ERR_INVALID);
		ASSERT(str_starts(str_from(problem.text), STR("f:")));
		return 0;
	}
	check_rules(&r);
	agent_rules_deinit(&r);
	/* Its literals are found, too. */
	ASSERT(agent_parser_load_text("f", yaml, &p, &problem) == OK);
	agent_parser_free(p);
	return 0;
}
