/* DESIGN. Three counts of lines move forward: received (checked and gathered,
 * or compared on a retry), committed (on disk), answered. A line may be
 * answered once it is below both of the others, and its answer is made from
 * the store, so nothing is kept per line. One job is in flight at a time and
 * another one gathers meanwhile: the commit is the batching window. When the
 * gathering job is full, feeding pauses until the commit is done. */
#include "service/mint_stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "core/timestamp.h"
#include "service/mint_answer.h"
#include "service/mint_forget.h"
#include "service/mint_stream_state.h"
#include "store/stream_store.h"

void mint_stream_fail(struct mint_stream *s, uint64_t line)
{
	if (s->is_failed)
		return;
	ASSERT(s->problem.kind != PROBLEM_NONE);
	s->is_failed = true;
	s->failed_line = line;
	mint_job_reset(&s->jobs[s->gathering]);
}

void mint_stream_fail_err(struct mint_stream *s, enum err e, uint64_t line)
{
	if (s->is_failed)
		return;
	s->problem = (struct problem){0};
	problem_from_err(&s->problem, e);
	mint_stream_fail(s, line);
}

static void on_mint_done(struct links_job *job)
{
	/* The job lies first in its stream's array element; the owner knows
	 * the stream. */
	struct mint_job *j = (struct mint_job *)job;
	struct mint_stream *s = j->owner;

	s->options.job_done(s->options.arg);
}

static void on_campaign_done(struct links_job *job)
{
	struct campaign_make *m = (struct campaign_make *)job;
	struct mint_stream *s = m->owner;

	s->options.job_done(s->options.arg);
}

static void copy_defaults(struct mint_stream *s)
{
	struct mint_defaults *d = &s->options.defaults;
	size_t link_n = d->link.n;

	buf_init(&s->default_names, (size_t)2 * LINK_NAME_MAX);
	buf_str(&s->default_names, d->link);
	buf_str(&s->default_names, d->campaign);
	d->link.p = s->default_names.p;
	d->campaign.p = s->default_names.p ? s->default_names.p + link_n : NULL;
}

/* What an earlier request with this key left. */
static enum err find_stored(struct mint_stream *s, struct problem *problem)
{
	uint32_t today = (uint32_t)day_of_ms(s->options.now_ms);
	struct stream stream;
	struct db_txn *t;
	enum err e;

	t = view_links(s->options.view, &e);
	if (!t)
		return e;
	e = stream_find(t, today, s->options.account, s->options.key, &stream);
	if (e)
		return e == ERR_NOT_FOUND ? OK : e;
	if (stream.kind != STREAM_BATCH) {
		problem_set(problem, PROBLEM_KEY_REUSED,
			"The key was used for a single token.");
		return ERR_CONFLICT;
	}
	s->stream = stream.id;
	e = stream_lines(t, stream.id, &s->stored);
	s->committed = s->stored;
	return e;
}

static void init_jobs(struct mint_stream *s)
{
	uint32_t today = (uint32_t)day_of_ms(s->options.now_ms);

	for (unsigned i = 0; i < 2; i++) {
		struct mint_job *j = &s->jobs[i];

		mint_job_init(j);
		j->owner = s;
		j->job.done = on_mint_done;
		j->has_stream = true;
		j->stream_kind = STREAM_BATCH;
		/* Without a key nobody finds it again: it lies under account
		 * 0, and goes when it is answered. */
		stream_key_put(j->stream_key, today,
			s->options.has_key ? s->options.account : 0,
			s->options.key);
	}
	s->campaign.owner = s;
	s->campaign.job.done = on_campaign_done;
	s->campaign.account = s->options.account;
}

enum err mint_stream_new(const struct mint_stream_options *options,
	struct mint_stream **to, struct problem *problem)
{
	struct mint_stream *s = calloc(1, sizeof(*s));
	enum err e = OK;

	if (!s) {
		problem_from_err(problem, ERR_NOMEM);
		return ERR_NOMEM;
	}
	s->options = *options;
	copy_defaults(s);
	buf_init(&s->partial, options->line_max);
	mint_encoded_init(&s->encoded);
	init_jobs(s);
	e = buf_err(&s->default_names);
	if (!e && options->has_key)
		e = find_stored(s, problem);
	if (e) {
		problem_from_err(problem, e);
		mint_stream_free(s);
		return e;
	}
	*to = s;
	return OK;
}

