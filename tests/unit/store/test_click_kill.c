#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "store/tally_check.h"
#include "unit/store/click_region.h"

/* A child process writes clicks and tells of each one that is on disk; it is
 * killed anywhere. Then everything that it told of must be there, once, and
 * uniques and tally must equal a recount. */
enum {
	ROUNDS = 20,
	TOLD_MAX = 3000, /* of a round, about */
	TOKENS = 4000,
	WINDOW = 300, /* clicks on their way */
	CLICKS_MAX = 1 << 18,
	READ_BYTES = 4096,
};

struct told {
	uint64_t sequence, token;
	bool counted, unique;
};

static struct region region;
static int told_fd;
static struct told told[CLICKS_MAX];
static size_t told_n;

/* In the child: the owner of an entry learns that it is on disk. */
static void tell(void *arg, struct click_entry *const *entries, size_t n)
{
	static struct told batch[WINDOW];
	size_t size = n * sizeof(batch[0]), done = 0;

	ASSERT(n <= WINDOW);
	for (size_t i = 0; i < n; i++) {
		const struct click_entry *e = entries[i];

		ASSERT(e->result == OK);
		batch[i] = (struct told){e->sequence, e->click.token,
			e->click.counted, e->click.unique};
	}
	while (done < size) {
		ssize_t wrote =
			write(told_fd, (const char *)batch + done, size - done);

		ASSERT(wrote > 0);
		done += (size_t)wrote;
	}
	region_done(arg, entries, n);
}

_Noreturn static void live(uint64_t seed)
{
	static struct click_entry entries[WINDOW];
	struct click_writer_options options = {
		.clock = &region.clock,
		.done = tell,
		.arg = &region,
		.interval_us = 300,
	};

	region.tally_interval_ms = 2;
	region.tally_batch = 200;
	ASSERT(region_open_log(&region) == OK);
	ASSERT(region_open_tally(&region) == OK);
	ASSERT(tally_start(region.tally) == OK);
	options.segments = region.segments;
	options.tally = region.tally;
	ASSERT(click_writer_start(&options, &region.writer) == OK);
	for (size_t i = 0;; i++) {
		struct click_entry *e = &entries[i % WINDOW];
		uint64_t token = 1 + region_random(&seed) % TOKENS;

		if (i >= WINDOW)
			region_await(&region, i - WINDOW + 1);
		if (i % 700 == 699) /* midnight */
			atomic_fetch_add(&region.wall_ms, MS_PER_DAY);
		*e = (struct click_entry){
			.click = region_click(&region, token)};
		e->click.counted = token % 4;
		e->click.agent = STR("agent");
		ASSERT(click_writer_push(region.writer, e) == OK);
	}
}

/* Reads what the child tells, killing it after so many. */
static void read_told(int fd, pid_t child, size_t enough)
{
	char *to = (char *)&told[told_n];
	size_t n = 0;
	bool is_killed = false;
	ssize_t got;

	while ((got = read(fd, to + n, READ_BYTES)) > 0) {
		n += (size_t)got;
		assert_true(told_n + n / sizeof(told[0]) < CLICKS_MAX / 2);
		if (!is_killed && n / sizeof(told[0]) >= enough) {
			assert_int_equal(kill(child, SIGKILL), 0);
			is_killed = true;
		}
	}
	assert_true(is_killed);
	told_n += n / sizeof(told[0]); /* a part of one was not told */
}

