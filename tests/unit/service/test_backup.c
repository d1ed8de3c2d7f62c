/* Backups of a running region, and what becomes of them when they are put back.
 */
#include "unit/service/backup_fixture.h"

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
	(void)snprintf(
		name, sizeof(name), "us1/clicks/%.*s/data.mdb", DAY_LEN, text);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_there_and_back),
		TEST(test_twice),
		TEST(test_again),
		TEST(test_left_out),
		TEST(test_in_the_way),
		TEST(test_paths),
		TEST(test_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
