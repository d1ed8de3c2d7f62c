#include "base/assert.h"

#include <stdbool.h>

#include "support/cmocka.h"
#include "support/dies.h"

static void check(void *arg)
{
	const bool *ok = arg;

	ASSERT(*ok);
}

static void test_assert(void **state)
{
	bool yes = true, no = false;

	(void)state;
	assert_false(dies(check, &yes));
	assert_true(dies(check, &no));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_assert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