static void run_child(uint64_t seed, size_t enough)
{
	int status, fds[2];
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		(void)close(fds[0]);
		told_fd = fds[1];
		live(seed);
	}
	assert_int_equal(close(fds[1]), 0);
	read_told(fds[0], child, enough);
	assert_int_equal(close(fds[0]), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* The log holds all that was told, in order, and perhaps a little more: what
 * died before it could be told. */
static void check(void)
{
	struct counts want = {0}, got;
	static bool seen[TOKENS + 1];
	static struct tally_known known;
	struct click_reader r;
	struct click click;
	struct db_txn t;
	uint64_t sequence, before = 0;
	size_t at = 0;
	enum err e;

	memset(seen, 0, sizeof(seen));
	click_reader_init(&r, region.segments);
	while ((e = click_reader_next(&r, &sequence, &click)) == OK) {
		bool *s = &seen[click.token - REGION_TOKEN(0)];

		assert_true(sequence > before);
		before = sequence;
		assert_int_equal(click.unique, click.counted && !*s);
		*s |= click.counted;
		want.requests++;
		want.clicks += click.counted;
		want.unique_clicks += click.unique;
		assert_true(str_is(click.agent, "agent"));
		if (at == told_n || told[at].sequence != sequence)
			continue;
		assert_true(told[at].token == click.token &&
			    told[at].unique == click.unique);
		at++;
	}
	assert_int_equal(e, ERR_AGAIN);
	assert_int_equal(at, told_n);
	assert_int_equal(r.skipped, 0);
	click_reader_deinit(&r);
	assert_int_equal(tally_catch_up(region.tally), OK);
	assert_int_equal(db_reader_init(tally_env(region.tally), &t), OK);
	assert_int_equal(db_reader_renew(&t), OK);
	assert_int_equal(tally_totals(&t, &got), OK);
	assert_true(got.requests == want.requests &&
		    got.clicks == want.clicks &&
		    got.unique_clicks == want.unique_clicks);
	memset(&known, 0, sizeof(known));
	tally_known_begin(&known, &t);
	for (uint64_t token = 1; token <= TOKENS; token++) {
		bool is_seen;

		assert_int_equal(
			tally_seen(&t, &known, REGION_TOKEN(token), &is_seen),
			OK);
		assert_int_equal(is_seen, seen[token]);
	}
	db_reader_deinit(&t);
	assert_int_equal(
		counter_get(&tally_metrics(region.tally)->rebuilds), 0);
}

static void on_found(void *arg, const char *kind, const char *text)
{
	(void)arg;
	fail_msg("%s: %s", kind, text);
}

/* Every record of the tally is what the log adds up to, in every dimension,
 * wherever it stands. */
static void check_records(void)
{
	struct tally_options options = {.dir = region.tally_dir,
		.clock = &region.clock,
		.map_bytes = REGION_MAP};
	struct check c = {.found = on_found};
	struct tally_check result;

	assert_int_equal(region_open_log(&region), OK);
	options.segments = region.segments;
	assert_int_equal(tally_check(&options, temp_file(&region.temp, "again"),
				 &c, &result),
		OK);
	assert_false(result.is_missing);
	segments_close(region.segments);
	region.segments = NULL;
}

/* In the middle of the tally's nth transaction: all is put, nothing is
 * committed. */
static enum err die_at_commit(void *arg)
{
	unsigned *left = arg;

	if (--*left == 0)
		(void)raise(SIGKILL);
	return OK;
}

_Noreturn static void count_until_killed(unsigned nth)
{
	struct tally_options options = {.dir = region.tally_dir,
		.clock = &region.clock,
		.map_bytes = REGION_MAP,
		.batch_clicks = 50,
		.before_commit = die_at_commit,
		.arg = &nth};

	ASSERT(region_open_log(&region) == OK);
	options.segments = region.segments;
	ASSERT(tally_open(&options, &region.tally) == OK);
	ASSERT(tally_catch_up(region.tally) == OK);
	_exit(0); /* the log had no more */
}

static void test_kill_within_a_commit(void **state)
{
	static struct click_entry entries[2000];
	uint64_t random = 88172645463325252;
	int status = 1;

	(void)state;
	region_init(&region);
	region.without_tally_thread = true;
	region_open(&region);
	for (size_t i = 0; i < COUNT_OF(entries); i++) {
		entries[i].click = region_click(
			&region, 1 + region_random(&random) % TOKENS);
		entries[i].click.agent = i % 3 ? STR("agent") : STR("other");
	}
	region_write(&region, entries, COUNT_OF(entries));
	region_close(&region);
	for (unsigned round = 0; status; round++) {
		pid_t child = fork();

		assert_true(child >= 0 && round < 100);
		if (!child)
			count_until_killed(1 + round % 4);
		assert_int_equal(waitpid(child, &status, 0), child);
		check_records();
	}
	assert_int_equal(region_open_log(&region), OK);
	assert_int_equal(region_open_tally(&region), OK);
	assert_int_equal(counter_get(&tally_metrics(region.tally)->position),
		REGION_FIRST + COUNT_OF(entries) - 1);
	region_deinit(&region);
}

static void test_kill(void **state)
{
	uint64_t random = 88172645463325252;

	(void)state;
	region_init(&region);
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		run_child(round * 0x9e3779b97f4a7c15,
			region_random(&random) % TOLD_MAX);
		assert_int_equal(region_open_log(&region), OK);
		assert_int_equal(region_open_tally(&region), OK);
		/* Every other time the next child finds it behind. */
		if (round % 2)
			check();
		region_close(&region);
		check_records();
	}
	assert_int_equal(region_open_log(&region), OK);
	assert_int_equal(region_open_tally(&region), OK);
	check();
	region_deinit(&region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill),
		cmocka_unit_test(test_kill_within_a_commit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
