#include "core/agent_pattern.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "support/cmocka.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#endif

enum {
	STEPS = 25000,
	MDWE_REFUSE_EXEC_GAIN = 1
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct subject {
	struct agent_pattern pattern;
	struct agent_runner *runner;
};

static void subject_init(struct subject *s, const char *regex, bool caseless)
{
	agent_pattern_init(&s->pattern, str_from(regex), caseless);
	assert_int_equal(agent_pattern_compile(&s->pattern, &lock, NULL), OK);
	s->runner = agent_runner_new();
	assert_non_null(s->runner);
	agent_runner_begin(s->runner, STEPS);
}

static void subject_deinit(struct subject *s)
{
	agent_pattern_deinit(&s->pattern);
	agent_runner_free(s->runner);
}

static const struct {
	const char *regex;
	const char *text;
	bool caseless;
	const char *groups; /* $0 to $9, each behind a '|'; NULL: no match */
} matches[] = {
	{"b+", "abbbc", false, "|bbb|||||||||"},
	{"(a)(b)?(c)", "xacx", false, "|ac|a||c||||||"},
	{"(.)(.)(.)(.)(.)(.)(.)(.)(.)", "123456789", false,
		"|123456789|1|2|3|4|5|6|7|8|9"},
	{"(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)", "1234567890", false,
		"|1234567890|1|2|3|4|5|6|7|8|9"},
	{"^a", "ba", false, NULL},
	{"a$", "ab", false, NULL},
	{"A", "a", false, NULL},
	{"A", "a", true, "|a|||||||||"},
	{"", "", false, "||||||||||"},
	{"a", "", false, NULL},
	{"first|second", "second first", false, "|second|||||||||"},
	/* bytes, not characters */
	{"^.{2}$", "\xc3\xa9", false, "|\xc3\xa9|||||||||"},
	{"\xff", "a\xff", false, "|\xff|||||||||"},
	/* what the meter does not know is metered all the same */
	{"(?i)A(?<n>b)", "AB", false, "|AB|B||||||||"},
	{"(a)\\1", "aba aa", false, "|aa|a||||||||"},
	{"a\\Kb", "ab", false, "|b|||||||||"},
};

static void check_matches(void)
{
	for (size_t i = 0; i < COUNT_OF(matches); i++) {
		struct subject s;
		char got[128];
		size_t n = 0;

		print_message("%s\n", matches[i].regex);
		subject_init(&s, matches[i].regex, matches[i].caseless);
		assert_int_equal(agent_pattern_match(&s.pattern, s.runner,
					 str_from(matches[i].text)),
			matches[i].groups != NULL);
		for (unsigned g = 0; matches[i].groups && g < AGENT_GROUPS; g++)
			n += (size_t)snprintf(got + n, sizeof(got) - n, "|%.*s",
				STR_FMT(agent_runner_group(s.runner, g)));
		if (matches[i].groups)
			assert_string_equal(got, matches[i].groups);
		assert_true(agent_runner_steps(s.runner) > 0);
		assert_true(agent_runner_steps(s.runner) < 100);
		subject_deinit(&s);
	}
}

static void test_matches(void **state)
{
	(void)state;
	check_matches();
}

static void test_refused(void **state)
{
	static const struct {
		const char *regex;
		const char *problem;
	} rows[] = {
		{"(a", "missing closing parenthesis"},
		{"a**", "quantifier does not follow a repeatable item"},
		{"(*UTF)a", "using UTF is disabled by the application"},
		{"[z-a]", "range out of order in character class"},
	};
	struct agent_runner *runner = agent_runner_new();

	(void)state;
	assert_non_null(runner);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char problem[AGENT_PATTERN_PROBLEM] = "";
		struct agent_pattern p;

		agent_pattern_init(&p, str_from(rows[i].regex), false);
		assert_int_equal(
			agent_pattern_compile(&p, &lock, NULL), ERR_INVALID);
		agent_runner_begin(runner, STEPS);
		assert_false(agent_pattern_match(&p, runner, STR("aaa")));
		/* Whoever wants to know is told, later too. */
		assert_int_equal(
			agent_pattern_compile(&p, &lock, problem), ERR_INVALID);
		assert_string_equal(problem, rows[i].problem);
		agent_pattern_deinit(&p);
	}
	agent_runner_free(runner);
}

/* Patterns and texts that take for ever, or nearly. */
static const struct {
	const char *regex;
	const char *part; /* the text is many of it, */
	const char *end;  /* and this */
} endless[] = {
	{"(?:a+)+[xy]", "a", ""},
	{"(?:a|a)*[xy]", "a", ""},
	{"(?:a|aa)+$", "a", "b"},
	{"(.*)(.*)(.*)(.*)[xy]", "a", ""},
	{"(?:.*a){12}[xy]", "a", ""},
	{"a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?[xy]", "a", ""},
	{"(?:(?:a?){9}){9}[xy]", "a", ""},
	{"(?:a|b|ab)*(?:a|b|ab)*[xy]", "ab", ""},
	{"(?=(?:a+)+[xy])a", "a", ""},
	/* not understood, so with callouts everywhere */
	{"(?i)(?:a+)+[xy]", "a", ""},
	{"(?>(?:a|aa)*?[xy])", "a", ""},
	{"((?:a+)+)\\1[xy]", "a", ""},
};

static void check_endless(void)
{
	for (size_t i = 0; i < COUNT_OF(endless); i++) {
		struct subject s;
		struct buf text;

		print_message("%s\n", endless[i].regex);
		buf_init(&text, 512);
		while (text.n < 500)
			buf_text(&text, endless[i].part);
		buf_text(&text, endless[i].end);
		subject_init(&s, endless[i].regex, false);
		assert_false(agent_pattern_match(
			&s.pattern, s.runner, buf_view(&text)));
		assert_int_equal(agent_runner_steps(s.runner), STEPS);
		/* Nothing is left for another pattern. */
		agent_pattern_deinit(&s.pattern);
		agent_pattern_init(&s.pattern, STR("a"), false);
		assert_int_equal(
			agent_pattern_compile(&s.pattern, &lock, NULL), OK);
		assert_false(agent_pattern_match(
			&s.pattern, s.runner, buf_view(&text)));
		agent_runner_begin(s.runner, STEPS);
		assert_true(agent_pattern_match(
			&s.pattern, s.runner, buf_view(&text)));
		subject_deinit(&s);
		buf_deinit(&text);
	}
}

static void test_endless(void **state)
{
	(void)state;
	check_endless();
}

/* The same where no memory may be executed that was written, as services are
 * run sometimes. */
static void test_without_jit(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (prctl(PR_SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0L, 0L, 0L) != 0)
			_exit(77);
		check_matches();
		check_endless();
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_without_jit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
