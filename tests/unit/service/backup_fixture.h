/* A service with tokens and clicks of two days, its backup, and the way back,
 * for test_backup.c and test_restore.c. */
#pragma once

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "core/timestamp.h"
#include "service/backup.h"
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

static inline void note(void *arg, uint64_t bytes)
{
	*(uint64_t *)arg += bytes;
}

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
	(void)state;
	service_deinit(&s);
	return 0;
}

/* To its end. */
static inline void back_up(bool with_keys, struct backup_status *status)
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

static inline void back_up_well(bool with_keys)
{
	struct backup_status status;

	back_up(with_keys, &status);
	if (status.state != BACKUP_DONE)
		fail_msg("%s", status.problem);
	assert_true(status.written > 0 && status.left_out == 0);
}

/* The region is gone, and nobody serves. */
static inline void lose(void)
{
	char path[PATH_MAX];

	service_close(&s);
	assert_int_equal(file_path(path, data_dir, "us1"), OK);
	assert_int_equal(file_remove_tree(path), OK);
}

CHECKED static inline enum err put_back(struct region_problem *problem)
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

CHECKED static inline enum err place(uint64_t sequence)
{
	const struct cursor c = {.sequence = sequence};
	struct problem problem = {0};
	char text[CURSOR_LEN];
	uint64_t after;

	cursor_write(s.view, s.account, &c, text);
	return feed_place(s.view, s.account, str_make(text, sizeof(text)),
		&after, &problem);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
