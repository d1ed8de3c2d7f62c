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
#include "service/campaign_edit.h"
#include "service/mint_answer.h"
#include "service/mint_job.h"
#include "service/mint_forget.h"
#include "store/account.h"
#include "store/stream_store.h"
#include "store/token_store.h"

enum flight {
	NOTHING,
	MINT_JOB,
	CAMPAIGN_JOB
};

struct mint_stream {
	struct mint_stream_options options;
	struct buf default_names; /* what options.defaults points into */
	struct buf partial;       /* a line that has not ended yet */
	bool partial_is_whole;    /* it has, and waits for room */
	bool is_overlong;         /* its end is cut off */
	uint64_t physical;        /* lines begun, blank ones too */
	uint64_t received, stored, committed, answered;
	uint64_t stream; /* id, 0: not made yet */
	struct mint_job jobs[2];
	unsigned gathering; /* index of the one that is filled */
	struct campaign_make campaign;
	enum flight flight;
	uint64_t job_line[2]; /* physical line of each job's first */
	bool is_finished;
	bool is_failed;
	uint64_t failed_line;
	struct problem problem;
	struct mint_encoded encoded;
};

static void fail(struct mint_stream *s, uint64_t line)
{
	if (s->is_failed)
		return;
	ASSERT(s->problem.kind != PROBLEM_NONE);
	s->is_failed = true;
	s->failed_line = line;
	mint_job_reset(&s->jobs[s->gathering]);
}

static void fail_err(struct mint_stream *s, enum err e, uint64_t line)
{
	if (s->is_failed)
		return;
	s->problem = (struct problem){0};
	problem_from_err(&s->problem, e);
	fail(s, line);
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

	buf_init(&s->default_names, 2 * LINK_NAME_MAX);
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

static void submit_gathered(struct mint_stream *s)
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
		fail_err(s, e, s->job_line[s->gathering]);
		return;
	}
	s->gathering = !s->gathering;
}

static void submit_campaign(struct mint_stream *s)
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
		fail_err(s, e, s->physical);
	}
}

static enum err add_to_job(struct mint_stream *s, struct mint_job *j,
	struct str line, bool refused)
{
	struct buf refusal;
	enum err e;

	if (!refused)
		return mint_job_add(j, buf_view(&s->encoded.shape),
			buf_view(&s->encoded.tail));
	buf_init(&refusal, PROBLEM_BYTES_MAX);
	problem_put(&refusal, &s->problem, TOKEN_REFUSAL_MAX);
	e = buf_err(&refusal);
	if (!e)
		e = mint_job_refuse(j, hash64(line), buf_view(&refusal));
	buf_deinit(&refusal);
	return e;
}

/* OK: gathered. ERR_FULL: no room until the job in flight is done. */
static enum err gather(struct mint_stream *s, struct str line, bool refused)
{
	struct mint_job *j = &s->jobs[s->gathering];
	enum err e = add_to_job(s, j, line, refused);

	if (e == ERR_FULL && s->flight == NOTHING) {
		submit_gathered(s);
		j = &s->jobs[s->gathering];
		e = add_to_job(s, j, line, refused);
	}
	if (e)
		return e;
	if (j->count == 1)
		s->job_line[s->gathering] = s->physical;
	s->received++;
	return OK;
}

/* Compares a line with what was stored of it. ERR_CONFLICT: it differs. */
static enum err compare(
	struct mint_stream *s, struct mint_context *c, struct str line)
{
	struct block_entry entry;
	struct token_shape shape;
	struct block block;
	struct range range;
	enum err e;

	e = range_find(c->links, s->stream, s->received, &range);
	if (!e)
		e = token_entry(c->links,
			range.token + (s->received - range.line), &block,
			&entry);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
	if (entry.refused)
		return entry.line_hash == hash64(line) && !s->is_overlong
			       ? OK
			       : ERR_CONFLICT;
	e = token_shape_get(entry.shape, &shape);
	if (e)
		return e;
	c->retry_ttl_ms = shape.ttl_ms;
	e = mint_line_encode(c, line, true, &s->encoded, &s->problem);
	if (e)
		return e == ERR_INVALID || e == ERR_AGAIN ? ERR_CONFLICT : e;
	return str_eq(buf_view(&s->encoded.shape), entry.shape) &&
			       str_eq(buf_view(&s->encoded.tail), entry.tail)
		       ? OK
		       : ERR_CONFLICT;
}

static void take_retried(
	struct mint_stream *s, struct mint_context *c, struct str line)
{
	enum err e = compare(s, c, line);

	if (e == ERR_CONFLICT) {
		s->problem = (struct problem){0};
		problem_set(&s->problem, PROBLEM_KEY_REUSED,
			"This line differs from the one that was sent first.");
		fail(s, s->physical);
	} else if (e) {
		fail_err(s, e, s->physical);
	} else {
		s->received++;
	}
}

/* False: there is no room, or a campaign is to be made first; the same line
 * comes again. */
static bool take_line(
	struct mint_stream *s, struct mint_context *c, struct str line)
{
	enum err e;

