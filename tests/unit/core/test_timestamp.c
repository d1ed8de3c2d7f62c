#include "core/timestamp.h"

#include <string.h>
#include <time.h>

#include "base/random.h"
#include "support/cmocka.h"

struct row {
	const char *text;
	uint64_t ms;
};

static void test_write(void **state)
{
	static const struct row rows[] = {
		{"1970-01-01T00:00:00.000Z", 0},
		{"1970-01-01T00:00:00.001Z", 1},
		{"2026-11-23T05:30:00.123Z", 1795411800123},
		{"2000-02-29T23:59:59.999Z", 951868799999},
		{"2100-03-01T00:00:00.000Z", 4107542400000},
		{"9999-12-31T23:59:59.999Z", TIMESTAMP_MS_MAX},
		{"9999-12-31T23:59:59.999Z", TIMESTAMP_MS_MAX + 1},
		{"9999-12-31T23:59:59.999Z", UINT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char to[TIMESTAMP_LEN];

		timestamp_write(to, rows[i].ms);
		assert_memory_equal(to, rows[i].text, TIMESTAMP_LEN);
	}
}

static void test_parse(void **state)
{
	static const struct row rows[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2026-11-23T05:30:00.123Z", 1795411800123},
		{"2026-11-23t05:30:00.123z", 1795411800123},
		{"2026-11-23T05:30:00.1Z", 1795411800100},
		{"2026-11-23T05:30:00.123999999Z", 1795411800123},
		{"2026-11-23T11:00:00.123+05:30", 1795411800123},
		{"2026-11-22T21:30:00.123-08:00", 1795411800123},
		{"2026-11-23T05:30:00.123-00:00", 1795411800123},
		{"1970-01-01T05:30:00+05:30", 0},
		{"2024-02-29T00:00:00Z", 1709164800000},
		{"9999-12-31T23:59:59.999999999Z", TIMESTAMP_MS_MAX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t ms;

		if (timestamp_parse(str_from(rows[i].text), &ms))
			fail_msg("%s", rows[i].text);
		assert_int_equal(ms, rows[i].ms);
	}
}

static void test_parse_refusals(void **state)
{
	static const char *const bad[] = {
		"",
		"2026-11-23",
		"2026-11-23T05:30:00",
		"2026-11-23T05:30:00.Z",
		"2026-11-23T05:30:00.1234567890Z",
		"2026-11-23T05:30:00,1Z",
		"2026-11-23 05:30:00Z",
		"2026-11-23T05:30Z",
		"2026-11-23T5:30:00Z",
		"2026-11-23T24:00:00Z",
		"2026-11-23T05:60:00Z",
		"2016-12-31T23:59:60Z",
		"2026-13-23T05:30:00Z",
		"2026-00-23T05:30:00Z",
		"2026-11-00T05:30:00Z",
		"2026-11-31T05:30:00Z",
		"2026-02-29T05:30:00Z",
		"2100-02-29T05:30:00Z",
		"1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
		"0000-01-01T00:00:00Z",
		"2026-11-23T05:30:00+0530",
		"2026-11-23T05:30:00+05",
		"2026-11-23T05:30:00+24:00",
		"2026-11-23T05:30:00+05:60",
		"2026-11-23T05:30:00ZZ",
		"2026-11-23T05:30:00Z ",
		" 2026-11-23T05:30:00Z",
		"+026-11-23T05:30:00Z",
		"2026-11-23T05:30:0aZ",
		"20261123T053000Z....",
		"12026-11-23T05:30:00Z",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		uint64_t ms = 77;

		if (timestamp_parse(str_from(bad[i]), &ms) != ERR_INVALID)
			fail_msg("%s", bad[i]);
		assert_int_equal(ms, 77);
	}
}

static void test_days(void **state)
{
	static const struct row rows[] = {
		{"1970-01-01", 0},
		{"1970-12-31", 364},
		{"2000-02-29", 11016},
		{"2026-11-23", 20780},
		{"9999-12-31", DAY_MAX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char to[DAY_LEN];
		uint64_t day;

		day_write(to, rows[i].ms);
		assert_memory_equal(to, rows[i].text, DAY_LEN);
		assert_int_equal(day_parse(str_from(rows[i].text), &day), OK);
		assert_int_equal(day, rows[i].ms);
		assert_int_equal(day_of_ms(day_start_ms(day)), day);
		assert_int_equal(day_of_ms(day_start_ms(day + 1) - 1), day);
	}
}

static void test_day_refusals(void **state)
{
	static const char *const bad[] = {"", "2026-11-2", "2026-11-233",
		"2026/11/23", "2026-1-023", "1969-12-31", "2026-02-30",
		"2026-04-31", "20a6-11-23", "-026-11-23"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		uint64_t day;

		assert_int_equal(
			day_parse(str_from(bad[i]), &day), ERR_INVALID);
	}
}

/* Every day there is, against the C library and back. */
static void test_every_day(void **state)
{
	(void)state;
	for (uint64_t day = 0; day <= DAY_MAX; day++) {
		time_t seconds = (time_t)(day * 86400);
		char to[DAY_LEN];
		uint64_t got;

		day_write(to, day);
		assert_int_equal(day_parse(str_make(to, sizeof(to)), &got), OK);
		assert_int_equal(got, day);
		if (day % 97 == 0 || day % 146097 < 2) {
			char want[32];
			struct tm tm;

			assert_non_null(gmtime_r(&seconds, &tm));
			assert_int_equal(
				strftime(want, sizeof(want), "%Y-%m-%d", &tm),
				DAY_LEN);
			assert_memory_equal(to, want, DAY_LEN);
		}
	}
}

static void test_random_round_trips(void **state)
{
	(void)state;
	for (int i = 0; i < 100000; i++) {
		char to[TIMESTAMP_LEN];
		uint64_t ms, got;

		random_fill(&ms, sizeof(ms));
		ms %= TIMESTAMP_MS_MAX + 1;
		timestamp_write(to, ms);
		assert_int_equal(
			timestamp_parse(str_make(to, sizeof(to)), &got), OK);
		assert_int_equal(got, ms);
	}
}

static void test_quarters(void **state)
{
	(void)state;
	assert_int_equal(quarter_of_ms(0), 0);
	assert_int_equal(quarter_of_ms(899999), 0);
	assert_int_equal(quarter_of_ms(900000), 1);
	assert_int_equal(quarter_of_ms(1795411800123), 1994902);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refusals),
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_day_refusals),
		cmocka_unit_test(test_every_day),
		cmocka_unit_test(test_random_round_trips),
		cmocka_unit_test(test_quarters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
