#include "unit/service/erase_fixture.h"

enum {
	DAYS = 7,
	A_DAY = 50, /* clicks */
};

static uint64_t token;

static int setup(void **state)
{
	(void)state;
	service_init(&s);
	erase_begin();
	token = service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");
	for (int day = 0; day < DAYS; day++) {
		for (int i = 0; i < A_DAY; i++)
			(void)feed_tap(&s, token, STR(""), VERDICT_HUMAN);
		if (day + 1 < DAYS)
			atomic_fetch_add(&service_wall, MS_PER_DAY);
	}
	return 0;
}

static size_t segments_n(void)
{
	return segments_list(s.region->segments, NULL, 0);
}

static struct counts totals(void)
{
	struct counts counts;
	enum err e;

	views_reset(&s.views);
	assert_int_equal(tally_totals(view_tally(s.view, &e), &counts), OK);
	views_reset(&s.views);
	return counts;
}

static void await_tally(void)
{
	uint64_t oldest, newest;

	segments_range(s.region->segments, &oldest, &newest);
	assert_int_equal(tally_wait(s.region->tally, newest, 60000), OK);
}

static void check_totals(void)
{
	struct counts c;

	await_tally();
	c = totals();
	assert_true(c.requests == DAYS * A_DAY && c.clicks == DAYS * A_DAY &&
		    c.unique_clicks == 1);
}

static void test_for_ever(void **state)
{
	(void)state;
	atomic_fetch_add(&service_wall, 1000 * (uint64_t)MS_PER_DAY);
	erase_turn_all();
	assert_int_equal(segments_n(), DAYS);
}

/* Two a day, whatever either clock says, and not the newest. */
static void test_two_a_day(void **state)
{
	uint64_t oldest_after, newest;

	(void)state;
	s.region->settings.retention_max_ms = 3 * (uint64_t)MS_PER_DAY;
	erase_turn_all();
	/* Days 0 to 2 are wholly older than three days... not yet: 0 to 2. */
	assert_int_equal(segments_n(), DAYS - 2);
	erase_turn_all();
	assert_int_equal(segments_n(), DAYS - 2);
	/* The wall clock alone does not allow more... */
	atomic_fetch_add(&service_wall, 100 * (uint64_t)MS_PER_DAY);
	erase_turn_all();
	assert_int_equal(segments_n(), DAYS - 2);
	/* ...but for a new start, at which two more may go, on another day. */
	erase_reopen();
	s.region->settings.retention_max_ms = 3 * (uint64_t)MS_PER_DAY;
	erase_turn_all();
	assert_int_equal(segments_n(), DAYS - 4);
	erase_reopen();
	s.region->settings.retention_max_ms = 3 * (uint64_t)MS_PER_DAY;
	erase_turn_all();
	assert_int_equal(segments_n(), DAYS - 4);
	feed_range(s.view, &oldest_after, &newest);
	assert_true(newest - oldest_after == (DAYS - 4) * A_DAY);
	check_totals();
	/* The token is not unique again. */
	(void)feed_tap(&s, token, STR(""), VERDICT_HUMAN);
	await_tally();
	assert_true(totals().unique_clicks == 1 &&
		    totals().requests == DAYS * A_DAY + 1);
}

/* A day that cannot be read does not keep the one before it, nor itself; what
 * was counted of it stays counted. */
static void test_damaged_second(void **state)
{
	char path[2 * PATH_MAX];
	struct segment_info list[DAYS];

	(void)state;
	await_tally();
	assert_int_equal(segments_list(s.region->segments, list, DAYS), DAYS);
	assert_int_equal(
		segments_path(s.region->segments, list[1].day, "", path), OK);
	upkeep_deinit(&upkeep);
	service_close(&s);
	{
		char file[3 * PATH_MAX];
		FILE *f;

		(void)snprintf(file, sizeof(file), "%s/data.mdb", path);
		f = fopen(file, "r+");
		assert_non_null(f);
		for (int i = 0; i < 8192; i++)
			assert_true(fputc('x', f) == 'x');
		assert_int_equal(fclose(f), 0);
	}
	service_open(&s);
	erase_begin();
	assert_int_equal(segments_list(s.region->segments, list, DAYS), DAYS);
	assert_int_not_equal(list[1].err, OK);
	s.region->settings.retention_max_ms = 3 * (uint64_t)MS_PER_DAY;
	erase_turn_all();
	assert_int_equal(segments_n(), DAYS - 2);
	check_totals();
}

static void test_newest_stays(void **state)
{
	(void)state;
	s.region->settings.retention_max_ms = 1;
	for (int i = 0; i < DAYS; i++) {
		atomic_fetch_add(&service_wall, MS_PER_DAY);
		erase_reopen();
		s.region->settings.retention_max_ms = 1;
		erase_turn_all();
	}
	assert_int_equal(segments_n(), 1);
	check_totals();
}

static void die(void *arg, enum upkeep_step step)
{
	if (step == *(const enum upkeep_step *)arg)
		(void)kill(getpid(), SIGKILL);
}

/* Killed before and after a segment went, counters are what they were. */
static void test_kill(void **state)
{
	static const enum upkeep_step steps[] = {
		UPKEEP_FOLDED, UPKEEP_DROPPED, UPKEEP_FOLDED, UPKEEP_DROPPED};

	(void)state;
	upkeep_deinit(&upkeep);
	service_close(&s);
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		int status;
		pid_t child;

		atomic_fetch_add(&service_wall, 10 * (uint64_t)MS_PER_DAY);
		child = fork();
		assert_true(child >= 0);
		if (!child) {
			enum upkeep_step step = steps[i];
			uint64_t due_ms;

			service_open(&s);
			erase_begin();
			s.region->settings.retention_max_ms = MS_PER_DAY;
			upkeep.at_step = die;
			upkeep.step_arg = &step;
			_exit(upkeep_turn(&upkeep, &due_ms) ? 1 : 2);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		service_open(&s);
		assert_int_equal(segments_n(), DAYS - (i + 1) / 2);
		check_totals();
		/* A tally that is built anew begins with the base. */
		if (i == 3)
			tally_report_damage(s.region->tally);
		check_totals();
		service_close(&s);
	}
	service_open(&s);
	erase_begin();
}

#define RETENTION(f) cmocka_unit_test_setup_teardown(f, setup, erase_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RETENTION(test_for_ever),
		RETENTION(test_two_a_day),
		RETENTION(test_damaged_second),
		RETENTION(test_newest_stays),
		RETENTION(test_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
