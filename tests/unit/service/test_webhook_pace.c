#include "service/webhook_pace.h"

#include "support/cmocka.h"

#define SECOND UINT64_C(1000)
#define HOUR   (3600 * SECOND)

static const struct webhook_pace usual = {5 * SECOND, 24 * HOUR};
static const struct webhook_pace quick = {20, 100};
static const struct webhook_pace slow = {3600 * SECOND, 48 * HOUR};

/* With random in the middle, where a pause is the table's own. */
static const struct {
	const struct webhook_pace *pace;
	uint32_t failures;
	uint64_t retry_after_ms;
	uint64_t want_ms;
} rows[] = {
	{&usual, 1, 0, 5 * SECOND},
	{&usual, 2, 0, 30 * SECOND},
	{&usual, 3, 0, 300 * SECOND},
	{&usual, 4, 0, 1800 * SECOND},
	{&usual, 5, 0, 2 * HOUR},
	{&usual, 6, 0, 5 * HOUR},
	{&usual, 7, 0, 10 * HOUR},
	{&usual, 8, 0, 14 * HOUR},
	{&usual, 9, 0, 20 * HOUR},
	{&usual, 10, 0, 24 * HOUR},
	{&usual, 11, 0, 24 * HOUR},
	{&usual, UINT32_MAX, 0, 24 * HOUR},
	{&usual, 1, 60 * SECOND, 60 * SECOND},
	{&usual, 9, 60 * SECOND, 60 * SECOND},
	{&usual, 9, 1 * SECOND, 5 * SECOND},
	{&usual, 1, 1000 * HOUR, 24 * HOUR},
	{&usual, 1, UINT64_MAX, 24 * HOUR},
	{&quick, 1, 0, 20},
	{&quick, 2, 0, 100},
	{&quick, 9, 0, 100},
	{&slow, 1, 0, HOUR},
	{&slow, 2, 0, 6 * HOUR},
	{&slow, 3, 0, 48 * HOUR},
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t got = webhook_pause_ms(rows[i].pace, rows[i].failures,
			rows[i].retry_after_ms, UINT32_MAX / 2 + 1);

		if (got != rows[i].want_ms)
			fail_msg("row %zu: %llu", i, (unsigned long long)got);
	}
}

/* Never beyond an eighth, to both sides. */
static void test_spread(void **state)
{
	(void)state;
	assert_true(webhook_pause_ms(&usual, 3, 0, 0) == 262500);
	assert_true(webhook_pause_ms(&usual, 3, 0, UINT32_MAX) == 337499);
	for (uint32_t r = 0; r < UINT32_MAX - 99999999; r += 99999999) {
		uint64_t ms = webhook_pause_ms(&usual, 3, 0, r);

		assert_true(ms >= 262500 && ms <= 337500);
		assert_true(webhook_pause_ms(&usual, 3, 0, r + 99999999) > ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
