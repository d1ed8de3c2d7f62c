/* A real server on a port of its own in a thread, and a blocking client of raw
 * bytes, for tests of the HTTP layer. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/num.h"
#include "http/loop.h"
#include "http/server.h"

#define LINE "0123456789012345678901234567890123456789012345678901234567890\n"

enum {
	LINE_N = sizeof(LINE) - 1
};

enum {
	CLIENT_TIMEOUT_S = 20,
	CLIENT_BYTES_MAX = 32 << 20,
};

struct server {
	struct loop *loop;
	struct http_listener *listener;
	pthread_t thread;
};

static inline void *server_thread(void *arg)
{
	loop_run(arg);
	return NULL;
}

static inline void server_prepare(struct server *s,
	const struct http_listen_options *options, uint32_t grace_ms)
{
	struct loop_options loop_options = {.grace_ms = grace_ms};
	struct http_listen_options o = *options;

	if (!o.unix_path)
		o.endpoint.ip = (struct ip){4, {127, 0, 0, 1}};
	assert_int_equal(loop_new(&loop_options, &s->loop), OK);
	assert_int_equal(http_listen(s->loop, &o, &s->listener), OK);
}

static inline void server_run(struct server *s)
{
	assert_int_equal(
		pthread_create(&s->thread, NULL, server_thread, s->loop), 0);
}

static inline void server_start(struct server *s,
	const struct http_listen_options *options, uint32_t grace_ms)
{
	server_prepare(s, options, grace_ms);
	server_run(s);
}

static inline void server_stop(struct server *s)
{
	loop_stop(s->loop);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	http_listener_free(s->listener);
	loop_free(s->loop);
}

static inline const struct http_counters *server_counters(
	const struct server *s)
{
	return http_listener_counters(s->listener);
}

struct client {
	int fd;
	struct buf in; /* received and not consumed */
	bool eof;
	bool reset; /* the end was not a clean one */
};

static inline int client_socket(void)
{
	const struct timeval timeout = {.tv_sec = CLIENT_TIMEOUT_S};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout,
				 sizeof(timeout)),
		0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout,
				 sizeof(timeout)),
		0);
	return fd;
}

static inline void client_connect_fd(
	struct client *c, int fd, const struct server *s)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(http_listener_endpoint(s->listener).port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	c->fd = fd;
	c->eof = false;
	c->reset = false;
	buf_init(&c->in, CLIENT_BYTES_MAX);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
}

static inline void client_open(struct client *c, const struct server *s)
{
	client_connect_fd(c, client_socket(), s);
}

static inline void client_close(struct client *c)
{
	(void)close(c->fd);
	buf_deinit(&c->in);
}

static inline void client_send(struct client *c, struct str bytes)
{
	while (bytes.n) {
		ssize_t n = send(c->fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		if (n <= 0)
			fail_msg("send: %s", strerror(errno));
		bytes = str_skip(bytes, (size_t)n);
	}
}

static inline void client_send_text(struct client *c, const char *text)
{
	client_send(c, str_from(text));
}

/* Receives something; false at the end. A reset counts as the end. */
static inline bool client_fill(struct client *c)
{
	char *to = buf_reserve(&c->in, 65536);
	ssize_t n;

	assert_non_null(to);
	if (c->eof)
		return false;
	n = recv(c->fd, to, 65536, 0);
	if (n < 0 && errno == EAGAIN)
		fail_msg("no answer within %d s, so far: %.*s",
			CLIENT_TIMEOUT_S, STR_FMT(buf_view(&c->in)));
	if (n <= 0) {
		c->eof = true;
		c->reset = n < 0;
		return false;
	}
	buf_wrote(&c->in, (size_t)n);
	return true;
}

/* Everything up to the end of the connection. */
static inline struct str client_all(struct client *c)
{
	while (client_fill(c))
		;
	return buf_view(&c->in);
}

/* Takes bytes up to and with the text, into `to`. False at the end. */
static inline bool client_until(
	struct client *c, const char *text, struct buf *to)
{
	for (;;) {
		const char *at =
			c->in.n ? memmem(c->in.p, c->in.n, text, strlen(text))
				: NULL;

		if (at) {
			size_t n = (size_t)(at - c->in.p) + strlen(text);

			buf_reset(to);
			buf_add(to, c->in.p, n);
			buf_consume(&c->in, n);
			return true;
		}
		if (!client_fill(c))
			return false;
	}
}

struct answer {
	int status;
	struct buf head; /* with its empty line */
	struct buf body;
	bool whole;
};

static inline void answer_init(struct answer *a)
{
	memset(a, 0, sizeof(*a));
	buf_init(&a->head, 65536);
	buf_init(&a->body, CLIENT_BYTES_MAX);
}

static inline void answer_deinit(struct answer *a)
{
	buf_deinit(&a->head);
	buf_deinit(&a->body);
}

static inline bool answer_has(const struct answer *a, const char *text)
{
	return str_contains(buf_view(&a->head), str_from(text));
}

static inline bool client_read_n(struct client *c, size_t n, struct buf *to)
{
	while (c->in.n < n) {
		if (!client_fill(c))
			return false;
	}
	buf_add(to, c->in.p, n);
	buf_consume(&c->in, n);
	return true;
}

static inline size_t hex_size(struct str s)
{
	size_t v = 0;

	for (size_t i = 0; i < s.n && ascii_hex_value(s.p[i]) >= 0; i++)
		v = v * 16 + (size_t)ascii_hex_value(s.p[i]);
	return v;
}

static inline size_t decimal_size(const char *text)
{
	size_t v = 0;

	while (ascii_is_digit(*text))
		v = v * 10 + (size_t)(*text++ - '0');
	return v;
}

static inline bool client_read_chunks(struct client *c, struct buf *to)
{
	struct buf line;
	bool whole = false;

	buf_init(&line, 65536);
	while (client_until(c, "\r\n", &line)) {
		size_t n = hex_size(buf_view(&line));

		if (!client_read_n(c, n, to))
			break;
		if (!client_until(c, "\r\n", &line))
			break;
		assert_int_equal(line.n, 2);
		if (n == 0) {
			whole = true;
			break;
		}
	}
	buf_deinit(&line);
	return whole;
}

/* Reads the next answer; false if there is none. */
static inline bool client_answer(
	struct client *c, struct answer *a, bool head_only)
{
	const char *length;

	buf_reset(&a->body);
	a->whole = false;
	a->status = 0;
	if (!client_until(c, "\r\n\r\n", &a->head))
		return false;
	assert_memory_equal(a->head.p, "HTTP/1.1 ", 9);
	a->status = (a->head.p[9] - '0') * 100 + (a->head.p[10] - '0') * 10 +
		    a->head.p[11] - '0';
	length = strstr(buf_cstr(&a->head), "Content-Length: ");
	if (head_only || a->status == 204 || a->status == 100)
		a->whole = true;
	else if (length)
		a->whole =
			client_read_n(c, decimal_size(length + 16), &a->body);
	else if (answer_has(a, "Transfer-Encoding: chunked"))
		a->whole = client_read_chunks(c, &a->body);
	else {
		buf_str(&a->body, client_all(c));
		buf_reset(&c->in);
	}
	return true;
}

static inline int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits until *what is as wanted; the loop's thread changes it. */
static inline void wait_for(atomic_uint *what, unsigned want)
{
	int64_t end = now_ms() + CLIENT_TIMEOUT_S * INT64_C(1000);

	while (atomic_load(what) != want && now_ms() < end)
		(void)sched_yield();
	assert_int_equal(atomic_load(what), want);
}
