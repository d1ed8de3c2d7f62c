#include "support/cmocka.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

enum {
	ARGV_MAX = 8
};

/* What the options' targets hold after parsing, as one text. */
struct got {
	bool flag;
	const char *text;
	struct option_texts texts;
	struct command_args args;
};

static const struct command command = {
	"do it", "ARG...", "Does it.", NULL, NULL};

static bool parse(const char *const *argv, size_t min, size_t max,
	struct got *got, int *status)
{
	struct command_context context = {&command, 0, argv};
	const struct option options[] = {
		{"flag", 'f', OPTION_FLAG, NULL, "A flag.", &got->flag},
		{"text", 't', OPTION_TEXT, "TEXT", "A text.", &got->text},
		{"many", 0, OPTION_TEXTS, "TEXT", "Texts.", &got->texts},
	};

	*got = (struct got){0};
	*status = -1;
	while (argv[context.argc])
		context.argc++;
	return command_parse(&context, options, COUNT_OF(options), min, max,
		&got->args, status);
}

static void show(const struct got *got, char *to, size_t size)
{
	int n = snprintf(
		to, size, "%d|%s|", got->flag, got->text ? got->text : "-");

	for (size_t i = 0; i < got->texts.n; i++)
		n += snprintf(
			to + n, size - (size_t)n, "%s;", got->texts.text[i]);
	n += snprintf(to + n, size - (size_t)n, "|");
	for (size_t i = 0; i < got->args.n; i++)
		n += snprintf(
			to + n, size - (size_t)n, "%s;", got->args.arg[i]);
}

static const struct {
	const char *argv[ARGV_MAX];
	const char *expected;
} fine[] = {
	{{NULL}, "0|-||"},
	{{"a"}, "0|-||a;"},
	{{"-f", "a", "b"}, "1|-||a;b;"},
	{{"a", "--flag", "--flag"}, "1|-||a;"},
	{{"--text", "x"}, "0|x||"},
	{{"--text=x"}, "0|x||"},
	{{"--text="}, "0|||"},
	{{"--text=--y"}, "0|--y||"},
	{{"--text", "-"}, "0|-||"},
	{{"--text", "-1"}, "0|-1||"},
	{{"-t", "x"}, "0|x||"},
	{{"-tx"}, "0|x||"},
	{{"--many", "x", "a", "--many=y"}, "0|-|x;y;|a;"},
	{{"-"}, "0|-||-;"},
	{{"--", "-f", "--help"}, "0|-||-f;--help;"},
};

static void test_fine(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(fine); i++) {
		struct got got;
		char text[256];
		int status;

		assert_true(parse(fine[i].argv, 0, 2, &got, &status));
		show(&got, text, sizeof(text));
		assert_string_equal(text, fine[i].expected);
	}
}

static const struct {
	const char *argv[ARGV_MAX];
	const char *message;
} wrong[] = {
	{{"a", "b", "c"}, "\"c\" is one word too many"},
	{{NULL}, "expected ARG..."},
	{{"a", "--fla"}, "there is no option --fla"},
	{{"a", "--flags"}, "there is no option --flags"},
	{{"a", "--=x"}, "there is no option --=x"},
	{{"a", "-x"}, "there is no option -x"},
	{{"a", "-fx"}, "--flag takes no value"},
	{{"a", "--flag=yes"}, "--flag takes no value"},
	{{"a", "--text"}, "--text needs its TEXT"},
	{{"a", "-t"}, "--text needs its TEXT"},
	{{"a", "--text", "--flag"}, "--text needs its TEXT"},
	{{"a", "--text", "x", "-t", "y"}, "--text is given twice"},
};

/* stderr goes to a pipe while a function runs. */
struct capture {
	int fds[2];
	int saved;
	int fd;
};

static void capture_begin(struct capture *c, int fd)
{
	(void)fflush(NULL);
	assert_int_equal(pipe(c->fds), 0);
	c->fd = fd;
	c->saved = dup(fd);
	assert_true(dup2(c->fds[1], fd) >= 0);
}

static void capture_end(struct capture *c, char *to, size_t size)
{
	ssize_t n;

	(void)fflush(NULL);
	assert_true(dup2(c->saved, c->fd) >= 0);
	(void)close(c->saved);
	(void)close(c->fds[1]);
	n = read(c->fds[0], to, size - 1);
	(void)close(c->fds[0]);
	to[n < 0 ? 0 : n] = '\0';
}

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		char said[1024], expected[1024];
		struct capture capture;
		struct got got;
		int status;
		bool parsed;

		capture_begin(&capture, STDERR_FILENO);
		parsed = parse(wrong[i].argv, 1, 2, &got, &status);
		capture_end(&capture, said, sizeof(said));
		assert_false(parsed);
		assert_int_equal(status, EXIT_USAGE);
		(void)snprintf(expected, sizeof(expected),
			"ctio do it: %s; see `ctio do it --help`\n",
			wrong[i].message);
		assert_string_equal(said, expected);
	}
}

static void test_too_often(void **state)
{
	const char *argv[2 * COMMAND_VALUES_MAX + 4] = {NULL};
	struct capture capture;
	struct got got;
	char said[1024];
	int status;

	(void)state;
	for (size_t i = 0; i < 2 * COMMAND_VALUES_MAX + 2; i += 2) {
		argv[i] = "--many";
		argv[i + 1] = "x";
	}
	capture_begin(&capture, STDERR_FILENO);
	assert_false(parse(argv, 0, 0, &got, &status));
	capture_end(&capture, said, sizeof(said));
	assert_int_equal(status, EXIT_USAGE);
	assert_non_null(strstr(said, "--many is given too often"));
	assert_int_equal(got.texts.n, COMMAND_VALUES_MAX);
}

static void test_help(void **state)
{
	static const char *const asks[][ARGV_MAX] = {
		{"--help"}, {"a", "--text", "x", "-h"}, {"--wrong", "--help"}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(asks); i++) {
		struct capture capture;
		struct got got;
		char said[4096];
		int status;

		capture_begin(&capture, STDOUT_FILENO);
		assert_false(parse(asks[i], 1, 2, &got, &status));
		capture_end(&capture, said, sizeof(said));
		assert_int_equal(status, EXIT_DONE);
		assert_string_equal(said,
			"usage: ctio do it ARG...\n\nDoes it.\n\n"
			"  -f, --flag                     A flag.\n"
			"  -t, --text TEXT                A text.\n"
			"      --many TEXT                Texts.\n");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fine),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_too_often),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
