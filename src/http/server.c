#include "http/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/log.h"
#include "http/input.h"
#include "http/listener.h"
#include "http/socket.h"

const int http_refusal_status[HTTP_REFUSALS_N] = {
	400, 408, 413, 414, 417, 431, 501, 503, 505};

static void pause_accepting(struct http_listener *listener)
{
	uint64_t now = loop_mono_ms(listener->loop);

	(void)event_del(&listener->accept_event);
	loop_timer_set(listener->loop, &listener->retry, HTTP_ACCEPT_RETRY_MS);
	counter_add(&listener->counters.accept_stops, 1);
	if (now < listener->may_log_ms)
		return;
	listener->may_log_ms = now + HTTP_ACCEPT_LOG_MS;
	log_warn("http cannot accept connections error=\"%s\" open=%llu",
		strerrordesc_np(errno),
		(unsigned long long)counter_get(&listener->counters.open));
}

static void go_on_accepting(void *arg)
{
	struct http_listener *listener = arg;

	loop_timer_clear(listener->loop, &listener->retry);
	if (listener->fd < 0)
		return;
	if (event_add(&listener->accept_event, NULL) != 0)
		loop_timer_set(
			listener->loop, &listener->retry, HTTP_ACCEPT_RETRY_MS);
}

void listener_descriptor_freed(struct http_listener *listener)
{
	if (loop_timer_is_set(&listener->retry))
		go_on_accepting(listener);
}

struct str listener_date_line(struct http_listener *listener)
{
	uint64_t now_ms = loop_wall_ms(listener->loop);

	if (now_ms / 1000 != listener->date_s || !listener->date_line_n) {
		listener->date_s = now_ms / 1000;
		listener->date_line_n =
			http_put_date_line(listener->date_line, now_ms);
	}
	return str_make(listener->date_line, listener->date_line_n);
}

void listener_refuse(
	struct http_listener *listener, int status, const char *why)
{
	const struct http_handler *handler = &listener->options.handler;

	for (size_t i = 0; i < HTTP_REFUSALS_N; i++) {
		if (http_refusal_status[i] == status)
			counter_add(&listener->counters.refusals[i], 1);
	}
	buf_reset(&listener->refuse_lines);
	buf_reset(&listener->refuse_body);
	if (handler->on_refuse)
		handler->on_refuse(status, why, &listener->refuse_lines,
			&listener->refuse_body, handler->arg);
	/* Half of it would be worse than none. */
	if (buf_err(&listener->refuse_lines) ||
		buf_err(&listener->refuse_body)) {
		buf_reset(&listener->refuse_lines);
		buf_reset(&listener->refuse_body);
	}
}

/* Over a cap: a 503, as far as it goes without keeping the connection. */
static void turn_away(struct http_listener *listener, int fd)
{
	struct http_answer_head head = {.status = 503, .close = true};
	char *block = pool_take(&listener->blocks);
	struct str lines, body;
	size_t n;

	counter_add(&listener->counters.refused_cap, 1);
	listener_refuse(listener, 503, "too many connections");
	lines = buf_view(&listener->refuse_lines);
	body = buf_view(&listener->refuse_body);
	if (block &&
		HTTP_ANSWER_HEAD_MAX + lines.n + body.n <= HTTP_BLOCK_SIZE) {
		/* Unread input would reset the connection at once. */
		(void)recv(fd, block, HTTP_BLOCK_SIZE, 0);
		head.content_length = body.n;
		head.date_line = listener_date_line(listener);
		head.lines = lines;
		n = http_put_answer_head(block, &head);
		if (body.n)
			memcpy(block + n, body.p, body.n);
		(void)send(fd, block, n + body.n, MSG_NOSIGNAL);
	}
	if (block)
		pool_give(&listener->blocks, block);
	(void)close(fd);
}

static bool is_counted(
	const struct http_listener *listener, const struct ip *peer)
{
	const struct http_listen_options *o = &listener->options;

	if (!o->connections_per_ip_max || peer->n == 0)
		return false;
	for (size_t i = 0; i < o->trusted_n; i++) {
		if (ip_in(peer, &o->trusted[i]))
			return false;
	}
	return true;
}

