/* Backups that cannot be put back, or only with help. */
#include "unit/service/backup_fixture.h"

static void edit(const char *name, const char *from, const char *to)
{
	char path[PATH_MAX], *at;
	struct buf text;

	assert_int_equal(file_path(path, backup_dir, name), OK);
	buf_init(&text, TEXT_MAX);
	assert_int_equal(file_read(path, &text), OK);
	if (!from) { /* its last byte */
		text.p[text.n - 1] ^= 1;
	} else {
		buf_byte(&text, '\0');
		at = strstr(text.p, from);
		assert_non_null(at);
		assert_int_equal(strlen(from), strlen(to));
		memcpy(at, to, strlen(to));
		text.n--;
	}
	assert_int_equal(file_write(path, buf_view(&text), 0600), OK);
	buf_deinit(&text);
}

static void drop(const char *name)
{
	char path[PATH_MAX];

	assert_int_equal(file_path(path, backup_dir, name), OK);
	assert_int_equal(file_remove_tree(path), OK);
}

static void damage_links(void)
{
	edit("us1/links/data.mdb", NULL, NULL);
}

static void damage_about(void)
{
	edit("backup.json", "\"u\"", "\"v\"");
}

static void damage_sums(void)
{
	edit("SHA256SUMS", "us1/links/data.mdb", "us1/links/date.mdb");
}

static void forget_line(void)
{
	/* Still a line, and of another day's segment. */
	edit("SHA256SUMS", "us1/tally/data.mdb\n", "eu1/tally/data.mdb\n");
}

static void drop_about(void)
{
	drop("backup.json");
}

static void drop_sums(void)
{
	drop("SHA256SUMS");
}

static void drop_tally(void)
{
	drop("us1/tally/data.mdb");
}

static void drop_all(void)
{
	drop("");
}

static void keep_region(void)
{
	char path[PATH_MAX];

	assert_int_equal(file_path(path, data_dir, "us1"), OK);
	assert_int_equal(file_make_dir(path, 0700), OK);
}

static void other_tag(void)
{
	s.settings[0].tag = 'v';
}

static void not_served(void)
{
	s.settings[0].serve = false;
}

static void long_ago(void)
{
	atomic_fetch_add(&service_wall, 30000ull * MS_PER_DAY);
}

static void set_back(void)
{
	atomic_fetch_sub(&service_wall, 2 * MS_PER_DAY);
}

static void other_keys(void)
{
	/* As long, and not for this region. */
	edit("us1/token.keys", NULL, NULL);
}

static const struct {
	const char *what;
	void (*damage)(void);
	enum err err;
	const char *says;
} bad[] = {
	{"a byte of the links", damage_links, ERR_CORRUPT,
		"us1/links/data.mdb: differs from its sum"},
	{"the keys", other_keys, ERR_CORRUPT,
		"us1/token.keys: differs from its sum"},
	{"backup.json", damage_about, ERR_CORRUPT,
		"backup.json: differs from its sum"},
	{"a sum's path", damage_sums, ERR_INVALID, "SHA256SUMS: line "},
	{"a part that is not named", forget_line, ERR_CORRUPT,
		"does not name all of a region's files"},
	{"no backup.json", drop_about, ERR_NOT_FOUND, "no whole backup"},
	{"no sums", drop_sums, ERR_NOT_FOUND, "no whole backup"},
	{"no tally", drop_tally, ERR_NOT_FOUND, "us1/tally/data.mdb"},
	{"nothing", drop_all, ERR_NOT_FOUND, "no whole backup"},
	{"a region that is there", keep_region, ERR_EXISTS,
		"us1: is there already; move it away first"},
	{"another tag", other_tag, ERR_CONFLICT, "has the tag u"},
	{"not served", not_served, ERR_CONFLICT, "does not serve"},
	{"far from now", long_ago, ERR_FULL, "no more numbers"},
	{"a clock that is behind", set_back, ERR_INVALID,
		"set the clock first"},
};

