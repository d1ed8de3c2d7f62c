#include "store/click_repeats.h"

#include "support/cmocka.h"
#include "support/fault.h"

enum {
	WINDOW = 10000,
	T = 1000000,
};

static struct click_repeats r;

static int setup(void **state)
{
	(void)state;
	r = (struct click_repeats){.window_ms = WINDOW};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	click_repeats_deinit(&r);
	return 0;
}

static void add(uint64_t key, uint64_t at_ms)
{
	assert_int_equal(click_repeats_reserve(&r, 1, at_ms), OK);
	click_repeats_add(&r, key, at_ms);
}

static void test_window(void **state)
{
	static const struct {
		uint64_t key, at_ms;
		bool has;
	} rows[] = {
		{1, T, true},
		{1, T + 1, true},
		{1, T + WINDOW, true},
		{1, T + WINDOW + 1, false},
		/* Loops tell the time by clocks of their own. */
		{1, T - 1, true},
		{1, T - WINDOW, true},
		{1, T - WINDOW - 1, false},
		{2, T, false},
	};

	(void)state;
	assert_false(click_repeats_has(&r, 1, T));
	add(1, T);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(
			click_repeats_has(&r, rows[i].key, rows[i].at_ms),
			rows[i].has);
}

static void test_no_window(void **state)
{
	(void)state;
	r.window_ms = 0;
	add(1, T);
	assert_false(click_repeats_has(&r, 1, T));
	assert_null(r.young.slots);
}

/* Each is known for a whole window, and no key is kept for much longer than
 * two. */
static void test_generations(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 100000; i++) {
		uint64_t at = T + i * 10;

		add(i * 0x9e3779b97f4a7c15 + 1, at);
		for (uint64_t back = 0; back <= i && back <= 1100; back += 100)
			assert_int_equal(
				click_repeats_has(&r,
					(i - back) * 0x9e3779b97f4a7c15 + 1,
					at),
				back <= WINDOW / 10);
		assert_true(r.young.n + r.old.n <= 2 * WINDOW / 10 + 4);
	}
	assert_true(r.young.size + r.old.size <= 4 * 4096);
}

/* Under a flood memory stays bounded, and the newest are known. */
static void test_flood(void **state)
{
	const size_t batch = 16384;
	uint64_t key = 0;

	(void)state;
	for (size_t n = 0; n < 3 * (size_t)CLICK_REPEATS_MAX; n += batch) {
		assert_int_equal(click_repeats_reserve(&r, batch, T), OK);
		for (size_t i = 0; i < batch; i++)
			click_repeats_add(&r, ++key * 0x9e3779b97f4a7c15, T);
		assert_true(r.young.n <= CLICK_REPEATS_MAX);
		assert_true(r.young.size <= 2 * (size_t)CLICK_REPEATS_MAX);
		assert_true(click_repeats_has(&r, key * 0x9e3779b97f4a7c15, T));
	}
	assert_false(click_repeats_has(&r, 0x9e3779b97f4a7c15, T));
}

static void test_taken_back(void **state)
{
	(void)state;
	add(1, T);
	add(2, T);
	click_repeats_take_back(&r, 1);
	click_repeats_take_back(&r, 3); /* never added */
	assert_false(click_repeats_has(&r, 1, T));
	assert_true(click_repeats_has(&r, 2, T));
	add(1, T + 5);
	assert_true(click_repeats_has(&r, 1, T + 6));
	/* In the old generation too. */
	add(4, T + WINDOW + 100);
	click_repeats_take_back(&r, 2);
	assert_false(click_repeats_has(&r, 2, T));
}

static void test_no_memory(void **state)
{
	(void)state;
	fault_alloc(1);
	assert_int_equal(click_repeats_reserve(&r, 1, T), ERR_NOMEM);
	assert_true(fault_alloc_hit());
	fault_alloc(0);
	add(1, T);
	assert_true(click_repeats_has(&r, 1, T));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_window),
		TEST(test_no_window),
		TEST(test_generations),
		TEST(test_flood),
		TEST(test_taken_back),
		TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
