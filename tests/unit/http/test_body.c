/* Streamed bodies: taking, pausing, answering meanwhile, and bodies that break
 * off. */
#include "unit/http/fixture.h"

#include <poll.h>

#define HOST "Host: a\r\n"

static atomic_uint stops;

/* Answers with a line for each line of the body, "OK\n", from a count: as a
 * store would, so that nothing is kept for a client that does not read. */
struct echo {
	struct http_exchange *ex;
	_Atomic size_t lines_in;
	size_t lines_out;
	bool whole;
	enum err broken;
	bool pauses;
	const char *text; /* of an answered line */
	struct loop_timer timer;
	_Atomic int end_seen; /* 1: end, else the negative error */
};

static struct echo echo;

static void on_resume(void *arg)
{
	struct echo *e = arg;

	http_body_resume(e->ex);
}

static size_t echo_take(void *arg, struct str bytes)
{
	struct echo *e = arg;
	size_t n = bytes.n;

	if (e->pauses && n > 1000) {
		n = 1000;
		loop_timer_set(http_exchange_loop(e->ex), &e->timer, 1);
	}
	for (size_t i = 0; i < n; i++)
		e->lines_in += bytes.p[i] == '\n';
	http_stream_wake(e->ex);
	return n;
}

static void echo_end(void *arg)
{
	struct echo *e = arg;

	e->whole = true;
	atomic_store(&e->end_seen, 1);
	http_stream_wake(e->ex);
}

static void echo_broken(void *arg, enum err why)
{
	struct echo *e = arg;

	e->broken = why;
	atomic_store(&e->end_seen, (int)why);
	http_stream_wake(e->ex);
}

static const struct http_sink echo_sink = {echo_take, echo_end, echo_broken};

static enum http_pull echo_pull(void *arg, struct buf *out)
{
	struct echo *e = arg;

	while (e->lines_out < e->lines_in && out->max - out->n >= 64) {
		buf_text(out, e->text);
		e->lines_out++;
	}
	if (e->lines_out < e->lines_in)
		return PULL_MORE;
	if (e->broken) {
		buf_printf(out, "broken: %s\n", err_text(e->broken));
		return PULL_ABORT;
	}
	return e->whole ? PULL_END : PULL_WAIT;
}

static void echo_stop(void *arg)
{
	struct echo *e = arg;

	loop_timer_clear(http_exchange_loop(e->ex), &e->timer);
	atomic_fetch_add(&stops, 1);
}

static const struct http_source echo_source = {echo_pull, echo_stop};

static void start_echo(struct http_exchange *ex, bool pauses, const char *text)
{
	memset(&echo, 0, sizeof(echo));
	echo.ex = ex;
	echo.pauses = pauses;
	echo.text = text;
	echo.timer.run = on_resume;
	echo.timer.arg = &echo;
	http_accept_body(ex, &echo_sink, &echo, UINT64_MAX);
	http_answer_stream(ex, 200, STR(""), &echo_source, &echo);
}

static void on_request(
	struct http_exchange *ex, const struct http_request *request, void *arg)
{
	(void)arg;
	if (str_is(request->path, "/echo"))
		start_echo(ex, false, "OK\n");
	else if (str_is(request->path, "/long"))
		start_echo(ex, false, LINE);
	else if (str_is(request->path, "/pauses"))
		start_echo(ex, true, "OK\n");
	else
		http_answer(ex, 200, STR(""), STR("plain answer"));
}

static const struct http_listen_options options = {
	.keepalive = true, .handler = {on_request, NULL, NULL, NULL}};

static void send_chunked_lines(struct client *c, size_t n)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < 100; i++)
		buf_printf(&b, "%x\r\n" LINE "\r\n", LINE_N);
	for (size_t i = 0; i < n; i += 100)
		client_send(c, buf_view(&b));
	buf_deinit(&b);
}

/* The whole body is written before a byte is read: more of both than the
 * sockets' buffers hold, and for longer than answers may be stuck otherwise. */
static void test_write_all_before_reading(void **state)
{
	enum {
		N = 300000
	};
	struct http_listen_options o = options;
	struct server s;
	struct client c;
	struct answer a;
	int fd = client_socket(), small = 65536;

	(void)state;
	o.write_timeout_ms = 1000;
	server_start(&s, &o, 1000);
	answer_init(&a);
	assert_int_equal(
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)),
		0);
	client_connect_fd(&c, fd, &s);
	client_send_text(&c, "POST /long HTTP/1.1\r\n" HOST
			     "Transfer-Encoding: chunked\r\n\r\n");
	send_chunked_lines(&c, N);
	for (unsigned i = 0; i < 15; i++) {
		struct pollfd p = {.fd = c.fd, .events = POLLPRI};

		(void)poll(&p, 1, 100);
		send_chunked_lines(&c, 100);
	}
	client_send_text(&c, "0\r\n\r\n");
	assert_true(client_answer(&c, &a, false));
	assert_true(a.whole);
	assert_int_equal(a.body.n, (N + 1500) * LINE_N);
	client_send_text(&c, "GET / HTTP/1.1\r\n" HOST "\r\n");
	assert_true(client_answer(&c, &a, false));
	client_close(&c);
	answer_deinit(&a);
	server_stop(&s);
}

