#include "http/conn.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "http/body.h"
#include "http/input.h"
#include "http/listener.h"
#include "http/output.h"
#include "http/stream.h"

/* When those that are ready with it were read, too: the handler has then seen
 * what it will be asked. */
static void run_soon(struct http_conn *conn)
{
	input_show(conn);
	loop_soon(conn->listener->loop, &conn->task);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct http_conn *conn = arg;

	(void)fd;
	input_fill(conn);
	/* The end came with bytes before it, and is not told again. */
	if (what & EV_CLOSED)
		conn->unread = true;
	run_soon(conn);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct http_conn *conn = arg;

	(void)fd;
	(void)what;
	conn->out.blocked = false;
	conn_run(conn, true);
}

static void on_deadline(void *arg)
{
	struct http_conn *conn = arg;

	conn->timed_out = true;
	conn_run(conn, true);
}

static void on_write_deadline(void *arg)
{
	struct http_conn *conn = arg;

	counter_add(&conn->listener->counters.timeouts, 1);
	conn_lose(conn);
	conn_run(conn, true);
}

static void on_turn(void *arg)
{
	conn_run(arg, true);
}

static void unlink_conn(struct http_conn *conn)
{
	struct http_listener *listener = conn->listener;

	if (listener->cursor == conn)
		listener->cursor = conn->next;
	if (conn->next)
		conn->next->prev = conn->prev;
	if (conn->prev)
		conn->prev->next = conn->next;
	else
		listener->lists[conn->state] = conn->next;
}

static void link_conn(struct http_conn *conn, enum conn_state state)
{
	struct http_conn **list = &conn->listener->lists[state];

	conn->state = (uint8_t)state;
	conn->prev = NULL;
	conn->next = *list;
	if (*list)
		(*list)->prev = conn;
	*list = conn;
}

/* 0: the state has no deadline of its own. */
static uint32_t state_ms(const struct http_conn *conn)
{
	const struct http_listen_options *o = &conn->listener->options;

	switch ((enum conn_state)conn->state) {
	case CONN_HEAD:
		return o->head_timeout_ms;
	case CONN_IDLE:
		return o->idle_timeout_ms;
	case CONN_DRAIN:
		return HTTP_DRAIN_MS;
	case CONN_BUSY:
	case CONN_GONE:
	case CONN_STATES_N:
		break;
	}
	return 0;
}

void conn_move(struct http_conn *conn, enum conn_state state)
{
	struct loop *loop = conn->listener->loop;

	unlink_conn(conn);
	link_conn(conn, state);
	conn->timed_out = false;
	if (state_ms(conn))
		loop_timer_set(loop, &conn->timer, state_ms(conn));
	else
		loop_timer_clear(loop, &conn->timer);
}

static void stop_watching(struct http_conn *conn)
{
	if (conn->reading)
		(void)event_del(&conn->read_event);
	if (conn->writing)
		(void)event_del(&conn->write_event);
	conn->reading = false;
	conn->writing = false;
}

static void close_socket(struct http_conn *conn)
{
	if (conn->fd < 0)
		return;
	stop_watching(conn);
	(void)close(conn->fd);
	conn->fd = -1;
	listener_descriptor_freed(conn->listener);
}

void conn_lose(struct http_conn *conn)
{
	conn->lost = true;
	output_discard(conn);
	close_socket(conn);
	loop_timer_clear(conn->listener->loop, &conn->write_timer);
	if (conn->state == CONN_BUSY)
		loop_timer_clear(conn->listener->loop, &conn->timer);
}

void conn_close(struct http_conn *conn)
{
	conn->closing = true;
}

void conn_run_later(struct http_conn *conn)
{
	loop_defer(conn->listener->loop, &conn->task);
}

static void release(struct http_conn *conn)
{
	struct http_listener *listener = conn->listener;

	close_socket(conn);
	output_discard(conn);
	input_discard(conn);
	stream_discard(&conn->ex);
	loop_timer_clear(listener->loop, &conn->timer);
	loop_timer_clear(listener->loop, &conn->write_timer);
	loop_undefer(listener->loop, &conn->task);
	if (conn->counted)
		ip_count_remove(&listener->ips, &conn->peer);
	counter_set(&listener->counters.open,
		counter_get(&listener->counters.open) - 1);
	loop_release(listener->loop);
}

static void bury(struct http_conn *conn)
{
	release(conn);
	conn_move(conn, CONN_GONE);
}

void conn_discard(struct http_conn *conn)
{
	if (conn->state != CONN_GONE)
		release(conn);
	unlink_conn(conn);
	pool_give(&conn->listener->conns, conn);
}

static bool watch(struct event *event, bool *is_on, bool want)
{
	if (want == *is_on)
		return true;
	*is_on = want;
	return (want ? event_add(event, NULL) : event_del(event)) == 0;
}

/* What is read on after a request is only looked at when it has been answered;
 * a block of it is kept, the rest stays with the kernel. */
