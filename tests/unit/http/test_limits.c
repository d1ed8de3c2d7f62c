/* Caps, and what a hostile client cannot do. */
#include "unit/http/fixture.h"

#include <poll.h>
#include <sys/resource.h>
#include <time.h>

#define HOST "Host: a\r\n"

enum {
	BIG = 64 << 20
};

static atomic_uint held; /* exchanges that nobody answered yet */
static struct http_exchange *holding[64];
static unsigned holding_n;
static char *big;

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

static void release_all(void)
{
	for (unsigned i = 0; i < holding_n; i++)
		http_answer(holding[i], 200, STR(""), STR("held"));
	holding_n = 0;
	atomic_store(&held, 0);
}

static void on_request(
	struct http_exchange *ex, const struct http_request *request, void *arg)
{
	(void)arg;
	if (str_is(request->path, "/hold")) {
		holding[holding_n++] = ex;
		atomic_fetch_add(&held, 1);
	} else if (str_is(request->path, "/release")) {
		release_all();
		http_answer(ex, 200, STR(""), STR("released"));
	} else if (str_is(request->path, "/body")) {
		http_accept_body(ex, &sink, ex, UINT64_MAX);
	} else if (str_is(request->path, "/big")) {
		http_answer(ex, 200, STR(""), str_make(big, BIG));
	} else if (str_is(request->path, "/local")) {
		http_answer(ex, 200, STR(""),
			http_is_local(ex) && http_peer(ex)->n == 0
				? STR("local")
				: STR("remote"));
	} else {
		http_answer(ex, 200, STR(""), STR("ok"));
	}
}

static const struct http_listen_options options = {
	.keepalive = true, .handler = {on_request, NULL, NULL, NULL}};

static void wait_until(const struct counter *counter, uint64_t want)
{
	int64_t end = now_ms() + CLIENT_TIMEOUT_S * INT64_C(1000);

	while (counter_get(counter) != want && now_ms() < end)
		(void)sched_yield();
	assert_int_equal(counter_get(counter), want);
}

