#include "support/cmocka.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "client/http_sender.h"
#include "support/fault.h"
#include "support/http_peer.h"

enum {
	POSTS_MAX = 8,
	TURN_MS = 10000,
};

/* The addresses that were asked about, and whether they are allowed. */
struct gate {
	bool open;
	unsigned asked;
	struct ip last;
};

static unsigned done_n;

static bool may_connect(void *arg, const struct ip *ip)
{
	struct gate *g = arg;

	g->asked++;
	g->last = *ip;
	return g->open;
}

static void on_done(struct http_post *p)
{
	assert_null(p->sender);
	done_n++;
}

static struct http_sender *new_sender(struct gate *gate, uint64_t timeout_ms)
{
	const struct http_sender_options options = {.user_agent = "test/1",
		.connect_timeout_ms = timeout_ms,
		.timeout_ms = timeout_ms,
		.allow_http = true,
		.may_connect = may_connect,
		.arg = gate};
	struct http_sender *s = NULL;

	done_n = 0;
	assert_int_equal(http_sender_new(&options, &s), OK);
	return s;
}

static void run_until_done(struct http_sender *s, unsigned n)
{
	while (done_n < n)
		assert_int_equal(http_sender_run(s, TURN_MS), OK);
}

/* Sends one to a peer with this one step; *p has the outcome. */
static void send_one(const struct http_peer_step *step, uint64_t timeout_ms,
	struct http_post *p, struct http_peer *peer)
{
	struct gate gate = {.open = true};
	struct http_sender *s;
	char url[64];
	unsigned port = http_peer_start_tcp(peer, step, 1);

	(void)snprintf(
		url, sizeof(url), "http://127.0.0.1:%u/a/../b?c=d", port);
	p->url = url;
	p->done = on_done;
	s = new_sender(&gate, timeout_ms);
	assert_int_equal(http_sender_start(s, p), OK);
	assert_int_equal(http_sender_busy(s), 1);
	run_until_done(s, 1);
	assert_int_equal(http_sender_busy(s), 0);
	assert_int_equal(gate.asked, 1);
	http_sender_free(s);
	http_peer_stop(peer);
}

static void test_request(void **state)
{
	static const struct http_peer_step step = {
		.answer = "HTTP/1.1 204 No Content\r\n\r\n"};
	static const struct http_client_header headers[] = {
		{"Content-Type", "application/json"}, {"webhook-id", "x"}};
	struct http_post p = {
		.headers = headers, .headers_n = 2, .body = STR("{\"a\":1}")};
	struct http_peer peer;
	const char *seen;

	(void)state;
	send_one(&step, 5000, &p, &peer);
	assert_int_equal(p.err, OK);
	assert_int_equal(p.status, 204);
	seen = http_peer_seen(&peer);
	assert_memory_equal(seen, "POST ", 5);
	assert_non_null(strstr(seen, "b?c=d HTTP/1.1\r\n"));
	assert_non_null(strstr(seen, "\r\nUser-Agent: test/1\r\n"));
	assert_non_null(strstr(seen, "\r\nContent-Length: 7\r\n"));
	assert_non_null(strstr(seen, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(seen, "\r\nwebhook-id: x\r\n"));
	assert_null(strstr(seen, "Expect:"));
	assert_null(strstr(seen, "Accept-Encoding:"));
	assert_string_equal(strstr(seen, "\r\n\r\n"), "\r\n\r\n{\"a\":1}");
	http_peer_free(&peer);
}

#define LONG_BODY "Content-Length: 100000\r\n\r\n"

static const struct {
	struct http_peer_step step;
	uint64_t timeout_ms;
	enum err err;
	unsigned status;
	uint64_t retry_after_s;
} rows[] = {
	{{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}, 5000, OK,
		200, 0},
	{{.answer = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\n"
		    "Content-Length: 0\r\n\r\n"},
		5000, OK, 202, 0},
	{{.answer = "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"}, 5000, OK,
		410, 0},
	/* Never followed. */
	{{.answer = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
		    "Content-Length: 0\r\n\r\n"},
		5000, OK, 302, 0},
	{{.answer = "HTTP/1.1 503 No\r\nRetry-After: 120\r\n"
		    "Content-Length: 0\r\n\r\n"},
		5000, OK, 503, 120},
	{{.answer = "HTTP/1.1 429 No\r\nRetry-After: soon\r\n"
		    "Content-Length: 0\r\n\r\n"},
		5000, OK, 429, 0},
	{{.answer = "HTTP/1.1 429 No\r\n"
		    "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
		    "Content-Length: 0\r\n\r\n"},
		5000, OK, 429, 0},
	/* A whole head is an answer, whatever becomes of the body. */
	{{.answer = "HTTP/1.1 200 OK\r\n" LONG_BODY "cut"}, 5000, OK, 200, 0},
	{{.answer = "HTTP/1.1 500 No\r\n" LONG_BODY "hangs", .hold = true}, 200,
		OK, 500, 0},
	{{.answer = "HTTP/1.1 200 OK\r\nContent-Le"}, 5000, ERR_CLOSED, 0, 0},
	{{.answer = NULL}, 5000, ERR_CLOSED, 0, 0},
	{{.answer = "HTTP/1.1 100 Continue\r\n\r\n"}, 5000, ERR_CLOSED, 0, 0},
	{{.answer = NULL, .hold = true}, 200, ERR_TIMEOUT, 0, 0},
	{{.answer = "SSH-2.0-OpenSSH_9.2\r\n"}, 5000, ERR_CLOSED, 0, 0},
};

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct http_post p = {.body = STR("x")};
		struct http_peer peer;

		send_one(&rows[i].step, rows[i].timeout_ms, &p, &peer);
		http_peer_free(&peer);
		if (p.err != rows[i].err || p.status != rows[i].status ||
			p.retry_after_s != rows[i].retry_after_s)
			fail_msg("row %zu: err %d, status %u, after %u", i,
				p.err, p.status, (unsigned)p.retry_after_s);
	}
}

