#include "store/seen_set.h"

#include <stdlib.h>
#include <string.h>

#include "store/tally_tables.h"
#include "support/cmocka.h"
#include "support/fault.h"

enum {
	TOKENS = 100000
};

static struct seen_set set;

static int teardown(void **state)
{
	(void)state;
	seen_set_deinit(&set);
	return 0;
}

/* Dense and sparse, of several shards. */
static uint64_t token_of(uint64_t i)
{
	return (i % 3) << 48 | (i % 5 ? i + 1 : i * 99991 + 1);
}

static void test_add_has_remove(void **state)
{
	bool added;

	(void)state;
	assert_false(seen_set_has(&set, 7));
	seen_set_remove(&set, 7);
	for (uint64_t i = 0; i < TOKENS; i++) {
		assert_false(seen_set_has(&set, token_of(i)));
		assert_int_equal(seen_set_add(&set, token_of(i), &added), OK);
		assert_true(added && seen_set_has(&set, token_of(i)));
	}
	for (uint64_t i = 0; i < TOKENS; i += 2)
		seen_set_remove(&set, token_of(i));
	for (uint64_t i = 0; i < TOKENS; i++) {
		assert_int_equal(seen_set_has(&set, token_of(i)), i % 2);
		assert_int_equal(seen_set_add(&set, token_of(i), &added), OK);
		assert_int_equal(added, i % 2 == 0);
	}
}

static void test_load(void **state)
{
	char bits[TALLY_CHUNK_BYTES] = {0};
	bool added;

	(void)state;
	bits[2] = 0x20; /* the 21st token of the chunk */
	assert_int_equal(
		seen_set_load(&set, 5, str_make(bits, sizeof(bits))), OK);
	for (uint64_t i = 0; i < TALLY_CHUNK_TOKENS; i++)
		assert_int_equal(seen_set_has(&set, 5 * TALLY_CHUNK_TOKENS + i),
			i == 21);
	assert_int_equal(
		seen_set_add(&set, 5 * TALLY_CHUNK_TOKENS + 21, &added), OK);
	assert_false(added);
}

static void test_no_memory(void **state)
{
	bool added;

	(void)state;
	for (unsigned n = 1; n <= 2; n++) {
		fault_alloc(n);
		assert_int_equal(seen_set_add(&set, 1, &added), ERR_NOMEM);
		assert_true(fault_alloc_hit());
		fault_alloc(0);
		assert_false(seen_set_has(&set, 1));
		seen_set_deinit(&set);
	}
	assert_int_equal(seen_set_add(&set, 1, &added), OK);
	assert_true(added);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_add_has_remove, teardown),
		cmocka_unit_test_teardown(test_load, teardown),
		cmocka_unit_test_teardown(test_no_memory, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
