/* What the click log and the tally cost: clicks of random tokens out of
 * 10,000,000, written through the click writer. The CPU of the thread that
 * pushes them is not counted. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "base/assert.h"
#include "micro.h"
#include "store/click_writer.h"
#include "store/segments.h"
#include "store/tally.h"

enum {
	TOKENS = 10000000,
	BOTH = 3,             /* times as many when both go on at once */
	ENTRIES = 32768,      /* on their way at once */
	REFILL = ENTRIES / 4, /* waited for together */
	AGENTS = 500,
	AGENT_MAX = 160,
	WAIT_MS_MAX = 60000,
	PACE = 200000,   /* clicks a second that must be possible */
	PACE_CLICKS = 64 /* pushed together */
};

static struct click_entry entries[ENTRIES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static size_t done_n; /* under lock */

static void done(void *arg, struct click_entry *const *batch, size_t n)
{
	(void)arg;
	for (size_t i = 0; i < n; i++)
		ASSERT(batch[i]->result == OK);
	ASSERT(pthread_mutex_lock(&lock) == 0);
	done_n += n;
	ASSERT(pthread_cond_signal(&changed) == 0);
	ASSERT(pthread_mutex_unlock(&lock) == 0);
}

/* Until all but left of n are on disk. */
static void await(size_t n, size_t left)
{
	ASSERT(pthread_mutex_lock(&lock) == 0);
	while (done_n + left < n)
		ASSERT(pthread_cond_wait(&changed, &lock) == 0);
	ASSERT(pthread_mutex_unlock(&lock) == 0);
}

static struct str agent_of(uint64_t r)
{
	static char agents[AGENTS][AGENT_MAX];
	char *agent = agents[r % AGENTS];

	if (!agent[0])
		(void)snprintf(agent, AGENT_MAX,
			"Mozilla/5.0 (Linux; Android 14; device %03u) "
			"AppleWebKit/537.36 (KHTML, like Gecko) "
			"Chrome/130.0.0.0 Mobile Safari/537.36 WhatsApp/2.24",
			(unsigned)(r % AGENTS));
	return str_from(agent);
}

static void fill(struct click_entry *e, uint64_t *random)
{
	uint64_t r = micro_random(random);

	*e = (struct click_entry){
		.click = {
			.at_ms = clock_wall_ms(&clock_system),
			.token = (uint64_t)1 << 48 | (1 + (r >> 20) % TOKENS),
			.account = (uint64_t)1 << 48 | (1 + r % 10),
			.link = (uint64_t)1 << 48 | (1 + r % 100),
			.target = CLICK_TARGET_OWN,
			.counted = true,
			.ip = {4, {203, 0, 113, 0}},
			.agent = agent_of(r),
			.language = STR("en-IN,en;q=0.9"),
		}};
}

/* Until click i is due. */
static void await_pace(uint64_t start, size_t i)
{
	uint64_t due = start + i * 1000000000 / PACE;
	struct timespec t = {.tv_sec = (time_t)(due / 1000000000),
		.tv_nsec = (long)(due % 1000000000)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) ==
		EINTR)
		;
}

static void push_all(
	struct click_writer *w, size_t n, bool paced, uint64_t *random)
{
	uint64_t start = clock_mono_ns(&clock_system);

	done_n = 0;
	for (size_t i = 0; i < n; i++) {
		struct click_entry *e = &entries[i % ENTRIES];

		if (paced && i % PACE_CLICKS == 0)
			await_pace(start, i);
		if (i >= ENTRIES && i % REFILL == 0)
			await(i, ENTRIES - REFILL);
		fill(e, random);
		ASSERT(click_writer_push(w, e) == OK);
	}
	await(n, 0);
}

struct watch {
	uint64_t wall, cpu, own;
};

static struct watch watch_start(void)
{
	return (struct watch){clock_mono_ns(&clock_system), micro_cpu_ns(),
		micro_thread_cpu_ns()};
}

/* with_own: this thread did the work. */
static void watch_stop(const struct watch *start, struct micro_row *row,
	size_t ops, bool with_own)
{
	struct watch now = watch_start();
	uint64_t cpu = now.cpu - start->cpu;

	if (!with_own)
		cpu -= now.own - start->own;
	micro_add(row, ops, cpu, now.wall - start->wall);
}

static struct click_writer *start(struct segments *s, struct tally *t)
{
	struct click_writer_options options = {
		.segments = s,
		.tally = t,
		.clock = &clock_system,
		.done = done,
	};
	struct click_writer *w;

	ASSERT(click_writer_start(&options, &w) == OK);
	return w;
}

struct log {
	struct segments *segments;
	struct tally *tally;
	struct click_writer *writer;
	uint64_t random;
};

static void run_log(struct micro *m, struct log *l)
{
	struct micro_row *row = micro_row(m, "log: a click, committed");

	for (unsigned i = 0; i < MICRO_ROUNDS; i++) {
		struct watch watch = watch_start();

		push_all(l->writer, m->clicks, false, &l->random);
		watch_stop(&watch, row, m->clicks, false);
	}
}

/* Of what run_log() left. */
static void run_tally(struct micro *m, struct log *l)
{
	struct micro_row *row = micro_row(m, "tally: a click, in one pass");
	struct watch watch = watch_start();

	ASSERT(tally_catch_up(l->tally) == OK);
	watch_stop(&watch, row, m->clicks * MICRO_ROUNDS, true);
}

static void run_both(
	struct micro *m, struct log *l, const char *name, bool paced)
{
	struct micro_row *row = micro_row(m, name);
	size_t clicks = m->clicks * BOTH;

	for (unsigned i = 0; i < MICRO_ROUNDS; i++) {
		struct watch watch = watch_start();
		uint64_t oldest, newest;

		push_all(l->writer, clicks, paced, &l->random);
		segments_range(l->segments, &oldest, &newest);
		ASSERT(tally_wait(l->tally, newest, WAIT_MS_MAX) == OK);
		watch_stop(&watch, row, clicks, false);
	}
}

static void run(struct micro *m, struct segments *segments, struct tally *t)
{
	struct log l = {.segments = segments,
		.tally = t,
		.writer = start(segments, t),
		.random = 88172645463325252};

	run_log(m, &l);
	run_tally(m, &l);
	ASSERT(tally_start(t) == OK);
	run_both(m, &l, "log and tally: a click, as fast as they come", false);
	run_both(m, &l, "log and tally: a click of 200,000 a second", true);
	click_writer_stop(l.writer);
}

void micro_clicks(struct micro *m, const char *dir)
{
	char clicks[PATH_MAX], tally_dir[PATH_MAX];
	struct segments_problem problem;
	struct segments_options so = {.dir = clicks, .shard = 1};
	struct tally_options to = {.dir = tally_dir, .clock = &clock_system};
	struct tally *t;

	ASSERT(snprintf(clicks, sizeof(clicks), "%s/clicks", dir) <
		(int)sizeof(clicks));
	ASSERT(snprintf(tally_dir, sizeof(tally_dir), "%s/tally", dir) <
		(int)sizeof(tally_dir));
	ASSERT(segments_open(&so, &to.segments, &problem) == OK);
	ASSERT(tally_open(&to, &t) == OK);
	run(m, to.segments, t);
	tally_close(t);
	segments_close(to.segments);
}
