#include <stdlib.h>
#include <string.h>

#include "api/tokens.h"
#include "base/assert.h"
#include "base/random.h"
#include "http/loop.h"
#include "service/mint_stream.h"

enum {
	ANSWER_BYTES = 32768
}; /* pulled at a time */

/* A batch in flight. It ends when the answer has stopped and no job is left;
 * the call is its owner until then. */
struct batch {
	struct call *call;
	struct mint_stream *stream;
	struct busy_key busy;
	bool body_over;  /* whole or broken: the sink is done */
	bool body_waits; /* for room in the stream */
	bool finishing;  /* whole, but the last line is not taken yet */
	bool answering;  /* http_answer_stream() was called */
	bool stopped;    /* the answer is over */
};

static void free_batch(void *state)
{
	struct batch *b = state;

	busy_key_remove(&b->busy);
	mint_stream_free(b->stream);
	free(b);
}

/* The exchange is over; jobs in flight still point at the stream. */
static void end_if_idle(struct batch *b)
{
	if (b->stopped && mint_stream_is_idle(b->stream))
		call_end(b->call);
}

static enum http_pull pull(void *arg, struct buf *out)
{
	struct batch *b = arg;

	switch (mint_stream_pull(b->stream, out, ANSWER_BYTES)) {
	case MINT_PULL_MORE:
		return PULL_MORE;
	case MINT_PULL_WAIT:
		return PULL_WAIT;
	case MINT_PULL_END:
		return PULL_END;
	default:
		return PULL_ABORT;
	}
}

static void stop(void *arg)
{
	struct batch *b = arg;

	b->stopped = true;
	mint_stream_break(
		b->stream, PROBLEM_MALFORMED, "The connection was lost.");
	end_if_idle(b);
}

static const struct http_source source = {pull, stop};

static void begin_answer(struct batch *b)
{
	struct call *c = b->call;

	b->answering = true;
	buf_reset(&c->api->lines);
	call_put_lines(c, &c->api->lines);
	buf_text(&c->api->lines, "Content-Type: application/x-ndjson\r\n");
	http_answer_stream(c->ex, 200, buf_view(&c->api->lines), &source, b);
}

/* Answers when there is something to say; a failure before the first answer
 * is a plain problem. */
static void go_on(struct batch *b)
{
	const struct problem *failed = mint_stream_failed_first(b->stream);
	struct call *c = b->call;

	if (b->stopped) {
		end_if_idle(b);
	} else if (b->answering) {
		http_stream_wake(c->ex);
	} else if (failed && mint_stream_is_idle(b->stream)) {
		c->problem = *failed;
		call_fail(c);
	} else if (mint_stream_has_answer(b->stream)) {
		begin_answer(b);
	}
}

static void on_job(struct mail *mail)
{
	struct batch *b = call_of_mail(mail)->state;

	/* What was committed must be seen, also if this turn has a snapshot
	 * already. */
	views_reset(&b->call->api->views);
	mint_stream_job_done(b->stream);
	if (b->finishing && mint_stream_finish(b->stream))
		b->finishing = false;
	if (b->body_waits && !b->stopped) {
		b->body_waits = false;
		http_body_resume(b->call->ex);
	}
	go_on(b);
}

/* Writer's thread. */
static void job_done(void *arg)
{
	struct batch *b = arg;

	call_post(b->call, on_job);
}

static size_t on_bytes(void *arg, struct str bytes)
{
	struct batch *b = arg;
	size_t taken = mint_stream_feed(b->stream, bytes);

	b->body_waits = taken < bytes.n;
	if (b->answering || mint_stream_has_answer(b->stream))
		go_on(b);
	return taken;
}

static void on_whole(void *arg)
{
	struct batch *b = arg;

	b->finishing = !mint_stream_finish(b->stream);
	go_on(b);
}

static void on_broken(void *arg, enum err why)
{
	struct batch *b = arg;

	mint_stream_break(b->stream,
		why == ERR_TIMEOUT ? PROBLEM_TIMEOUT : PROBLEM_MALFORMED,
		why == ERR_TIMEOUT ? "The body did not arrive in time."
				   : "The body broke off.");
	go_on(b);
}

static const struct http_sink sink = {on_bytes, on_whole, on_broken};

static bool open_stream(struct batch *b, const struct mint_defaults *defaults)
{
	struct call *c = b->call;
	struct mint_stream_options options = {
		.views = &c->api->views,
		.view = c->view,
		.account = c->account,
		.defaults = *defaults,
		.has_key = c->has_key,
		.line_max = c->api->options.body_max,
		.now_ms = loop_wall_ms(c->api->options.loop),
		.job_done = job_done,
		.arg = b,
	};

	if (c->has_key)
		memcpy(options.key, c->key, sizeof(options.key));
	else
		random_fill(options.key, sizeof(options.key));
	return mint_stream_new(&options, &b->stream, &c->problem) == OK;
}

void token_stream_begin(struct call *c, const struct mint_defaults *defaults)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (!b) {
		call_fail_err(c, ERR_NOMEM);
		return;
	}
	b->call = c;
	c->state = b;
	c->free_state = free_batch;
	b->busy = (struct busy_key){
		.account = c->account, .region = c->view->region->index};
	memcpy(b->busy.key, c->key, sizeof(c->key));
	if (c->has_key && busy_key_add(c->api, &b->busy)) {
		call_fail_with(c, PROBLEM_IN_FLIGHT,
			"The first request with this key is not answered "
			"yet.");
		return;
	}
	if (!open_stream(b, defaults)) {
		call_fail(c);
		return;
	}
	http_accept_body(c->ex, &sink, b, UINT64_MAX);
}
