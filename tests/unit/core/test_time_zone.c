#include "core/time_zone.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/file.h"
#include "core/timestamp.h"
#include "support/cmocka.h"

#define ZONES "/usr/share/zoneinfo/"

enum {
	HOUR = 3600,
	FILE_MAX = 1024,
	TRIES = 400, /* times of a zone */
};

/* A file of version 2 with two transitions and a footer. */
static struct buf sample(const char *footer)
{
	static const int64_t times[] = {1000, 2000};
	static const int32_t offsets[] = {HOUR, 2 * HOUR, 3 * HOUR};
	struct buf b;
	char n[8];

	buf_init(&b, 2 * ZONE_FILE_MAX);
	for (int block = 0; block < 2; block++) {
		const uint32_t counts[] = {
			0, 0, 0, block ? 2 : 0, block ? 3 : 1, block ? 4 : 1};

		buf_add(&b, "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
		for (size_t i = 0; i < COUNT_OF(counts); i++) {
			put_be32(n, counts[i]);
			buf_add(&b, n, 4);
		}
		if (!block) {
			buf_add(&b, "\0\0\0\0\0\0\0", 7);
			continue;
		}
		for (size_t i = 0; i < 2; i++) {
			put_be64(n, (uint64_t)times[i]);
			buf_add(&b, n, 8);
		}
		buf_add(&b, "\2\1", 2);
		for (size_t i = 0; i < 3; i++) {
			put_be32(n, (uint32_t)offsets[i]);
			buf_add(&b, n, 4);
			buf_add(&b, "\0\0", 2);
		}
		buf_add(&b, "ABC", 4);
	}
	buf_text(&b, footer);
	assert_int_equal(buf_err(&b), OK);
	return b;
}

static void test_parse(void **state)
{
	static struct time_zone z;
	struct buf b = sample("\nXYZ-5:30\n");

	(void)state;
	assert_int_equal(time_zone_parse(buf_view(&b), &z), OK);
	assert_int_equal(time_zone_offset(&z, -5000), HOUR);
	assert_int_equal(time_zone_offset(&z, 999), HOUR);
	assert_int_equal(time_zone_offset(&z, 1000), 3 * HOUR);
	assert_int_equal(time_zone_offset(&z, 1999), 3 * HOUR);
	assert_int_equal(time_zone_offset(&z, 2000), 5 * HOUR + 1800);
	buf_deinit(&b);
	b = sample("\n\n");
	assert_int_equal(time_zone_parse(buf_view(&b), &z), OK);
	assert_int_equal(time_zone_offset(&z, 1ll << 40), 2 * HOUR);
	buf_deinit(&b);
}

/* Cut anywhere, or with a number that cannot be. */
static void test_refused(void **state)
{
	static struct time_zone z;
	static const struct {
		size_t at;
		char byte;
	} rows[] = {
		{0, 't'}, {23, 1}, {43, 2}, {51, 'x'}, /* headers */
		{82, 1},                               /* leap seconds */
		{86, 4},                               /* times */
		{84, 1},                               /* more times than fit */
		{90, 0}, {89, 2},                      /* types */
		{101, 0x7f}, /* times that do not ascend */
		{111, 3},    /* of a type that is not there */
		{113, 0x7f}, /* an offset of years */
	};
	struct buf b = sample("\nXYZ-5:30\n");

	(void)state;
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(
			time_zone_parse(str_make(b.p, n), &z), ERR_CORRUPT);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char was = b.p[rows[i].at];
		enum err e;

		b.p[rows[i].at] = rows[i].byte;
		e = time_zone_parse(buf_view(&b), &z);
		assert_true(e == ERR_CORRUPT || e == ERR_TOO_LONG);
		b.p[rows[i].at] = was;
	}
	assert_int_equal(time_zone_parse(buf_view(&b), &z), OK);
	buf_deinit(&b);
	b = sample("\nXYZ\n");
	assert_int_equal(time_zone_parse(buf_view(&b), &z), ERR_CORRUPT);
	buf_deinit(&b);
}

static void test_fixed(void **state)
{
	static struct time_zone z;
	static const struct {
		const char *name;
		int32_t offset;
	} rows[] = {{"UTC", 0}, {"Z", 0}, {"+00:00", 0}, {"-00:30", -1800},
		{"+05:30", 5 * HOUR + 1800}, {"-23:59", -86340}};
	static const char *const wrong[] = {"", "utc", "+5:30", "+05:3",
		"+0530", "05:30", "+24:00", "+00:60", "+05:30x", "+0a:00",
		"+05.30", "--1:00"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(
			time_zone_parse_fixed(str_from(rows[i].name), &z), OK);
		assert_int_equal(time_zone_offset(&z, 12345), rows[i].offset);
	}
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_int_equal(time_zone_parse_fixed(str_from(wrong[i]), &z),
			ERR_NOT_FOUND);
}

