/* A flood of invented agents, made to be slow: the work on each stays below its
 * bound, and memory does not grow. No clock is asked: work is counted in steps,
 * of some ten nanoseconds each. */
#include "core/agent_parser.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "core/regex_literals.h"
#include "support/cmocka.h"

#define RULES "/usr/share/uap-core/regexes.yaml"

enum {
	AGENTS = 100000,
	AGENTS_FEW = 5000, /* where each takes much longer */
	FRAGMENTS_MAX = 8192,
	MIXED_MAX = 6, /* fragments in one agent */
	MEMO = 256,
	AGAIN = 97, /* one of so many is asked for again */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	IS_CHECKED = 1
#else
	IS_CHECKED = 0
#endif
};

static struct agent_parser *parser;
static struct regex_literal fragments[FRAGMENTS_MAX];
static size_t fragments_n;
static uint64_t seed = 20261128;

/* xorshift64*, so that the agents are the same on every run. */
static uint32_t draw(uint32_t below)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	if (below == 0)
		return 0;
	return (uint32_t)((seed * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % below;
}

/* What the rules look for: an agent of these passes the most of them on to be
 * matched. */
static void collect_fragments(void)
{
	struct regex_literals *l = regex_literals_new();
	struct agent_problem problem;
	struct agent_rules rules;
	struct buf yaml;

	assert_non_null(l);
	buf_init(&yaml, AGENT_RULES_FILE_MAX);
	assert_int_equal(file_read(RULES, &yaml), OK);
	assert_int_equal(
		agent_rules_parse(&rules, RULES, buf_view(&yaml), &problem),
		OK);
	for (size_t i = 0; i < rules.n; i++) {
		const struct agent_rule *rule = &rules.rules[i];
		size_t n = regex_literals_find(l,
			agent_rules_text(&rules, rule->regex), rule->caseless);

		for (size_t j = 0; j < n && fragments_n < FRAGMENTS_MAX; j++) {
			struct str s = regex_literals_at(l, j);
			struct regex_literal *f = &fragments[fragments_n++];

			memcpy(f->p, s.p, s.n);
			f->n = (uint8_t)s.n;
		}
	}
	agent_rules_deinit(&rules);
	buf_deinit(&yaml);
	regex_literals_free(l);
	assert_true(fragments_n > 1000);
}

static int setup(void **state)
{
	struct agent_problem problem;

	(void)state;
	collect_fragments();
	assert_int_equal(agent_parser_load(RULES, &parser, &problem), OK);
	/* So that what is compiled later is no growth. */
	assert_int_equal(agent_parser_compile(parser, &problem), OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	agent_parser_free(parser);
	return 0;
}

static void add(char *to, size_t *n, const char *p, size_t more)
{
	if (more > AGENT_TEXT_MAX - *n)
		more = AGENT_TEXT_MAX - *n;
	memcpy(to + *n, p, more);
	*n += more;
}

/* A few fragments, again and again, with something between them now and then.
 */
static void make_repeated(char *to, size_t *n)
{
	static const char between[] = " ;/()0Aa.-_1:,";
	uint32_t mixed = 1 + draw(MIXED_MAX);
	uint32_t picked[MIXED_MAX] = {0};

	for (uint32_t i = 0; i < mixed; i++)
		picked[i] = draw((uint32_t)fragments_n);
	while (*n < AGENT_TEXT_MAX) {
		const struct regex_literal *f = &fragments[picked[draw(mixed)]];

		add(to, n, f->p, f->n);
		if (draw(8) == 0)
			add(to, n, between + draw(sizeof(between) - 1), 1);
	}
}

/* As many different fragments as there is room for. */
static void make_various(char *to, size_t *n)
{
	while (*n < AGENT_TEXT_MAX) {
		const struct regex_literal *f =
			&fragments[draw((uint32_t)fragments_n)];

		add(to, n, f->p, f->n);
	}
}

/* One byte, or two, again and again behind a fragment: what `.*`, `\w+` and
 * `[^;]*` go over, and back. */
static void make_long(char *to, size_t *n)
{
	static const char bytes[] = "aA0 ;/.-_(";
	const struct regex_literal *f = &fragments[draw((uint32_t)fragments_n)];
	char pair[2] = {
		bytes[draw(sizeof(bytes) - 1)], bytes[draw(sizeof(bytes) - 1)]};

	add(to, n, f->p, f->n);
	while (*n < AGENT_TEXT_MAX)
		add(to, n, pair, 1 + draw(2));
}

static void make_nested(char *to, size_t *n)
{
	static const char *const nests[] = {
		"(", "((", ")(", "[", "{", "(;", "; (", "((a", "\\(", "(?:"};

	while (*n < AGENT_TEXT_MAX) {
		const char *nest = nests[draw(10)];

		add(to, n, nest, strlen(nest));
		if (draw(20) == 0)
			make_repeated(to, n);
	}
}

static void make_bytes(char *to, size_t *n)
{
	while (*n < AGENT_TEXT_MAX) {
		char byte = (char)draw(256);

		add(to, n, &byte, 1);
	}
}

/* The number makes it another one than all the others. */
static struct str make_agent(uint32_t number, char to[AGENT_TEXT_MAX])
{
	static void (*const make[])(char *, size_t *) = {make_repeated,
		make_repeated, make_various, make_long, make_nested,
		make_bytes};
	char digits[16];
	size_t n = 0;
	int digits_n;

	make[draw(sizeof(make) / sizeof(make[0]))](to, &n);
	digits_n = snprintf(digits, sizeof(digits), "%u", number);
	memcpy(to + n - digits_n, digits, (size_t)digits_n);
	return str_make(to, n);
}

static void check_work(const struct agent_matcher *m, struct agent_work *most)
{
	struct agent_work work = agent_matcher_work(m);

	/* Spider, device, system, browser. */
	assert_true(work.steps_max <= AGENT_STEPS_MAX);
	assert_true(work.steps <= 4 * AGENT_STEPS_MAX);
	if (work.steps > most->steps)
		*most = work;
}

static void test_flood(void **state)
{
	uint32_t agents =
		IS_CHECKED || getenv("CTIO_QUICK") ? AGENTS_FEW : AGENTS;
	struct agent_matcher *m = agent_matcher_new(parser, MEMO);
	struct agent_matcher *other = agent_matcher_new(parser, 0);
	struct agent_work most = {0};
	struct agent_families f, again;
	uint64_t steps = 0, spent = 0;
	char bytes[AGENT_TEXT_MAX];
	size_t before = 0;

	(void)state;
	assert_non_null(m);
	assert_non_null(other);
	for (uint32_t i = 0; i < agents; i++) {
		struct str agent = make_agent(i, bytes);
		bool is_spider = agent_parser_is_spider(m, agent);

		check_work(m, &most);
		agent_parser_families(m, agent, &f);
		check_work(m, &most);
		assert_int_equal(f.is_spider, is_spider);
		steps += agent_matcher_work(m).steps;
		spent += agent_matcher_work(m).steps_max == AGENT_STEPS_MAX;
		if (i % AGAIN == 0) {
			agent_parser_families(other, agent, &again);
			assert_memory_equal(&f, &again, sizeof(f));
		}
		if (i == AGAIN)
			before = mallinfo2().uordblks;
	}
	print_message("%u agents: %lu steps each, at most %u, of %u rules; "
		      "%lu used all that they are given\n",
		agents, (unsigned long)(steps / agents), most.steps, most.rules,
		(unsigned long)spent);
	if (!IS_CHECKED)
		assert_int_equal(mallinfo2().uordblks, before);
	agent_matcher_free(m);
	agent_matcher_free(other);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
