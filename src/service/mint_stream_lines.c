#include "service/mint_stream_state.h"

#include "store/account.h"
#include "store/stream_store.h"
#include "store/token_store.h"

/* What is kept of a refused line, to know it again. One that is cut off is not
 * taken for one that ends there. */
static uint64_t refused_hash(const struct mint_stream *s, struct str line)
{
	return s->is_overlong ? ~hash64(line) : hash64(line);
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
		e = mint_job_refuse(
			j, refused_hash(s, line), buf_view(&refusal));
	buf_deinit(&refusal);
	return e;
}

/* OK: gathered. ERR_FULL: no room until the job in flight is done. */
static enum err gather(struct mint_stream *s, struct str line, bool refused)
{
	struct mint_job *j = &s->jobs[s->gathering];
	enum err e = add_to_job(s, j, line, refused);

	if (e == ERR_FULL && s->flight == NOTHING) {
		mint_stream_submit(s);
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
		return entry.line_hash == refused_hash(s, line) ? OK
								: ERR_CONFLICT;
	if (s->is_overlong)
		return ERR_CONFLICT;
	/* What it said is not known any more; its token is dead. */
	if (token_tail_is_erased(entry.tail))
		return OK;
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
		mint_stream_fail(s, s->physical);
	} else if (e) {
		mint_stream_fail_err(s, e, s->physical);
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
		mint_stream_submit(s);
		mint_stream_submit_campaign(s);
		return s->is_failed;
	}
	if (e == OK || e == ERR_INVALID)
		e = gather(s, line, e == ERR_INVALID);
	if (e == ERR_FULL && s->flight != NOTHING)
		return false;
	if (e)
		mint_stream_fail_err(s, e, s->physical);
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
		mint_stream_fail_err(s, e, s->physical + 1);
		return false;
	}
	if (!account->active) {
		s->problem = (struct problem){0};
		problem_set(&s->problem, PROBLEM_FORBIDDEN,
			"The account is disabled.");
		mint_stream_fail(s, s->physical + 1);
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
		mint_stream_fail_err(s, buf_err(&s->partial), s->physical);
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
		if (s->is_failed)
			break; /* no later line may hide why */
		n = take_some(s, &c, str_skip(bytes, taken));
		if (n == 0)
			break;
		taken += n;
	}
	mint_stream_submit(s);
	return s->is_failed ? bytes.n : taken;
}

void mint_stream_take_waiting(struct mint_stream *s)
{
	struct mint_context c;
	struct account account;

	if (s->partial_is_whole && !s->is_failed &&
		begin_context(s, &c, &account))
		(void)take_partial(s, &c); /* or it waits for another job */
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
	mint_stream_submit(s);
	return true;
}
