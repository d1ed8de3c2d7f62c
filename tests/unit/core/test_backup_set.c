#include "core/backup_set.h"

#include <string.h>

#include "support/cmocka.h"

#define SUM "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void test_about(void **state)
{
	const struct backup_about about = {
		.begun_ms = 1795412520123,
		.ended_ms = 1795412530000,
		.regions_n = 2,
		.regions = {{STR("us1"), 'u', true, 0},
			{STR("eu1"), 'e', false, 3}},
	};
	struct json_findings findings = {0};
	struct backup_about got;
	struct buf b;

	(void)state;
	buf_init(&b, BACKUP_ABOUT_MAX);
	backup_about_put(&b, &about, STR("0.1.0"));
	assert_int_equal(backup_about_read(buf_view(&b), &got, &findings), OK);
	assert_true(got.begun_ms == about.begun_ms &&
		    got.ended_ms == about.ended_ms && got.regions_n == 2);
	for (size_t i = 0; i < 2; i++) {
		const struct backup_region *r = &got.regions[i];

		assert_true(str_eq(r->name, about.regions[i].name));
		assert_int_equal(r->tag, about.regions[i].tag);
		assert_int_equal(r->has_keys, about.regions[i].has_keys);
		assert_true(r->left_out == about.regions[i].left_out);
	}
	backup_about_deinit(&got);
	buf_deinit(&b);
}

#define ABOUT(format, begun, regions)                                          \
	"{\"backup\":" format ",\"ctio\":\"1\",\"begun_at\":\"" begun "\","    \
	"\"ended_at\":\"2026-11-23T05:42:00.000Z\",\"regions\":" regions "}"
#define TIME "2026-11-23T05:42:00.000Z"
#define REGION(name, tag)                                                      \
	"{\"region\":\"" name "\",\"tag\":\"" tag                              \
	"\",\"keys\":true,\"left_out\":0}"

static const struct {
	const char *text;
	enum err want;
} abouts[] = {
	{ABOUT("1", TIME, "[]"), OK},
	{ABOUT("1", TIME, "[" REGION("us1", "u") "]"), OK},
	{ABOUT("2", TIME, "[],\"more\":1"), ERR_VERSION},
	{ABOUT("1", TIME, "[],\"more\":1"), ERR_INVALID},
	{ABOUT("1", "yesterday", "[]"), ERR_INVALID},
	{ABOUT("1", TIME, "{}"), ERR_INVALID},
	{ABOUT("1", TIME, "[1]"), ERR_INVALID},
	{ABOUT("1", TIME, "[" REGION("../us1", "u") "]"), ERR_INVALID},
	{ABOUT("1", TIME, "[" REGION("", "u") "]"), ERR_INVALID},
	{ABOUT("1", TIME, "[" REGION("us1", "") "]"), ERR_INVALID},
	{ABOUT("1", TIME, "[" REGION("us1", "uv") "]"), ERR_INVALID},
	{"{}", ERR_INVALID},
	{"[]", ERR_INVALID},
	{"", ERR_INVALID},
};

static void test_abouts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(abouts); i++) {
		struct json_findings findings = {0};
		struct backup_about got = {0};
		enum err e = backup_about_read(
			str_from(abouts[i].text), &got, &findings);

		if (e != abouts[i].want)
			fail_msg("%s: %d", abouts[i].text, e);
		if (e == ERR_INVALID)
			assert_true(findings.n > 0);
		backup_about_deinit(&got);
	}
}

static const struct {
	const char *line, *region; /* NULL: no such line */
} lines[] = {
	{SUM "  backup.json\n", ""},
	{SUM "  us1/token.keys\n", "us1"},
	{SUM "  us1/links/data.mdb\n", "us1"},
	{SUM "  us1/tally/data.mdb\n", "us1"},
	{SUM "  us1/clicks/2026-11-28/data.mdb\n", "us1"},
	{SUM "  us1/clicks/2026-02-30/data.mdb\n", NULL},
	{SUM "  us1/clicks/data.mdb\n", NULL},
	{SUM "  us1/clicks/2026-11-28/2026-11-28/data.mdb\n", NULL},
	{SUM "  us1/links/lock.mdb\n", NULL},
	{SUM "  ../us1/links/data.mdb\n", NULL},
	{SUM "  us1/../links/data.mdb\n", NULL},
	{SUM "  /links/data.mdb\n", NULL},
	{SUM "  /etc/passwd\n", NULL},
	{SUM "  us1\n", NULL},
	{SUM "  SHA256SUMS\n", NULL},
	{SUM "  backup.json", NULL}, /* cut off */
	{SUM " *backup.json\n", NULL},
	{SUM "backup.json\n", NULL},
	{"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"
	 "  backup.json\n",
		NULL},
	{"zz7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	 "  backup.json\n",
		NULL},
	{"\n", NULL},
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct str text = str_from(lines[i].line);
		struct backup_sum s = {0};
		enum err e = backup_sum_next(&text, &s);

		if (e != (lines[i].region ? OK : ERR_INVALID))
			fail_msg("%s: %d", lines[i].line, e);
		if (e)
			continue;
		assert_true(str_is(s.sum, SUM));
		assert_true(
			str_is(backup_path_region(s.path), lines[i].region));
		assert_int_equal(backup_sum_next(&text, &s), ERR_NOT_FOUND);
	}
}

static void test_written(void **state)
{
	struct backup_sum s;
	struct str rest;
	struct buf b;

	(void)state;
	buf_init(&b, 1024);
	backup_sum_put(&b, SUM, STR("us1/token.keys"));
	backup_sum_put(&b, SUM, STR("backup.json"));
	rest = buf_view(&b);
	assert_int_equal(backup_sum_next(&rest, &s), OK);
	assert_true(str_is(s.path, "us1/token.keys"));
	assert_int_equal(backup_sum_next(&rest, &s), OK);
	assert_true(str_is(s.path, "backup.json"));
	assert_int_equal(backup_sum_next(&rest, &s), ERR_NOT_FOUND);
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_about),
		cmocka_unit_test(test_abouts),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
