#include "core/agent_parser.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/file.h"
#include "core/agent_memo.h"
#include "core/agent_pattern.h"
#include "core/click_record.h"
#include "core/hash.h"
#include "core/literal_index.h"
#include "core/regex_literals.h"

enum {
	WORD_BITS = 64,
	WORDS = AGENT_RULES_MAX / WORD_BITS
};

_Static_assert((int)AGENT_TEXT_MAX == (int)CLICK_AGENT_MAX,
	"what is looked at is what is kept");

/* One bit a rule. */
struct rule_bits {
	uint64_t words[WORDS];
};

struct agent_parser {
	struct agent_rules rules;
	struct agent_pattern *patterns; /* of the rules, in their order */
	struct literal_index literals;  /* by numbers of rules */
	struct rule_bits always;        /* rules that have no literal */
	struct rule_bits spiders;
	uint64_t fingerprint;
	pthread_mutex_t compiling;
};

struct agent_matcher {
	struct agent_parser *parser;
	struct agent_runner *runner;
	struct agent_memo memo;
	struct agent_work work;
	bool is_short; /* memory was, so the answer is not to be remembered */
};

static void bit_set(struct rule_bits *bits, size_t i)
{
	bits->words[i / WORD_BITS] |= (uint64_t)1 << i % WORD_BITS;
}

static bool bit_is_set(const struct rule_bits *bits, size_t i)
{
	return bits->words[i / WORD_BITS] >> i % WORD_BITS & 1;
}

/* The first bit that is set, from i on, below end; end if there is none. */
static size_t bit_next(const struct rule_bits *bits, size_t i, size_t end)
{
	while (i < end) {
		uint64_t word = bits->words[i / WORD_BITS] >> i % WORD_BITS;

		if (word) {
			i += (size_t)__builtin_ctzll(word);
			return i < end ? i : end;
		}
		i += WORD_BITS - i % WORD_BITS;
	}
	return end;
}

static enum err index_rule(
	struct agent_parser *p, struct regex_literals *finder, size_t i)
{
	const struct agent_rule *rule = &p->rules.rules[i];
	struct str regex = agent_rules_text(&p->rules, rule->regex);
	size_t n = regex_literals_find(finder, regex, rule->caseless);
	enum err e = OK;

	if (n == 0)
		bit_set(&p->always, i);
	for (size_t j = 0; !e && j < n; j++)
		e = literal_index_add(&p->literals,
			regex_literals_at(finder, j), rule->caseless,
			(uint16_t)i);
	/* No literal of it is wanted where one is missing. */
	if (e == ERR_FULL) {
		bit_set(&p->always, i);
		e = OK;
	}
	return e;
}

_Static_assert((int)REGEX_LITERAL_MIN >= (int)LITERAL_INDEX_TEXT_MIN &&
		       (int)REGEX_LITERAL_MAX <= (int)LITERAL_INDEX_TEXT_MAX,
	"every literal found is one that can be looked for");

static enum err index_rules(struct agent_parser *p)
{
	struct regex_literals *finder = regex_literals_new();
	enum err e = finder ? literal_index_init(&p->literals) : ERR_NOMEM;

	for (size_t i = 0; !e && i < p->rules.n; i++) {
		if (p->rules.rules[i].is_spider)
			bit_set(&p->spiders, i);
		e = index_rule(p, finder, i);
	}
	literal_index_seal(&p->literals);
	regex_literals_free(finder);
	return e;
}

static enum err make_patterns(struct agent_parser *p)
{
	size_t n = p->rules.n;

	p->patterns = malloc((n ? n : 1) * sizeof(*p->patterns));
	if (!p->patterns)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct agent_rule *rule = &p->rules.rules[i];

		agent_pattern_init(&p->patterns[i],
			agent_rules_text(&p->rules, rule->regex),
			rule->caseless);
	}
	return OK;
}

enum err agent_parser_load_text(const char *file, struct str yaml,
	struct agent_parser **to, struct agent_problem *problem)
{
	struct agent_parser *p = calloc(1, sizeof(*p));
	enum err e;