static void admit(struct http_listener *listener, int fd, const struct ip *peer)
{
	const struct http_listen_options *o = &listener->options;
	bool counted = is_counted(listener, peer);

	counter_add(&listener->counters.accepted, 1);
	if (counter_get(&listener->counters.open) >= o->connections_max ||
		(counted && ip_count_add(&listener->ips, peer,
				    o->connections_per_ip_max)))
		turn_away(listener, fd);
	else
		conn_accept(listener, fd, peer, counted);
}

/* False: there is none now. */
static bool accept_one(struct http_listener *listener)
{
	struct sockaddr_storage address;
	socklen_t n = sizeof(address);
	struct ip peer;
	int fd = accept4(listener->fd, (struct sockaddr *)&address, &n,
		SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		ip_from_sockaddr((struct sockaddr *)&address, &peer);
		admit(listener, fd, &peer);
		return true;
	}
	switch (errno) {
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
	case EPERM:
		return true;
	case EAGAIN:
		return false;
	default:
		/* Out of descriptors or memory, most likely. */
		if (!loop_is_stopping(listener->loop))
			pause_accepting(listener);
		return false;
	}
}

static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
	struct http_listener *listener = arg;
	unsigned n = 0;

	(void)fd;
	(void)what;
	while (n < HTTP_ACCEPTS_PER_TURN && accept_one(listener))
		n++;
}

/* Connections freed in this turn can no longer be reported by libevent. */
static void on_turn_end(void *arg)
{
	struct http_listener *listener = arg;

	while (listener->lists[CONN_GONE])
		conn_discard(listener->lists[CONN_GONE]);
}

static void close_listening(struct http_listener *listener)
{
	if (listener->fd < 0)
		return;
	(void)event_del(&listener->accept_event);
	loop_timer_clear(listener->loop, &listener->retry);
	(void)close(listener->fd);
	listener->fd = -1;
	if (listener->unix_path[0])
		(void)unlink(listener->unix_path);
}

/* Calls fn for every connection of a list, whatever that does to the list. */
static void walk(struct http_listener *listener, enum conn_state state,
	void (*fn)(struct http_conn *conn))
{
	listener->cursor = listener->lists[state];
	while (listener->cursor) {
		struct http_conn *conn = listener->cursor;

		listener->cursor = conn->next;
		fn(conn);
	}
}

/* A request that came just now is still answered. */
static void end_idle(struct http_conn *conn)
{
	input_fill(conn);
	if (!conn->in)
		conn_close(conn);
	conn_run(conn, true);
}

/* Its source may ask loop_is_stopping(), and end. */
static void wake(struct http_conn *conn)
{
	if (conn->ex.source)
		http_stream_wake(&conn->ex);
}

static void begin_stop(void *arg)
{
	struct http_listener *listener = arg;
	unsigned n = 0;

	/* Closing would reset the connections that wait to be accepted. */
	while (n < HTTP_LISTEN_BACKLOG && listener->fd >= 0 &&
		accept_one(listener))
		n++;
	close_listening(listener);
	walk(listener, CONN_IDLE, end_idle);
	walk(listener, CONN_HEAD, end_idle);
	walk(listener, CONN_BUSY, wake);
}

static void cut_conn(struct http_conn *conn)
{
	conn_lose(conn);
	conn_run(conn, true);
}

static void cut(void *arg)
{
	struct http_listener *listener = arg;

	close_listening(listener);
	for (int state = 0; state < CONN_GONE; state++)
		walk(listener, (enum conn_state)state, cut_conn);
}

static uint32_t or_default(uint32_t value, uint32_t other)
{
	return value ? value : other;
}

