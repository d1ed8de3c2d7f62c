#include "load/targets.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "support/cmocka.h"
#include "support/fault.h"
#include "support/temp.h"

static struct temp temp;

static int setup(void **state)
{
	(void)state;
	temp_init(&temp);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	temp_deinit(&temp);
	return 0;
}

static void check_target(const struct targets *t, size_t i, const char *token,
	const char *location)
{
	struct target target = targets_get(t, i);

	assert_true(str_is(target.token, token));
	assert_true(str_is(target.location, location));
}

static void test_good(void **state)
{
	static const char *const texts[] = {
		"u1 https://a.example/\nu2 /b\nu3 c:d?e=f#g\n",
		"u1 https://a.example/\nu2 /b\nu3 c:d?e=f#g",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct targets_error error;
		struct targets t;

		assert_int_equal(
			targets_parse(&t, str_from(texts[i]), &error), OK);
		assert_int_equal(t.n, 3);
		check_target(&t, 0, "u1", "https://a.example/");
		check_target(&t, 1, "u2", "/b");
		check_target(&t, 2, "u3", "c:d?e=f#g");
		targets_deinit(&t);
	}
}

static void test_bad(void **state)
{
	static const struct {
		const char *text;
		size_t line;
		const char *says;
	} rows[] = {
		{"", 0, "no targets"},
		{"\n", 1, "empty"},
		{"u1 a\n\nu2 b\n", 2, "empty"},
		{"u1 a\n\n", 2, "empty"},
		{"u1 a\n b\n", 2, "begins with a blank"},
		{"u1\n", 1, "no location"},
		{"u1 a\nu2 b\nu3", 3, "no location"},
		{"u1 \n", 1, "no location"},
		{"u1 a b\n", 1, "the location has a byte"},
		{"u1  a\n", 1, "the location has a byte"},
		{"u1 a\r\n", 1, "the location has a byte"},
		{"u1 a\nu2 \x7f\n", 2, "the location has a byte"},
		{"u1 \xc3\xa9\n", 1, "the location has a byte"},
		{"u1\ta b\n", 1, "the token has a byte"},
		{"\xc3\xa9 b\n", 1, "the token has a byte"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct targets_error error = {99, NULL};
		struct targets t;

		assert_int_equal(
			targets_parse(&t, str_from(rows[i].text), &error),
			ERR_INVALID);
		assert_int_equal(error.line, rows[i].line);
		assert_non_null(strstr(error.text, rows[i].says));
	}
}

static void check_length(size_t token, size_t location, const char *says)
{
	struct targets_error error = {0, ""};
	struct targets t;
	struct buf b;
	enum err err;

	buf_init(&b, 1 << 16);
	buf_text(&b, "u1 a\n");
	memset(buf_reserve(&b, token), 'u', token);
	buf_wrote(&b, token);
	buf_byte(&b, ' ');
	memset(buf_reserve(&b, location), 'x', location);
	buf_wrote(&b, location);
	assert_int_equal(buf_err(&b), OK);
	err = targets_parse(&t, buf_view(&b), &error);
	assert_int_equal(err, says ? ERR_INVALID : OK);
	if (says) {
		assert_int_equal(error.line, 2);
		assert_non_null(strstr(error.text, says));
	} else {
		assert_int_equal(targets_get(&t, 1).token.n, token);
		assert_int_equal(targets_get(&t, 1).location.n, location);
		targets_deinit(&t);
	}
	buf_deinit(&b);
}

static void test_lengths(void **state)
{
	(void)state;
	check_length(TARGETS_TOKEN_MAX, TARGETS_LOCATION_MAX, NULL);
	check_length(TARGETS_TOKEN_MAX + 1, 1, "the token is too long");
	check_length(1, TARGETS_LOCATION_MAX + 1, "the location is too long");
}

static void test_file(void **state)
{
	const char *path = temp_file(&temp, "targets");
	struct targets_error error;
	struct targets t;

	(void)state;
	assert_int_equal(targets_open(&t, path, &error), ERR_NOT_FOUND);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(file_write(path, STR(""), 0600), OK);
	assert_int_equal(targets_open(&t, path, &error), ERR_INVALID);
	assert_int_equal(error.line, 0);
	assert_int_equal(file_write(path, STR("u1 a\nb\n"), 0600), OK);
	assert_int_equal(targets_open(&t, path, &error), ERR_INVALID);
	assert_int_equal(error.line, 2);
	assert_int_equal(file_write(path, STR("u1 a\nu2 b\n"), 0600), OK);
	assert_int_equal(targets_open(&t, path, &error), OK);
	check_target(&t, 1, "u2", "b");
	targets_deinit(&t);
}

static void test_answers(void **state)
{
	struct targets_error error;
	struct targets t;
	struct buf b;

	(void)state;
	assert_int_equal(
		targets_parse(&t, STR("u1 a\nu2 b\nu3 c\nu4 d\n"), &error), OK);
	targets_count(&t, 3);
	for (int i = 0; i < 12; i++)
		targets_count(&t, 1);
	assert_int_equal(
		targets_write_answers(&t, temp_file(&temp, "out")), OK);
	buf_init(&b, 1024);
	assert_int_equal(file_read(temp_file(&temp, "out"), &b), OK);
	assert_string_equal(buf_cstr(&b), "u2 12\nu4 1\n");
	buf_deinit(&b);
	assert_int_equal(targets_write_answers(&t, temp_file(&temp, "no/out")),
		ERR_NOT_FOUND);
	assert_int_equal(targets_write_answers(&t, "/dev/full"), ERR_DISK_FULL);
	targets_deinit(&t);
}

static void test_no_memory(void **state)
{
	struct targets_error error;
	struct targets t;
	unsigned nth = 1;
	enum err err;

	(void)state;
	for (;; nth++) {
		fault_alloc(nth);
		err = targets_parse(&t, STR("u1 a\n"), &error);
		fault_alloc(0);
		if (!err)
			break;
		assert_int_equal(err, ERR_NOMEM);
	}
	targets_deinit(&t);
	assert_int_equal(nth, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