	if (!p)
		return ERR_NOMEM;
	ASSERT(pthread_mutex_init(&p->compiling, NULL) == 0);
	p->fingerprint = hash64(yaml);
	e = agent_rules_parse(&p->rules, file, yaml, problem);
	if (!e)
		e = make_patterns(p);
	if (!e)
		e = index_rules(p);
	if (e) {
		agent_parser_free(p);
		return e;
	}
	*to = p;
	return OK;
}

enum err agent_parser_load(const char *path, struct agent_parser **p,
	struct agent_problem *problem)
{
	struct buf yaml;
	enum err e;

	buf_init(&yaml, AGENT_RULES_FILE_MAX);
	errno = 0;
	e = file_read(path, &yaml);
	if (e == ERR_TOO_LONG)
		(void)snprintf(problem->text, sizeof(problem->text),
			"%s: longer than %d bytes", path, AGENT_RULES_FILE_MAX);
	else if (e)
		(void)snprintf(problem->text, sizeof(problem->text), "%s: %s",
			path, errno ? strerror(errno) : err_text(e));
	else
		e = agent_parser_load_text(path, buf_view(&yaml), p, problem);
	buf_deinit(&yaml);
	return e;
}

enum err agent_parser_compile(
	struct agent_parser *p, struct agent_problem *problem)
{
	struct str file = agent_rules_text(&p->rules, p->rules.file);
	char why[AGENT_PATTERN_PROBLEM];

	for (size_t i = 0; i < p->rules.n; i++) {
		enum err e = agent_pattern_compile(
			&p->patterns[i], &p->compiling, why);

		if (e == ERR_INVALID)
			(void)snprintf(problem->text, sizeof(problem->text),
				"%.*s:%u: %s", STR_FMT(file),
				p->rules.rules[i].line, why);
		if (e)
			return e;
	}
	return OK;
}

uint64_t agent_parser_fingerprint(const struct agent_parser *p)
{
	return p->fingerprint;
}

void agent_parser_free(struct agent_parser *p)
{
	if (!p)
		return;
	for (size_t i = 0; p->patterns && i < p->rules.n; i++)
		agent_pattern_deinit(&p->patterns[i]);
	free(p->patterns);
	literal_index_deinit(&p->literals);
	agent_rules_deinit(&p->rules);
	(void)pthread_mutex_destroy(&p->compiling); /* nobody holds it */
	free(p);
}

struct agent_matcher *agent_matcher_new(
	struct agent_parser *p, size_t memo_entries)
{
	struct agent_matcher *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->parser = p;
	m->runner = agent_runner_new();
	if (!m->runner || agent_memo_init(&m->memo, memo_entries) != OK) {
		agent_matcher_free(m);
		return NULL;
	}
	return m;
}

void agent_matcher_free(struct agent_matcher *m)
{
	if (!m)
		return;
	agent_runner_free(m->runner);
	agent_memo_deinit(&m->memo);
	free(m);
}

static void question_begin(struct agent_matcher *m)
{
	agent_runner_begin(m->runner, AGENT_STEPS_MAX);
}

static void question_end(struct agent_matcher *m)
{
	uint32_t steps = agent_runner_steps(m->runner);

	m->work.steps += steps;
	if (steps > m->work.steps_max)
		m->work.steps_max = steps;
}

static bool rule_matches(struct agent_matcher *m, size_t i, struct str agent)
{
	struct agent_pattern *pattern = &m->parser->patterns[i];
	enum err e =
		agent_pattern_compile(pattern, &m->parser->compiling, NULL);

	/* What PCRE2 refuses matches nothing. */
	if (e) {
		m->is_short = m->is_short || e == ERR_NOMEM;
		return false;
	}
	m->work.rules++;
	return agent_pattern_match(pattern, m->runner, agent);
}

/* Rules of which a literal occurs, and those without one. */
static void find_candidates(const struct agent_matcher *m, struct str agent,
	struct rule_bits *candidates)
{
	*candidates = m->parser->always;
	literal_index_find(&m->parser->literals, agent, candidates->words);
}

/* The first candidate from i on, below end, that matches and is a spider's rule
 * or is none; end if there is none. */
static size_t first_match(struct agent_matcher *m, struct str agent,
	const struct rule_bits *candidates, bool is_spider, size_t i,
	size_t end)
{
	for (;; i++) {
		i = bit_next(candidates, i, end);
		if (i == end)
			return end;
		if (bit_is_set(&m->parser->spiders, i) == is_spider &&
			rule_matches(m, i, agent))
			return i;
	}
}

