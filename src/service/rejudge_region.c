#include "service/rejudge_region.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "store/click_announce.h"
#include "store/click_reader.h"
#include "store/click_fold.h"
#include "store/segment_rewrite.h"

enum {
	NOTE_CLICKS = 10000, /* between two reports */
};

struct pass {
	const struct rejudge_job *job;
	struct click_fold fold;
	struct rejudge_progress progress;
	struct seen_set changed; /* numbers of the segment's changed clicks */
	enum err err;            /* of what changed could not keep */
	bool is_whole; /* up to the log's end, on the writer's thread */
};

static void report(struct pass *p)
{
	p->job->note(p->job->arg, &p->progress);
	p->progress = (struct rejudge_progress){0};
}

static bool decide(struct pass *p, struct click *c)
{
	uint8_t was = c->verdict;
	bool is_changed = click_fold_next(&p->fold, c);

	p->progress.looked++;
	if (is_changed) {
		p->progress.changed++;
		if (was < VERDICTS && c->verdict < VERDICTS)
			p->progress.moved[was][c->verdict]++;
	}
	if (p->progress.looked >= NOTE_CLICKS)
		report(p);
	return is_changed;
}

/* Dry: the log is only read. */
static enum err look(struct pass *p)
{
	struct click_reader r;
	uint64_t sequence, looked = 0;
	struct click click;
	enum err e = OK;

	click_reader_init(&r, p->job->region->segments);
	while (!e && !p->fold.err) {
		if (atomic_load(p->job->is_stopping))
			e = ERR_CLOSED;
		else
			e = click_reader_next(&r, &sequence, &click);
		if (!e && !click.revises)
			(void)decide(p, &click);
		if (++looked % NOTE_CLICKS == 0)
			click_reader_reset(&r); /* no snapshot for long */
	}
	click_reader_deinit(&r);
	if (p->fold.err)
		return p->fold.err;
	return e == ERR_AGAIN ? OK : e;
}

static bool rewrite_one(void *arg, uint64_t sequence, struct click *click)
{
	struct pass *p = arg;
	bool added;

	if (!decide(p, click)) {
		/* Perhaps by a run that was cut off before it said so. */
		if (p->job->resumes && click->revision && !p->err)
			p->err = seen_set_add(&p->changed, sequence, &added);
		return false;
	}
	if (!p->err)
		p->err = seen_set_add(&p->changed, sequence, &added);
	return true;
}

/* On the writer's thread: all that there is was decided anew. */
static void on_hot(void *arg, struct click_writer *w)
{
	struct pass *p = arg;

	if (p->fold.err)
		return;
	click_writer_decided_anew(
		w, p->fold.judge, &p->fold.seen, p->job->generation);
	p->is_whole = true;
}

static bool is_stopping(void *arg)
{
	const struct pass *p = arg;

	return atomic_load(p->job->is_stopping);
}

/* Of the segment that begins at first. */
static enum err announce(struct pass *p, uint64_t first, uint64_t end)
{
	struct region *g = p->job->region;
	struct click_announcer *a;
	struct click_reader r;
	uint64_t sequence;
	struct click click;
	enum err e = OK;

	if (!p->changed.n)
		return OK;
	a = malloc(sizeof(*a));
	if (!a)
		return ERR_NOMEM;
	click_announcer_init(a, g->click_writer);
	a->is_stopping = is_stopping;
	a->stop_arg = p;
	click_reader_init(&r, g->segments);
	r.without_agents = true;
	click_reader_seek(&r, first - 1);
	while (!e) {
		e = is_stopping(p) ? ERR_CLOSED
				   : click_reader_next(&r, &sequence, &click);
		if (e || sequence >= end)
			break;
		if (!seen_set_has(&p->changed, sequence))
			continue;
		click_reader_reset(&r); /* it may wait */
		e = click_announce(
			a, sequence, &click, clock_wall_ms(p->job->clock));
	}
	if (e == ERR_AGAIN)
		e = OK;
	if (!e)
		e = click_announce_flush(a);
	click_reader_deinit(&r);
	click_announcer_deinit(a);
	free(a);
	return e;
}

static enum err rewrite(struct pass *p, const struct segment_info *info,
	const struct segment_info *behind)
{
	struct region *g = p->job->region;
	const struct segment_rewrite_options options = {
		.segments = g->segments,
		.writer = g->click_writer,
		.decide = rewrite_one,
		.arg = p,
		.with_agents = true,
		.only_if_changed = true,
		.keep_damaged = true,
		.is_stopping = is_stopping,
		.stop_arg = p,
		.on_hot = on_hot,
	};
	struct segment_rewrite_counts counts;
	uint64_t oldest, newest;
	size_t left;
	enum err e = segments_sweep(g->segments, &left);

	seen_set_deinit(&p->changed);
	if (!e)
		e = segment_rewrite(&options, info->day, &counts);
	if (!e)
		e = p->fold.err ? p->fold.err : p->err;
	report(p);
	if (e)
		return e;
	segments_range(g->segments, &oldest, &newest);
	return announce(p, info->first_sequence,
		behind && !behind->err ? behind->first_sequence : newest + 1);
}

/* Days in order, until the last one was the writer's own: one that begins
 * meanwhile has its turn too. */
static enum err rewrite_all(struct pass *p)
{
	struct segments *s = p->job->region->segments;
	struct segment_info *list = NULL;
	uint64_t next_day = 0;
	enum err e = OK;

	while (!e && !p->is_whole) {
		size_t n, i;

		free(list);
		e = segments_list_all(s, &list, &n);
		if (e)
			return e;
		for (i = 0; i < n && list[i].day < next_day; i++)
			continue;
		if (i == n)
			break; /* an empty log */
		next_day = list[i].day + 1;
		if (atomic_load(p->job->is_stopping))
			e = ERR_CLOSED;
		else if (!list[i].err)
			e = rewrite(
				p, &list[i], i + 1 < n ? &list[i + 1] : NULL);
	}
	free(list);
	return e;
}

/* A crash before the end is known by the mark. */
static enum err change(struct pass *p)
{
	const struct rejudge_job *job = p->job;
	enum err e = rewrite_all(p);

	return e ? e
		 : tally_anew(job->region->tally, job->generation,
			   job->is_stopping);
}

enum err rejudge_region(const struct rejudge_job *job)
{
	struct pass p = {.job = job};
	enum err e;

	ASSERT(pthread_mutex_lock(&job->region->upkeep) == 0);
	e = click_fold_init(
		&p.fold, job->region->tally, job->rules, job->repeat_window_ms);

	if (!e)
		e = job->is_dry ? look(&p) : change(&p);
	report(&p);
	seen_set_deinit(&p.changed);
	click_fold_deinit(&p.fold);
	ASSERT(pthread_mutex_unlock(&job->region->upkeep) == 0);
	return e;
}