/* A body without an end is read up to a bound. */
static void test_endless_answer(void **state)
{
	static char answer[1 << 20] = "HTTP/1.1 200 OK\r\n\r\n";
	const struct http_peer_step step = {.answer = answer, .hold = true};
	struct http_post p = {.body = STR("x")};
	struct http_peer peer;
	size_t n = strlen(answer);

	(void)state;
	memset(answer + n, 'x', sizeof(answer) - n - 1);
	send_one(&step, 20000, &p, &peer);
	http_peer_free(&peer);
	assert_int_equal(p.err, OK);
	assert_int_equal(p.status, 200);
	assert_true(p.received <= 2 * HTTP_SENDER_ANSWER_MAX);
}

/* Nothing is connected to: nobody listens there, and it is refused before. */
static const struct {
	const char *url;
	bool open;
	unsigned asked_min;
	enum err err;
} places[] = {
	{"http://127.0.0.1:1/", true, 1, ERR_CLOSED},
	{"http://127.0.0.1:1/", false, 1, ERR_DENIED},
	{"http://localhost:1/", false, 1, ERR_DENIED},
	{"http://[::1]:1/", false, 1, ERR_DENIED},
	{"http://[::ffff:127.0.0.1]:1/", false, 1, ERR_DENIED},
	{"http://2130706433:1/", false, 1, ERR_DENIED},
	{"http://0x7f.1:1/", false, 1, ERR_DENIED},
	{"http://0:1/", false, 1, ERR_DENIED},
	{"http://169.254.169.254/latest", false, 1, ERR_DENIED},
	{"http://user:pass@127.0.0.1:1/", true, 0, ERR_DENIED},
	{"ftp://127.0.0.1:1/", true, 0, ERR_DENIED},
	{"file:///etc/passwd", true, 0, ERR_DENIED},
	{"gopher://127.0.0.1:1/", true, 0, ERR_DENIED},
	/* A label too long to be asked for, so that nobody is. */
	{"http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	 ".invalid/",
		true, 0, ERR_NOT_FOUND},
};

static void test_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		struct gate gate = {.open = places[i].open};
		struct http_sender *s = new_sender(&gate, 10000);
		struct http_post p = {.url = places[i].url, .done = on_done};

		assert_int_equal(http_sender_start(s, &p), OK);
		run_until_done(s, 1);
		if (p.err != places[i].err || gate.asked < places[i].asked_min)
			fail_msg("%s: err %d, asked %u", places[i].url, p.err,
				gate.asked);
		assert_int_equal(p.status, 0);
		http_sender_free(s);
	}
}

static void test_https_alone(void **state)
{
	struct gate gate = {.open = true};
	const struct http_sender_options options = {.user_agent = "test/1",
		.connect_timeout_ms = 1000,
		.timeout_ms = 1000,
		.may_connect = may_connect,
		.arg = &gate};
	struct http_post p = {.url = "http://127.0.0.1:1/", .done = on_done};
	struct http_sender *s = NULL;

	(void)state;
	done_n = 0;
	assert_int_equal(http_sender_new(&options, &s), OK);
	assert_int_equal(http_sender_start(s, &p), OK);
	run_until_done(s, 1);
	assert_int_equal(p.err, ERR_DENIED);
	assert_int_equal(gate.asked, 0);
	http_sender_free(s);
}

