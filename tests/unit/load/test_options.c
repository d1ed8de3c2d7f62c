#include "load/options.h"

#include <string.h>

#include "support/cmocka.h"

enum {
	WORDS_MAX = 32,
	LINE_MAX_BYTES = 512
};

#define MINIMUM "--port 1 --targets t --connections 1 --seconds 1 "

static struct options o;

/* Words apart by blanks; they live until the next call. */
static bool parse(const char *line)
{
	static char bytes[LINE_MAX_BYTES];
	static char name[] = "ctio-load";
	char *words[WORDS_MAX] = {name};
	int n = 1;

	assert_true(strlen(line) < sizeof(bytes));
	memcpy(bytes, line, strlen(line) + 1);
	for (char *p = bytes; *p;) {
		assert_true(n < WORDS_MAX);
		words[n++] = p;
		p += strcspn(p, " ");
		while (*p == ' ')
			*p++ = '\0';
	}
	return options_parse(&o, n, words);
}

static void test_defaults(void **state)
{
	(void)state;
	assert_true(parse(MINIMUM));
	assert_int_equal(o.to.port, 1);
	assert_int_equal(o.to.ip.n, 4);
	assert_memory_equal(o.to.ip.bytes, "\x7f\0\0\1", 4);
	assert_string_equal(o.host, "ct5.io");
	assert_string_equal(o.targets, "t");
	assert_null(o.answered);
	assert_int_equal(o.connections, 1);
	assert_int_equal(o.measured_ms, 1000);
	assert_true(o.requests == UINT64_MAX);
	assert_int_equal(o.warmup_ms, 0);
	assert_int_equal(o.timeout_ms, 10000);
	assert_int_equal(o.rate, 0);
	assert_int_equal(o.seed, 1);
	assert_int_equal(o.mode, CONN_KEEP_ALIVE);
	assert_false(o.tls || o.help);
	assert_int_equal(o.agents_n, 1);
	assert_true(str_starts(o.agents[0], STR("Mozilla/5.0 ")));
}

static void test_all(void **state)
{
	(void)state;
	assert_true(parse("--port 65535 --address ::1 --host h.example "
			  "--targets f --connections 256 --requests 10 "
			  "--mode one-shot --rate 30000 --tls --seed 0 "
			  "--agent a --agent b --answered out --warmup 0.25 "
			  "--timeout 3"));
	assert_int_equal(o.to.port, 65535);
	assert_int_equal(o.to.ip.n, 16);
	assert_string_equal(o.host, "h.example");
	assert_string_equal(o.answered, "out");
	assert_int_equal(o.measured_ms, 0);
	assert_int_equal(o.requests, 10);
	assert_int_equal(o.mode, CONN_ONE_SHOT);
	assert_int_equal(o.rate, 30000);
	assert_true(o.tls);
	assert_int_equal(o.seed, 0);
	assert_int_equal(o.agents_n, 2);
	assert_true(str_is(o.agents[1], "b"));
	assert_int_equal(o.warmup_ms, 250);
	assert_int_equal(o.timeout_ms, 3000);
	assert_true(parse(MINIMUM "--mode close"));
	assert_int_equal(o.mode, CONN_CLOSE);
	assert_false(parse("--port x --help"));
	assert_true(parse("--help"));
	assert_true(o.help);
}

static void test_seconds(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms; /* 0: wrong */
	} rows[] = {
		{"1", 1000},
		{"0.001", 1},
		{"0.01", 10},
		{"0.1", 100},
		{"1.5", 1500},
		{"10.050", 10050},
		{"86400", 86400000},
		{"86400.001", 0},
		{"86401", 0},
		{"0", 0},
		{"0.000", 0},
		{"0.0001", 0},
		{"1.", 0},
		{".5", 0},
		{".", 0},
		{"1.5.1", 0},
		{"1s", 0},
		{"-1", 0},
		{"1e3", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char line[LINE_MAX_BYTES];
		bool fine = rows[i].ms != 0;

		(void)snprintf(line, sizeof(line),
			"--port 1 --targets t --connections 1 --seconds %s",
			rows[i].text);
		assert_true(parse(line) == fine);
		if (fine)
			assert_int_equal(o.measured_ms, rows[i].ms);
	}
}

static void test_wrong(void **state)
{
	static const char *const rows[] = {
		"",
		"x",
		MINIMUM "x",
		MINIMUM "--x",
		MINIMUM "--x 1",
		MINIMUM "-tls",
		MINIMUM "--port 2",
		MINIMUM "--tls --tls",
		MINIMUM "--seed",
		MINIMUM "--seed x",
		MINIMUM "--requests 5",
		MINIMUM "--requests 0",
		MINIMUM "--mode slow",
		MINIMUM "--rate 0",
		MINIMUM "--rate 10000001",
		MINIMUM "--address localhost",
		MINIMUM "--host a\rb",
		MINIMUM "--agent a\nb",
		MINIMUM "--timeout 0",
		"--targets t --connections 1 --seconds 1",
		"--port 1 --connections 1 --seconds 1",
		"--port 1 --targets t --seconds 1",
		"--port 1 --targets t --connections 1",
		"--port 0 --targets t --connections 1 --seconds 1",
		"--port 65536 --targets t --connections 1 --seconds 1",
		"--port 1 --targets t --connections 0 --seconds 1",
		"--port 1 --targets t --connections 60001 --seconds 1",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (parse(rows[i]))
			fail_msg("taken: %s", rows[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
