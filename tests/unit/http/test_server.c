/* Requests in, answers out: framing, order, closing. */
#include <sched.h>

#include "unit/http/fixture.h"

#define HOST "Host: a\r\n"

/* A request that is answered later. */
struct later {
	struct loop_task task;
	struct http_exchange *ex;
	bool in_use;
};

enum {
	LATER_MAX = 64
};

static struct later later[LATER_MAX];

static void answer_text(struct http_exchange *ex, const char *text)
{
	http_answer(ex, 200, STR("X-Test: yes\r\n"), str_from(text));
}

static void on_later(void *arg)
{
	struct later *l = arg;

	l->in_use = false;
	answer_text(l->ex, "later");
}

static void answer_later(struct http_exchange *ex)
{
	for (unsigned i = 0; i < LATER_MAX; i++) {
		struct later *l = &later[i];

		if (l->in_use)
			continue;
		*l = (struct later){.task = {.run = on_later, .arg = l},
			.ex = ex,
			.in_use = true};
		loop_defer(http_exchange_loop(ex), &l->task);
		return;
	}
	answer_text(ex, "too many");
}

/* Counts a body. */
struct count {
	struct http_exchange *ex;
	size_t bytes;
};

static struct count counts[8];
static unsigned counts_n;

static size_t count_take(void *arg, struct str bytes)
{
	struct count *count = arg;

	assert_true(bytes.n > 0);
	count->bytes += bytes.n;
	return bytes.n;
}

static void count_end(void *arg)
{
	struct count *count = arg;
	char text[32];

	(void)snprintf(text, sizeof(text), "%zu bytes", count->bytes);
	answer_text(count->ex, text);
}

static void count_broken(void *arg, enum err why)
{
	struct count *count = arg;

	if (why == ERR_TOO_LONG)
		http_answer(count->ex, 413, STR(""), STR("too long"));
	else
		http_answer(count->ex, 400, STR(""), str_from(err_text(why)));
}

static const struct http_sink count_sink = {
	count_take, count_end, count_broken};

static void on_request(
	struct http_exchange *ex, const struct http_request *request, void *arg)
{
	static const char big[100000];
	char text[512];

	(void)arg;
	if (str_is(request->path, "/count")) {
		struct count *count = &counts[counts_n++ % 8];

		*count = (struct count){ex, 0};
		http_accept_body(ex, &count_sink, count, 20);
	} else if (str_is(request->path, "/later")) {
		answer_later(ex);
	} else if (str_is(request->path, "/big")) {
		http_answer(ex, 200, STR(""), str_make(big, sizeof(big)));
	} else if (str_is(request->path, "/none")) {
		http_answer(ex, 204, STR(""), STR(""));
	} else {
		(void)snprintf(text, sizeof(text), "%.*s %.*s",
			STR_FMT(request->method_text), STR_FMT(request->path));
		answer_text(ex, text);
	}
}

static void on_refuse(int status, const char *why, struct buf *header_lines,
	struct buf *body, void *arg)
{
	(void)arg;
	(void)status;
	buf_text(header_lines, "X-Refused: yes\r\n");
	buf_text(body, why);
}

static const struct http_listen_options kept = {
	.keepalive = true, .handler = {on_request, on_refuse, NULL, NULL}};
static const struct http_listen_options one_shot = {
	.keepalive = false, .handler = {on_request, on_refuse, NULL, NULL}};

struct row {
	const char *send;
	const char *want; /* "STATUS body", one line an answer */
	bool closed;      /* after that; else another request is served */
	bool half_close;  /* the client ends its side after sending */
	bool head_only;   /* the first answer */
};

