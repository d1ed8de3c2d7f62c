#include "http/output.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "http/listener.h"

struct http_answer_head output_head(struct http_conn *conn, int status,
	struct str lines, enum http_answer_length length)
{
	struct http_exchange *ex = &conn->ex;

	ASSERT(lines.n == 0 || str_ends(lines, STR("\r\n")));
	return (struct http_answer_head){
		.status = status,
		.length = length,
		.close = !ex->keep,
		.keep_alive = ex->keep && ex->version_minor == 0,
		.date_line = listener_date_line(conn->listener),
		.lines = lines,
	};
}

/* A block for small answers, else memory of that size. */
static bool allot(struct http_conn *conn, size_t size)
{
	struct output *out = &conn->out;

	ASSERT(out->owner == OUT_NONE);
	*out = (struct output){0};
	if (size <= HTTP_BLOCK_SIZE) {
		out->p = pool_take(&conn->listener->blocks);
		out->owner = OUT_POOL;
	} else {
		out->p = malloc(size);
		out->owner = OUT_HEAP;
	}
	if (out->p)
		return true;
	out->owner = OUT_NONE;
	conn_lose(conn);
	return false;
}

void output_answer(
	struct http_conn *conn, int status, struct str lines, struct str body)
{
	bool has_body = http_status_has_body(status);
	struct http_answer_head head = output_head(
		conn, status, lines, has_body ? ANSWER_LENGTH : ANSWER_OPEN);
	struct output *out = &conn->out;

	head.content_length = body.n;
	head.varies = has_body && body.n >= HTTP_GZIP_MIN &&
		      conn->listener->options.gzip;
	if (!has_body || conn->ex.head_only)
		body.n = 0;
	if (!allot(conn, HTTP_ANSWER_HEAD_MAX + lines.n + body.n))
		return;
	out->n = http_put_answer_head(out->p, &head);
	if (body.n)
		memcpy(out->p + out->n, body.p, body.n);
	out->n += body.n;
}

void output_stream(struct http_conn *conn)
{
	ASSERT(conn->out.owner == OUT_NONE);
	conn->out = (struct output){
		.p = conn->ex.stream.p,
		.n = conn->ex.stream.n,
		.owner = OUT_STREAM,
	};
}

void output_discard(struct http_conn *conn)
{
	struct output *out = &conn->out;

	if (out->owner == OUT_POOL)
		pool_give(&conn->listener->blocks, out->p);
	else if (out->owner == OUT_HEAP)
		free(out->p);
	else if (out->owner == OUT_STREAM)
		buf_reset(&conn->ex.stream);
	out->owner = OUT_NONE;
	out->p = NULL;
	out->blocked = false;
}

static void set_deadline(struct http_conn *conn)
{
	conn->out.quantum = 0;
	loop_timer_set(conn->listener->loop, &conn->write_timer,
		conn->listener->options.write_timeout_ms);
}

/* Whether what waits is the last that this connection says. */
static bool is_last(const struct http_conn *conn)
{
	return !conn->ex.keep && conn->out.owner != OUT_STREAM;
}

static ssize_t send_out(struct http_conn *conn)
{
	const struct transport *t = conn->listener->transport;
	const char *p = conn->out.p + conn->out.at;
	size_t n = conn->out.n - conn->out.at;

	return is_last(conn) ? t->write_last(conn->fd, NULL, p, n)
			     : t->write(conn->fd, NULL, p, n);
}

bool output_flush(struct http_conn *conn)
{
	struct http_listener *listener = conn->listener;
	struct output *out = &conn->out;
	ssize_t n;

	if (!output_waits(conn) || out->blocked)
		return false;
	n = send_out(conn);
	if (n == TRANSPORT_AGAIN) {
		out->blocked = true;
		return false;
	}
	if (n < 0) {
		conn_lose(conn);
		return true;
	}
	counter_add(&listener->counters.bytes_out, (uint64_t)n);
	out->at += (size_t)n;
	out->quantum += (size_t)n;
	if (out->at == out->n)
		output_discard(conn);
	else if (out->quantum >= HTTP_WRITE_QUANTUM &&
		 loop_timer_is_set(&conn->write_timer))
		set_deadline(conn);
	return true;
}

/* Whether the client is to be hurried. One that is still sending its body may
 * leave the answer unread until it is done; the body has its own deadline. */
static bool is_due(const struct http_conn *conn)
{
	return output_waits(conn) && conn->out.blocked &&
	       !(conn->ex.sink && conn->ex.body == BODY_OPEN);
}

void output_watch(struct http_conn *conn)
{
	bool is_set = loop_timer_is_set(&conn->write_timer);

	if (is_due(conn) && !is_set)
		set_deadline(conn);
	else if (!is_due(conn) && is_set)
		loop_timer_clear(conn->listener->loop, &conn->write_timer);
}

void output_continue(struct http_conn *conn)
{
	static const struct str text = {"HTTP/1.1 100 Continue\r\n\r\n", 25};
	struct http_listener *listener = conn->listener;
	ssize_t n = listener->transport->write(conn->fd, NULL, text.p, text.n);

	/* Nothing else waits to be sent, so only a client that never reads
	 * has no room for these. */
	if (n != (ssize_t)text.n)
		conn_lose(conn);
	else
		counter_add(&listener->counters.bytes_out, (uint64_t)n);
}
