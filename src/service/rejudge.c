#include "service/rejudge.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/thread.h"
#include "service/rejudge_region.h"

struct rejudge {
	struct regions *regions;
	pthread_t thread;
	bool has_thread; /* to be joined */
	const struct verdict_rules *rules;
	struct verdict_rules *own; /* of a dry run; or NULL */
	/* Of each region, for the run under way. */
	bool resumes[REGIONS_MAX];
	uint32_t generations[REGIONS_MAX];
	atomic_bool is_stopping;
	pthread_mutex_t lock; /* of the status */
	struct rejudge_status status;
};

static void lock(struct rejudge *r)
{
	ASSERT(pthread_mutex_lock(&r->lock) == 0);
}

static void unlock(struct rejudge *r)
{
	ASSERT(pthread_mutex_unlock(&r->lock) == 0);
}

static void note(void *arg, const struct rejudge_progress *p)
{
	struct rejudge *r = arg;

	lock(r);
	r->status.looked += p->looked;
	r->status.changed += p->changed;
	for (size_t from = 0; from < VERDICTS; from++)
		for (size_t to = 0; to < VERDICTS; to++)
			r->status.moved[from][to] += p->moved[from][to];
	unlock(r);
}

static enum err run_region(struct rejudge *r, struct region *g, bool is_dry)
{
	struct rejudge_job job = {
		.region = g,
		.rules = r->rules,
		.repeat_window_ms = r->regions->repeat_window_ms,
		.clock = r->regions->clock,
		.is_dry = is_dry,
		.resumes = r->resumes[g->index],
		.generation = r->generations[g->index],
		.is_stopping = &r->is_stopping,
		.note = note,
		.arg = r,
	};
	enum err e = rejudge_region(&job);

	if (e && e != ERR_CLOSED) {
		log_error("rejudge: failed region=%.*s error=\"%s\"",
			STR_FMT(g->settings.name), err_text(e));
		lock(r);
		(void)snprintf(r->status.problem, sizeof(r->status.problem),
			"region %.*s: %s", STR_FMT(g->settings.name),
			err_text(e));
		unlock(r);
	}
	return e;
}

/* All of them before any is begun: whatever ends the process now, the rest is
 * done after its next start. */
static enum err mark_all(struct rejudge *r)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < r->regions->n; i++) {
		struct region *g = &r->regions->items[i];

		if (!g->settings.serve)
			continue;
		r->resumes[i] = tally_is_marked(g->tally);
		e = tally_mark(g->tally, &r->generations[i]);
	}
	return e;
}

static void *run(void *arg)
{
	struct rejudge *r = arg;
	bool is_dry = r->status.is_dry;
	enum err e = OK;

	thread_step_back();
	if (!is_dry)
		e = mark_all(r);
	for (size_t i = 0; !e && i < r->regions->n; i++)
		if (r->regions->items[i].settings.serve)
			e = run_region(r, &r->regions->items[i], is_dry);
	lock(r);
	r->status.state = e ? REJUDGE_FAILED : REJUDGE_DONE;
	r->status.ended_ms = clock_wall_ms(r->regions->clock);
	unlock(r);
	if (!e)
		log_info("rejudge: done dry=%d clicks=%llu changed=%llu",
			is_dry, (unsigned long long)r->status.looked,
			(unsigned long long)r->status.changed);
	return NULL;
}

static uint64_t clicks_of(struct regions *regions)
{
	uint64_t n = 0;

	for (size_t i = 0; i < regions->n; i++)
		if (regions->items[i].settings.serve)
			n += region_clicks(&regions->items[i]);
	return n;
}

/* The thread of the run before, which has ended. */
static void end(struct rejudge *r)
{
	if (r->has_thread)
		ASSERT(pthread_join(r->thread, NULL) == 0);
	r->has_thread = false;
	verdict_rules_free(r->own);
	r->own = NULL;
}

static enum err begin(struct rejudge *r, bool is_dry)
{
	enum err e;

	lock(r);
	r->status = (struct rejudge_status){
		.state = REJUDGE_RUNNING,
		.is_dry = is_dry,
		.begun_ms = clock_wall_ms(r->regions->clock),
		.clicks = clicks_of(r->regions),
		.rules = verdict_rules_number(r->rules),
	};
	unlock(r);
	e = thread_start(&r->thread, "ctio-rejudge", run, r);
	r->has_thread = !e;
	if (e) {
		lock(r);
		r->status.state = REJUDGE_FAILED;
		unlock(r);
	}
	return e;
}

/* Whether a run was cut off before its end. */
static bool is_cut_off(struct regions *regions)
{
	bool found = false;

	for (size_t i = 0; i < regions->n; i++)
		if (regions->items[i].settings.serve)
			found |= tally_is_marked(regions->items[i].tally);
	return found;
}

enum err rejudge_new(struct regions *regions, struct rejudge **to)
{
	struct rejudge *r = calloc(1, sizeof(*r));
	enum err e = OK;

	if (!r)
		return ERR_NOMEM;
	r->regions = regions;
	ASSERT(pthread_mutex_init(&r->lock, NULL) == 0);
	if (regions->judging && is_cut_off(regions)) {
		log_warn("rejudge: it was cut off, and begins again");
		r->rules = judging_rules(regions->judging);
		e = begin(r, false);
	}
	if (e) {
		rejudge_free(r);
		return e;
	}
	*to = r;
	return OK;
}

void rejudge_free(struct rejudge *r)
{
	if (!r)
		return;
	atomic_store(&r->is_stopping, true);
	end(r);
	ASSERT(pthread_mutex_destroy(&r->lock) == 0);
	free(r);
}

/* New clicks are judged by them from now on, unless it is a dry run. */
static enum err take_rules(struct rejudge *r, bool is_dry, struct buf *problem)
{
	struct regions *regions = r->regions;
	enum err e;

	if (is_dry) {
		e = judging_try(regions->judging, &r->own, problem);
		r->rules = r->own;
		return e;
	}
	e = judging_reload(regions->judging, problem);
	if (e)
		return e;
	r->rules = judging_rules(regions->judging);
	for (size_t i = 0; i < regions->n; i++)
		if (regions->items[i].judge)
			click_judge_rules(regions->items[i].judge, r->rules);
	return OK;
}

enum err rejudge_start(struct rejudge *r, bool is_dry, struct buf *problem)
{
	bool is_running;
	enum err e;

	lock(r);
	is_running = r->status.state == REJUDGE_RUNNING;
	unlock(r);
	if (is_running)
		return ERR_BUSY;
	end(r);
	e = take_rules(r, is_dry, problem);
	return e ? e : begin(r, is_dry);
}

void rejudge_get_status(struct rejudge *r, struct rejudge_status *status)
{
	lock(r);
	*status = r->status;
	unlock(r);
}