static bool wants_read(const struct http_conn *conn)
{
	if (conn->eof || !input_has_room(conn))
		return false;
	if (conn->state != CONN_BUSY || conn->ex.body == BODY_OPEN)
		return true;
	return conn->reading;
}

/* What was left unread is reported once more if it is asked for anew. */
static bool ask_again(struct http_conn *conn)
{
	bool ask = conn->unread && conn->reading && wants_read(conn);

	conn->unread = false;
	return !ask || watch(&conn->read_event, &conn->reading, false);
}

static void watch_socket(struct http_conn *conn)
{
	output_watch(conn);
	if (conn->lost)
		return;
	if (!ask_again(conn) ||
		!watch(&conn->read_event, &conn->reading, wants_read(conn)) ||
		!watch(&conn->write_event, &conn->writing, conn->out.blocked)) {
		conn_lose(conn);
		conn_run_later(conn);
	}
}

static void begin_drain(struct http_conn *conn)
{
	(void)shutdown(conn->fd, SHUT_WR);
	conn->drain_left =
		conn->ex.taken ? HTTP_DRAIN_BODY_MAX : HTTP_DRAIN_BYTES_MAX;
	conn_move(conn, CONN_DRAIN);
}

static bool drain_step(struct http_conn *conn)
{
	size_t n = conn_pending(conn).n;

	input_discard(conn);
	/* A reset behind these bytes is not told again. */
	if (n)
		conn->unread = true;
	if (conn->lost || conn->eof || conn->timed_out || n > conn->drain_left)
		conn_close(conn);
	else
		conn->drain_left -= (uint32_t)n;
	return false;
}

/* The exchange is answered, and all of the answer sent. */
static void finish(struct http_conn *conn)
{
	struct http_exchange *ex = &conn->ex;
	bool more = conn_pending(conn).n > 0;

	stream_discard(ex);
	if (!conn->lost && ex->keep && ex->body == BODY_DONE) {
		conn_move(conn, more ? CONN_HEAD : CONN_IDLE);
		if (!more && loop_is_stopping(conn->listener->loop))
			conn_close(conn);
	} else if (!conn->lost && !conn->eof &&
		   (more || ex->body != BODY_DONE)) {
		/* Closing with unread input would reset the connection, and
		 * the client might lose the answer. */
		begin_drain(conn);
	} else {
		conn_close(conn);
	}
}

static bool busy_step(struct http_conn *conn, struct conn_budget *budget)
{
	if (body_step(conn, budget) || output_flush(conn) ||
		stream_step(conn, budget))
		return true;
	if (!conn->ex.answered || conn->ex.source || output_waits(conn))
		return false;
	finish(conn);
	return true;
}

static bool step(struct http_conn *conn, struct conn_budget *budget)
{
	if (conn->closing)
		return false;
	switch ((enum conn_state)conn->state) {
	case CONN_HEAD:
	case CONN_IDLE:
		return input_step(conn, budget);
	case CONN_BUSY:
		return busy_step(conn, budget);
	case CONN_DRAIN:
		return drain_step(conn);
	case CONN_GONE:
	case CONN_STATES_N:
		break;
	}
	return false;
}

void conn_run(struct http_conn *conn, bool may_call)
{
	struct conn_budget budget = {
		.may_call = may_call,
		.requests = HTTP_REQUESTS_PER_TURN,
		.pulls = HTTP_PULLS_PER_TURN,
	};

	if (conn->running)
		return;
	conn->running = true;
	while (step(conn, &budget))
		;
	conn->running = false;
	if (conn->closing)
		bury(conn);
	else
		watch_socket(conn);
}

static void init(struct http_conn *conn, struct http_listener *listener, int fd)
{
	struct event_base *base = loop_base(listener->loop);

	memset(conn, 0, sizeof(*conn));
	conn->listener = listener;
	conn->fd = fd;
	conn->timer.run = on_deadline;
	conn->timer.arg = conn;
	conn->write_timer.run = on_write_deadline;
	conn->write_timer.arg = conn;
	conn->task.run = on_turn;
	conn->task.arg = conn;
	/* They only fail for a bad kind of event. */
	ASSERT(event_assign(&conn->read_event, base, fd,
		       EV_READ | EV_CLOSED | EV_PERSIST | EV_ET, on_readable,
		       conn) == 0);
	ASSERT(event_assign(&conn->write_event, base, fd,
		       EV_WRITE | EV_PERSIST | EV_ET, on_writable, conn) == 0);
}

void conn_accept(struct http_listener *listener, int fd, const struct ip *peer,
	bool counted)
{
	struct http_conn *conn = pool_take(&listener->conns);

	if (!conn) {
		if (counted)
			ip_count_remove(&listener->ips, peer);
		(void)close(fd);
		return;
	}
	init(conn, listener, fd);
	conn->peer = *peer;
	conn->counted = counted;
	counter_set(&listener->counters.open,
		counter_get(&listener->counters.open) + 1);
	loop_hold(listener->loop);
	link_conn(conn, CONN_HEAD);
	conn_move(conn, CONN_HEAD);
	input_fill(conn);
	run_soon(conn);
}
