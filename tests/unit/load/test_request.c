#include "load/request.h"

#include <stdlib.h>
#include <string.h>

#include "support/cmocka.h"
#include "support/fault.h"

static void test_bytes(void **state)
{
	static const struct str agents[] = {STR("first"), STR("a (b) c/1")};
	static const struct {
		bool close;
		size_t agent;
		const char *want;
	} rows[] = {
		{false, 0,
			"GET /u1 HTTP/1.1\r\nHost: ct5.io\r\nUser-Agent: first"
			"\r\n\r\n"},
		{false, 1,
			"GET /u1 HTTP/1.1\r\nHost: ct5.io\r\nUser-Agent: a (b) "
			"c/1\r\n\r\n"},
		{true, 0,
			"GET /u1 HTTP/1.1\r\nHost: ct5.io\r\nUser-Agent: first"
			"\r\nConnection: close\r\n\r\n"},
		{true, 1,
			"GET /u1 HTTP/1.1\r\nHost: ct5.io\r\nUser-Agent: a (b) "
			"c/1\r\nConnection: close\r\n\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct request_maker m;
		char bytes[REQUEST_MAX];
		size_t n;

		assert_int_equal(request_maker_init(&m, STR("ct5.io"), agents,
					 2, rows[i].close),
			OK);
		n = request_put(bytes, &m, STR("u1"), rows[i].agent);
		assert_true(str_is(str_make(bytes, n), rows[i].want));
		request_maker_deinit(&m);
	}
}

static void test_longest(void **state)
{
	static char x[TARGETS_TOKEN_MAX];
	static struct str agents[REQUEST_AGENTS_MAX];
	struct request_maker m;
	char *bytes = malloc(REQUEST_MAX);

	(void)state;
	assert_non_null(bytes);
	memset(x, 'x', sizeof(x));
	for (size_t i = 0; i < COUNT_OF(agents); i++)
		agents[i] = str_make(x, REQUEST_AGENT_MAX);
	assert_int_equal(request_maker_init(&m, str_make(x, REQUEST_HOST_MAX),
				 agents, COUNT_OF(agents), true),
		OK);
	assert_true(request_put(bytes, &m, str_make(x, TARGETS_TOKEN_MAX),
			    COUNT_OF(agents) - 1) <= REQUEST_MAX);
	request_maker_deinit(&m);
	free(bytes);
}

static void test_no_memory(void **state)
{
	static const struct str agents[] = {STR("first")};
	struct request_maker m;
	unsigned nth = 1;
	enum err err;

	(void)state;
	for (;; nth++) {
		fault_alloc(nth);
		err = request_maker_init(&m, STR("ct5.io"), agents, 1, false);
		fault_alloc(0);
		if (!err)
			break;
		assert_int_equal(err, ERR_NOMEM);
	}
	request_maker_deinit(&m);
	assert_true(nth > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