/* Nothing is put back, and the next one works. */
static void test_bad(void **state)
{
	struct region_settings settings = s.settings[0];
	char command[4 * PATH_MAX], path[PATH_MAX];
	uint64_t wall = service_now();
	struct stat st;

	(void)state;
	back_up_well(true);
	lose();
	(void)snprintf(command, sizeof(command), "cp -a '%s' '%s.good'",
		backup_dir, backup_dir);
	assert_int_equal(system(command), 0);
	assert_int_equal(file_path(path, data_dir, "us1"), OK);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct region_problem problem = {{0}};
		enum err e;

		bad[i].damage();
		e = put_back(&problem);
		if (e != bad[i].err || !strstr(problem.text, bad[i].says))
			fail_msg("%s: %d %s", bad[i].what, e, problem.text);
		if (bad[i].damage == keep_region)
			assert_int_equal(rmdir(path), 0);
		assert_int_equal(stat(path, &st), -1);
		s.settings[0] = settings;
		atomic_store(&service_wall, wall);
		(void)snprintf(command, sizeof(command),
			"rm -rf '%s' && cp -a '%s.good' '%s'", backup_dir,
			backup_dir, backup_dir);
		assert_int_equal(system(command), 0);
	}
	assert_int_equal(put_back(&(struct region_problem){{0}}), OK);
	service_open(&s);
}

static enum err try_to_open(struct region_problem *problem)
{
	const struct regions_settings settings = {
		.regions = s.settings,
		.regions_n = COUNT_OF(s.settings),
		.data_dir = data_dir,
		.clock = &s.clock,
		.clicks_done = service_clicks_done,
	};
	struct regions *regions;

	return regions_open(&settings, &regions, problem);
}

/* Cut off while regions took their names, or before. */
static void test_cut_off(void **state)
{
	struct region_problem problem = {{0}};
	char part[PATH_MAX], from[PATH_MAX], to[PATH_MAX], mark[PATH_MAX];

	(void)state;
	back_up_well(true);
	lose();
	assert_int_equal(file_path(part, data_dir, REGIONS_RESTORE_PART), OK);
	assert_int_equal(file_path(from, data_dir, "us1"), OK);
	assert_int_equal(
		file_path(to, data_dir, REGIONS_RESTORE_PART "/us1"), OK);
	assert_int_equal(
		file_path(mark, data_dir, REGIONS_RESTORE_PART "/whole"), OK);
	/* Before: it begins anew. */
	assert_int_equal(file_make_dir(part, 0700), OK);
	assert_int_equal(file_make_dir(to, 0700), OK);
	assert_int_equal(try_to_open(&problem), ERR_CONFLICT);
	assert_non_null(strstr(problem.text, "a restore was cut off"));
	assert_int_equal(put_back(&problem), OK);
	assert_false(was_finished);
	/* Behind: what is there gets its name. */
	assert_int_equal(file_make_dir(part, 0700), OK);
	assert_int_equal(file_rename(from, to), OK);
	assert_int_equal(file_write(mark, STR(""), 0600), OK);
	assert_int_equal(try_to_open(&problem), ERR_CONFLICT);
	assert_int_equal(put_back(&problem), OK);
	assert_true(was_finished);
	service_open(&s);
	assert_true(region_clicks(s.region) == 2);
}

/* Keys that are kept apart are laid beside the rest. */
static void test_no_keys(void **state)
{
	struct region_problem problem = {{0}};
	char keys[PATH_MAX], here[PATH_MAX];
	struct buf text;

	(void)state;
	assert_int_equal(file_path(keys, data_dir, "us1/token.keys"), OK);
	assert_int_equal(file_path(here, backup_dir, "us1/token.keys"), OK);
	buf_init(&text, TEXT_MAX);
	assert_int_equal(file_read(keys, &text), OK);
	back_up_well(false);
	assert_int_equal(access(here, F_OK), -1);
	lose();
	assert_int_equal(put_back(&problem), ERR_NOT_FOUND);
	assert_non_null(strstr(problem.text, "made without keys"));
	assert_int_equal(file_write(here, buf_view(&text), 0600), OK);
	assert_int_equal(put_back(&problem), OK);
	service_open(&s);
	(void)feed_tap(&s, tokens[0], STR(""), VERDICT_HUMAN);
	buf_deinit(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bad),
		TEST(test_cut_off),
		TEST(test_no_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
