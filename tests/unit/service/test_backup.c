/* A backup of a running region, and what becomes of it when it is put back. */
#include "service/backup.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "core/timestamp.h"
#include "service/cursor.h"
#include "service/feed_place.h"
#include "service/restore.h"
#include "unit/service/feed_fixture.h"

enum {
	TEXT_MAX = 1 << 20,
	WAIT_STEPS = 6000,
	TOKENS = 50,
};

static struct service s;
static uint64_t tokens[TOKENS];
static uint64_t last_click;
static bool was_finished; /* by the last put_back() */
static char backup_dir[PATH_MAX], data_dir[PATH_MAX];

static void note(void *arg, uint64_t bytes)
{
	*(uint64_t *)arg += bytes;
}

static int setup(void **state)
{
	(void)state;
	service_init(&s);
	assert_int_equal(file_path(backup_dir, s.temp.path, "backup"), OK);
	assert_int_equal(file_path(data_dir, s.temp.path, "data"), OK);
	for (size_t i = 0; i < TOKENS; i++)
		tokens[i] = service_mint(&s, s.account,
			"{\"destination\":\"https://a.example/\","
			"\"recipient\":\"user-1\"}");
	last_click = feed_tap(&s, tokens[0], STR(""), VERDICT_HUMAN);
	atomic_fetch_add(&service_wall, MS_PER_DAY);
	last_click = feed_tap(&s, tokens[1], STR(""), VERDICT_HUMAN);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	service_deinit(&s);
	return 0;
}

/* To its end. */
static void back_up(bool with_keys, struct backup_status *status)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	struct backup *b;
	size_t steps = 0;

	assert_int_equal(
		backup_new(&(struct backup_options){s.regions, "1"}, &b), OK);
	assert_int_equal(backup_start(b, str_from(backup_dir), with_keys), OK);
	do {
		backup_get_status(b, status);
		(void)nanosleep(&pause, NULL);
	} while (status->state == BACKUP_RUNNING && steps++ < WAIT_STEPS);
	backup_free(b);
}

static void back_up_well(bool with_keys)
{
	struct backup_status status;

	back_up(with_keys, &status);
	if (status.state != BACKUP_DONE)
		fail_msg("%s", status.problem);
	assert_true(status.written > 0 && status.left_out == 0);
}

/* The region is gone, and nobody serves. */
static void lose(void)
{
	char path[PATH_MAX];

	service_close(&s);
	assert_int_equal(file_path(path, data_dir, "us1"), OK);
	assert_int_equal(file_remove_tree(path), OK);
}

static enum err put_back(struct region_problem *problem)
{
	static struct restore_result result;
	struct regions_settings settings = {
		.regions = s.settings,
		.regions_n = COUNT_OF(s.settings),
		.data_dir = data_dir,
		.clock = &s.clock,
		.clicks_done = service_clicks_done,
	};
	uint64_t bytes = 0;
	const struct restore_options options = {.from = backup_dir,
		.settings = &settings,
		.note = note,
		.arg = &bytes};
	enum err e = restore_backup(&options, &result, problem);
	struct stat st;
	char path[PATH_MAX];

	/* Whatever came of it. */
	assert_int_equal(file_path(path, data_dir, REGIONS_RESTORE_PART), OK);
	assert_int_equal(stat(path, &st), -1);
	was_finished = result.is_finished;
	if (!e) {
		assert_int_equal(result.regions_n, 1);
		assert_string_equal(result.regions[0].name, "us1");
		assert_true(bytes > 0 || was_finished);
	}
	return e;
}

static enum err place(uint64_t sequence)
{
	const struct cursor c = {.sequence = sequence};
	struct problem problem = {0};
	char text[CURSOR_LEN];
	uint64_t after;

	cursor_write(s.view, s.account, &c, text);
	return feed_place(s.view, s.account, str_make(text, sizeof(text)),
		&after, &problem);
}

static void test_there_and_back(void **state)
{
	struct region_problem problem = {{0}};
	uint64_t token, click, n;

	(void)state;
	back_up_well(true);
	/* What comes after it is lost. */
	(void)service_mint(
		&s, s.account, "{\"destination\":\"https://b.example/\"}");
	click = feed_tap(&s, tokens[2], STR(""), VERDICT_HUMAN);
	assert_true(click == last_click + 1);
	lose();
	assert_int_equal(put_back(&problem), OK);
	service_open(&s);
	assert_true(region_clicks(s.region) == 2);
	assert_int_equal(lookup_tokens_numbered(s.view, &n), OK);
	assert_true(n == TOKENS);
	assert_int_equal(place(last_click), OK);
	assert_int_equal(place(last_click + 1), ERR_NOT_FOUND);
	/* And nothing is given out again. */
	token = service_mint(
		&s, s.account, "{\"destination\":\"https://c.example/\"}");
	assert_true(token >= tokens[TOKENS - 1] + RESTORE_SKIP);
	click = feed_tap(&s, tokens[2], STR(""), VERDICT_HUMAN);
	assert_true(click >= last_click + RESTORE_SKIP);
	assert_int_equal(place(click), OK);
	assert_true(region_clicks(s.region) == 3);
	assert_int_equal(lookup_tokens_numbered(s.view, &n), OK);
	assert_true(n == TOKENS + 1);
	assert_true(service_account(&s, "other") >= RESTORE_SKIP);
}

/* By more than one of them gives out in a test. */
static bool are_apart(uint64_t a, uint64_t b)
{
	return a > b + 10000 || b > a + 10000;
}