static const struct row rows[] = {
	{"GET /a HTTP/1.1\r\n" HOST "\r\n", "200 GET /a\n"},
	{"GET /a HTTP/1.1\r\n" HOST "\r\n", "200 GET /a\n", true, true},
	{"GET /later HTTP/1.1\r\n" HOST "\r\n", "200 later\n", true, true},
	{"\r\nGET /a HTTP/1.1\r\n" HOST "\r\n", "200 GET /a\n"},
	{"HEAD /a HTTP/1.1\r\n" HOST "\r\n", "200 \n", .head_only = true},
	{"GET /none HTTP/1.1\r\n" HOST "\r\n", "204 \n"},
	{"GET /a HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", "200 GET /a\n",
		true},
	{"GET /a HTTP/1.1\r\n" HOST "Connection: keep-alive, close\r\n\r\n",
		"200 GET /a\n", true},
	{"GET /a HTTP/1.0\r\n\r\n", "200 GET /a\n", true},
	{"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "200 GET /a\n"},
	{"GET /{{1}} HTTP/1.1\r\n" HOST "\r\n", "200 GET /{{1}}\n"},
	{"PATCH http://b/x?y HTTP/1.1\r\n" HOST "\r\n", "200 PATCH /x\n"},
	/* Pipelined, in order, also when some are answered later. */
	{"GET /1 HTTP/1.1\r\n" HOST "\r\nGET /later HTTP/1.1\r\n" HOST
	 "\r\nGET /3 HTTP/1.1\r\n" HOST "\r\nGET /later HTTP/1.1\r\n" HOST
	 "\r\nGET /5 HTTP/1.1\r\n" HOST "\r\n",
		"200 GET /1\n200 later\n200 GET /3\n200 later\n200 GET /5\n"},
	{"GET /1 HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"
	 "GET /2 HTTP/1.1\r\n" HOST "\r\n",
		"200 GET /1\n", true},
	{"GET /later HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n" HOST "\r\n",
		"200 later\n200 GET /2\n", true, true},
	{"GET /1 HTTP/1.1\r\n" HOST "\r\nGET /2\r\n\r\n",
		"200 GET /1\n400 malformed request line\n", true},
	/* Bodies. */
	{"POST /count HTTP/1.1\r\n" HOST "\r\n", "200 0 bytes\n"},
	{"POST /count HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n",
		"200 0 bytes\n"},
	{"POST /count HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
		"200 5 bytes\n"},
	{"POST /count HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello",
		"200 5 bytes\n", true},
	{"POST /count HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello"
	 "GET /2 HTTP/1.1\r\n" HOST "\r\n",
		"200 5 bytes\n200 GET /2\n"},
	{"POST /count HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
	 "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET /2 HTTP/1.1\r\n" HOST
	 "\r\n",
		"200 11 bytes\n200 GET /2\n"},
	{"POST /count HTTP/1.1\r\n" HOST "Content-Length: 20\r\n\r\n"
	 "01234567890123456789",
		"200 20 bytes\n"},
	{"POST /count HTTP/1.1\r\n" HOST "Content-Length: 21\r\n\r\n",
		"413 too long\n", true},
	{"POST /count HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
	 "5\r\nhello\r\n16\r\n0123456789012345678901\r\n0\r\n\r\n",
		"413 too long\n", true},
	{"POST /count HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
	 "5;a=b\r\nhello\r\n",
		"400 invalid\n", true},
	{"POST /count HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
	 "5\r\nhellO0\r\n\r\n",
		"400 invalid\n", true},
	{"POST /count HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
	 "0\r\nA: b\r\n\r\n",
		"400 invalid\n", true},
	{"POST /count HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
	 "Content-Length: 5\r\n\r\nhello",
		"100 \n200 5 bytes\n"},
	{"POST /count HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n"
	 "Content-Length: 21\r\n\r\n",
		"413 too long\n", true},
	/* Answered without a look at the body. */
	{"POST /a HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello"
	 "GET /2 HTTP/1.1\r\n" HOST "\r\n",
		"200 POST /a\n", true},
	{"DELETE /a HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n" HOST "\r\n",
		"200 DELETE /a\n200 GET /2\n"},
	/* Desynchronising tricks: one answer, and closed. */
	{"HEAD /a HTTP/1.1\r\n" HOST "Content-Length: 20\r\n\r\n"
	 "GET /x HTTP/1.1\r\n\r\n",
		"400 a body where none belongs\n", true},
	{"POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n"
	 "GET /x HTTP/1.1\r\n" HOST "\r\n",
		"501 unknown transfer coding\n", true},
	{"POST /a HTTP/1.1\r\n" HOST "Content-Length: 0\r\n"
	 "Content-Length: 30\r\n\r\nGET /x HTTP/1.1\r\n" HOST "\r\n",
		"400 a field that must come once is there twice\n", true},
	{"GET /a HTTP/1.1\n" HOST "\n", "400 a line does not end with CR LF\n",
		true},
	{"GET /a HTTP/1.1\r\n\r\n", "400 no Host\n", true},
	{"GET /a HTTP/3.0\r\n" HOST "\r\n", "505 only HTTP/1.0 and HTTP/1.1\n",
		true},
	{"POST /a HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n",
		"417 unknown expectation\n", true},
	{"\x16\x03\x01\x02\x05\x01\x02", "400 not HTTP\n", true},
	/* Broken off: nothing to say. */
	{"", "", true, true},
	{"GET /a HTTP/1.1\r\nHos", "", true, true},
	{"POST /count HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\nhello",
		"400 closed\n", true, true},
};

static void note_answer(struct buf *got, struct answer *a)
{
	buf_printf(got, "%d %.*s\n", a->status, STR_FMT(buf_view(&a->body)));
	assert_true(a->whole);
	if (a->status == 200)
		assert_true(answer_has(a, "\r\nX-Test: yes\r\n"));
	if (a->status != 100)
		assert_true(answer_has(a, "\r\nDate: "));
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void check_open(struct client *c, struct answer *a, size_t i)
{
	client_send_text(c, "GET /still HTTP/1.1\r\n" HOST "\r\n");
	if (!client_answer(c, a, false) || a->status != 200 ||
		!str_is(buf_view(&a->body), "GET /still"))
		fail_msg("row %zu: closed", i);
}

static void check_row(struct server *s, const struct row *row, size_t i)
{
	size_t want_n = count_lines(row->want);
	struct client c;
	struct answer a;
	struct buf got;

	answer_init(&a);
	buf_init(&got, 65536);
	client_open(&c, s);
	client_send_text(&c, row->send);
	if (row->half_close)
		assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
	for (size_t n = 0; n < want_n || row->closed; n++) {
		if (!client_answer(&c, &a, row->head_only && n == 0))
			break;
		note_answer(&got, &a);
	}
	if (!str_is(buf_view(&got), row->want) || c.in.n || c.reset)
		fail_msg("row %zu: %s\nwant %s\ngot %.*s and %zu bytes%s", i,
			row->send, row->want, STR_FMT(buf_view(&got)), c.in.n,
			c.reset ? ", reset" : "");
	if (!row->closed)
		check_open(&c, &a, i);
	client_close(&c);
	answer_deinit(&a);
	buf_deinit(&got);
}

static void test_rows(void **state)
{
	struct server s;

	(void)state;
	server_start(&s, &kept, 1000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&s, &rows[i], i);
	server_stop(&s);
}

/* The same bytes, one at a time: the answers are the same. */
static void test_bytes_one_by_one(void **state)
{
	struct server s;
	struct client c;
	struct answer a;
	const char *text = "POST /count HTTP/1.1\r\n" HOST
			   "Transfer-Encoding: chunked\r\n\r\n"
			   "5\r\nhello\r\n0\r\n\r\n"
			   "GET /2 HTTP/1.1\r\n" HOST "\r\n";

	(void)state;
	server_start(&s, &kept, 1000);
	answer_init(&a);
	client_open(&c, &s);
	for (size_t i = 0; text[i]; i++)
		client_send(&c, str_make(text + i, 1));
	assert_true(client_answer(&c, &a, false));
	assert_true(str_is(buf_view(&a.body), "5 bytes"));
	assert_true(client_answer(&c, &a, false));
	assert_true(str_is(buf_view(&a.body), "GET /2"));
	client_close(&c);
	answer_deinit(&a);
	server_stop(&s);
}

static const struct {
	const char *send;
	const char *want;
} one_shot_rows[] = {
	{"GET /a HTTP/1.1\r\n" HOST "\r\n", "200 GET /a\n"},
	{"GET /later HTTP/1.1\r\n" HOST "\r\n", "200 later\n"},
	{"GET /1 HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n" HOST "\r\n",
		"200 GET /1\n"},
	{"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "200 GET /a\n"},
	{"POST /count HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
		"200 5 bytes\n"},
	{"GET / HTTP/1.1\r\n\r\n", "400 no Host\n"},
};

static void test_one_shot(void **state)
{
	struct server s;

	(void)state;
	server_start(&s, &one_shot, 1000);
	for (size_t i = 0; i < sizeof(one_shot_rows) / sizeof(one_shot_rows[0]);
		i++) {
		const struct row row = {.send = one_shot_rows[i].send,
			.want = one_shot_rows[i].want,
			.closed = true};

		check_row(&s, &row, i);
	}
	server_stop(&s);
}

static void test_connection_fields(void **state)
{
	struct server s;
	struct client c;
	struct answer a;

	(void)state;
	server_start(&s, &kept, 1000);
	answer_init(&a);
	client_open(&c, &s);
	client_send_text(&c, "GET / HTTP/1.1\r\n" HOST "\r\n");
	assert_true(client_answer(&c, &a, false));
	assert_false(answer_has(&a, "Connection:"));
	client_send_text(
		&c, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	assert_true(client_answer(&c, &a, false));
	assert_true(answer_has(&a, "Connection: keep-alive\r\n"));
	client_send_text(&c, "HEAD /big HTTP/1.1\r\n" HOST "\r\n");
	assert_true(client_answer(&c, &a, true));
	assert_true(answer_has(&a, "Content-Length: 100000\r\n"));
	client_send_text(&c, "GET /none HTTP/1.1\r\n" HOST "\r\n");
	assert_true(client_answer(&c, &a, false));
	assert_false(answer_has(&a, "Content-Length"));
	client_send_text(&c, "GET / HTTP/1.1\r\n" HOST "bad field\r\n\r\n");
	assert_true(client_answer(&c, &a, false));
	assert_true(answer_has(&a, "Connection: close\r\n"));
	assert_true(answer_has(&a, "X-Refused: yes\r\n"));
	client_close(&c);
	answer_deinit(&a);
	server_stop(&s);
}

/* More than a turn's budget, and more than a block, in one go. */
static void test_long_pipeline(void **state)
{
	enum {
		N = 3000
	};
	struct server s;
	struct client c;
	struct answer a;
	struct buf out;

	(void)state;
	server_start(&s, &kept, 1000);
	answer_init(&a);
	buf_init(&out, 1 << 20);
	for (unsigned i = 0; i < N; i++)
		buf_printf(&out, "GET /%s HTTP/1.1\r\n" HOST "X: %u\r\n\r\n",
			i % 7 ? "now" : "later", i);
	client_open(&c, &s);
	client_send(&c, buf_view(&out));
	for (unsigned i = 0; i < N; i++) {
		assert_true(client_answer(&c, &a, false));
		assert_true(str_is(
			buf_view(&a.body), i % 7 ? "GET /now" : "later"));
	}
	assert_int_equal(counter_get(&server_counters(&s)->requests), N);
	client_close(&c);
	buf_deinit(&out);
	answer_deinit(&a);
	server_stop(&s);
}

static void test_counters(void **state)
{
	const struct http_counters *counters;
	struct server s;
	struct client c;
	struct str all;

	(void)state;
	server_start(&s, &kept, 1000);
	counters = server_counters(&s);
	client_open(&c, &s);
	client_send_text(&c, "GET / HTTP/1.1\r\n" HOST "\r\nGET\r\n\r\n");
	all = client_all(&c);
	/* The end is seen before the server has counted what it sent. */
	while (counter_get(&counters->open))
		(void)sched_yield();
	assert_int_equal(counter_get(&counters->accepted), 1);
	assert_int_equal(counter_get(&counters->requests), 1);
	assert_int_equal(counter_get(&counters->refusals[0]), 1);
	assert_int_equal(http_refusal_status[0], 400);
	assert_int_equal(counter_get(&counters->bytes_out), all.n);
	assert_int_equal(counter_get(&counters->bytes_in), 34);
	client_close(&c);
	server_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_bytes_one_by_one),
		cmocka_unit_test(test_one_shot),
		cmocka_unit_test(test_connection_fields),
		cmocka_unit_test(test_long_pipeline),
		cmocka_unit_test(test_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