/* What is spoken there is no TLS. */
static void test_no_tls(void **state)
{
	struct gate gate = {.open = true};
	struct http_post p = {.done = on_done};
	struct http_sender *s;
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);
	char url[64];
	int fd, peer;

	(void)state;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	(void)snprintf(url, sizeof(url), "https://127.0.0.1:%u/",
		(unsigned)ntohs(at.sin_port));
	p.url = url;
	s = new_sender(&gate, 10000);
	assert_int_equal(http_sender_start(s, &p), OK);
	assert_int_equal(http_sender_run(s, 100), OK);
	peer = accept(fd, NULL, NULL);
	assert_int_equal(write(peer, "HTTP/1.1 400 No\r\n\r\n", 19), 19);
	run_until_done(s, 1);
	assert_int_equal(p.err, ERR_INVALID);
	http_sender_free(s);
	(void)close(peer);
	(void)close(fd);
}

/* Several are under way at once, and one of them is taken back. */
static void test_at_once(void **state)
{
	static const struct http_peer_step hangs = {.hold = true};
	static const struct http_peer_step answers = {
		.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
	struct http_post posts[POSTS_MAX] = {{0}};
	struct http_peer peers[POSTS_MAX];
	char urls[POSTS_MAX][64];
	struct gate gate = {.open = true};
	struct http_sender *s = new_sender(&gate, 20000);

	(void)state;
	for (size_t i = 0; i < POSTS_MAX; i++) {
		unsigned port = http_peer_start_tcp(
			&peers[i], i < 2 ? &hangs : &answers, 1);

		(void)snprintf(
			urls[i], sizeof(urls[i]), "http://127.0.0.1:%u/", port);
		posts[i] = (struct http_post){
			.url = urls[i], .body = STR("x"), .done = on_done};
		assert_int_equal(http_sender_start(s, &posts[i]), OK);
	}
	assert_int_equal(http_sender_busy(s), POSTS_MAX);
	run_until_done(s, POSTS_MAX - 2);
	assert_int_equal(http_sender_busy(s), 2);
	http_sender_cancel(&posts[0]);
	http_sender_cancel(&posts[0]);
	http_sender_cancel(&posts[5]);
	assert_int_equal(http_sender_busy(s), 1);
	/* The other goes with the sender. */
	http_sender_free(s);
	assert_int_equal(done_n, POSTS_MAX - 2);
	for (size_t i = 0; i < POSTS_MAX; i++) {
		http_peer_stop(&peers[i]);
		http_peer_free(&peers[i]);
	}
}

static void *wake(void *arg)
{
	http_sender_wake(arg);
	return NULL;
}

static void test_wake(void **state)
{
	struct gate gate = {.open = true};
	struct http_sender *s = new_sender(&gate, 1000);
	pthread_t thread;

	(void)state;
	/* Before, and meanwhile; it would wait for ever. */
	http_sender_wake(s);
	assert_int_equal(http_sender_run(s, UINT64_MAX), OK);
	assert_int_equal(thread_start(&thread, "wake", wake, s), OK);
	assert_int_equal(http_sender_run(s, UINT64_MAX), OK);
	assert_int_equal(pthread_join(thread, NULL), 0);
	http_sender_free(s);
	http_sender_free(NULL);
}

static void test_bad_headers(void **state)
{
	static const struct http_client_header bad[] = {
		{"A", "b\r\nC: d"}, {"A\n", "b"}};
	struct gate gate = {.open = true};
	struct http_sender *s = new_sender(&gate, 1000);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct http_post p = {.url = "http://127.0.0.1:1/",
			.headers = &bad[i],
			.headers_n = 1,
			.done = on_done};

		assert_int_equal(http_sender_start(s, &p), ERR_INVALID);
		assert_int_equal(http_sender_busy(s), 0);
	}
	http_sender_free(s);
}

static void test_no_memory(void **state)
{
	const struct http_sender_options options = {
		.user_agent = "test/1", .ca_file = "/x"};
	struct http_sender *s = NULL;

	(void)state;
	fault_alloc(1);
	assert_int_equal(http_sender_new(&options, &s), ERR_NOMEM);
	assert_true(fault_alloc_hit());
	fault_alloc(0);
	assert_null(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_endless_answer),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_https_alone),
		cmocka_unit_test(test_no_tls),
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_wake),
		cmocka_unit_test(test_bad_headers),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
