/* A region's click log, writer and tally in a temporary folder, with a wall
 * clock of the test's own, for the tests of store/click_* and store/tally. */
#pragma once

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/timestamp.h"
#include "store/click_reader.h"
#include "store/click_writer.h"
#include "store/segments.h"
#include "store/tally.h"
#include "support/cmocka.h"
#include "support/temp.h"

#define REGION_MAP      ((size_t)256 << 20)
#define REGION_SHARD    1
#define REGION_FIRST    (((uint64_t)REGION_SHARD << CLICK_SEQUENCE_BITS) + 1)
#define REGION_TOKEN(n) ((uint64_t)REGION_SHARD << 48 | (uint64_t)(n))

enum {
	REGION_DAY = 20780, /* at the start */
	REGION_WAIT_MS = 60000,
};

struct region {
	struct temp temp;
	char clicks_dir[PATH_MAX + 16];
	char tally_dir[PATH_MAX + 16];
	struct clock clock;
	_Atomic uint64_t wall_ms;
	struct segments *segments;
	struct tally *tally;
	struct click_writer *writer;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t done_n; /* entries, under lock */
	/* The fault hooks: so many commits fail from now on. */
	_Atomic(enum err) fault, tally_fault;
	atomic_int faults, tally_faults;
	atomic_size_t commits; /* asked of the writer's hook */
	/* Options of the next region_open(). */
	uint32_t tally_batch, tally_interval_ms;
	uint32_t interval_us;
	uint32_t overlay_max;
	size_t open_max;
	bool without_tally_thread;
	struct click_judge *judge; /* NULL: clicks as they come */
	void (*families)(
		void *arg, struct str agent, struct agent_families *to);
	uint64_t agents_max;
};

static inline uint64_t region_wall_ms(void *arg)
{
	return atomic_load(&((struct region *)arg)->wall_ms);
}

static inline uint64_t region_mono_ns(void *arg)
{
	(void)arg;
	return clock_mono_ns(&clock_system);
}

static inline void region_set_day(struct region *r, uint64_t day)
{
	atomic_store(&r->wall_ms, day_start_ms(day));
}

static inline void region_init(struct region *r)
{
	memset(r, 0, sizeof(*r));
	temp_init(&r->temp);
	(void)snprintf(r->clicks_dir, sizeof(r->clicks_dir), "%s/clicks",
		r->temp.path);
	(void)snprintf(
		r->tally_dir, sizeof(r->tally_dir), "%s/tally", r->temp.path);
	r->clock = (struct clock){region_wall_ms, region_mono_ns, r};
	region_set_day(r, REGION_DAY);
	assert_int_equal(pthread_mutex_init(&r->lock, NULL), 0);
	assert_int_equal(pthread_cond_init(&r->changed, NULL), 0);
}

CHECKED static inline enum err region_fault(
	atomic_int *left, _Atomic(enum err) *which)
{
	int n = atomic_load(left);

	while (n > 0)
		if (atomic_compare_exchange_weak(left, &n, n - 1))
			return atomic_load(which);
	return OK;
}

CHECKED static inline enum err region_before_commit(void *arg)
{
	struct region *r = arg;

	atomic_fetch_add(&r->commits, 1);
	return region_fault(&r->faults, &r->fault);
}

CHECKED static inline enum err region_before_tally(void *arg)
{
	struct region *r = arg;

	return region_fault(&r->tally_faults, &r->tally_fault);
}

static inline void region_done(
	void *arg, struct click_entry *const *entries, size_t n)
{
	struct region *r = arg;

	(void)entries;
	assert_int_equal(pthread_mutex_lock(&r->lock), 0);
	r->done_n += n;
	assert_int_equal(pthread_cond_broadcast(&r->changed), 0);
	assert_int_equal(pthread_mutex_unlock(&r->lock), 0);
}

CHECKED static inline enum err region_open_log(struct region *r)
{
	struct segments_problem problem;
	struct segments_options options = {
		.dir = r->clicks_dir,
		.shard = REGION_SHARD,
		.map_bytes = REGION_MAP,
		.open_max = r->open_max,
	};

	return segments_open(&options, &r->segments, &problem);
}

