#include "base/thread.h"

#include <string.h>

#include "support/cmocka.h"

static void *name_of_self(void *arg)
{
	/* The starter gives the name: wait until it has. */
	(void)pthread_barrier_wait(arg);
	return NULL;
}

static void test_named(void **state)
{
	static const struct {
		const char *name;
		const char *shown;
	} rows[] = {
		{"ctio-taps", "ctio-taps"},
		{"fifteen-bytes-x", "fifteen-bytes-x"},
		{"much-longer-than-that", "much-longer-tha"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pthread_barrier_t barrier;
		pthread_t thread;
		char shown[32];

		assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
		assert_int_equal(thread_start(&thread, rows[i].name,
					 name_of_self, &barrier),
			OK);
		assert_int_equal(
			pthread_getname_np(thread, shown, sizeof(shown)), 0);
		assert_string_equal(shown, rows[i].shown);
		(void)pthread_barrier_wait(&barrier);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_int_equal(pthread_barrier_destroy(&barrier), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
