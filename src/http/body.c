#include "http/body.h"

#include "base/assert.h"
#include "http/input.h"
#include "http/listener.h"

static void set_deadline(struct http_conn *conn)
{
	conn->body_quantum = 0;
	loop_timer_set(conn->listener->loop, &conn->timer,
		conn->listener->options.body_timeout_ms);
}

static void clear_deadline(struct http_conn *conn)
{
	loop_timer_clear(conn->listener->loop, &conn->timer);
}

void body_arrived(struct http_conn *conn, size_t n)
{
	if (conn->state != CONN_BUSY || conn->ex.body != BODY_OPEN)
		return;
	conn->body_quantum += (uint32_t)n;
	if (conn->body_quantum >= HTTP_BODY_QUANTUM)
		set_deadline(conn);
}

void body_abandon(struct http_exchange *ex)
{
	ex->sink = NULL;
	ex->trouble = OK;
	if (ex->body == BODY_OPEN && ex->framing == HTTP_NO_BODY)
		ex->body = BODY_DONE;
	else if (ex->body != BODY_DONE)
		ex->body = BODY_DEAD;
	clear_deadline(ex->conn);
}

static void end_body(struct http_conn *conn)
{
	const struct http_sink *sink = conn->ex.sink;

	conn->ex.sink = NULL;
	conn->ex.body = BODY_DONE;
	clear_deadline(conn);
	sink->end(conn->ex.sink_arg);
}

static void break_body(struct http_conn *conn, enum err why)
{
	const struct http_sink *sink = conn->ex.sink;

	body_abandon(&conn->ex);
	sink->broken(conn->ex.sink_arg, why);
}

/* False: nothing more can be done now. */
static bool give(struct http_conn *conn, struct str data)
{
	struct http_exchange *ex = &conn->ex;
	size_t took;

	if (data.n > ex->max - ex->taken) {
		break_body(conn, ERR_TOO_LONG);
		return true;
	}
	ex->resume = false;
	took = ex->sink->take(ex->sink_arg, data);
	ASSERT(took <= data.n);
	/* The sink may have answered, and then is no longer asked. */
	if (!ex->sink)
		return true;
	ex->taken += took;
	if (ex->framing == HTTP_BODY_LENGTH)
		ex->left -= took;
	else
		http_chunked_took(&ex->chunked, took);
	input_used(conn, took);
	if (took == data.n)
		return true;
	ex->body = BODY_PAUSED;
	clear_deadline(conn);
	if (ex->resume)
		conn_run_later(conn);
	return false;
}

/* No more bytes are here. */
static bool lack(struct http_conn *conn)
{
	/* A reset behind the last ones is not told again. */
	conn->unread = true;
	if (!conn->eof)
		return false;
	break_body(conn, ERR_CLOSED);
	return true;
}

static bool pump_length(struct http_conn *conn)
{
	struct str data = conn_pending(conn);

	if (conn->ex.left == 0) {
		end_body(conn);
		return true;
	}
	if (data.n == 0)
		return lack(conn);
	if (data.n > conn->ex.left)
		data.n = (size_t)conn->ex.left;
	return give(conn, data);
}

static bool pump_chunked(struct http_conn *conn)
{
	struct str bytes = conn_pending(conn), data;
	size_t before = bytes.n;
	enum http_chunk chunk =
		http_chunked_next(&conn->ex.chunked, &bytes, &data);

	input_used(conn, before - bytes.n);
	switch (chunk) {
	case CHUNK_MORE:
		return lack(conn);
	case CHUNK_DATA:
		return give(conn, data);
	case CHUNK_END:
		end_body(conn);
		return true;
	case CHUNK_BAD:
		break;
	}
	break_body(conn, ERR_INVALID);
	return true;
}

static bool pump(struct http_conn *conn)
{
	struct http_exchange *ex = &conn->ex;

	if (conn->timed_out) {
		conn->timed_out = false;
		counter_add(&conn->listener->counters.timeouts, 1);
		ex->trouble = ERR_TIMEOUT;
	}
	if (conn->lost)
		ex->trouble = ERR_CLOSED;
	if (ex->trouble) {
		break_body(conn, ex->trouble);
		return true;
	}
	if (ex->framing == HTTP_NO_BODY) {
		end_body(conn);
		return true;
	}
	if (ex->body == BODY_PAUSED || !loop_timer_is_set(&conn->timer))
		set_deadline(conn);
	ex->body = BODY_OPEN;
	return ex->framing == HTTP_BODY_LENGTH ? pump_length(conn)
					       : pump_chunked(conn);
}

bool body_step(struct http_conn *conn, struct conn_budget *budget)
{
	struct http_exchange *ex = &conn->ex;

	if (!ex->sink)
		return false;
	if (ex->body == BODY_PAUSED && !ex->resume && !conn->lost)
		return false;
	if (!budget->may_call || loop_task_waits(&conn->task)) {
		conn_run_later(conn);
		return false;
	}
	return pump(conn);
}
