/* Streamed answers: pulling, back-pressure, ends. */
#include "unit/http/fixture.h"

#define HOST "Host: a\r\n"

/* A source of n lines, and what it does between them. */
struct lines {
	struct http_exchange *ex;
	size_t left;
	enum {
		PLAIN,
		SLOW, /* waits and is woken, yields, writes little */
		ABORTS,
		TOO_MUCH,
		FOLLOWS /* ends when the loop is stopping */
	} kind;
	unsigned calls;
	struct loop_timer timer;
};

static struct lines lines;
static atomic_uint stops, pulls;
static _Atomic size_t out_max;

static void on_wake(void *arg)
{
	struct lines *l = arg;

	http_stream_wake(l->ex);
}

static void put_lines(struct lines *l, struct buf *out, size_t n)
{
	while (l->left && n-- && out->max - out->n >= LINE_N) {
		buf_text(out, LINE);
		l->left--;
	}
}

static enum http_pull pull_slow(struct lines *l, struct buf *out)
{
	switch (l->calls++ % 5) {
	case 0:
		put_lines(l, out, 3);
		return PULL_AGAIN;
	case 1:
		return PULL_MORE;
	case 2:
		put_lines(l, out, 1);
		loop_timer_set(http_exchange_loop(l->ex), &l->timer, 1);
		return PULL_WAIT;
	case 3:
		http_stream_wake(l->ex); /* from within: not lost */
		return PULL_WAIT;
	default:
		put_lines(l, out, 1);
		return l->left ? PULL_MORE : PULL_END;
	}
}

static enum http_pull lines_pull(void *arg, struct buf *out)
{
	struct lines *l = arg;
	size_t room = out->max - out->n;

	if (room > atomic_load(&out_max))
		atomic_store(&out_max, room);
	atomic_fetch_add(&pulls, 1);
	switch (l->kind) {
	case SLOW:
		return pull_slow(l, out);
	case ABORTS:
		put_lines(l, out, 2);
		return PULL_ABORT;
	case TOO_MUCH:
		put_lines(l, out, 2);
		buf_printf(out, "%*d", HTTP_OUT_MAX, 1);
		return PULL_MORE;
	case FOLLOWS:
		put_lines(l, out, 1);
		return loop_is_stopping(http_exchange_loop(l->ex)) ? PULL_END
								   : PULL_WAIT;
	case PLAIN:
		break;
	}
	put_lines(l, out, SIZE_MAX);
	return l->left ? PULL_MORE : PULL_END;
}

static void lines_stop(void *arg)
{
	struct lines *l = arg;

	loop_timer_clear(http_exchange_loop(l->ex), &l->timer);
	atomic_fetch_add(&stops, 1);
}

static const struct http_source lines_source = {lines_pull, lines_stop};

static void start_lines(struct http_exchange *ex, int kind, size_t n)
{
	memset(&lines, 0, sizeof(lines));
	lines.ex = ex;
	lines.left = n;
	lines.kind = kind;
	lines.timer.run = on_wake;
	lines.timer.arg = &lines;
	http_answer_stream(ex, 200, STR("X-A: b\r\n"), &lines_source, &lines);
}

static void on_request(
	struct http_exchange *ex, const struct http_request *request, void *arg)
{
	static const char *const names[] = {
		[PLAIN] = "/plain",
		[SLOW] = "/slow",
		[ABORTS] = "/aborts",
		[TOO_MUCH] = "/much",
		[FOLLOWS] = "/follows",
	};
	uint64_t n = 0;

	(void)arg;
	for (int i = 0; i < 5; i++) {
		if (str_is(request->path, names[i])) {
			assert_int_equal(
				num_parse_u64(request->query, SIZE_MAX, &n),
				OK);
			start_lines(ex, i, n);
			return;
		}
	}
	http_answer(ex, 200, STR(""), STR("plain answer"));
}

static const struct http_listen_options options = {
	.keepalive = true, .handler = {on_request, NULL, NULL, NULL}};

