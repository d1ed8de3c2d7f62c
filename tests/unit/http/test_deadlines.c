/* Deadlines: each phase ends in its time, whatever drips in or out. */
#include "unit/http/fixture.h"

#include <poll.h>

#include "http/listener.h"

#define HOST "Host: a\r\n"

static size_t sink_take(void *arg, struct str bytes)
{
	(void)arg;
	return bytes.n;
}

static void sink_end(void *arg)
{
	http_answer(arg, 200, STR(""), STR("whole"));
}

static void sink_broken(void *arg, enum err why)
{
	http_answer(arg, 408, STR(""), str_from(err_text(why)));
}

static const struct http_sink sink = {sink_take, sink_end, sink_broken};

/* Takes nothing at first, and goes on when its time is long over. */
static struct {
	struct http_exchange *ex;
	struct loop_timer timer;
	bool has_paused;
} pausing;

static void on_pause_end(void *arg)
{
	(void)arg;
	pausing.has_paused = true;
	http_body_resume(pausing.ex);
}

static size_t pause_take(void *arg, struct str bytes)
{
	(void)arg;
	if (pausing.has_paused)
		return bytes.n;
	pausing.timer.run = on_pause_end;
	loop_timer_set(http_exchange_loop(pausing.ex), &pausing.timer, 400);
	return 0;
}

static const struct http_sink pause_sink = {pause_take, sink_end, sink_broken};

static void on_request(
	struct http_exchange *ex, const struct http_request *request, void *arg)
{
	(void)arg;
	if (str_is(request->path, "/body"))
		http_accept_body(ex, &sink, ex, UINT64_MAX);
	else if (str_is(request->path, "/pause"))
		http_accept_body(ex, &pause_sink, pausing.ex = ex, UINT64_MAX);
	else
		http_answer(ex, 200, STR(""), STR("ok"));
}

static const struct http_listen_options options = {
	.keepalive = true, .handler = {on_request, NULL, NULL, NULL}};

static const struct {
	const char *first; /* at once */
	const char *want;  /* of the answer's start */
	unsigned timeouts; /* counted */
	char drip;         /* then, a byte every 10 ms; 0: nothing */
} drips[] = {
	{"GET /", "HTTP/1.1 408 ", 1, 'a'},
	{"GET / HTTP/1.1\r\nHost: a\r\nX: ", "HTTP/1.1 408 ", 1, 'a'},
	{"\r\n", "HTTP/1.1 408 ", 1, 0},
	{"GET / HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200 ", 0, 0},
	{"GET / HTTP/1.1\r\n" HOST "\r\nGET", "HTTP/1.1 200 ", 1, 0},
	{"POST /body HTTP/1.1\r\n" HOST "Content-Length: 9999\r\n\r\n",
		"HTTP/1.1 408 ", 1, 'b'},
	{"POST /body HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 408 ", 1, '0'},
};

/* Each connection is ended although bytes keep coming, in about the time that
 * its phase has. */
static void test_drips(void **state)
{
	struct http_listen_options o = options;
	struct server s;
	uint64_t timeouts = 0;

	(void)state;
	o.head_timeout_ms = 150;
	o.body_timeout_ms = 150;
	o.idle_timeout_ms = 150;
	server_start(&s, &o, 1000);
	for (size_t i = 0; i < sizeof(drips) / sizeof(drips[0]); i++) {
		int64_t begin = now_ms(), took;
		struct client c;
		bool open = true;

		client_open(&c, &s);
		client_send_text(&c, drips[i].first);
		while (open) {
			struct pollfd p = {.fd = c.fd, .events = POLLIN};

			if (poll(&p, 1, drips[i].drip ? 10 : -1) > 0)
				open = client_fill(&c);
			else
				(void)send(
					c.fd, &drips[i].drip, 1, MSG_NOSIGNAL);
		}
		took = now_ms() - begin;
		if (took < 140 || took > 5000 || c.in.n < 13 ||
			memcmp(c.in.p, drips[i].want, 13) != 0)
			fail_msg("row %zu after %lld ms: %.*s", i,
				(long long)took, STR_FMT(buf_view(&c.in)));
		client_close(&c);
		timeouts += drips[i].timeouts;
		assert_int_equal(
			counter_get(&server_counters(&s)->timeouts), timeouts);
	}
	server_stop(&s);
}

/* The time for which the handler pauses the body is not the client's. */
static void test_pause_does_not_count(void **state)
{
	struct http_listen_options o = options;
	struct server s;
	struct client c;
	struct answer a;
	int64_t begin = now_ms();

	(void)state;
	o.body_timeout_ms = 150;
	server_start(&s, &o, 1000);
	answer_init(&a);
	client_open(&c, &s);
	client_send_text(&c, "POST /pause HTTP/1.1\r\n" HOST
			     "Content-Length: 5\r\n\r\nhello");
	assert_true(client_answer(&c, &a, false));
	assert_true(str_is(buf_view(&a.body), "whole"));
	assert_true(now_ms() - begin >= 390);
	client_close(&c);
	answer_deinit(&a);
	server_stop(&s);
}

/* Takes a byte of an answer every 10 ms. */
static ssize_t dripping_write(int fd, void *state, const void *from, size_t n)
{
	static const int size = 65536;
	static int64_t next;

	(void)state;
	if (n == 0 || now_ms() < next) {
		/* Makes the socket tell again that it has room. */
		(void)setsockopt(
			fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		return TRANSPORT_AGAIN;
	}
	next = now_ms() + 10;
	return send(fd, from, 1, MSG_NOSIGNAL);
}

static ssize_t no_write(int fd, void *state, const void *from, size_t n)
{
	(void)fd;
	(void)state;
	(void)from;
	(void)n;
	return TRANSPORT_AGAIN;
}

static ssize_t plain_read(int fd, void *state, void *to, size_t n)
{
	return transport_plain.read(fd, state, to, n);
}

static const struct transport slow_readers[] = {
	{plain_read, no_write, no_write},
	{plain_read, dripping_write, dripping_write}};

/* Reading too slowly is as bad as not at all. */
static void test_slow_readers(void **state)
{
	struct http_listen_options o = options;

	(void)state;
	o.write_timeout_ms = 300;
	for (unsigned i = 0; i < 2; i++) {
		int64_t begin = now_ms();
		struct server s;
		struct client c;
		size_t n;

		server_prepare(&s, &o, 1000);
		s.listener->transport = &slow_readers[i];
		server_run(&s);
		client_open(&c, &s);
		client_send_text(&c, "GET / HTTP/1.1\r\n" HOST "\r\n");
		n = client_all(&c).n;
		assert_true(i ? n > 5 && n < 100 : n == 0);
		assert_true(now_ms() - begin >= 290);
		assert_int_equal(
			counter_get(&server_counters(&s)->timeouts), 1);
		client_close(&c);
		server_stop(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drips),
		cmocka_unit_test(test_pause_does_not_count),
		cmocka_unit_test(test_slow_readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
