/* Agents, by uap-core's rules: bounded work, the same answer from a memo and
 * without one, and texts that are fit to be shown. */
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "core/agent_parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	MEMO = 16
};

static struct agent_parser *parser;
static struct agent_matcher *matcher;
static struct agent_matcher *forgetful;

static void set_up(void)
{
	struct agent_problem problem;

	if (parser)
		return;
	ASSERT(agent_parser_load("/usr/share/uap-core/regexes.yaml", &parser,
		       &problem) == OK);
	matcher = agent_matcher_new(parser, MEMO);
	forgetful = agent_matcher_new(parser, 0);
	ASSERT(matcher && forgetful);
}

static void check_text(const char text[AGENT_FAMILY_SIZE])
{
	size_t n = strnlen(text, AGENT_FAMILY_SIZE);

	ASSERT(n > 0 && n <= AGENT_FAMILY_MAX);
	ASSERT(str_is_utf8(str_make(text, n)));
	for (size_t i = 0; i < n; i++)
		ASSERT((uint8_t)text[i] >= ' ' && text[i] != 0x7f);
}

static void check_work(const struct agent_matcher *m)
{
	struct agent_work work = agent_matcher_work(m);

	ASSERT(work.steps_max <= AGENT_STEPS_MAX);
	ASSERT(work.steps <= 4 * AGENT_STEPS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str agent = str_make((const char *)data, size);
	struct agent_families f, again;
	bool is_spider;

	set_up();
	is_spider = agent_parser_is_spider(matcher, agent);
	check_work(matcher);
	agent_parser_families(matcher, agent, &f);
	check_work(matcher);
	check_text(f.os);
	check_text(f.device);
	check_text(f.browser);
	ASSERT(f.is_spider == is_spider);
	agent_parser_families(forgetful, agent, &again);
	ASSERT(memcmp(&f, &again, sizeof(f)) == 0);
	agent_parser_families(matcher, agent, &again);
	ASSERT(memcmp(&f, &again, sizeof(f)) == 0);
	return 0;
}
