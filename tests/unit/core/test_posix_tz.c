#include "core/posix_tz.h"

#include "core/timestamp.h"
#include "support/cmocka.h"

enum {
	HOUR = 3600
};

static int64_t seconds(const char *rfc3339)
{
	uint64_t ms = 0;

	assert_int_equal(timestamp_parse(str_from(rfc3339), &ms), OK);
	return (int64_t)(ms / 1000);
}

/* The last second before a change, and the first one after it. */
static void test_changes(void **state)
{
	static const struct {
		const char *rule;
		const char *at;
		int32_t before, after;
	} rows[] = {
		{"CET-1CEST,M3.5.0,M10.5.0/3", "2027-03-28T01:00:00Z", HOUR,
			2 * HOUR},
		{"CET-1CEST,M3.5.0,M10.5.0/3", "2027-10-31T01:00:00Z", 2 * HOUR,
			HOUR},
		{"EST5EDT,M3.2.0,M11.1.0", "2026-03-08T07:00:00Z", -5 * HOUR,
			-4 * HOUR},
		{"EST5EDT,M3.2.0,M11.1.0", "2026-11-01T06:00:00Z", -4 * HOUR,
			-5 * HOUR},
		/* Summer over the turn of the year. */
		{"AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-04-04T16:00:00Z",
			11 * HOUR, 10 * HOUR},
		{"AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-10-03T16:00:00Z",
			10 * HOUR, 11 * HOUR},
		{"AEST-10AEDT,M10.1.0,M4.1.0/3", "2027-01-01T00:00:00Z",
			11 * HOUR, 11 * HOUR},
		/* Half an hour of summer. */
		{"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-04-04T15:00:00Z",
			11 * HOUR, 10 * HOUR + 1800},
		/* Times before and after the day. */
		{"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2027-03-28T01:00:00Z",
			-2 * HOUR, -HOUR},
		{"IST-2IDT,M3.4.4/26,M10.5.0", "2027-03-26T00:00:00Z", 2 * HOUR,
			3 * HOUR},
		{"EET-2EEST,M4.5.5/0,M10.5.4/24", "2026-10-29T21:00:00Z",
			3 * HOUR, 2 * HOUR},
		/* Days of the year, in a leap year and not. */
		{"AAA0BBB,J60,J300", "2028-03-01T02:00:00Z", 0, HOUR},
		{"AAA0BBB,60,300", "2028-03-01T02:00:00Z", 0, HOUR},
		{"AAA0BBB,J60,J300", "2027-03-01T02:00:00Z", 0, HOUR},
		{"AAA0BBB,60,300", "2027-03-02T02:00:00Z", 0, HOUR},
		/* Summer that never ends (RFC 8536, section 3.3.1). */
		{"EST5EDT,0/0,J365/25", "2027-01-01T05:00:00Z", -4 * HOUR,
			-4 * HOUR},
		{"XXX3EDT4,0/0,J365/23", "2027-07-01T00:00:00Z", -4 * HOUR,
			-4 * HOUR},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct tz_rule rule;
		int64_t at = seconds(rows[i].at);

		assert_int_equal(
			tz_rule_parse(str_from(rows[i].rule), &rule), OK);
		assert_int_equal(tz_rule_offset(&rule, at - 1), rows[i].before);
		assert_int_equal(tz_rule_offset(&rule, at), rows[i].after);
	}
}

static void test_fixed(void **state)
{
	static const struct {
		const char *rule;
		int32_t offset;
	} rows[] = {
		{"UTC0", 0},
		{"IST-5:30", 5 * HOUR + 1800},
		{"<+0545>-5:45", 5 * HOUR + 2700},
		{"<-03>3", -3 * HOUR},
		{"ABC+1:02:03", -(HOUR + 123)},
		{"ABCDEFGHIJKLMNOP-24:59:59", 24 * HOUR + 3599},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct tz_rule rule;

		assert_int_equal(
			tz_rule_parse(str_from(rows[i].rule), &rule), OK);
		for (int64_t at = -(1ll << 40); at < 1ll << 40; at += 1ll << 36)
			assert_int_equal(
				tz_rule_offset(&rule, at), rows[i].offset);
	}
}

static void test_refused(void **state)
{
	static const char *const rows[] = {"", "U", "UT0", "UTC", "UTC-",
		"UTC25", "UTC1:60", "UTC1:1:60", "UTC0 ", "5UTC", "<UTC0",
		"<UT>0", "UTC>0", "UTC:0", "ABCDEFGHIJKLMNOPQ0", "CET-1CEST",
		"CET-1CEST,", "CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,",
		"CET-1CEST,M3.5.0,M10.5.0/", "CET-1CEST,M3.5.0,M10.5.0/168",
		"CET-1CEST,M0.5.0,M10.5.0", "CET-1CEST,M13.5.0,M10.5.0",
		"CET-1CEST,M3.0.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,M3.5,M10.5.0",
		"CET-1CEST,J0,J5", "CET-1CEST,J366,J5", "CET-1CEST,366,5",
		"CET-1CEST,M3.5.0,M10.5.0/3x", "CET-1CEST,M3.5.0,M10.5.0,J5",
		"CET99999999999", "\xff\xff\xff-1"};
	struct tz_rule rule = {.standard_s = 77};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(
			tz_rule_parse(str_from(rows[i]), &rule), ERR_INVALID);
	assert_int_equal(rule.standard_s, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