static void test_names(void **state)
{
	static const char *const fine[] = {"Asia/Kolkata", "Etc/GMT+5",
		"America/Argentina/Buenos_Aires", "GMT-0", "W-SU"};
	static const char *const wrong[] = {"", "/etc/passwd", "../x", "a/../b",
		"a//b", "a/", "/", ".", "a.b", "a b", "a\\b", "a%2f",
		"\xc3\xa4",
		"A2345678901234567890123456789012345678901234567890123456789012"
		"345"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(fine); i++)
		assert_true(time_zone_is_name(str_from(fine[i])));
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_false(time_zone_is_name(str_from(wrong[i])));
	assert_false(time_zone_is_name(str_make("a\0b", 3)));
}

static bool load(const char *name, struct time_zone *z)
{
	char path[512];
	struct buf b;
	enum err e;

	(void)snprintf(path, sizeof(path), ZONES "%s", name);
	buf_init(&b, ZONE_FILE_MAX);
	e = file_read(path, &b);
	if (!e)
		e = time_zone_parse(buf_view(&b), z);
	buf_deinit(&b);
	return !e;
}

static uint64_t next_random(void)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* As the C library reads the same file, from 1900 to 2200. */
static void compare_zone(const char *name, const struct time_zone *z)
{
	assert_int_equal(setenv("TZ", name, 1), 0);
	tzset();
	for (size_t i = 0; i < TRIES; i++) {
		time_t at = (time_t)(next_random() % 9466848000) - 2208988800;
		struct tm tm;

		/* Near a change, every other time. */
		if (z->n && i % 2)
			at = (time_t)(z->transitions[next_random() % z->n]
					      .at_s +
				      (int64_t)(next_random() % 3) - 1);
		if (at < -2208988800)
			continue;
		assert_non_null(localtime_r(&at, &tm));
		if (tm.tm_gmtoff != time_zone_offset(z, at))
			fail_msg("%s at %lld: %ld, not %d", name, (long long)at,
				tm.tm_gmtoff, time_zone_offset(z, at));
	}
}

static size_t compare_folder(const char *folder)
{
	static struct time_zone z;
	char path[512];
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), ZONES "%s", folder);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s%s%s", folder,
			folder[0] ? "/" : "", entry->d_name);
		if (!load(path, &z))
			continue;
		assert_true(time_zone_is_name(str_from(path)));
		compare_zone(path, &z);
		n++;
	}
	if (dir)
		assert_int_equal(closedir(dir), 0);
	return n;
}

static void test_as_the_c_library(void **state)
{
	static const char *const folders[] = {"", "Africa", "America",
		"America/Argentina", "Antarctica", "Asia", "Atlantic",
		"Australia", "Europe", "Indian", "Pacific", "Etc"};
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(folders); i++)
		n += compare_folder(folders[i]);
	if (!n)
		skip(); /* this machine has no zones */
	assert_true(n > 300);
}

/* Where days begin: at midnight, or where clocks leave it out or do it twice.
 */
static void test_days(void **state)
{
	static struct time_zone z;
	static const struct {
		const char *zone, *day, *begin;
	} rows[] = {
		{"UTC", "2026-11-27", "2026-11-27T00:00:00Z"},
		{"Asia/Kolkata", "2026-11-27", "2026-11-26T18:30:00Z"},
		{"America/New_York", "2026-11-01", "2026-11-01T04:00:00Z"},
		{"America/New_York", "2026-11-02", "2026-11-02T05:00:00Z"},
		{"Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z"},
		/* No midnight. */
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"},
		{"Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00Z"},
		/* Midnight comes twice. */
		{"America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"},
		/* No such day at all: where the next one begins. */
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"},
		{"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"},
	};

	(void)state;
	if (!load("UTC", &z))
		skip();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t day = 0, ms = 0;

		assert_true(load(rows[i].zone, &z));
		assert_int_equal(day_parse(str_from(rows[i].day), &day), OK);
		assert_int_equal(
			timestamp_parse(str_from(rows[i].begin), &ms), OK);
		assert_int_equal(time_zone_day_begin(&z, (int64_t)day),
			(int64_t)(ms / 1000));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_as_the_c_library),
		cmocka_unit_test(test_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
