#include "store/tally.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/file.h"
#include "core/timestamp.h"
#include "store/tally_state.h"
#include "store/tally_tables.h"

static const uint64_t commit_bounds_us[] = {100, 200, 500, 1000, 2000, 5000,
	10000, 20000, 50000, 100000, 200000, 500000, 1000000, 5000000};

/* What the log still has begins here. */
static uint64_t log_begins_ms(struct tally *t)
{
	struct segment_info oldest;

	if (segments_list(t->options.segments, &oldest, 1))
		return day_start_ms(oldest.day);
	return clock_wall_ms(t->options.clock);
}

enum err tally_begin_anew(struct tally *t)
{
	bool lost = false;
	enum err e = tally_rebuild(t->env, log_begins_ms(t), &t->known, &lost);

	if (e)
		return e;
	if (lost)
		atomic_store(&t->lost_base, true);
	t->was_rebuilt = true;
	counter_add(&t->metrics.rebuilds, 1);
	atomic_store(&t->is_damaged, false);
	return OK;
}

/* Puts what cannot be opened aside, for people to look at. */
static enum err put_aside(struct tally *t)
{
	char aside[PATH_MAX];
	int n = snprintf(aside, sizeof(aside), "%s.damaged", t->dir);
	enum err e;

	if (n < 0 || (size_t)n >= sizeof(aside))
		return ERR_TOO_LONG;
	e = file_remove_dir(aside);
	if (e && e != ERR_NOT_FOUND)
		return e;
	return file_rename(t->dir, aside);
}

/* A new one, which knows nothing of segments that are gone. */
static enum err create(struct tally *t)
{
	const uint64_t first = 1; /* of a log that has lost nothing */
	uint64_t oldest, newest;
	bool lost;
	enum err e;

	segments_range(t->options.segments, &oldest, &newest);
	lost = (oldest & (((uint64_t)1 << CLICK_SEQUENCE_BITS) - 1)) > first;
	e = tally_create_env(
		t->dir, t->options.map_bytes, lost ? log_begins_ms(t) : 0);
	if (e)
		return e;
	atomic_store(&t->lost_base, lost);
	return tally_open_env(t->dir, t->options.map_bytes, &t->env);
}

static enum err open_env(struct tally *t)
{
	enum err e = tally_open_env(t->dir, t->options.map_bytes, &t->env);

	if (e == ERR_CORRUPT) {
		e = put_aside(t);
		if (!e)
			e = ERR_NOT_FOUND;
	}
	return e == ERR_NOT_FOUND ? create(t) : e;
}

/* Reads where it stands and, if it cannot be gone on with, clears it. */
static enum err check(struct tally *t)
{
	struct tally_state state = {0}, base = {0};
	uint64_t oldest, newest;
	struct db_txn txn;
	enum err e = db_reader_init(t->env, &txn), base_err = OK;

	if (e)
		return e;
	e = db_reader_renew(&txn);
	if (!e) {
		base_err = tally_get_state(&txn, true, &base);
		e = tally_get_state(&txn, false, &state);
		t->known = state;
		counter_set(&t->metrics.agents, db_count(&txn, TALLY_AGENTS));
	}
	db_reader_deinit(&txn);
	if (e && e != ERR_NOT_FOUND && e != ERR_CORRUPT)
		return e;
	if (base_err && base_err != ERR_NOT_FOUND && base_err != ERR_CORRUPT)
		return base_err;
	segments_range(t->options.segments, &oldest, &newest);
	segments_skip_to(t->options.segments, state.position);
	segments_skip_to(t->options.segments, base.position);
	/* Ahead of the log: the log has lost its end. */
	if (e || base_err || state.position > newest)
		return tally_begin_anew(t);
	t->position = state.position;
	counter_set(&t->metrics.position, t->position);
	return OK;
}

static void init_sync(struct tally *t)
{
	pthread_condattr_t attr;

	ASSERT(pthread_condattr_init(&attr) == 0);
	ASSERT(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
	ASSERT(pthread_cond_init(&t->wake, &attr) == 0);
	ASSERT(pthread_cond_init(&t->moved, &attr) == 0);
	ASSERT(pthread_condattr_destroy(&attr) == 0);
	ASSERT(pthread_mutex_init(&t->lock, NULL) == 0);
	ASSERT(pthread_mutex_init(&t->writing, NULL) == 0);
}

static enum err set_options(struct tally *t, const struct tally_options *from)
{
	int n = snprintf(t->dir, sizeof(t->dir), "%s", from->dir);

	t->options = *from;
	t->options.dir = t->dir;
	if (!from->map_bytes)
		t->options.map_bytes = TALLY_MAP_BYTES;
	if (!from->batch_clicks)
		t->options.batch_clicks = TALLY_BATCH_CLICKS;
	if (!from->interval_ms)
		t->options.interval_ms = TALLY_INTERVAL_MS;
	t->metrics.commit_us.bounds = commit_bounds_us;
	t->metrics.commit_us.bounds_n =
		sizeof(commit_bounds_us) / sizeof(commit_bounds_us[0]);
	return n < 0 || (size_t)n >= sizeof(t->dir) ? ERR_TOO_LONG : OK;
}

static void on_damage(void *arg, uint64_t sequence, enum err e, bool is_agent)
{
	struct tally *t = arg;

	(void)e;
	(void)is_agent;
	t->last_damaged = sequence;
}

enum err tally_open(const struct tally_options *options, struct tally **to)
{
	struct tally *t = calloc(1, sizeof(*t));
	enum err e;

	if (!t)
		return ERR_NOMEM;
	init_sync(t);
	tally_lost_init(&t->lost, &t->metrics.lost);
	buf_init(&t->scratch, TALLY_RECORD_MAX);
	click_reader_init(&t->reader, options->segments);
	t->reader.without_agents = true;
	t->reader.on_damage = on_damage;
	t->reader.arg = t;
	e = set_options(t, options);
	if (!e)
		e = tally_batch_new(t->options.batch_clicks, &t->batch);
	if (!e)
		e = tally_agents_new(&t->options, &t->metrics, &t->agents);
	if (!e)
		e = open_env(t);
	if (!e)
		e = check(t);
	if (e) {
		tally_close(t);
		return e;
	}
	*to = t;
	return OK;
}

void tally_close(struct tally *t)
{
	if (!t)
		return;
	tally_stop(t);
	click_reader_deinit(&t->reader);
	tally_batch_free(t->batch);
	tally_agents_free(t->agents);
	buf_deinit(&t->scratch);
	tally_lost_deinit(&t->lost);
	db_close(t->env);
	ASSERT(pthread_cond_destroy(&t->wake) == 0);
	ASSERT(pthread_cond_destroy(&t->moved) == 0);
	ASSERT(pthread_mutex_destroy(&t->lock) == 0);
	ASSERT(pthread_mutex_destroy(&t->writing) == 0);
	free(t);
}
