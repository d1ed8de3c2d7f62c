#include "base/gate.h"

#include <pthread.h>
#include <stdint.h>

#include "support/cmocka.h"

enum {
	ROUNDS = 200000
};

static struct gate gate;
/* Of the waiter: true before it looks. What is read as false inside must have
 * been entered before that. */
static atomic_bool is_dead;
static atomic_bool is_over;
/* Plain: written inside, read by whoever has waited. */
static uint64_t written;

static void test_place(void **state)
{
	struct gate_place *p = &gate.places[0];
	unsigned long looked = gate_look(p);

	(void)state;
	assert_true(gate_has_left(p, looked));
	gate_enter(p);
	assert_true(gate_has_left(p, looked));
	looked = gate_look(p);
	assert_false(gate_has_left(p, looked));
	gate_leave(p);
	assert_true(gate_has_left(p, looked));
	/* Entered again is not the same. */
	gate_enter(p);
	assert_true(gate_has_left(p, looked));
	gate_leave(p);
	assert_int_equal((uintptr_t)&gate.places[1] % GATE_LINE, 0);
}

static void *go_in_and_out(void *arg)
{
	struct gate_place *p = arg;

	while (!atomic_load(&is_over)) {
		gate_enter(p);
		if (!atomic_load(&is_dead))
			written++;
		gate_leave(p);
	}
	return NULL;
}

/* Who has waited sees no write any more: ThreadSanitizer would say so, too. */
static void test_waiter(void **state)
{
	struct gate_place *p = &gate.places[2];
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, go_in_and_out, p), 0);
	for (int i = 0; i < ROUNDS / 100; i++) {
		unsigned long looked;
		uint64_t seen;

		atomic_store(&is_dead, true);
		looked = gate_look(p);
		while (!gate_has_left(p, looked))
			continue;
		seen = written;
		for (int k = 0; k < 100; k++)
			assert_true(written == seen);
		atomic_store(&is_dead, false);
	}
	atomic_store(&is_over, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_waiter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