/* The same one twice: what the first history gave out is not given again. */
static void test_twice(void **state)
{
	struct region_problem problem = {{0}};
	uint64_t token, click, other;

	(void)state;
	back_up_well(true);
	lose();
	assert_int_equal(put_back(&problem), OK);
	service_open(&s);
	token = service_mint(
		&s, s.account, "{\"destination\":\"https://c.example/\"}");
	click = feed_tap(&s, tokens[2], STR(""), VERDICT_HUMAN);
	atomic_fetch_add(&service_wall, 60000);
	lose();
	assert_int_equal(put_back(&problem), OK);
	service_open(&s);
	other = service_mint(
		&s, s.account, "{\"destination\":\"https://c.example/\"}");
	assert_true(are_apart(other, token));
	other = feed_tap(&s, tokens[2], STR(""), VERDICT_HUMAN);
	assert_true(are_apart(other, click));
	/* Behind what is kept, but for one chance in millions. */
	assert_int_equal(place(click), ERR_NOT_FOUND);
}

/* A backup of what was put back has its history. */
static void test_again(void **state)
{
	struct region_problem problem = {{0}};
	uint64_t click;

	(void)state;
	back_up_well(true);
	lose();
	assert_int_equal(put_back(&problem), OK);
	service_open(&s);
	click = feed_tap(&s, tokens[2], STR(""), VERDICT_HUMAN);
	assert_int_equal(file_remove_tree(backup_dir), OK);
	back_up_well(true);
	lose();
	assert_int_equal(put_back(&problem), OK);
	service_open(&s);
	assert_int_equal(s.region->restores.n, 2);
	assert_int_equal(place(last_click + 1), ERR_NOT_FOUND);
	assert_int_equal(place(click), OK);
	assert_int_equal(place(click + 1), ERR_NOT_FOUND);
	assert_true(region_clicks(s.region) == 3);
}

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

/* One of several days that cannot be read does not keep the rest from being
 * copied. */
static void test_left_out(void **state)
{
	struct region_problem problem = {{0}};
	struct backup_status status;
	char path[PATH_MAX], name[64], text[DAY_LEN];

	(void)state;
	service_close(&s);
	day_write(text, (service_now() - MS_PER_DAY) / MS_PER_DAY);
	(void)snprintf(name, sizeof(name), "us1/clicks/%.*s/data.mdb", DAY_LEN,
		text);
	assert_int_equal(file_path(path, data_dir, name), OK);
	assert_int_equal(truncate(path, 5000), 0);
	service_open(&s);
	back_up(true, &status);
	assert_int_equal(status.state, BACKUP_DONE);
	assert_true(status.left_out == 1);
	lose();
	assert_int_equal(put_back(&problem), OK);
	service_open(&s);
	assert_true(region_clicks(s.region) == 1);
	(void)feed_tap(&s, tokens[1], STR(""), VERDICT_HUMAN);
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

/* What is in the way stays. */
static void test_in_the_way(void **state)
{
	struct backup_status status;
	char part[PATH_MAX];

	(void)state;
	assert_int_equal(
		file_path(part, s.temp.path, "backup" BACKUP_PART), OK);
	assert_int_equal(file_make_dir(part, 0700), OK);
	back_up(true, &status);
	assert_int_equal(status.state, BACKUP_FAILED);
	assert_non_null(strstr(status.problem, "cut off"));
	assert_int_equal(rmdir(part), 0);
	back_up_well(true);
	back_up(true, &status);
	assert_int_equal(status.state, BACKUP_FAILED);
	assert_non_null(strstr(status.problem, "is there already"));
	assert_int_equal(file_path(backup_dir, s.temp.path, "none/backup"), OK);
	back_up(true, &status);
	assert_int_equal(status.state, BACKUP_FAILED);
	assert_non_null(strstr(status.problem, "No such file"));
}

static void test_paths(void **state)
{
	static const char *const none[] = {"", "/", "//", "relative", "./x"};
	struct backup *b;

	(void)state;
	assert_int_equal(
		backup_new(&(struct backup_options){s.regions, "1"}, &b), OK);
	for (size_t i = 0; i < COUNT_OF(none); i++)
		assert_int_equal(
			backup_start(b, str_from(none[i]), true), ERR_INVALID);
	backup_free(b);
	backup_free(NULL);
}

/* It waits for others' work on the whole, and can be stopped meanwhile. */
static void test_stopped(void **state)
{
	char part[PATH_MAX];
	struct backup *b;
	struct stat st;

	(void)state;
	assert_int_equal(pthread_mutex_lock(&s.region->upkeep), 0);
	assert_int_equal(
		backup_new(&(struct backup_options){s.regions, "1"}, &b), OK);
	assert_int_equal(backup_start(b, str_from(backup_dir), true), OK);
	assert_int_equal(backup_start(b, str_from(backup_dir), true), ERR_BUSY);
	backup_free(b);
	assert_int_equal(pthread_mutex_unlock(&s.region->upkeep), 0);
	assert_int_equal(
		file_path(part, s.temp.path, "backup" BACKUP_PART), OK);
	assert_int_equal(stat(part, &st), -1);
	assert_int_equal(stat(backup_dir, &st), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_there_and_back),
		TEST(test_twice),
		TEST(test_again),
		TEST(test_bad),
		TEST(test_left_out),
		TEST(test_cut_off),
		TEST(test_no_keys),
		TEST(test_in_the_way),
		TEST(test_paths),
		TEST(test_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
