#include "base/err.h"

#include <errno.h>
#include <limits.h>

#include "support/cmocka.h"

static void test_texts(void **state)
{
	(void)state;
	for (int e = OK; e >= ERR_SYSTEM; e--) {
		const char *text = err_text((enum err)e);

		assert_non_null(text);
		assert_string_not_equal(text, "unknown error");
		for (int other = OK; other > e; other--)
			assert_string_not_equal(
				text, err_text((enum err)other));
	}
	assert_string_equal(err_text((enum err)1), "unknown error");
	assert_string_equal(
		err_text((enum err)(ERR_SYSTEM - 1)), "unknown error");
	assert_string_equal(err_text((enum err)INT_MIN), "unknown error");
}

static void test_from_errno(void **state)
{
	static const struct {
		int number;
		enum err want;
	} rows[] = {
		{0, OK},
		{ENOSPC, ERR_DISK_FULL},
		{EDQUOT, ERR_DISK_FULL},
		{EIO, ERR_IO},
		{ENOMEM, ERR_NOMEM},
		{ENOENT, ERR_NOT_FOUND},
		{EEXIST, ERR_EXISTS},
		{EACCES, ERR_SYSTEM},
		{EMFILE, ERR_SYSTEM},
		{-1, ERR_SYSTEM},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(err_from_errno(rows[i].number), rows[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_from_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
