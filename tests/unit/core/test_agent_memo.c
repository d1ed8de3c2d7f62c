#include "core/agent_memo.h"

#include <stdio.h>
#include <string.h>

#include "support/cmocka.h"
#include "support/fault.h"

static struct str agent_number(unsigned i)
{
	static char text[32];
	int n = snprintf(text, sizeof(text), "agent %u", i);

	return str_make(text, (size_t)n);
}

static void test_remembers(void **state)
{
	struct agent_memo_entry *e;
	struct agent_memo m;

	(void)state;
	assert_int_equal(agent_memo_init(&m, 64), OK);
	for (unsigned i = 0; i < 4; i++) {
		e = agent_memo_at(&m, agent_number(i));
		assert_int_equal(e->known, 0);
		e->known = AGENT_KNOWN_FAMILIES;
		(void)snprintf(
			e->families.os, sizeof(e->families.os), "os %u", i);
	}
	for (unsigned i = 0; i < 4; i++) {
		char os[32];

		e = agent_memo_at(&m, agent_number(i));
		assert_int_equal(e->known, AGENT_KNOWN_FAMILIES);
		(void)snprintf(os, sizeof(os), "os %u", i);
		assert_string_equal(e->families.os, os);
	}
	agent_memo_deinit(&m);
}

/* As many as fit, the oldest of a set gone first. */
static void test_replaces(void **state)
{
	struct agent_memo m;
	unsigned known = 0;

	(void)state;
	assert_int_equal(agent_memo_init(&m, AGENT_MEMO_WAYS), OK);
	for (unsigned i = 0; i < 100; i++)
		agent_memo_at(&m, agent_number(i))->known = 1;
	for (unsigned i = 99; i >= 100 - AGENT_MEMO_WAYS; i--)
		known += agent_memo_at(&m, agent_number(i))->known;
	assert_int_equal(known, AGENT_MEMO_WAYS);
	assert_int_equal(agent_memo_at(&m, agent_number(0))->known, 0);
	agent_memo_deinit(&m);
}

static void test_none(void **state)
{
	struct agent_memo m;

	(void)state;
	assert_int_equal(agent_memo_init(&m, 0), OK);
	agent_memo_at(&m, STR("a"))->known = 1;
	assert_int_equal(agent_memo_at(&m, STR("a"))->known, 0);
	agent_memo_deinit(&m);
}

static void test_nomem(void **state)
{
	struct agent_memo m;

	(void)state;
	fault_alloc(1);
	assert_int_equal(agent_memo_init(&m, 64), ERR_NOMEM);
	fault_alloc(0);
	agent_memo_deinit(&m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remembers),
		cmocka_unit_test(test_replaces),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_nomem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
