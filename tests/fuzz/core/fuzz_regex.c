/* Regular expressions: with its callouts an expression matches what it matches
 * without them, and what it matches holds one of its literals. The input is a
 * byte (odd: caseless), the expression's line, and the text. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/assert.h"
#include "core/agent_pattern.h"
#include "core/regex_literals.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	STEPS = 5000,
	REGEX_MAX = 256,
	TEXT_MAX = 512,
	LIMIT = 100000
};

static struct regex_literals *literals;
static struct agent_runner *runner;
static pcre2_match_context *context;
static pcre2_match_data *data_plain;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void set_up(void)
{
	if (literals)
		return;
	literals = regex_literals_new();
	runner = agent_runner_new();
	context = pcre2_match_context_create(NULL);
	data_plain = pcre2_match_data_create(AGENT_GROUPS, NULL);
	ASSERT(literals && runner && context && data_plain);
	(void)pcre2_set_match_limit(context, LIMIT);
	(void)pcre2_set_heap_limit(context, LIMIT);
}

/* One of the literals occurs in the text, if there are any. */
static void check_literals(struct str regex, bool caseless, struct str text)
{
	size_t n = regex_literals_find(literals, regex, caseless);
	char lower[TEXT_MAX];

	for (size_t i = 0; i < text.n; i++)
		lower[i] = caseless ? ascii_lower(text.p[i]) : text.p[i];
	for (size_t i = 0; i < n; i++)
		if (str_contains(str_make(lower, text.n),
			    regex_literals_at(literals, i)))
			return;
	ASSERT(n == 0);
}

static void check_groups(int rc, struct str text)
{
	const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(data_plain);
	unsigned n = rc == 0 ? AGENT_GROUPS : (unsigned)rc;

	for (unsigned i = 0; i < AGENT_GROUPS; i++, ends += 2) {
		struct str group = agent_runner_group(runner, i);

		if (i >= n || ends[0] == PCRE2_UNSET || ends[0] >= ends[1])
			ASSERT(group.n == 0);
		else
			ASSERT(group.p == text.p + ends[0] &&
				group.n == ends[1] - ends[0]);
	}
}

static void check_match(
	const pcre2_code *plain, struct agent_pattern *p, struct str text)
{
	bool is_match;
	int rc;

	agent_runner_begin(runner, STEPS);
	is_match = agent_pattern_match(p, runner, text);
	ASSERT(agent_runner_steps(runner) <= STEPS);
	if (is_match)
		check_literals(p->regex, p->caseless, text);
	/* One that took too long is none. */
	if (agent_runner_steps(runner) == STEPS)
		return;
	rc = pcre2_match(plain, (PCRE2_SPTR)(text.n ? text.p : ""), text.n, 0,
		0, data_plain, context);
	if (rc < PCRE2_ERROR_PARTIAL)
		return; /* a limit, or no room on JIT's stack */
	ASSERT(is_match == (rc >= 0));
	if (is_match)
		check_groups(rc, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct agent_pattern p;
	pcre2_code *plain;
	struct str regex;
	PCRE2_SIZE at;
	uint32_t options =
		PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C;
	int error;

	set_up();
	if (size < 1)
		return 0;
	text = str_skip(text, 1);
	regex = str_split(&text, '\n');
	if (regex.n == 0 || regex.n > REGEX_MAX || text.n > TEXT_MAX)
		return 0;
	(void)regex_literals_find(literals, regex, data[0] & 1);
	if (data[0] & 1)
		options |= PCRE2_CASELESS;
	plain = pcre2_compile(
		(PCRE2_SPTR)regex.p, regex.n, options, &error, &at, NULL);
	/* By the same engine, since the two of PCRE2 10.42 differ in what
	 * groups hold that matched possessively before the match. */
	if (plain)
		(void)pcre2_jit_compile(plain, PCRE2_JIT_COMPLETE);
	agent_pattern_init(&p, regex, data[0] & 1);
	if (agent_pattern_compile(&p, &lock, NULL) == OK && plain)
		check_match(plain, &p, text);
	agent_pattern_deinit(&p);
	pcre2_code_free(plain);
	return 0;
}
