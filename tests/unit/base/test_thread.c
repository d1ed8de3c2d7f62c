#include "base/thread.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

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

/* How nice the thread is, and how nice it became. */
struct nice {
	int before, after;
};

static void *step_back(void *arg)
{
	struct nice *n = arg;
	id_t id = (id_t)gettid();

	n->before = getpriority(PRIO_PROCESS, id);
	thread_step_back();
	n->after = getpriority(PRIO_PROCESS, id);
	return NULL;
}

/* Only the thread that asks for it. */
static void test_step_back(void **state)
{
	int own = getpriority(PRIO_PROCESS, (id_t)gettid());
	struct nice n = {0};
	pthread_t thread;

	(void)state;
	assert_int_equal(thread_start(&thread, "nice", step_back, &n), OK);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(n.before, own);
	assert_int_equal(n.after, own + 10 > 19 ? 19 : own + 10);
	assert_int_equal(getpriority(PRIO_PROCESS, (id_t)gettid()), own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_step_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