	if (s->received < s->stored) {
		take_retried(s, c, line);
		return true;
	}
	if (s->is_overlong) {
		s->problem = (struct problem){0};
		problem_set(&s->problem, PROBLEM_TOO_LARGE,
			"The line has more than %zu bytes.",
			s->options.line_max);
		e = ERR_INVALID;
	} else {
		e = mint_line_encode(c, line, false, &s->encoded, &s->problem);
	}
	if (e == ERR_AGAIN) {
		submit_gathered(s);
		submit_campaign(s);
		return s->is_failed;
	}
	if (e == OK || e == ERR_INVALID)
		e = gather(s, line, e == ERR_INVALID);
	if (e == ERR_FULL && s->flight != NOTHING)
		return false;
	if (e)
		fail_err(s, e, s->physical);
	return true;
}

/* What lines are checked against, as of now. False: the stream has failed. */
static bool begin_context(
	struct mint_stream *s, struct mint_context *c, struct account *account)
{
	struct mint_stream_options *o = &s->options;
	enum err e;

	*c = (struct mint_context){
		.regions = o->views->regions,
		.region = o->view->region,
		.account = account,
		.defaults = o->defaults,
		.now_ms = o->now_ms,
		.line_max = o->line_max,
	};
	c->links = view_links(o->view, &e);
	if (!e)
		e = account_by_id(c->links, o->account, account);
	if (e) {
		fail_err(s, e, s->physical + 1);
		return false;
	}
	if (!account->active) {
		s->problem = (struct problem){0};
		problem_set(&s->problem, PROBLEM_FORBIDDEN,
			"The account is disabled.");
		fail(s, s->physical + 1);
		return false;
	}
	return true;
}

static struct str without_cr(struct str line)
{
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* The line that is gathered in partial has ended. False: not taken yet. */
static bool take_partial(struct mint_stream *s, struct mint_context *c)
{
	struct str line = without_cr(buf_view(&s->partial));

	s->partial_is_whole = true;
	if (str_trim(line).n && !take_line(s, c, line))
		return false;
	buf_reset(&s->partial);
	s->partial_is_whole = false;
	s->is_overlong = false;
	return true;
}

static void add_partial(struct mint_stream *s, struct str bytes)
{
	size_t room = s->partial.max - s->partial.n;

	if (s->partial.n == 0 && !s->is_overlong)
		s->physical++;
	if (bytes.n > room) {
		s->is_overlong = true;
		bytes.n = room;
	}
	buf_str(&s->partial, bytes);
	if (buf_err(&s->partial))
		fail_err(s, buf_err(&s->partial), s->physical);
}

/* Takes one line, or the beginning of one; returns the bytes taken. */
static size_t take_some(
	struct mint_stream *s, struct mint_context *c, struct str bytes)
{
	size_t end = str_find(bytes, '\n');
	struct str line = str_make(bytes.p, end);

	if (s->partial.n || s->is_overlong || end == bytes.n ||
		end > s->options.line_max) {
		add_partial(s, line);
		if (end == bytes.n)
			return end;
		(void)take_partial(s, c); /* or it waits in partial */
		return end + 1;
	}
	s->physical++;
	line = without_cr(line);
	if (str_trim(line).n && !take_line(s, c, line)) {
		s->physical--;
		return 0;
	}
	return end + 1;
}

size_t mint_stream_feed(struct mint_stream *s, struct str bytes)
{
	struct mint_context c;
	struct account account;
	size_t taken = 0;

	if (s->is_failed || !begin_context(s, &c, &account))
		return bytes.n;
	while (taken < bytes.n && !s->is_failed) {
		size_t n;

		if (s->partial_is_whole && !take_partial(s, &c))
			break;
		n = take_some(s, &c, str_skip(bytes, taken));
		if (n == 0)
			break;
		taken += n;
	}
	submit_gathered(s);
	return s->is_failed ? bytes.n : taken;
}

bool mint_stream_finish(struct mint_stream *s)
{
	struct mint_context c;
	struct account account;

	if (s->is_failed || s->is_finished)
		return true;
	if (s->partial.n || s->is_overlong) {
		if (!begin_context(s, &c, &account))
			return true;
		if (!take_partial(s, &c))
			return false;
	}
	s->is_finished = true;
	submit_gathered(s);
	return true;
}

void mint_stream_break(
	struct mint_stream *s, enum problem_kind kind, const char *why)
{
	if (s->is_failed)
		return;
	s->problem = (struct problem){0};
	problem_set(&s->problem, kind, "%s", why);
	fail(s, s->physical + 1);
}

void mint_stream_job_done(struct mint_stream *s)
{
	struct mint_job *j = &s->jobs[!s->gathering];
	enum flight flight = s->flight;

	ASSERT(flight != NOTHING);
	s->flight = NOTHING;
	if (flight == CAMPAIGN_JOB) {
		if (s->campaign.job.result)
			fail_err(s, s->campaign.job.result, s->physical);
		submit_gathered(s);
		return;
	}
	if (j->job.result) {
		fail_err(s, j->job.result, s->job_line[!s->gathering]);
	} else {
		s->stream = j->stream;
		s->committed = j->first_line + j->count;
	}
	mint_job_reset(j);
	submit_gathered(s);
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
		fail_err(s, e, 0);
	else if (s->answered < answerable(s))
		return MINT_PULL_MORE;
	if (!e && !is_at_end(s))
		return MINT_PULL_WAIT;
	if (!s->is_failed)
		return MINT_PULL_END;
	mint_answer_failure(&s->problem, s->failed_line, out);
	return MINT_PULL_ABORT;
}
