#include "service/upkeep.h"

#include <time.h>

#include "base/assert.h"
#include "base/gate.h"
#include "store/db_scrub.h"

enum {
	PAUSE_STEP_MS = 20,
	BUSY_PAUSE_MS = 20, /* until readers have left */
	REST_PAGES = 64,    /* written in one go */
	REST_MS = 5,
	NS_PER_MS = 1000000,
};

void upkeep_init(
	struct upkeep *u, struct region *region, const struct clock *clock)
{
	*u = (struct upkeep){.region = region, .clock = clock};
	ASSERT(pthread_mutex_init(&u->lock, NULL) == 0);
	ASSERT(pthread_cond_init(&u->changed, NULL) == 0);
}

void upkeep_deinit(struct upkeep *u)
{
	ASSERT(pthread_cond_destroy(&u->changed) == 0);
	ASSERT(pthread_mutex_destroy(&u->lock) == 0);
}

void upkeep_at(const struct upkeep *u, enum upkeep_step step)
{
	if (u->at_step)
		u->at_step(u->step_arg, step);
}

enum err upkeep_go_on(const struct upkeep *u)
{
	return u->is_stopping && u->is_stopping(u->stop_arg) ? ERR_CLOSED : OK;
}

enum err upkeep_pause(const struct upkeep *u, uint32_t ms)
{
	const struct timespec step = {.tv_nsec = PAUSE_STEP_MS * NS_PER_MS};
	enum err e = upkeep_go_on(u);

	for (uint32_t at = 0; !e && at < ms; at += PAUSE_STEP_MS) {
		(void)nanosleep(&step, NULL); /* shorter is fine */
		e = upkeep_go_on(u);
	}
	return e;
}

static void decide(struct upkeep *u)
{
	ASSERT(pthread_mutex_lock(&u->lock) == 0);
	u->is_decided = true;
	ASSERT(pthread_cond_signal(&u->changed) == 0);
	ASSERT(pthread_mutex_unlock(&u->lock) == 0);
}

struct waited {
	struct links_job job; /* first: what the writer is given */
	struct upkeep *upkeep;
	struct links_job *inner;
};

static enum err run_inner(struct links_job *job, struct links_batch *batch)
{
	struct waited *w = (struct waited *)job;

	return w->inner->run(w->inner, batch);
}

/* Writer's thread. */
static void on_done(struct links_job *job)
{
	struct waited *w = (struct waited *)job;

	w->inner->result = job->result;
	if (w->inner->done)
		w->inner->done(w->inner);
	decide(w->upkeep);
}

static void await_decision(struct upkeep *u)
{
	ASSERT(pthread_mutex_lock(&u->lock) == 0);
	while (!u->is_decided)
		ASSERT(pthread_cond_wait(&u->changed, &u->lock) == 0);
	ASSERT(pthread_mutex_unlock(&u->lock) == 0);
}

enum err upkeep_job(struct upkeep *u, struct links_job *job)
{
	struct waited w = {
		.job = {.run = job->run ? run_inner : NULL,
			.done = on_done,
			.bytes = job->bytes},
		.upkeep = u,
		.inner = job,
	};
	enum err e;

	u->is_decided = false;
	while ((e = links_writer_push(u->region->links_writer, &w.job)) ==
		ERR_FULL) {
		e = upkeep_pause(u, BUSY_PAUSE_MS);
		if (e)
			return e;
	}
	if (e)
		return e;
	await_decision(u);
	return job->result;
}

/* Something that the click writer passes by. */
struct passed {
	struct click_entry entry; /* first: what the writer is given */
	struct upkeep *upkeep;
};

static enum err pass_by(struct click_entry *entry, struct segment_ref *hot)
{
	(void)entry;
	(void)hot;
	return OK;
}

/* Click writer's thread. */
static void on_passed(struct click_entry *entry)
{
	decide(((struct passed *)entry)->upkeep);
}

/* A tap reads where its token leads, and queues its click a moment later. */
static enum err await_taps(struct upkeep *u)
{
	struct gate *taps = u->region->taps;
	unsigned long looked[GATE_PLACES];
	enum err e = OK;

