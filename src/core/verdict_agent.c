#include "core/verdict.h"

#include <string.h>

#include "core/click_record.h"
#include "core/verdict_set.h"

_Static_assert((int)VERDICT_AGENT_MAX == (int)CLICK_AGENT_MAX,
	"an agent is judged by what is kept of it");

struct search {
	const struct verdict_rules *rules;
	struct str agent;
	uint64_t found; /* built-in rules, a bit each */
	uint16_t row;   /* the operator's first + 1, or 0 */
};

static bool is_letter(char c)
{
	c = ascii_lower(c);
	return c >= 'a' && c <= 'z';
}

/* True if the word at `at` is a part of the longer one there. */
static bool is_part_of(
	struct str agent, size_t at, const char *word, const char *longer)
{
	struct str whole = str_from(longer);
	size_t before = 0;

	/* Where the word stands in the longer one. */
	while (before < whole.n &&
		!str_eq_nocase(str_make(whole.p + before,
				       strlen(word) < whole.n - before
					       ? strlen(word)
					       : whole.n - before),
			str_from(word)))
		before++;
	if (before > at || whole.n > agent.n - (at - before))
		return false;
	return str_eq_nocase(str_make(agent.p + at - before, whole.n), whole);
}

/* Where a part stands in the text from `from` on, or the text's length. */
static size_t find_part(struct str text, size_t from, const char *part)
{
	struct str rest = str_skip(text, from);
	size_t n = strlen(part);

	for (; rest.n >= n; rest = str_skip(rest, 1))
		if (memcmp(rest.p, part, n) == 0)
			return text.n - rest.n;
	return text.n;
}

/* True if `at` is within the model: in the first parentheses, behind
 * "Android" and before "Build/". */
static bool is_in_model(struct str agent, size_t at)
{
	size_t open = str_find(agent, '('), close = find_part(agent, open, ")");
	size_t android = find_part(agent, open, "Android");
	size_t build;

	if (android >= close || at < android)
		return false;
	build = find_part(agent, android, " Build/");
	return at < (build < agent.n ? build : close);
}

static bool counts(struct str agent, size_t at, const struct verdict_word *word)
{
	size_t end = at + strlen(word->text);
	unsigned where = word->where;

	if ((where & FRONT && at != 0) || (where & BACK && end != agent.n))
		return false;
	if (where & LEFT && at > 0 && ascii_is_alnum(agent.p[at - 1]))
		return false;
	if (where & RIGHT && end < agent.n && is_letter(agent.p[end]))
		return false;
	if (where & DIGIT && (end == agent.n || !ascii_is_digit(agent.p[end])))
		return false;
	if (where & NO_MODEL && is_in_model(agent, at))
		return false;
	for (size_t i = 0; i < VERDICT_EXCEPT_MAX && word->except[i]; i++)
		if (is_part_of(agent, at, word->text, word->except[i]))
			return false;
	return true;
}

static void found_word(void *arg, size_t word, size_t at)
{
	struct search *s = arg;
	const struct verdict_place *place = &s->rules->places[word];
	uint64_t bit = (uint64_t)1 << place->rule;

	if (!(s->found & bit) && counts(s->agent, at, place->word))
		s->found |= bit;
}

static void found_row(void *arg, size_t word, size_t at)
{
	struct search *s = arg;
	uint16_t row = s->rules->agent_rows[word];
	const struct verdict_file_rule *rule = &s->rules->file.rules[row];
	bool first = at == 0, last = at + rule->text.n == s->agent.n;

	if (s->row && s->row <= row + 1)
		return;
	if ((rule->how == VERDICT_AGENT_STARTS && !first) ||
		(rule->how == VERDICT_AGENT_ENDS && !last) ||
		(rule->how == VERDICT_AGENT_IS &&
			!str_eq(s->agent, rule->text)))
		return;
	s->row = (uint16_t)(row + 1);
}

static bool matches(const struct search *s, size_t i)
{
	const struct verdict_rule *rule = &verdict_table[i];

	if (rule->words && !(s->found >> i & 1))
		return false;
	return !rule->fits || rule->fits(s->agent);
}

struct judgement verdict_agent(
	const struct verdict_rules *rules, struct str agent)
{
	struct search s = {.rules = rules, .agent = agent};

	if (s.agent.n > VERDICT_AGENT_MAX)
		s.agent.n = VERDICT_AGENT_MAX;
	if (rules->agent_words)
		words_find(rules->agent_words, s.agent, found_row, &s);
	if (s.row)
		return (struct judgement){rules->file.rules[s.row - 1].verdict,
			REASON_OPERATOR_RULE, s.row};
	words_find(rules->words, s.agent, found_word, &s);
	for (size_t i = 0; i < verdict_table_n; i++) {
		if (!matches(&s, i))
			continue;
		if (verdict_table[i].reason == REASON_NONE)
			break;
		return (struct judgement){
			verdict_table[i].verdict, verdict_table[i].reason, 0};
	}
	if (rules->is_spider && rules->is_spider(rules->arg, s.agent))
		return (struct judgement){VERDICT_BOT, REASON_UAP_SPIDER, 0};
	return (struct judgement){VERDICT_HUMAN, REASON_NONE, 0};
}