/* A person's agent mostly holds no literal of a spider's rule. Where one
 * matches, the rules before it must not. */
static bool find_spider(struct agent_matcher *m, struct str agent,
	const struct rule_bits *candidates)
{
	size_t begin = m->parser->rules.lists[AGENT_DEVICE].begin;
	size_t end = m->parser->rules.lists[AGENT_DEVICE].end;
	size_t at;
	bool is_spider;

	question_begin(m);
	at = first_match(m, agent, candidates, true, begin, end);
	is_spider = at < end &&
		    first_match(m, agent, candidates, false, begin, at) == at;
	question_end(m);
	return is_spider;
}

static void put_family(const struct agent_matcher *m,
	const struct agent_rule *rule, char to[AGENT_FAMILY_SIZE])
{
	struct str groups[AGENT_GROUPS];
	struct str family = STR("$1");

	for (unsigned i = 0; i < AGENT_GROUPS; i++)
		groups[i] = agent_runner_group(m->runner, i);
	if (rule->has_family)
		family = agent_rules_text(&m->parser->rules, rule->family);
	agent_family_put(to, family, groups);
}

/* The family by a list's rules; spiders' are known not to match. */
static void find_family(struct agent_matcher *m, struct str agent,
	const struct rule_bits *candidates, enum agent_list list,
	char to[AGENT_FAMILY_SIZE])
{
	const struct agent_rules *rules = &m->parser->rules;
	size_t end = rules->lists[list].end;
	size_t at;

	question_begin(m);
	at = first_match(
		m, agent, candidates, false, rules->lists[list].begin, end);
	question_end(m);
	if (at < end)
		put_family(m, &rules->rules[at], to);
	else
		memcpy(to, "Other", sizeof("Other"));
}

static void find_families(struct agent_matcher *m, struct str agent,
	struct agent_families *families)
{
	struct rule_bits candidates;

	/* Behind a text's end, too, so that equal ones are equal bytes. */
	memset(families, 0, sizeof(*families));
	find_candidates(m, agent, &candidates);
	families->is_spider = find_spider(m, agent, &candidates);
	if (families->is_spider)
		memcpy(families->device, "Spider", sizeof("Spider"));
	else
		find_family(
			m, agent, &candidates, AGENT_DEVICE, families->device);
	find_family(m, agent, &candidates, AGENT_OS, families->os);
	find_family(m, agent, &candidates, AGENT_BROWSER, families->browser);
}

static struct str cut(struct str agent)
{
	if (agent.n > AGENT_TEXT_MAX)
		agent.n = AGENT_TEXT_MAX;
	return agent;
}

/* The agent's entry of the memo, as a call's work begins. */
static struct agent_memo_entry *begin(struct agent_matcher *m, struct str agent)
{
	m->work = (struct agent_work){0};
	m->is_short = false;
	return agent_memo_at(&m->memo, agent);
}

static void remember(const struct agent_matcher *m, struct agent_memo_entry *e,
	unsigned known)
{
	e->known = m->is_short ? 0 : (uint8_t)(e->known | known);
}

void agent_parser_families(struct agent_matcher *m, struct str agent,
	struct agent_families *families)
{
	struct agent_memo_entry *e;

	agent = cut(agent);
	e = begin(m, agent);
	if (!(e->known & AGENT_KNOWN_FAMILIES)) {
		find_families(m, agent, &e->families);
		remember(m, e, AGENT_KNOWN_SPIDER | AGENT_KNOWN_FAMILIES);
	}
	*families = e->families;
}

bool agent_parser_is_spider(struct agent_matcher *m, struct str agent)
{
	struct rule_bits candidates;
	struct agent_memo_entry *e;

	agent = cut(agent);
	e = begin(m, agent);
	if (!(e->known & AGENT_KNOWN_SPIDER)) {
		find_candidates(m, agent, &candidates);
		e->families.is_spider = find_spider(m, agent, &candidates);
		remember(m, e, AGENT_KNOWN_SPIDER);
	}
	return e->families.is_spider;
}

struct agent_work agent_matcher_work(const struct agent_matcher *m)
{
	return m->work;
}
