#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/store/rewrite_fixture.h"

/* A child dies at a step; what it leaves is the old segment or the new one, and
 * nothing else once the log was opened. */
static void die_at(void *arg, enum rewrite_step step)
{
	const enum rewrite_step *at = arg;

	if (step == *at)
		(void)kill(getpid(), SIGKILL);
}

static size_t folders_n(void)
{
	DIR *d = opendir(region.clicks_dir);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	assert_int_equal(closedir(d), 0);
	return n - 2;
}

static void run_child(enum rewrite_step at, uint64_t day)
{
	struct segment_rewrite_counts counts;
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child) {
		struct segment_rewrite_options options;

		region_open(&region);
		options = options_of(NULL);
		options.at_step = die_at;
		options.step_arg = &at;
		_exit(segment_rewrite(&options, day, &counts) ? 1 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void test_kill(void **state)
{
	struct segment_rewrite_options options;
	struct segment_rewrite_counts counts;
	uint64_t n = MANY;

	(void)state;
	for (uint64_t day = REGION_DAY; day < REGION_DAY + 2; day++) {
		region_set_day(&region, day);
		region_open(&region);
		write_clicks(TOKENS * 100);
		region_close(&region);
	}
	n = 2 * TOKENS * 100;
	for (int sealed = 0; sealed < 2; sealed++)
		for (int step = 0; step < REWRITE_STEPS; step++) {
			uint64_t day = REGION_DAY + !sealed;
			struct click_reader r;
			struct click got;
			uint64_t at, sequence, erased = 0;

			run_child((enum rewrite_step)step, day);
			region_open(&region);
			assert_int_equal(folders_n(), 2);
			click_reader_init(&r, region.segments);
			for (at = 0; at < n; at++) {
				assert_int_equal(
					click_reader_next(&r, &sequence, &got),
					OK);
				assert_true(sequence == REGION_FIRST + at);
				erased += got.erased;
			}
			click_reader_deinit(&r);
			assert_true(
				erased ==
				(uint64_t)100 *
					(sealed + (step == REWRITE_EXCHANGED)));
			region_close(&region);
		}
	region_open(&region);
	options = options_of(NULL);
	assert_int_equal(segment_rewrite(&options, REGION_DAY, &counts), OK);
	assert_int_equal(counts.changed, 0);
	sweep();
	check(n, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kill, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
