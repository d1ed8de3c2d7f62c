/* The labelled table tests/data/agents.tsv: no person is judged a machine, and
 * at most 1 % of the machines are judged people. */
#include "core/verdict.h"

#include <stdio.h>

#include "base/file.h"
#include "core/verdict_rules.h"
#include "support/cmocka.h"

enum {
	TABLE_MAX = 1 << 20,
	ROWS_MIN = 350,
	KINDS_MIN = 100 /* people, and machines */
};

struct counts {
	size_t people, machines;
	size_t people_lost;     /* judged machines */
	size_t machines_missed; /* judged people */
	size_t other_kind;      /* machines judged another machine */
};

static void count(struct counts *c, struct str label, struct judgement j,
	struct str source, struct str agent)
{
	bool person = str_is(label, "human");
	bool judged_person = j.verdict == VERDICT_HUMAN;

	c->people += person;
	c->machines += !person;
	c->people_lost += person && !judged_person;
	c->machines_missed += !person && judged_person;
	if (!person && !judged_person)
		c->other_kind += !str_is(label, verdict_name(j.verdict));
	if (person != judged_person)
		print_message("%.*s judged %s, %s: %.*s (%.*s)\n",
			STR_FMT(label), verdict_name(j.verdict),
			reason_name(j.reason), STR_FMT(agent), STR_FMT(source));
}

static void judge_all(
	const struct verdict_rules *rules, struct str table, struct counts *c)
{
	while (table.n) {
		struct str line = str_split(&table, '\n');
		struct str label, source;
		enum verdict verdict;

		if (line.n == 0 || line.p[0] == '#')
			continue;
		label = str_split(&line, '\t');
		source = str_split(&line, '\t');
		assert_int_equal(verdict_parse(label, &verdict), OK);
		assert_true(source.n > 0 && line.n > 0);
		count(c, label, verdict_agent(rules, line), source, line);
	}
}

static void test_table(void **state)
{
	const struct verdict_rules_source source = {0};
	struct verdict_rules *rules = NULL;
	struct counts c = {0};
	struct buf table, findings;

	(void)state;
	buf_init(&findings, 1000);
	buf_init(&table, TABLE_MAX);
	assert_int_equal(verdict_rules_new(&source, &findings, &rules), OK);
	assert_int_equal(file_read(CTIO_TEST_DATA "/agents.tsv", &table), OK);
	judge_all(rules, buf_view(&table), &c);
	print_message("%zu people, %zu judged machines; %zu machines, %zu "
		      "judged people, %zu of another kind\n",
		c.people, c.people_lost, c.machines, c.machines_missed,
		c.other_kind);
	assert_true(c.people + c.machines >= ROWS_MIN);
	assert_true(c.people >= KINDS_MIN && c.machines >= KINDS_MIN);
	assert_int_equal(c.people_lost, 0);
	assert_true(c.machines_missed * 100 <= c.machines);
	assert_true(c.other_kind * 20 <= c.machines);
	verdict_rules_free(rules);
	buf_deinit(&table);
	buf_deinit(&findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
