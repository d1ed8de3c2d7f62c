#include "base/random.h"

#include <string.h>

#include "support/cmocka.h"

enum {
	MANY = 1 << 20
};

static void test_fill(void **state)
{
	static unsigned char a[MANY + 2], b[MANY];
	size_t counts[256] = {0};

	(void)state;
	random_fill(a, 0);
	assert_int_equal(a[0], 0);
	/* getrandom() may return less than asked for above 256 bytes. */
	random_fill(a + 1, MANY);
	random_fill(b, MANY);
	assert_int_equal(a[0], 0);
	assert_int_equal(a[MANY + 1], 0);
	assert_memory_not_equal(a + 1, b, 16);
	for (size_t i = 0; i < MANY; i++)
		counts[b[i]]++;
	/* 4,096 are expected of each, with a deviation of 64. */
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		assert_in_range(counts[i], 4096 - 10 * 64, 4096 + 10 * 64);
	assert_memory_not_equal(a + 1 + MANY - 16, b + MANY - 16, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