	for (size_t i = 0; i < GATE_PLACES; i++)
		looked[i] = gate_look(&taps->places[i]);
	for (size_t i = 0; !e && i < GATE_PLACES; i++)
		while (!e && !gate_has_left(&taps->places[i], looked[i]))
			e = upkeep_pause(u, BUSY_PAUSE_MS);
	return e;
}

enum err upkeep_await_clicks(struct upkeep *u)
{
	struct passed p = {
		.entry = {.done = on_passed, .between = pass_by},
		.upkeep = u,
	};
	enum err e = await_taps(u);

	if (e)
		return e;
	u->is_decided = false;
	while ((e = click_writer_push(u->region->click_writer, &p.entry)) ==
		ERR_FULL) {
		e = upkeep_pause(u, BUSY_PAUSE_MS);
		if (e)
			return e;
	}
	if (e)
		return e;
	await_decision(u);
	return p.entry.result;
}

/* Work on the file itself, between the writer's transactions. */
struct clear_job {
	struct links_job job;
	struct db_scrub scrub;
	unsigned pass;
	enum err err;
};

static void wash_pass(struct links_job *job)
{
	struct clear_job *c = (struct clear_job *)job;
	size_t pages;

	c->err = db_wash(c->scrub.env, c->pass, &pages);
}

static void scrub_some(struct links_job *job)
{
	struct clear_job *c = (struct clear_job *)job;

	c->err = db_scrub_some(&c->scrub);
}

/* The disk has more to do than this. */
static void rest(struct clear_job *c)
{
	const struct timespec pause = {.tv_nsec = REST_MS * NS_PER_MS};

	db_start_flush(c->scrub.env);
	(void)nanosleep(&pause, NULL); /* shorter is fine */
}

static enum err scrub_all(struct upkeep *u, struct clear_job *c)
{
	enum err e;

	c->job.done = scrub_some;
	do {
		uint64_t before = c->scrub.freed_n + c->scrub.slack_n;

		e = upkeep_go_on(u);
		if (!e)
			e = upkeep_job(u, &c->job);
		if (!e)
			e = c->err;
		if (c->scrub.freed_n + c->scrub.slack_n - before > REST_PAGES)
			rest(c);
		if (e == ERR_BUSY) {
			e = upkeep_pause(u, BUSY_PAUSE_MS);
			e = e ? e : ERR_AGAIN;
		}
	} while (e == ERR_AGAIN);
	return e ? e : db_scrub_flush(&c->scrub);
}

/* Old segments go when their last reader has left. */
static enum err sweep(struct upkeep *u)
{
	size_t left;
	enum err e = segments_sweep(u->region->segments, &left);

	while (!e && left) {
		e = upkeep_pause(u, BUSY_PAUSE_MS);
		if (!e)
			e = segments_sweep(u->region->segments, &left);
	}
	return e;
}

enum err upkeep_clear(struct upkeep *u)
{
	struct clear_job c = {.job.done = wash_pass};
	enum err e = db_scrub_init(u->region->links.env, &c.scrub);

	for (c.pass = 0; !e && c.pass < DB_WASH_PASSES; c.pass++) {
		e = upkeep_go_on(u);
		if (!e)
			e = upkeep_job(u, &c.job);
		if (!e)
			e = c.err;
	}
	if (!e)
		upkeep_at(u, UPKEEP_WASHED);
	if (!e)
		e = scrub_all(u, &c);
	counter_add(
		&u->metrics.pages_scrubbed, c.scrub.freed_n + c.scrub.slack_n);
	db_scrub_deinit(&c.scrub);
	if (!e)
		e = sweep(u);
	if (!e)
		upkeep_at(u, UPKEEP_SCRUBBED);
	return e;
}

enum err upkeep_turn(struct upkeep *u, uint64_t *due_ms)
{
	static enum err (*const turns[])(struct upkeep *, uint64_t *) = {
		erase_turn, retention_turn, forget_turn};
	enum err first = OK;

	*due_ms = UINT64_MAX;
	for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
		enum err e = turns[i](u, due_ms);

		if (e == ERR_CLOSED)
			return e;
		if (e && !first)
			first = e;
	}
	if (first)
		counter_add(&u->metrics.failures, 1);
	return first;
}
