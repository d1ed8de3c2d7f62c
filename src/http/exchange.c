#include "http/exchange.h"

#include "base/assert.h"
#include "http/body.h"
#include "http/held_body.h"
#include "http/input.h"
#include "http/listener.h"
#include "http/output.h"
#include "http/stream.h"

struct loop *http_exchange_loop(struct http_exchange *ex)
{
	return ex->conn->listener->loop;
}

const struct ip *http_peer(struct http_exchange *ex)
{
	return &ex->conn->peer;
}

bool http_is_local(struct http_exchange *ex)
{
	return ex->conn->listener->unix_path[0] != '\0';
}

static void begin_answer(struct http_exchange *ex)
{
	ASSERT(ex->conn->state == CONN_BUSY && !ex->answered);
	ex->answered = true;
	if (loop_is_stopping(ex->conn->listener->loop))
		ex->keep = false;
}

/* A body that will not be whole ends the connection. */
static void give_up_body(struct http_exchange *ex)
{
	body_abandon(ex);
	if (ex->body != BODY_DONE)
		ex->keep = false;
}

/* Outside of a step its next one comes with the next turn. */
static void run_later(struct http_conn *conn)
{
	if (!conn->running)
		conn_run_later(conn);
}

static void begin_stream(struct http_exchange *ex, int status,
	struct str header_lines, const struct http_source *source, void *arg)
{
	ex->source = source;
	ex->source_arg = arg;
	if (!ex->conn->lost)
		stream_begin(ex->conn, status, header_lines);
}

/* A fixed answer that is worth it, to who wants that. */
static void answer_packed(struct http_exchange *ex, int status,
	struct str header_lines, struct str body)
{
	struct held_body *held;

	if (held_body_new(ex->head_only ? STR("") : body, &held))
		conn_lose(ex->conn);
	else
		begin_stream(ex, status, header_lines, &held_body_source, held);
}

void http_answer(struct http_exchange *ex, int status, struct str header_lines,
	struct str body)
{
	struct http_conn *conn = ex->conn;

	begin_answer(ex);
	give_up_body(ex);
	if (!conn->lost && ex->wants_gzip && body.n >= HTTP_GZIP_MIN &&
		http_status_has_body(status))
		answer_packed(ex, status, header_lines, body);
	else if (!conn->lost)
		output_answer(conn, status, header_lines, body);
	conn_run(conn, false);
}

void http_answer_stream(struct http_exchange *ex, int status,
	struct str header_lines, const struct http_source *source, void *arg)
{
	begin_answer(ex);
	if (!ex->sink)
		give_up_body(ex);
	begin_stream(ex, status, header_lines, source, arg);
	run_later(ex->conn);
}

void http_stream_wake(struct http_exchange *ex)
{
	ex->wake = true;
	if (ex->waits)
		run_later(ex->conn);
}

void http_accept_body(struct http_exchange *ex, const struct http_sink *sink,
	void *arg, uint64_t max)
{
	struct http_conn *conn = ex->conn;

	ASSERT(conn->state == CONN_BUSY && !ex->answered);
	ASSERT(!ex->sink &&
		(ex->body == BODY_WAITS || ex->framing == HTTP_NO_BODY));
	ex->sink = sink;
	ex->sink_arg = arg;
	ex->max = max;
	ex->body = BODY_OPEN;
	if (ex->framing == HTTP_BODY_LENGTH && ex->left > max)
		ex->trouble = ERR_TOO_LONG;
	else if (ex->expects_continue && ex->framing != HTTP_NO_BODY &&
		 !conn->lost && !ex->trouble)
		output_continue(conn);
	run_later(conn);
}

void http_body_resume(struct http_exchange *ex)
{
	ex->resume = true;
	if (ex->body == BODY_PAUSED)
		run_later(ex->conn);
}
