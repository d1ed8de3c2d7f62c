/* What the click log and the tally cost: clicks of random tokens, written
 * through the click writer into a folder given as the only argument, which
 * must be empty. Prints clicks a second and CPU a click: the log alone, the
 * tally alone, and both at once. */
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/assert.h"
#include "store/click_writer.h"
#include "store/segments.h"
#include "store/tally.h"

enum {
	TOKENS = 10000000,
	CLICKS_ALONE = 900000, /* the overlay holds them without the tally */
	CLICKS_BOTH = 5000000,
	ENTRIES = 32768, /* on their way at once */
	AGENTS = 500,
};

static atomic_size_t done_n;
static struct click_entry entries[ENTRIES];

static void done(void *arg, struct click_entry *const *batch, size_t n)
{
	(void)arg;
	for (size_t i = 0; i < n; i++)
		ASSERT(batch[i]->result == OK);
	atomic_fetch_add(&done_n, n);
}

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint64_t cpu_us(void)
{
	struct rusage u;

	ASSERT(getrusage(RUSAGE_SELF, &u) == 0);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void fill(struct click_entry *e, uint64_t *random)
{
	static char agents[AGENTS][160];
	uint64_t r = random_next(random);
	char *agent = agents[r % AGENTS];
	int n = 150;

	if (!agent[0])
		n = snprintf(agent, sizeof(agents[0]),
			"Mozilla/5.0 (Linux; Android 14; device %03u) "
			"AppleWebKit/537.36 (KHTML, like Gecko) "
			"Chrome/130.0.0.0 Mobile Safari/537.36 WhatsApp/2.24",
			(unsigned)(r % AGENTS));
	*e = (struct click_entry){
		.click = {
			.at_ms = clock_wall_ms(&clock_system),
			.token = (uint64_t)1 << 48 | (1 + (r >> 20) % TOKENS),
			.account = (uint64_t)1 << 48 | (1 + r % 10),
			.link = (uint64_t)1 << 48 | (1 + r % 100),
			.target = CLICK_TARGET_OWN,
			.counted = true,
			.ip = {4, {203, 0, 113, 0}},
			.language = STR("en-IN,en;q=0.9"),
		}};
	e->click.agent = str_make(agent, (size_t)n > 150 ? 150 : (size_t)n);
}

static void push_all(struct click_writer *w, size_t n, uint64_t *random)
{
	atomic_store(&done_n, 0);
	for (size_t i = 0; i < n; i++) {
		struct click_entry *e = &entries[i % ENTRIES];

		while (i >= ENTRIES && atomic_load(&done_n) + ENTRIES <= i)
			sched_yield();
		fill(e, random);
		ASSERT(click_writer_push(w, e) == OK);
	}
	while (atomic_load(&done_n) < n)
		sched_yield();
}

static void report(const char *what, size_t n, uint64_t wall_ns, uint64_t cpu)
{
	printf("%-12s clicks=%zu clicks_per_s=%" PRIu64
	       " cpu_us_per_click=%.3f\n",
		what, n, (uint64_t)n * 1000000000 / (wall_ns ? wall_ns : 1),
		(double)cpu / (double)n);
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

int main(int argc, char **argv)
{
	char clicks[PATH_MAX], tally_dir[PATH_MAX];
	struct segments_problem problem;
	struct segments_options so = {.dir = clicks, .shard = 1};
	struct tally_options to = {.dir = tally_dir, .clock = &clock_system};
	uint64_t random = 88172645463325252, wall, cpu, oldest, newest;
	struct click_writer *w;
	struct tally *t;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: micro_clicks EMPTY-FOLDER\n");
		return 2;
	}
	(void)snprintf(clicks, sizeof(clicks), "%s/clicks", argv[1]);
	(void)snprintf(tally_dir, sizeof(tally_dir), "%s/tally", argv[1]);
	ASSERT(segments_open(&so, &to.segments, &problem) == OK);
	ASSERT(tally_open(&to, &t) == OK);
	w = start(to.segments, t);
	wall = clock_mono_ns(&clock_system);
	cpu = cpu_us();
	push_all(w, CLICKS_ALONE, &random);
	report("log", CLICKS_ALONE, clock_mono_ns(&clock_system) - wall,
		cpu_us() - cpu);
	wall = clock_mono_ns(&clock_system);
	cpu = cpu_us();
	ASSERT(tally_catch_up(t) == OK);
	report("tally", CLICKS_ALONE, clock_mono_ns(&clock_system) - wall,
		cpu_us() - cpu);
	ASSERT(tally_start(t) == OK);
	wall = clock_mono_ns(&clock_system);
	cpu = cpu_us();
	push_all(w, CLICKS_BOTH, &random);
	segments_range(to.segments, &oldest, &newest);
	ASSERT(tally_wait(t, newest, 60000) == OK);
	report("log+tally", CLICKS_BOTH, clock_mono_ns(&clock_system) - wall,
		cpu_us() - cpu);
	printf("bytes_per_click=%.1f tally_transactions=%" PRIu64 "\n",
		(double)counter_get(&click_writer_metrics(w)->bytes) /
			(double)(CLICKS_ALONE + CLICKS_BOTH),
		counter_get(&tally_metrics(t)->transactions));
	click_writer_stop(w);
	tally_close(t);
	segments_close(to.segments);
	return 0;
}