bool mint_stream_is_idle(const struct mint_stream *s)
{
	return s->flight == NOTHING;
}

void mint_stream_free(struct mint_stream *s)
{
	if (!s)
		return;
	ASSERT(mint_stream_is_idle(s));
	if (!s->options.has_key && s->stream)
		mint_forget(s->options.view->region->links_writer,
			s->jobs[0].stream_key, s->stream);
	mint_job_deinit(&s->jobs[0]);
	mint_job_deinit(&s->jobs[1]);
	mint_encoded_deinit(&s->encoded);
	buf_deinit(&s->partial);
	buf_deinit(&s->default_names);
	free(s);
}

void mint_stream_submit(struct mint_stream *s)
{
	struct mint_job *j = &s->jobs[s->gathering];
	enum err e;

	if (s->is_failed || s->flight != NOTHING || j->count == 0)
		return;
	j->stream = s->stream;
	j->first_line = s->received - j->count;
	s->flight = MINT_JOB;
	e = mint_job_submit(j, s->options.view->region->links_writer);
	if (e) {
		s->flight = NOTHING;
		mint_stream_fail_err(s, e, s->job_line[s->gathering]);
		return;
	}
	s->gathering = !s->gathering;
}

void mint_stream_submit_campaign(struct mint_stream *s)
{
	struct str name = buf_view(&s->encoded.new_campaign);
	enum err e;

	if (s->flight != NOTHING)
		return; /* comes back when that is done */
	memcpy(s->campaign.name, name.p, name.n);
	s->campaign.name_n = name.n;
	s->flight = CAMPAIGN_JOB;
	e = campaign_make_submit(
		&s->campaign, s->options.view->region->links_writer);
	if (e) {
		s->flight = NOTHING;
		mint_stream_fail_err(s, e, s->physical);
	}
}

void mint_stream_break(
	struct mint_stream *s, enum problem_kind kind, const char *why)
{
	bool within = s->partial.n || s->is_overlong;

	if (s->is_failed)
		return;
	s->problem = (struct problem){0};
	problem_set(&s->problem, kind, "%s", why);
	mint_stream_fail(s, within ? s->physical : s->physical + 1);
}

void mint_stream_job_done(struct mint_stream *s)
{
	struct mint_job *j = &s->jobs[!s->gathering];
	enum flight flight = s->flight;

	ASSERT(flight != NOTHING);
	s->flight = NOTHING;
	if (flight == CAMPAIGN_JOB) {
		/* The line that waits is begun only if it lies in partial. */
		if (s->campaign.job.result)
			mint_stream_fail_err(s, s->campaign.job.result,
				s->physical + !s->partial_is_whole);
	} else if (j->job.result) {
		mint_stream_fail_err(
			s, j->job.result, s->job_line[!s->gathering]);
	} else {
		s->stream = j->stream;
		s->committed = j->first_line + j->count;
	}
	if (flight == MINT_JOB)
		mint_job_reset(j);
	mint_stream_take_waiting(s);
	mint_stream_submit(s);
}

static uint64_t answerable(const struct mint_stream *s)
{
	return s->received < s->committed ? s->received : s->committed;
}

static bool is_at_end(const struct mint_stream *s)
{
	if (s->flight != NOTHING)
		return false;
	return s->is_failed || (s->is_finished && s->committed >= s->received);
}

bool mint_stream_has_answer(const struct mint_stream *s)
{
	return s->answered < answerable(s) || is_at_end(s);
}

const struct problem *mint_stream_failed_first(const struct mint_stream *s)
{
	return s->is_failed && s->answered == 0 && answerable(s) == 0
		       ? &s->problem
		       : NULL;
}

enum mint_pull mint_stream_pull(
	struct mint_stream *s, struct buf *out, size_t bytes_max)
{
	enum err e = OK;

	if (s->answered < answerable(s))
		e = mint_answer_lines(s->options.view, s->stream, &s->answered,
			answerable(s), out, bytes_max);
	if (e)
		mint_stream_fail_err(s, e, 0);
	else if (s->answered < answerable(s))
		return MINT_PULL_MORE;
	if (!e && !is_at_end(s))
		return MINT_PULL_WAIT;
	if (!s->is_failed)
		return MINT_PULL_END;
	mint_answer_failure(&s->problem, s->failed_line, out);
	return MINT_PULL_ABORT;
}