static void test_pauses(void **state)
{
	struct server s;
	struct client c;
	struct answer a;

	(void)state;
	server_start(&s, &options, 1000);
	answer_init(&a);
	client_open(&c, &s);
	client_send_text(&c, "POST /pauses HTTP/1.1\r\n" HOST
			     "Transfer-Encoding: chunked\r\n\r\n");
	send_chunked_lines(&c, 300);
	client_send_text(&c, "0\r\n\r\n");
	assert_true(client_answer(&c, &a, false));
	assert_true(a.whole);
	assert_int_equal(a.body.n, 300 * 3);
	/* A body by length, too, and a pipelined request behind it. */
	client_send_text(&c, "POST /pauses HTTP/1.1\r\n" HOST
			     "Content-Length: 62000\r\n\r\n");
	for (size_t i = 0; i < 1000; i++)
		client_send_text(&c, LINE);
	client_send_text(&c, "GET / HTTP/1.1\r\n" HOST "\r\n");
	assert_true(client_answer(&c, &a, false));
	assert_true(a.whole);
	assert_int_equal(a.body.n, 1000 * 3);
	assert_true(client_answer(&c, &a, false));
	assert_true(str_is(buf_view(&a.body), "plain answer"));
	client_close(&c);
	answer_deinit(&a);
	server_stop(&s);
}

/* A line is answered while the body is still open. */
static void test_conversation(void **state)
{
	struct server s;
	struct client c;
	struct buf line;

	(void)state;
	server_start(&s, &options, 1000);
	buf_init(&line, 65536);
	client_open(&c, &s);
	client_send_text(&c, "POST /echo HTTP/1.1\r\n" HOST
			     "Transfer-Encoding: chunked\r\n\r\n");
	for (unsigned i = 0; i < 50; i++) {
		client_send_text(&c, "1\r\n\n\r\n");
		assert_true(client_until(&c, "OK\n\r\n", &line));
	}
	client_send_text(&c, "0\r\n\r\n");
	assert_true(client_until(&c, "0\r\n\r\n", &line));
	client_close(&c);
	buf_deinit(&line);
	server_stop(&s);
}

static const struct {
	const char *body;
	const char *want; /* behind the lines' answers */
	enum err err;
	bool half_close;
} broken_rows[] = {
	{"1\r\n\n\r\nzz", "broken: invalid\n", ERR_INVALID},
	{"1\r\n\n\r\n", "broken: closed\n", ERR_CLOSED, true},
	{"1\r\n\n\r\n5\r\nab", "broken: timed out\n", ERR_TIMEOUT},
};

static void test_broken_bodies(void **state)
{
	struct http_listen_options o = options;
	struct server s;
	unsigned before;

	(void)state;
	o.body_timeout_ms = 100;
	server_start(&s, &o, 1000);
	for (size_t i = 0; i < sizeof(broken_rows) / sizeof(broken_rows[0]);
		i++) {
		struct client c;
		char want[64];
		struct answer a;

		before = atomic_load(&stops);
		answer_init(&a);
		client_open(&c, &s);
		client_send_text(&c, "POST /echo HTTP/1.1\r\n" HOST
				     "Transfer-Encoding: chunked\r\n\r\n");
		client_send_text(&c, broken_rows[i].body);
		if (broken_rows[i].half_close)
			assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
		assert_true(client_answer(&c, &a, false));
		assert_false(a.whole);
		(void)snprintf(want, sizeof(want), "OK\nbroken: %s\n",
			err_text(broken_rows[i].err));
		if (!str_is(buf_view(&a.body), want))
			fail_msg(
				"row %zu: %.*s", i, STR_FMT(buf_view(&a.body)));
		wait_for(&stops, before + 1);
		client_close(&c);
		answer_deinit(&a);
	}
	server_stop(&s);
}

/* The client resets in the middle: broken, then stop, both once. */
static void test_reset(void **state)
{
	struct server s;
	struct client c;
	struct linger reset = {1, 0};
	struct buf line;
	unsigned before = atomic_load(&stops);

	(void)state;
	server_start(&s, &options, 1000);
	buf_init(&line, 65536);
	client_open(&c, &s);
	client_send_text(&c, "POST /echo HTTP/1.1\r\n" HOST
			     "Transfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n");
	assert_true(client_until(&c, "OK\n\r\n", &line));
	assert_int_equal(
		setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)),
		0);
	client_close(&c);
	wait_for(&stops, before + 1);
	assert_int_equal(atomic_load(&echo.end_seen), ERR_CLOSED);
	buf_deinit(&line);
	server_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_all_before_reading),
		cmocka_unit_test(test_pauses),
		cmocka_unit_test(test_conversation),
		cmocka_unit_test(test_broken_bodies),
		cmocka_unit_test(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