CHECKED static inline enum err region_open_tally(struct region *r)
{
	struct tally_options options = {
		.dir = r->tally_dir,
		.segments = r->segments,
		.clock = &r->clock,
		.map_bytes = REGION_MAP,
		.batch_clicks = r->tally_batch,
		.interval_ms = r->tally_interval_ms,
		.families = r->families,
		.agents_max = r->agents_max,
		.before_commit = region_before_tally,
		.arg = r,
	};

	return tally_open(&options, &r->tally);
}

static inline void region_start_writer(struct region *r)
{
	struct click_writer_options options = {
		.segments = r->segments,
		.tally = r->tally,
		.clock = &r->clock,
		.judge = r->judge,
		.done = region_done,
		.arg = r,
		.interval_us = r->interval_us,
		.overlay_max = r->overlay_max,
		.before_commit = region_before_commit,
		.fault_arg = r,
	};

	assert_int_equal(click_writer_start(&options, &r->writer), OK);
}

static inline void region_open(struct region *r)
{
	assert_int_equal(region_open_log(r), OK);
	assert_int_equal(region_open_tally(r), OK);
	if (!r->without_tally_thread)
		assert_int_equal(tally_start(r->tally), OK);
	region_start_writer(r);
}

static inline void region_close(struct region *r)
{
	click_writer_stop(r->writer);
	tally_close(r->tally);
	segments_close(r->segments);
	r->writer = NULL;
	r->tally = NULL;
	r->segments = NULL;
}

static inline void region_deinit(struct region *r)
{
	region_close(r);
	temp_deinit(&r->temp);
	assert_int_equal(pthread_mutex_destroy(&r->lock), 0);
	assert_int_equal(pthread_cond_destroy(&r->changed), 0);
}

static inline void region_push(struct region *r, struct click_entry *entry)
{
	enum err e;

	while ((e = click_writer_push(r->writer, entry)) == ERR_FULL)
		sched_yield();
	assert_int_equal(e, OK);
}

/* Until so many entries in all were decided. */
static inline void region_await(struct region *r, size_t done_n)
{
	assert_int_equal(pthread_mutex_lock(&r->lock), 0);
	while (r->done_n < done_n)
		assert_int_equal(pthread_cond_wait(&r->changed, &r->lock), 0);
	assert_int_equal(pthread_mutex_unlock(&r->lock), 0);
}

static inline size_t region_done_n(struct region *r)
{
	size_t n;

	assert_int_equal(pthread_mutex_lock(&r->lock), 0);
	n = r->done_n;
	assert_int_equal(pthread_mutex_unlock(&r->lock), 0);
	return n;
}

/* Pushes them all and waits until they are decided; no other pushes. */
static inline void region_write(
	struct region *r, struct click_entry *entries, size_t n)
{
	size_t before = region_done_n(r);

	for (size_t i = 0; i < n; i++)
		region_push(r, &entries[i]);
	region_await(r, before + n);
}

static inline uint64_t region_newest(struct region *r)
{
	uint64_t oldest, newest;

	segments_range(r->segments, &oldest, &newest);
	return newest;
}

static inline void region_await_tally(struct region *r)
{
	assert_int_equal(
		tally_wait(r->tally, region_newest(r), REGION_WAIT_MS), OK);
}

static inline struct click region_click(struct region *r, uint64_t token)
{
	return (struct click){
		.at_ms = atomic_load(&r->wall_ms) + token % 86400000,
		.token = REGION_TOKEN(token),
		.account = REGION_TOKEN(1 + token % 7),
		.link = token % 5 ? REGION_TOKEN(token % 5) : 0,
		.campaign = token % 3 ? REGION_TOKEN(token % 3) : 0,
		.nonce = (uint32_t)token,
		.target = CLICK_TARGET_OWN,
		.counted = true,
	};
}

/* xorshift: the same clicks in every run. */
static inline uint64_t region_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}