/* A fast reader of the same gets it all. */
static void test_big_answer(void **state)
{
	struct server s;
	struct client c;
	struct buf head;
	size_t n = 0;

	(void)state;
	server_start(&s, &options, 1000);
	client_open(&c, &s);
	buf_init(&head, 65536);
	client_send_text(
		&c, "GET /big HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
	assert_true(client_until(&c, "\r\n\r\n", &head));
	do {
		n += c.in.n;
		buf_reset(&c.in);
	} while (client_fill(&c));
	assert_int_equal(n, BIG);
	client_close(&c);
	buf_deinit(&head);
	server_stop(&s);
}

static size_t resident_bytes(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return (size_t)usage.ru_maxrss * 1024;
}

/* Sends pipelined requests without reading until nothing moves any more. */
static size_t flood(struct client *c, const char *text, size_t max)
{
	struct buf b;
	size_t sent = 0;
	struct pollfd p = {.fd = c->fd, .events = POLLOUT};

	buf_init(&b, 1 << 20);
	while (b.n < 500000)
		buf_text(&b, text);
	while (sent < max && poll(&p, 1, 300) == 1) {
		size_t at = sent % b.n;
		ssize_t n = send(
			c->fd, b.p + at, b.n - at, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN)
			continue;
		if (n <= 0)
			break;
		sent += (size_t)n;
	}
	buf_deinit(&b);
	return sent;
}

static atomic_uint turns;

static void count_turn(void *arg)
{
	(void)arg;
	atomic_fetch_add(&turns, 1);
}

/* Nothing moves, so the loop must not turn. */
static void check_quiet(void)
{
	struct pollfd nothing = {.fd = -1};
	unsigned before = atomic_load(&turns);

	(void)poll(&nothing, 1, 200);
	assert_true(atomic_load(&turns) - before < 20);
}

/* AddressSanitizer keeps what was freed for a while. */
#ifdef __SANITIZE_ADDRESS__
enum {
	RESIDENT_MAX = 32 << 20
};
#else
enum {
	RESIDENT_MAX = 4 << 20
};
#endif

static void test_pipeliner_that_never_reads(void **state)
{
	struct server s;
	struct client c;
	size_t before, sent;

	(void)state;
	server_prepare(&s, &options, 1000);
	loop_on_turn_end(s.loop, count_turn, NULL);
	server_run(&s);
	client_open(&c, &s);
	before = resident_bytes();
	sent = flood(&c, "GET / HTTP/1.1\r\n" HOST "\r\n", 256 << 20);
	/* What the kernel's buffers hold, and what was answered meanwhile. */
	assert_true(sent < 64 << 20);
	assert_true(resident_bytes() - before < RESIDENT_MAX);
	assert_true(counter_get(&server_counters(&s)->requests) < sent / 27);
	check_quiet();
	client_close(&c);
	server_stop(&s);
}

static void test_endless_chunk_line(void **state)
{
	struct server s;
	struct client c;
	struct answer a;

	(void)state;
	server_start(&s, &options, 1000);
	answer_init(&a);
	client_open(&c, &s);
	client_send_text(&c, "POST /body HTTP/1.1\r\n" HOST
			     "Transfer-Encoding: chunked\r\n\r\n"
			     "00000000000000000000000000000000000000000");
	assert_true(client_answer(&c, &a, false));
	assert_true(str_is(buf_view(&a.body), "invalid"));
	client_close(&c);
	answer_deinit(&a);
	server_stop(&s);
}

/* A client that sends all of a body that is refused, then reads, must find
 * the answer and not a reset. */
static void test_answer_survives_unread_body(void **state)
{
	struct server s;
	struct client c;
	struct answer a;
	struct buf body;

	(void)state;
	server_start(&s, &options, 1000);
	answer_init(&a);
	buf_init(&body, 1 << 20);
	while (body.n < 200000)
		buf_text(&body, "0123456789");
	client_open(&c, &s);
	client_send_text(&c,
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 200000\r\n\r\n");
	client_send(&c, buf_view(&body));
	assert_true(client_answer(&c, &a, false));
	assert_int_equal(a.status, 200);
	assert_true(answer_has(&a, "Connection: close\r\n"));
	assert_int_equal(client_all(&c).n, 0);
	assert_false(c.reset);
	client_close(&c);
	/* One that never ends is cut. */
	client_open(&c, &s);
	client_send_text(&c,
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 200000000\r\n\r\n");
	assert_true(flood(&c, "0123456789", 64 << 20) < 64 << 20);
	client_close(&c);
	buf_deinit(&body);
	answer_deinit(&a);
	server_stop(&s);
}

static int ask(struct client *c, const struct server *s)
{
	struct answer a;
	int status;

	answer_init(&a);
	client_open(c, s);
	client_send_text(c, "GET / HTTP/1.1\r\n" HOST "\r\n");
	assert_true(client_answer(c, &a, false));
	status = a.status;
	answer_deinit(&a);
	return status;
}

static void check_cap(const struct http_listen_options *o, unsigned cap)
{
	struct server s;
	struct client c[4], more;

	server_start(&s, o, 1000);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(ask(&c[i], &s), i < cap ? 200 : 503);
	assert_int_equal(
		counter_get(&server_counters(&s)->refused_cap), 4 - cap);
	if (cap < 4) {
		client_close(&c[0]);
		wait_until(&server_counters(&s)->open, cap - 1);
		assert_int_equal(ask(&more, &s), 200);
		client_close(&more);
	}
	for (unsigned i = cap < 4; i < 4; i++)
		client_close(&c[i]);
	server_stop(&s);
}

static void test_connection_caps(void **state)
{
	const struct ip_prefix trusted = {{4, {127}}, 8};
	struct http_listen_options o = options;

	(void)state;
	o.connections_max = 2;
	check_cap(&o, 2);
	o.connections_max = 0;
	o.connections_per_ip_max = 3;
	check_cap(&o, 3);
	o.trusted = &trusted;
	o.trusted_n = 1;
	check_cap(&o, 4);
}

enum {
	WAITING = 20
};

/* Leaves the process one more descriptor than it has; returns the limits
 * before. */
static struct rlimit leave_one_descriptor(void)
{
	struct rlimit before, few;
	int last = dup(0);

	assert_true(last >= 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = (rlim_t)last + 1;
	(void)close(last);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	return before;
}

/* With one descriptor, which a client holds, the server neither spins nor
 * dies; when it is free, the others are served, one after the other. */
static void test_out_of_descriptors(void **state)
{
	const struct counter *stops;
	struct server s;
	struct client holder, waiting[WAITING];
	struct answer a;
	struct rlimit before;
	int fds[WAITING], holder_fd;
	int64_t begin;

	(void)state;
	server_start(&s, &options, 1000);
	stops = &server_counters(&s)->accept_stops;
	answer_init(&a);
	holder_fd = client_socket();
	for (unsigned i = 0; i < WAITING; i++)
		fds[i] = client_socket();
	before = leave_one_descriptor();
	client_connect_fd(&holder, holder_fd, &s);
	client_send_text(&holder, "GET / HTTP/1.1\r\n" HOST "\r\n");
	assert_true(client_answer(&holder, &a, false));
	begin = now_ms();
	for (unsigned i = 0; i < WAITING; i++) {
		client_connect_fd(&waiting[i], fds[i], &s);
		client_send_text(&waiting[i],
			"GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
	}
	while (counter_get(stops) < 3)
		(void)sched_yield();
	/* Stops come 100 ms apart. */
	assert_true(now_ms() - begin >= 190);
	client_close(&holder);
	for (unsigned i = 0; i < WAITING; i++) {
		assert_true(client_answer(&waiting[i], &a, false));
		assert_int_equal(a.status, 200);
		client_close(&waiting[i]);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	answer_deinit(&a);
	server_stop(&s);
}

/* A client that ends its side, or sends more, while its request is being worked
 * on, does not make the loop spin. */
static void test_quiet_while_held(void **state)
{
	struct server s;
	struct client ended, sends, other;
	struct answer a;

	(void)state;
	server_prepare(&s, &options, 1000);
	loop_on_turn_end(s.loop, count_turn, NULL);
	server_run(&s);
	answer_init(&a);
	client_open(&ended, &s);
	client_send_text(&ended, "GET / HTTP/1.1\r\n" HOST "\r\n"
				 "GET /hold HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(shutdown(ended.fd, SHUT_WR), 0);
	client_open(&sends, &s);
	client_send_text(&sends, "GET / HTTP/1.1\r\n" HOST "\r\n"
				 "GET /hold HTTP/1.1\r\n" HOST "\r\n");
	wait_for(&held, 2);
	assert_true(flood(&sends, "GET / HTTP/1.1\r\n" HOST "\r\n", 64 << 20) <
		    64 << 20);
	check_quiet();
	client_open(&other, &s);
	client_send_text(&other, "GET /release HTTP/1.1\r\n" HOST "\r\n");
	assert_true(client_answer(&other, &a, false));
	assert_true(client_answer(&ended, &a, false));
	assert_true(client_answer(&ended, &a, false));
	assert_true(str_is(buf_view(&a.body), "held"));
	assert_int_equal(client_all(&ended).n, 0);
	assert_false(ended.reset);
	client_close(&ended);
	client_close(&sends);
	client_close(&other);
	answer_deinit(&a);
	server_stop(&s);
}

/* The peer resets while its request is being worked on: the exchange stays,
 * and the answer goes nowhere. */
static void test_peer_leaves_while_held(void **state)
{
	const struct linger reset = {1, 0};
	struct server s;
	struct client c, other;
	struct answer a;

	(void)state;
	server_start(&s, &options, 1000);
	answer_init(&a);
	for (unsigned i = 0; i < 3; i++) {
		client_open(&c, &s);
		/* A second request, so that the server is reading. */
		client_send_text(&c, "GET / HTTP/1.1\r\n" HOST "\r\n");
		assert_true(client_answer(&c, &a, false));
		client_send_text(&c, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
		wait_for(&held, i + 1);
		if (i < 2)
			assert_int_equal(setsockopt(c.fd, SOL_SOCKET, SO_LINGER,
						 &reset, sizeof(reset)),
				0);
		client_close(&c);
	}
	client_open(&other, &s);
	client_send_text(&other, "GET /release HTTP/1.1\r\n" HOST "\r\n");
	assert_true(client_answer(&other, &a, false));
	wait_until(&server_counters(&s)->open, 1);
	client_close(&other);
	answer_deinit(&a);
	server_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_big_answer),
		cmocka_unit_test(test_pipeliner_that_never_reads),
		cmocka_unit_test(test_endless_chunk_line),
		cmocka_unit_test(test_answer_survives_unread_body),
		cmocka_unit_test(test_connection_caps),
		cmocka_unit_test(test_out_of_descriptors),
		cmocka_unit_test(test_quiet_while_held),
		cmocka_unit_test(test_peer_leaves_while_held),
	};
	int rc;

	big = calloc(1, BIG);
	if (!big)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	free(big);
	return rc;
}
