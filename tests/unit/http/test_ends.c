/* How connections end: by the server's last word, or by the client's leaving.
 */
#include "http/listener.h"
#include "http/transport.h"
#include "unit/http/edges.h"

/* What comes behind a last request, or was not asked for, is read off: the
 * client finds its answer and a clean end, whether it has ended its side or
 * not. */
static void test_unread_rest(void **state)
{
	static const char *const heads[] = {
		"GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
		"GET / HTTP/1.0\r\n\r\n",
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 50000\r\n\r\n",
		"POST / HTTP/1.1\r\n" HOST
		"Transfer-Encoding: chunked\r\n\r\nc350\r\n",
	};
	static char rest[BODY];

	(void)state;
	memset(rest, 'b', sizeof(rest));
	for (unsigned i = 0; i < 4 * sizeof(heads) / sizeof(heads[0]); i++) {
		bool is_kept = i & 1, is_ended = i & 2;
		struct client c;
		struct answer a;
		struct buf b;

		answer_init(&a);
		buf_init(&b, 1 << 20);
		open_client(&c, &a, is_kept);
		buf_text(&b, heads[i / 4]);
		buf_add(&b, rest, sizeof(rest));
		if (is_ended)
			send_and_end(&c, buf_view(&b));
		else
			client_send(&c, buf_view(&b));
		if (!is_kept)
			server_run(&s);
		expect(&c, &a, "now");
		expect_end(&c);
		if (!is_ended)
			assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
		wait_open(0);
		client_close(&c);
		server_stop(&s);
		buf_deinit(&b);
		answer_deinit(&a);
	}
}

/* The socket's own transport, with a count of what is asked of it. */
static atomic_uint writes, last_writes;

static ssize_t counted_read(int fd, void *arg, void *to, size_t n)
{
	return transport_plain.read(fd, arg, to, n);
}

static ssize_t counted_write(int fd, void *arg, const void *from, size_t n)
{
	atomic_fetch_add(&writes, 1);
	return transport_plain.write(fd, arg, from, n);
}

static ssize_t counted_write_last(int fd, void *arg, const void *from, size_t n)
{
	atomic_fetch_add(&last_writes, 1);
	return transport_plain.write_last(fd, arg, from, n);
}

static const struct transport counted = {
	counted_read, counted_write, counted_write_last};

static const struct {
	const char *send;
	int status;
	bool one_shot; /* a listener that keeps nothing */
	bool head_only;
	bool hold; /* answered by another connection's request */
} last_rows[] = {
	{"GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", 200},
	{"GET / HTTP/1.0\r\n\r\n", 200},
	{"HEAD / HTTP/1.0\r\n\r\n", 200, .head_only = true},
	{"GET / HTTP/1.1\r\n" HOST "\r\n", 200, .one_shot = true},
	{"GET / HTTP/1.1\r\n\r\n", 400},
	{"GET /hold HTTP/1.0\r\n\r\n", 200, .hold = true},
	{"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n", 200},
};

/* The end is in the last packet of the last answer: a client that has read the
 * answer is told at once that it was the last, and never that something was
 * lost. */
static void test_end_comes_with_the_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(last_rows) / sizeof(last_rows[0]); i++) {
		struct http_listen_options o = kept;
		struct client c;
		struct answer a;
		char byte;

		o.keepalive = !last_rows[i].one_shot;
		server_prepare(&s, &o, 1000);
		s.listener->transport = &counted;
		server_run(&s);
		answer_init(&a);
		client_open(&c, &s);
		atomic_store(&writes, 0);
		atomic_store(&last_writes, 0);
		client_send_text(&c, last_rows[i].send);
		if (last_rows[i].hold) {
			wait_for(&held, 1);
			ask("/release", "released");
		}
		assert_true(client_answer(&c, &a, last_rows[i].head_only));
		assert_int_equal(a.status, last_rows[i].status);
		assert_int_equal(c.in.n, 0);
		if (recv(c.fd, &byte, 1, MSG_DONTWAIT) != 0)
			fail_msg("row %zu: no end: %s", i, strerror(errno));
		client_close(&c);
		server_stop(&s);
		/* "released" is not the last of its connection. */
		assert_int_equal(atomic_load(&writes), last_rows[i].hold);
		assert_int_equal(atomic_load(&last_writes), 1);
		answer_deinit(&a);
	}
}

/* A client that leaves is noticed, between its requests and in the middle of
 * one, though its last bytes and the end of it are there at once. */
static void check_leaving(const char *said, bool is_kept, bool is_reset)
{
	struct linger reset = {1, 0};
	struct client c, other;
	struct answer a;

	next_step = BODY;
	answer_init(&a);
	open_client(&c, &a, is_kept);
	if (is_kept) {
		client_open(&other, &s);
		client_send_text(&other, "GET /block HTTP/1.0\r\n\r\n");
		wait_for(&blocked, 1);
	}
	client_send_text(&c, said);
	if (is_reset)
		assert_int_equal(setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &reset,
					 sizeof(reset)),
			0);
	client_close(&c);
	if (is_kept) {
		atomic_store(&blocked, 0);
		expect(&other, &a, "blocked");
		client_close(&other);
	} else {
		server_run(&s);
	}
	wait_open(0);
	server_stop(&s);
	answer_deinit(&a);
}

static void test_leaving(void **state)
{
	static const char *const said[] = {"", "GET / HT",
		"GET / HTTP/1.1\r\n" HOST "\r\n",
		"GET / HTTP/1.1\r\n" HOST "\r\nGET",
		"POST /count HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\nbb",
		"POST /count HTTP/1.1\r\n" HOST
		"Transfer-Encoding: chunked\r\n\r\n2\r\nbb\r\n"};

	(void)state;
	for (unsigned i = 0; i < 4 * sizeof(said) / sizeof(said[0]); i++)
		check_leaving(said[i / 4], i & 1, i & 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unread_rest),
		cmocka_unit_test(test_end_comes_with_the_answer),
		cmocka_unit_test(test_leaving),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