static void set_options(struct http_listener *listener,
	const struct http_listen_options *options)
{
	struct http_listen_options *o = &listener->options;

	*o = *options;
	o->unix_path = NULL;
	o->head_timeout_ms =
		or_default(o->head_timeout_ms, HTTP_HEAD_TIMEOUT_MS);
	o->body_timeout_ms =
		or_default(o->body_timeout_ms, HTTP_BODY_TIMEOUT_MS);
	o->write_timeout_ms =
		or_default(o->write_timeout_ms, HTTP_WRITE_TIMEOUT_MS);
	o->idle_timeout_ms =
		or_default(o->idle_timeout_ms, HTTP_IDLE_TIMEOUT_MS);
	o->connections_max =
		or_default(o->connections_max, HTTP_CONNECTIONS_MAX);
}

static enum err open_socket(struct http_listener *listener,
	const struct http_listen_options *options)
{
	size_t n;

	if (!options->unix_path) {
		listener->endpoint = options->endpoint;
		return socket_listen_tcp(&listener->endpoint, options->shared,
			HTTP_LISTEN_BACKLOG, &listener->fd);
	}
	n = strlen(options->unix_path);
	if (n > HTTP_PATH_MAX || n == 0)
		return ERR_TOO_LONG;
	memcpy(listener->unix_path, options->unix_path, n + 1);
	return socket_listen_unix(
		listener->unix_path, HTTP_LISTEN_BACKLOG, &listener->fd);
}

static struct http_listener *make(
	struct loop *loop, const struct http_listen_options *options)
{
	struct http_listener *listener = calloc(1, sizeof(*listener));

	if (!listener)
		return NULL;
	listener->loop = loop;
	listener->fd = -1;
	listener->transport = &transport_plain;
	listener->retry.run = go_on_accepting;
	listener->retry.arg = listener;
	listener->holder =
		(struct loop_holder){begin_stop, cut, listener, NULL};
	set_options(listener, options);
	pool_init(&listener->blocks, HTTP_BLOCK_SIZE, HTTP_BLOCKS_KEPT);
	pool_init(&listener->conns, sizeof(struct http_conn), HTTP_CONNS_KEPT);
	ip_count_init(&listener->ips);
	buf_init(&listener->refuse_lines, HTTP_REFUSE_LINES_MAX);
	buf_init(&listener->refuse_body, HTTP_REFUSE_BODY_MAX);
	buf_init(&listener->plain, HTTP_OUT_MAX);
	return listener;
}

enum err http_listen(struct loop *loop,
	const struct http_listen_options *options, struct http_listener **to)
{
	struct http_listener *listener = make(loop, options);
	enum err e;

	if (!listener)
		return ERR_NOMEM;
	e = open_socket(listener, options);
	if (e) {
		int saved = errno;

		/* It may be somebody else's. */
		listener->unix_path[0] = '\0';
		http_listener_free(listener);
		errno = saved;
		return e;
	}
	ASSERT(event_assign(&listener->accept_event, loop_base(loop),
		       listener->fd, EV_READ | EV_PERSIST, on_acceptable,
		       listener) == 0);
	if (event_add(&listener->accept_event, NULL) != 0) {
		http_listener_free(listener);
		return ERR_NOMEM;
	}
	loop_on_turn_end(loop, on_turn_end, listener);
	loop_add_holder(loop, &listener->holder);
	*to = listener;
	return OK;
}

void http_listener_free(struct http_listener *listener)
{
	if (!listener)
		return;
	close_listening(listener);
	for (int state = 0; state < CONN_STATES_N; state++) {
		while (listener->lists[state])
			conn_discard(listener->lists[state]);
	}
	loop_remove_holder(listener->loop, &listener->holder);
	pool_deinit(&listener->blocks);
	pool_deinit(&listener->conns);
	ip_count_deinit(&listener->ips);
	buf_deinit(&listener->refuse_lines);
	buf_deinit(&listener->refuse_body);
	buf_deinit(&listener->plain);
	free(listener);
}

struct ip_endpoint http_listener_endpoint(const struct http_listener *listener)
{
	return listener->endpoint;
}

const struct http_counters *http_listener_counters(
	const struct http_listener *listener)
{
	return &listener->counters;
}
