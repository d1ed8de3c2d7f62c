/* A server whose handlers hold answers back and pause bodies, and a client that
 * sends bytes and its end in one packet, for the tests of what a socket tells
 * once and not again. One server at a time. */
#pragma once

#include "unit/http/fixture.h"

#define HOST "Host: a\r\n"

enum {
	BODY = 50000,
};

/* Exchanges that another connection's request answers. */
static atomic_uint held;
static struct http_exchange *holding[4];

static inline void answer(struct http_exchange *ex, const char *text)
{
	http_answer(ex, 200, STR(""), str_from(text));
}

static inline void release_all(void)
{
	unsigned n = atomic_load(&held);

	atomic_store(&held, 0);
	for (unsigned i = 0; i < n; i++)
		answer(holding[i], "held");
}

/* While it is set the loop does nothing else. */
static atomic_uint blocked;

static inline void block(void)
{
	atomic_store(&blocked, 1);
	while (atomic_load(&blocked))
		(void)sched_yield();
}

/* Who lets a paused body go on. */
enum resumer {
	BY_ITSELF, /* from within take() */
	BY_TASK,
	BY_TIMER,
	BY_ANOTHER, /* connection's request, when no event is due */
};

/* Takes so many bytes at a time, and counts them. */
static struct count {
	struct http_exchange *ex;
	enum resumer resumer;
	size_t step, bytes;
	struct loop_task task;
	struct loop_timer timer;
} count;
static enum resumer next_resumer;
static size_t next_step;
static atomic_uint paused;

static inline void resume(void *arg)
{
	(void)arg;
	http_body_resume(count.ex);
}

static inline void pause_body(void)
{
	switch (count.resumer) {
	case BY_ITSELF:
		resume(NULL);
		break;
	case BY_TASK:
		loop_defer(http_exchange_loop(count.ex), &count.task);
		break;
	case BY_TIMER:
		loop_timer_set(http_exchange_loop(count.ex), &count.timer, 1);
		break;
	case BY_ANOTHER:
		atomic_store(&paused, 1);
		break;
	}
}

static inline size_t count_take(void *arg, struct str bytes)
{
	(void)arg;
	if (bytes.n > count.step) {
		bytes.n = count.step;
		pause_body();
	}
	for (size_t i = 0; i < bytes.n; i++)
		assert_int_equal(bytes.p[i], 'b');
	count.bytes += bytes.n;
	return bytes.n;
}

static inline void count_end(void *arg)
{
	char text[32];

	(void)arg;
	(void)snprintf(text, sizeof(text), "%zu bytes", count.bytes);
	answer(count.ex, text);
}

static inline void count_broken(void *arg, enum err why)
{
	(void)arg;
	answer(count.ex, err_text(why));
}

static const struct http_sink count_sink = {
	count_take, count_end, count_broken};

static inline void accept_count(struct http_exchange *ex)
{
	count = (struct count){.ex = ex,
		.resumer = next_resumer,
		.step = next_step,
		.task = {.run = resume},
		.timer = {.run = resume}};
	http_accept_body(ex, &count_sink, NULL, UINT64_MAX);
}

static inline void on_request(
	struct http_exchange *ex, const struct http_request *request, void *arg)
{
	(void)arg;
	if (str_is(request->path, "/hold")) {
		holding[atomic_load(&held)] = ex;
		atomic_fetch_add(&held, 1);
	} else if (str_is(request->path, "/release")) {
		release_all();
		answer(ex, "released");
	} else if (str_is(request->path, "/block")) {
		block();
		answer(ex, "blocked");
	} else if (str_is(request->path, "/count")) {
		accept_count(ex);
	} else if (str_is(request->path, "/resume")) {
		atomic_store(&paused, 0);
		http_body_resume(count.ex);
		answer(ex, "resumed");
	} else {
		answer(ex, "now");
	}
}

/* Nobody is timed out while a client waits. */
static const struct http_listen_options kept = {.keepalive = true,
	.handler = {on_request, NULL, NULL, NULL},
	.head_timeout_ms = 60000,
	.body_timeout_ms = 60000,
	.write_timeout_ms = 60000,
	.idle_timeout_ms = 60000};

static struct server s;

static inline void expect(struct client *c, struct answer *a, const char *text)
{
	assert_true(client_answer(c, a, false));
	assert_int_equal(a->status, 200);
	if (!str_is(buf_view(&a->body), text))
		fail_msg("%.*s, not %s", STR_FMT(buf_view(&a->body)), text);
}

static inline void expect_end(struct client *c)
{
	assert_false(client_fill(c));
	assert_false(c->reset);
	assert_int_equal(c->in.n, 0);
}

/* All of it, and the end of our side in the same packet. */
static inline void send_and_end(struct client *c, struct str bytes)
{
	assert_int_equal(send(c->fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_MORE),
		bytes.n);
	assert_int_equal(shutdown(c->fd, SHUT_WR), 0);
}

/* A request on a connection of its own. */
static inline void ask(const char *path, const char *want)
{
	struct client c;
	struct answer a;
	struct buf b;

	answer_init(&a);
	buf_init(&b, 1024);
	buf_printf(&b, "GET %s HTTP/1.1\r\n" HOST "\r\n", path);
	client_open(&c, &s);
	client_send(&c, buf_view(&b));
	expect(&c, &a, want);
	client_close(&c);
	buf_deinit(&b);
	answer_deinit(&a);
}

static inline void wait_open(uint64_t want)
{
	const struct counter *open = &server_counters(&s)->open;
	int64_t end = now_ms() + CLIENT_TIMEOUT_S * INT64_C(1000);

	while (counter_get(open) != want && now_ms() < end)
		(void)sched_yield();
	assert_int_equal(counter_get(open), want);
}

/* A connection that the loop watches already, or whose first bytes are there
 * before it is accepted. */
static inline void open_client(struct client *c, struct answer *a, bool is_kept)
{
	server_prepare(&s, &kept, 1000);
	client_open(c, &s);
	if (!is_kept)
		return;
	server_run(&s);
	for (int i = 0; i < 3; i++) {
		client_send_text(c, "GET / HTTP/1.1\r\n" HOST "\r\n");
		expect(c, a, "now");
	}
}

/* n requests of this size, or as short as they can be. */
static inline void put_requests(struct buf *b, unsigned n, size_t size)
{
	static const char line[] = "GET / HTTP/1.1\r\n" HOST;

	for (unsigned i = 0; i < n; i++) {
		size_t end = b->n + size;

		buf_text(b, line);
		if (size) {
			buf_text(b, "X: ");
			while (b->n < end - 4)
				buf_byte(b, 'x');
			buf_text(b, "\r\n");
		}
		buf_text(b, "\r\n");
	}
}
