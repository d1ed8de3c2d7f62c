#include "service/zones.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "support/cmocka.h"
#include "support/fault.h"
#include "support/temp.h"

enum {
	MANY = ZONES_MAX + 3
};

static struct temp temp;
static struct zones zones;
static struct time_zone zone;

/* A file of version 1 with one type. */
static void put_zone(const char *name, char hours)
{
	static const char head[] = "TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				   "\0\0\0\1\0\0\0\1";
	char bytes[sizeof(head) - 1 + 7] = {0};
	int32_t offset = hours * 3600;

	memcpy(bytes, head, sizeof(head) - 1);
	bytes[46] = (char)(offset >> 8);
	bytes[47] = (char)offset;
	assert_int_equal(file_write(temp_file(&temp, name),
				 str_make(bytes, sizeof(bytes)), 0644),
		OK);
}

static int setup(void **state)
{
	(void)state;
	temp_init(&temp);
	zones = (struct zones){.dir = temp.path};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	zones_deinit(&zones);
	temp_deinit(&temp);
	return 0;
}

static void check(const char *name, int32_t offset)
{
	assert_int_equal(zones_find(&zones, str_from(name), &zone), OK);
	assert_int_equal(time_zone_offset(&zone, 0), offset);
}

static void test_found_and_kept(void **state)
{
	(void)state;
	assert_int_equal(mkdir(temp_file(&temp, "Asia"), 0755), 0);
	put_zone("Asia/Kolkata", 5);
	put_zone("Local", 3);
	check("UTC", 0);
	check("+05:30", 19800);
	check("Asia/Kolkata", 5 * 3600);
	check("Local", 3 * 3600);
	/* Read once. */
	put_zone("Local", 4);
	check("Local", 3 * 3600);
	assert_int_equal(unlink(temp_file(&temp, "Asia/Kolkata")), 0);
	check("Asia/Kolkata", 5 * 3600);
}

static void test_not_found(void **state)
{
	static const char *const names[] = {"Nowhere", "Asia", "table", "empty",
		"long", "../Local", "/etc/passwd", "", "Asia/"};
	static char bytes[ZONE_FILE_MAX + 1];

	(void)state;
	assert_int_equal(mkdir(temp_file(&temp, "Asia"), 0755), 0);
	assert_int_equal(
		file_write(temp_file(&temp, "table"), STR("# a table"), 0644),
		OK);
	assert_int_equal(
		file_write(temp_file(&temp, "empty"), STR(""), 0644), OK);
	assert_int_equal(file_write(temp_file(&temp, "long"),
				 str_make(bytes, sizeof(bytes)), 0644),
		OK);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_int_equal(zones_find(&zones, str_from(names[i]), &zone),
			ERR_NOT_FOUND);
	assert_int_equal(zones.n, 0);
}

/* More than are kept are read each time. */
static void test_many(void **state)
{
	char name[16];

	(void)state;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < MANY; i++) {
			(void)snprintf(name, sizeof(name), "Zone%d", i);
			if (!round)
				put_zone(name, (char)(i % 8));
			check(name, i % 8 * 3600);
		}
	assert_int_equal(zones.n, ZONES_MAX);
}

static void test_no_memory(void **state)
{
	enum err e = ERR_NOMEM;

	(void)state;
	put_zone("Local", 3);
	for (unsigned nth = 1; nth < 10; nth++) {
		fault_alloc(nth);
		e = zones_find(&zones, STR("Local"), &zone);
		fault_alloc(0);
		assert_true(e == OK || e == ERR_NOMEM);
		zones_deinit(&zones);
	}
	assert_int_equal(e, OK);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_found_and_kept),
		TEST(test_not_found),
		TEST(test_many),
		TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
