#include "http/input.h"

#include <string.h>

#include "http/accept_encoding.h"
#include "http/body.h"
#include "http/listener.h"
#include "http/output.h"

bool input_has_room(const struct http_conn *conn)
{
	return !conn->in || conn->in_n - conn->in_at < HTTP_BLOCK_SIZE;
}

void input_discard(struct http_conn *conn)
{
	if (conn->in)
		pool_give(&conn->listener->blocks, conn->in);
	conn->in = NULL;
	conn->in_at = 0;
	conn->in_n = 0;
}

void input_used(struct http_conn *conn, size_t n)
{
	conn->in_at += n;
	if (conn->in_at == conn->in_n)
		input_discard(conn);
}

/* Makes room behind the unused bytes; false without memory. */
static bool make_room(struct http_conn *conn)
{
	if (!conn->in)
		conn->in = pool_take(&conn->listener->blocks);
	if (!conn->in)
		return false;
	if (conn->in_n == HTTP_BLOCK_SIZE && conn->in_at > 0) {
		conn->in_n -= conn->in_at;
		memmove(conn->in, conn->in + conn->in_at, conn->in_n);
		conn->in_at = 0;
	}
	return true;
}

void input_fill(struct http_conn *conn)
{
	struct http_listener *listener = conn->listener;
	size_t room;
	ssize_t n;

	if (conn->lost || conn->eof || !input_has_room(conn))
		return;
	if (!make_room(conn)) {
		conn_lose(conn);
		return;
	}
	room = HTTP_BLOCK_SIZE - conn->in_n;
	n = listener->transport->read(
		conn->fd, NULL, conn->in + conn->in_n, room);
	conn->unread = n == (ssize_t)room;
	if (n > 0) {
		conn->in_n += (size_t)n;
		counter_add(&listener->counters.bytes_in, (uint64_t)n);
		body_arrived(conn, (size_t)n);
	} else if (n == 0) {
		conn->eof = true;
	} else if (n == TRANSPORT_LOST) {
		conn_lose(conn);
	}
	input_used(conn, 0);
}

void input_show(struct http_conn *conn)
{
	const struct http_handler *h = &conn->listener->options.handler;

	if (h->on_bytes && conn->in &&
		(conn->state == CONN_IDLE || conn->state == CONN_HEAD))
		h->on_bytes(conn_pending(conn), h->arg);
}

static void begin_exchange(struct http_conn *conn)
{
	conn->ex = (struct http_exchange){.conn = conn};
	conn_move(conn, CONN_BUSY);
}

static void refuse(struct http_conn *conn, const struct http_refusal *why)
{
	struct http_listener *listener = conn->listener;

	begin_exchange(conn);
	conn->ex.version_minor = 1;
	/* What follows is not to be trusted: it is read off, and unused. */
	conn->ex.body = BODY_DEAD;
	listener_refuse(listener, why->status, why->why);
	http_answer(&conn->ex, why->status, buf_view(&listener->refuse_lines),
		buf_view(&listener->refuse_body));
}

static void begin_request(struct http_conn *conn, size_t head_n)
{
	struct http_listener *listener = conn->listener;
	struct http_request *request = &listener->request;
	struct http_exchange *ex = &conn->ex;
	struct http_refusal why;

	if (http_parse_head(
		    str_make(conn->in + conn->in_at, head_n), request, &why)) {
		refuse(conn, &why);
		return;
	}
	begin_exchange(conn);
	ex->head_only = request->method == HTTP_HEAD;
	ex->version_minor = request->version_minor;
	ex->keep = request->keep_alive && listener->options.keepalive &&
		   !loop_is_stopping(listener->loop);
	ex->expects_continue = request->expect_continue;
	ex->wants_gzip = listener->options.gzip && http_wants_gzip(request);
	ex->framing = (uint8_t)request->framing;
	ex->left = request->content_length;
	ex->body = request->framing == HTTP_NO_BODY ? BODY_DONE : BODY_WAITS;
	conn->scan = (struct http_scan){0};
	counter_add(&listener->counters.requests, 1);
	listener->options.handler.on_request(
		ex, request, listener->options.handler.arg);
	/* Only now may the bytes behind the views be reused. */
	input_used(conn, head_n);
}

static bool time_out(struct http_conn *conn)
{
	static const struct http_refusal why = {
		408, "the request did not arrive in time"};

	if (conn->state == CONN_IDLE) {
		conn_close(conn);
		return false;
	}
	counter_add(&conn->listener->counters.timeouts, 1);
	if (!conn->in) {
		conn_close(conn);
		return false;
	}
	refuse(conn, &why);
	return true;
}

bool input_step(struct http_conn *conn, struct conn_budget *budget)
{
	struct http_refusal why;
	size_t head_n;
	enum err e;

	if (conn->lost) {
		conn_close(conn);
		return false;
	}
	if (conn->timed_out)
		return time_out(conn);
	if (!conn->in) {
		if (conn->eof)
			conn_close(conn);
		return false;
	}
	if (!budget->may_call || budget->requests == 0) {
		conn_run_later(conn);
		return false;
	}
	e = http_find_head(&conn->scan, conn_pending(conn), &head_n, &why);
	if (e == ERR_AGAIN) {
		/* A reset behind these bytes is not told again. */
		conn->unread = true;
		if (conn->eof)
			conn_close(conn);
		else if (conn->state == CONN_IDLE)
			conn_move(conn, CONN_HEAD);
		return false;
	}
	budget->requests--;
	if (e)
		refuse(conn, &why);
	else
		begin_request(conn, head_n);
	return true;
}
