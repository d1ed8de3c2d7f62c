#include "http/stream.h"

#include "base/assert.h"
#include "http/body.h"
#include "http/listener.h"
#include "http/output.h"

enum {
	/* A chunk's size line is written behind its data is known: five
	 * digits, room for HTTP_OUT_MAX. */
	SIZE_DIGITS = 5,
	SIZE_LINE = SIZE_DIGITS + 2,
	/* What a source wrote, what the compressor had kept back of earlier
	 * pulls, and what it adds to bytes that do not shrink. */
	STREAM_GZIP_MAX = 4 * HTTP_OUT_MAX,
};
_Static_assert(STREAM_GZIP_MAX < 1 << (4 * SIZE_DIGITS), "its digits suffice");

void stream_begin(struct http_conn *conn, int status, struct str lines)
{
	struct http_exchange *ex = &conn->ex;
	bool has_body = http_status_has_body(status) && !ex->head_only;
	struct http_answer_head head;
	char *to;

	if (ex->wants_gzip && has_body && gzip_new(&ex->gzip)) {
		conn_lose(conn);
		return;
	}
	ex->chunked_out = has_body && ex->version_minor > 0;
	ex->ended = !has_body;
	if (has_body && !ex->chunked_out)
		ex->keep = false;
	head = output_head(conn, status, lines,
		ex->chunked_out ? ANSWER_CHUNKED : ANSWER_OPEN);
	head.varies = conn->listener->options.gzip;
	/* That of a HEAD is the same, without the body. */
	head.gzip = ex->wants_gzip && http_status_has_body(status);
	buf_init(&ex->stream, HTTP_ANSWER_HEAD_MAX + lines.n);
	to = buf_reserve(&ex->stream, HTTP_ANSWER_HEAD_MAX + lines.n);
	if (!to) {
		conn_lose(conn);
		return;
	}
	buf_wrote(&ex->stream, http_put_answer_head(to, &head));
	if (ex->ended)
		output_stream(conn);
}

/* Makes a chunk of what stands behind `begin` and its size line, or takes an
 * empty one away. */
static void seal_chunk(struct buf *b, size_t begin)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = b->n - begin - SIZE_LINE;

	if (n == 0) {
		b->n = begin;
		return;
	}
	for (unsigned i = 0; i < SIZE_DIGITS; i++)
		b->p[begin + i] = digits[n >> 4 * (SIZE_DIGITS - 1 - i) & 0xf];
	b->p[begin + SIZE_DIGITS] = '\r';
	b->p[begin + SIZE_DIGITS + 1] = '\n';
	buf_text(b, "\r\n");
}

/* Calls the source, which appends to b. */
static enum http_pull pull_plain(struct http_exchange *ex, struct buf *b)
{
	enum http_pull got;

	b->max = b->n + HTTP_OUT_MAX;
	ex->wake = false;
	got = ex->source->pull(ex->source_arg, b);
	if (!buf_err(b))
		return got;
	/* What it wrote before stands, but something is missing. */
	b->err = OK;
	return PULL_ABORT;
}

static enum gzip_flush flush_after(enum http_pull got)
{
	switch (got) {
	case PULL_END:
		return GZIP_END;
	case PULL_WAIT: /* nothing follows for a while */
	case PULL_ABORT:
		return GZIP_SYNC;
	case PULL_MORE:
	case PULL_AGAIN:
		break;
	}
	return GZIP_KEEP;
}

static enum http_pull pull_packed(struct http_exchange *ex, struct buf *b)
{
	struct buf *plain = &ex->conn->listener->plain;
	enum http_pull got;

	buf_reset(plain);
	got = pull_plain(ex, plain);
	b->max = b->n + STREAM_GZIP_MAX;
	if (!gzip_put(ex->gzip, buf_view(plain), flush_after(got), b))
		return got;
	b->err = OK;
	return PULL_ABORT;
}

/* Calls the source; the buffer then holds its bytes, as they are sent. */
static enum http_pull pull(struct http_exchange *ex)
{
	struct buf *b = &ex->stream;
	size_t begin = b->n;
	enum http_pull got;

	b->max = begin + SIZE_LINE;
	if (ex->chunked_out)
		buf_text(b, "00000\r\n");
	if (buf_err(b))
		return PULL_ABORT;
	got = ex->gzip ? pull_packed(ex, b) : pull_plain(ex, b);
	b->max += SIZE_LINE;
	if (ex->chunked_out)
		seal_chunk(b, begin);
	if (ex->chunked_out && got == PULL_END)
		buf_text(b, "0\r\n\r\n");
	return buf_err(b) ? PULL_ABORT : got;
}

static void note(
	struct http_conn *conn, enum http_pull got, struct conn_budget *budget)
{
	struct http_exchange *ex = &conn->ex;

	switch (got) {
	case PULL_MORE:
		break;
	case PULL_AGAIN:
		budget->pulls = 0;
		break;
	case PULL_WAIT:
		/* A wake from within the pull is for the next turn. */
		ex->waits = !ex->wake;
		budget->pulls = 0;
		break;
	case PULL_END:
		ex->ended = true;
		break;
	case PULL_ABORT:
		ex->ended = true;
		ex->keep = false;
		break;
	}
}

static void stop(struct http_exchange *ex)
{
	const struct http_source *source = ex->source;

	ex->source = NULL;
	body_abandon(ex);
	stream_discard(ex);
	source->stop(ex->source_arg);
}

void stream_discard(struct http_exchange *ex)
{
	buf_deinit(&ex->stream);
	gzip_free(ex->gzip);
	ex->gzip = NULL;
}

bool stream_step(struct http_conn *conn, struct conn_budget *budget)
{
	struct http_exchange *ex = &conn->ex;
	enum http_pull got;

	if (!ex->source || output_waits(conn))
		return false;
	if (ex->waits && !ex->wake && !ex->ended && !conn->lost)
		return false;
	if (!budget->may_call) {
		conn_run_later(conn);
		return false;
	}
	if (ex->ended || conn->lost) {
		stop(ex);
		return true;
	}
	if (budget->pulls == 0) {
		conn_run_later(conn);
		return false;
	}
	/* Compressing is as much work as making what is compressed. */
	budget->pulls = ex->gzip ? 0 : budget->pulls - 1;
	ex->waits = false;
	got = pull(ex);
	note(conn, got, budget);
	if (ex->stream.n)
		output_stream(conn);
	return true;
}
