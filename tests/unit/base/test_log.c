#include "base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/cmocka.h"

enum {
	READ_MAX = 1 << 20,
	THREADS = 4,
	LINES = 500
};

static char text[READ_MAX];

/* Runs f with stderr going to a file, and returns what came. */
static const char *logged(void (*f)(void))
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	ssize_t n;

	assert_non_null(file);
	assert_true(saved >= 0);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	f();
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	assert_int_equal(close(saved), 0);
	n = pread(fileno(file), text, sizeof(text) - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	assert_int_equal(fclose(file), 0);
	return text;
}

static void every_level(void)
{
	log_error("a n=%d", 1);
	log_warn("b");
	log_info("c");
	log_debug("d");
}

static void test_levels(void **state)
{
	(void)state;
	assert_string_equal(logged(every_level),
		"ctio: error: a n=1\nctio: warn: b\nctio: info: c\n");
	log_set_level(LOG_ERROR);
	assert_string_equal(logged(every_level), "ctio: error: a n=1\n");
	log_set_level(LOG_DEBUG);
	assert_non_null(strstr(logged(every_level), "ctio: debug: d\n"));
	log_set_level(LOG_INFO);
}

static void nasty(void)
{
	log_error("%s", "a\nctio: error: forged\x1b[31m\x7f\t\xc3\xa4");
}

static void endless(void)
{
	char many[3000];

	memset(many, 'x', sizeof(many));
	many[sizeof(many) - 1] = '\0';
	log_error("%s", many);
}

static void test_one_line(void **state)
{
	const char *got;

	(void)state;
	assert_string_equal(logged(nasty),
		"ctio: error: a?ctio: error: forged?[31m??\xc3\xa4\n");
	got = logged(endless);
	assert_int_equal(strlen(got), 1024);
	assert_ptr_equal(strchr(got, '\n'), got + 1023);
}

static void *log_many(void *arg)
{
	for (int i = 0; i < LINES; i++)
		log_info("thread=%s line=%d end", (const char *)arg, i);
	return NULL;
}

static void from_threads(void)
{
	static char names[THREADS][2] = {"a", "b", "c", "d"};
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, log_many, names[i]),
			0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void test_threads(void **state)
{
	size_t lines = 0;
	char *line;

	(void)state;
	(void)logged(from_threads);
	line = text;
	while (*line) {
		char *end = strchr(line, '\n');

		assert_non_null(end);
		assert_memory_equal(line, "ctio: info: thread=", 19);
		assert_memory_equal(end - 4, " end", 4);
		lines++;
		line = end + 1;
	}
	assert_int_equal(lines, THREADS * LINES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