static const struct {
	const char *request;
	size_t lines;
	bool whole;  /* the answer */
	bool closed; /* the connection, after it */
	bool head_only;
} rows[] = {
	{"GET /plain?0 HTTP/1.1\r\n" HOST "\r\n", 0, true, false},
	{"GET /plain?1 HTTP/1.1\r\n" HOST "\r\n", 1, true, false},
	{"GET /plain?100000 HTTP/1.1\r\n" HOST "\r\n", 100000, true, false},
	{"GET /plain?7 HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", 7, true,
		true},
	{"GET /slow?100 HTTP/1.1\r\n" HOST "\r\n", 100, true, false},
	{"GET /plain?5000 HTTP/1.0\r\n\r\n", 5000, false, true},
	{"GET /slow?20 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 20, false,
		true},
	{"GET /aborts?9 HTTP/1.1\r\n" HOST "\r\n", 2, false, true},
	{"GET /aborts?9 HTTP/1.0\r\n\r\n", 2, false, true},
	{"GET /much?9 HTTP/1.1\r\n" HOST "\r\n", 2, false, true},
	{"HEAD /plain?5 HTTP/1.1\r\n" HOST "\r\n", 0, true, false, true},
};

static void check_row(struct server *s, size_t i)
{
	unsigned stops_before = atomic_load(&stops);
	struct client c;
	struct answer a;

	answer_init(&a);
	client_open(&c, s);
	client_send_text(&c, rows[i].request);
	assert_true(client_answer(&c, &a, rows[i].head_only));
	assert_int_equal(a.status, 200);
	assert_true(answer_has(&a, "X-A: b\r\n"));
	if (a.body.n != rows[i].lines * LINE_N || a.whole != rows[i].whole)
		fail_msg("row %zu: %zu bytes, whole %d", i, a.body.n, a.whole);
	for (size_t k = 0; k < rows[i].lines; k++)
		assert_memory_equal(a.body.p + k * LINE_N, LINE, LINE_N);
	if (rows[i].closed) {
		assert_int_equal(client_all(&c).n, 0);
	} else {
		client_send_text(&c, "GET / HTTP/1.1\r\n" HOST "\r\n");
		assert_true(client_answer(&c, &a, false));
		assert_true(str_is(buf_view(&a.body), "plain answer"));
	}
	assert_int_equal(atomic_load(&stops), stops_before + 1);
	client_close(&c);
	answer_deinit(&a);
}

static void test_rows(void **state)
{
	struct server s;

	(void)state;
	server_start(&s, &options, 1000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&s, i);
	assert_int_equal(atomic_load(&out_max), HTTP_OUT_MAX);
	server_stop(&s);
}

/* A client that does not read stops the pulling; one that leaves ends it. */
static void test_back_pressure(void **state)
{
	struct server s;
	struct client c;
	unsigned before, stops_before = atomic_load(&stops);
	struct linger reset = {1, 0};

	(void)state;
	server_start(&s, &options, 1000);
	client_open(&c, &s);
	before = atomic_load(&pulls);
	client_send_text(&c, "GET /plain?100000000 HTTP/1.1\r\n" HOST "\r\n");
	/* 6 GB; the sockets' buffers take some MB of it. */
	assert_true(client_fill(&c));
	assert_true(atomic_load(&pulls) - before < 2000);
	assert_int_equal(
		setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)),
		0);
	client_close(&c);
	wait_for(&stops, stops_before + 1);
	assert_true(atomic_load(&pulls) - before < 2000);
	server_stop(&s);
}

/* A stream that waits for more is asked once more when the loop stops. */
static void test_stop_ends_followers(void **state)
{
	struct server s;
	struct client c;
	struct answer a;
	struct buf line;

	(void)state;
	server_start(&s, &options, 20000);
	answer_init(&a);
	buf_init(&line, 65536);
	client_open(&c, &s);
	client_send_text(&c, "GET /follows?2 HTTP/1.1\r\n" HOST "\r\n");
	assert_true(client_until(&c, LINE, &line));
	server_stop(&s);
	assert_true(client_until(&c, LINE, &line));
	assert_true(client_until(&c, "\r\n0\r\n\r\n", &line));
	assert_false(client_fill(&c));
	client_close(&c);
	buf_deinit(&line);
	answer_deinit(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_back_pressure),
		cmocka_unit_test(test_stop_ends_followers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
