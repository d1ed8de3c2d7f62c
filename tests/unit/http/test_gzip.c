/* Compressed answers: what leaves is what zlib reads, at once where nothing
 * follows for a while, and not whole where the answer is not. */
#include "unit/http/fixture.h"

#define ZLIB_CONST
#include <zlib.h>

#include "http/gzip.h"
#include "support/fault.h"

#define HOST "Host: a\r\n"
#define GZIP "Accept-Encoding: gzip\r\n"

enum {
	SMALL = HTTP_GZIP_MIN - 1,
	ROOM = 32 << 20,
};

/* Unpacks what came so far; true if the stream is whole. */
static bool unpack(struct str packed, struct buf *to)
{
	z_stream z = {
		.next_in = (const Bytef *)packed.p, .avail_in = (uInt)packed.n};
	int rc;

	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	do {
		char *p = buf_reserve(to, 65536);

		assert_non_null(p);
		z.next_out = (Bytef *)p;
		z.avail_out = 65536;
		rc = inflate(&z, Z_SYNC_FLUSH);
		assert_true(
			rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR);
		buf_wrote(to, 65536 - z.avail_out);
	} while (rc == Z_OK && (z.avail_in || !z.avail_out));
	assert_int_equal(z.avail_in, 0);
	(void)inflateEnd(&z);
	return rc == Z_STREAM_END;
}

/* The module */

/* Any bytes, in pieces of any size: those that do not shrink, too. */
static void test_round_trip(void **state)
{
	static const size_t sizes[] = {1, 7, 4095, 4096, 65536};
	unsigned seed = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct buf plain, packed, back;
		struct gzip *g = NULL;

		buf_init(&plain, ROOM);
		buf_init(&packed, ROOM);
		buf_init(&back, ROOM);
		assert_int_equal(gzip_new(&g), OK);
		for (size_t at = 0; at < 300000; at += sizes[i]) {
			size_t start = plain.n;

			for (size_t k = 0; k < sizes[i]; k++) {
				seed = seed * 1103515245 + 12345;
				buf_byte(&plain, (char)(seed >> 16));
			}
			assert_int_equal(
				gzip_put(g, str_make(plain.p + start, sizes[i]),
					GZIP_KEEP, &packed),
				OK);
		}
		assert_int_equal(gzip_put(g, STR(""), GZIP_END, &packed), OK);
		assert_true(unpack(buf_view(&packed), &back));
		assert_true(str_eq(buf_view(&plain), buf_view(&back)));
		gzip_free(g);
		buf_deinit(&plain);
		buf_deinit(&packed);
		buf_deinit(&back);
	}
}

static void test_flush(void **state)
{
	struct buf packed, back;
	struct gzip *g = NULL;
	size_t n;

	(void)state;
	buf_init(&packed, ROOM);
	buf_init(&back, ROOM);
	assert_int_equal(gzip_new(&g), OK);
	assert_int_equal(gzip_put(g, STR("first "), GZIP_KEEP, &packed), OK);
	assert_int_equal(gzip_put(g, STR("second"), GZIP_SYNC, &packed), OK);
	assert_false(unpack(buf_view(&packed), &back));
	assert_true(str_is(buf_view(&back), "first second"));
	/* Nothing new: nothing to say. */
	n = packed.n;
	assert_int_equal(gzip_put(g, STR(""), GZIP_SYNC, &packed), OK);
	assert_int_equal(gzip_put(g, STR(""), GZIP_KEEP, &packed), OK);
	assert_int_equal(packed.n, n);
	assert_int_equal(gzip_put(g, STR("!"), GZIP_END, &packed), OK);
	buf_reset(&back);
	assert_true(unpack(buf_view(&packed), &back));
	assert_true(str_is(buf_view(&back), "first second!"));
	gzip_free(g);
	gzip_free(NULL);
	buf_deinit(&packed);
	buf_deinit(&back);
}

static void test_no_memory(void **state)
{
	struct gzip *g = NULL;
	struct buf out;

	(void)state;
	fault_alloc(1);
	assert_int_equal(gzip_new(&g), ERR_NOMEM);
	assert_true(fault_alloc_hit());
	fault_alloc(0);
	assert_null(g);
	assert_int_equal(gzip_new(&g), OK);
	buf_init(&out, 10);
	assert_int_equal(gzip_put(g, STR("x"), GZIP_END, &out), ERR_TOO_LONG);
	gzip_free(g);
	buf_deinit(&out);
}

/* Answers */

static struct http_exchange *waiting;
static unsigned pulls;
static size_t left;
static bool does_not_shrink, aborts;
static struct loop_timer timer;
static char big[3 << 20];

static void on_wake(void *arg)
{
	(void)arg;
	http_stream_wake(waiting);
}

/* A line, then nothing for a while, and so on. */
static enum http_pull slow_pull(void *arg, struct buf *out)
{
	(void)arg;
	loop_timer_set(http_exchange_loop(waiting), &timer, 20);
	if (pulls++ % 2)
		return PULL_WAIT;
	buf_text(out, LINE);
	if (pulls < 5)
		return PULL_WAIT;
	return aborts ? PULL_ABORT : PULL_END;
}

static enum http_pull much_pull(void *arg, struct buf *out)
{
	size_t room = out->max - out->n;
	size_t n = left < room ? left : room;

	(void)arg;
	assert_int_equal(room, HTTP_OUT_MAX);
	if (does_not_shrink)
		for (size_t i = 0; i < n; i++)
			buf_byte(out, big[left % 65521 + i]);
	else
		for (size_t i = 0; i < n / LINE_N; i++)
			buf_text(out, LINE);
	left -= does_not_shrink ? n : n / LINE_N * LINE_N;
	return left < LINE_N ? PULL_END : PULL_MORE;
}

static void on_stop(void *arg)
{
	(void)arg;
	loop_timer_clear(http_exchange_loop(waiting), &timer);
}

static const struct http_source slow = {slow_pull, on_stop};
static const struct http_source much = {much_pull, on_stop};

static void on_request(
	struct http_exchange *ex, const struct http_request *request, void *arg)
{
	uint64_t n = 0;

	(void)arg;
	waiting = ex;
	pulls = 0;
	timer = (struct loop_timer){.run = on_wake};
	aborts = str_is(request->path, "/aborts");
	does_not_shrink = str_is(request->path, "/noise");
	assert_int_equal(num_parse_u64(request->query, SIZE_MAX, &n), OK);
	left = (size_t)n;
	if (str_is(request->path, "/fixed"))
		http_answer(ex, 200, STR("X-A: b\r\n"), str_make(big, left));
	else if (str_is(request->path, "/none"))
		http_answer(ex, 204, STR(""), str_make(big, left));
	else if (str_is(request->path, "/slow") || aborts)
		http_answer_stream(ex, 200, STR(""), &slow, NULL);
	else
		http_answer_stream(ex, 200, STR(""), &much, NULL);
}

static const struct http_listen_options options = {.keepalive = true,
	.gzip = true,
	.handler = {on_request, NULL, NULL, NULL}};

static const struct {
	const char *request;
	size_t bytes;
	bool packed;
	bool varies;
	bool has_length;
} rows[] = {
	{"GET /fixed?1024 HTTP/1.1\r\n" HOST GZIP "\r\n", 1024, true, true},
	{"GET /fixed?3000000 HTTP/1.1\r\n" HOST GZIP "\r\n", 3000000, true,
		true},
	{"GET /fixed?1023 HTTP/1.1\r\n" HOST GZIP "\r\n", SMALL, false, false,
		true},
	{"GET /fixed?0 HTTP/1.1\r\n" HOST GZIP "\r\n", 0, false, false, true},
	{"GET /fixed?2000 HTTP/1.1\r\n" HOST "\r\n", 2000, false, true, true},
	{"GET /fixed?2000 HTTP/1.1\r\n" HOST
	 "Accept-Encoding: gzip;q=0\r\n\r\n",
		2000, false, true, true},
	{"GET /fixed?2000 HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n", 2000,
		true, true},
	{"GET /much?610000 HTTP/1.1\r\n" HOST GZIP "\r\n", 610000, true, true},
	{"GET /much?610000 HTTP/1.0\r\n" GZIP "\r\n", 610000, true, true},
	{"GET /much?0 HTTP/1.1\r\n" HOST GZIP "\r\n", 0, true, true},
	{"GET /much?610000 HTTP/1.1\r\n" HOST "\r\n", 610000, false, true},
	{"GET /noise?900000 HTTP/1.1\r\n" HOST GZIP "\r\n", 900000, true, true},
	{"GET /slow?0 HTTP/1.1\r\n" HOST GZIP "\r\n", 3 * LINE_N, true, true},
};

static void check_row(struct server *s, size_t i)
{
	struct client c;
	struct answer a;
	struct buf back;

	answer_init(&a);
	buf_init(&back, ROOM);
	client_open(&c, s);
	client_send_text(&c, rows[i].request);
	assert_true(client_answer(&c, &a, false));
	if (answer_has(&a, "Content-Encoding: gzip\r\n") != rows[i].packed ||
		answer_has(&a, "Vary: Accept-Encoding\r\n") != rows[i].varies ||
		answer_has(&a, "Content-Length: ") != rows[i].has_length)
		fail_msg("row %zu: %.*s", i, STR_FMT(buf_view(&a.head)));
	if (rows[i].packed)
		assert_true(unpack(buf_view(&a.body), &back));
	else
		buf_str(&back, buf_view(&a.body));
	if (back.n / LINE_N != rows[i].bytes / LINE_N)
		fail_msg("row %zu: %zu bytes", i, back.n);
	if (strstr(rows[i].request, "/fixed"))
		assert_memory_equal(back.p ? back.p : "", big, back.n);
	if (strstr(rows[i].request, "/much"))
		for (size_t k = 0; k < back.n; k += LINE_N)
			assert_memory_equal(back.p + k, LINE, LINE_N);
	client_close(&c);
	answer_deinit(&a);
	buf_deinit(&back);
}

static void test_rows(void **state)
{
	struct server s;

	(void)state;
	server_start(&s, &options, 1000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&s, i);
	server_stop(&s);
}

/* A HEAD says what a GET would, and the connection lives on. */
static void test_head_and_keep_alive(void **state)
{
	static const char *const heads[] = {
		"HEAD /fixed?2000 HTTP/1.1\r\n" HOST GZIP "\r\n",
		"HEAD /much?2000 HTTP/1.1\r\n" HOST GZIP "\r\n"};
	struct server s;
	struct client c;
	struct answer a;

	(void)state;
	server_start(&s, &options, 1000);
	answer_init(&a);
	client_open(&c, &s);
	for (size_t i = 0; i < 2; i++) {
		client_send_text(&c, heads[i]);
		assert_true(client_answer(&c, &a, true));
		assert_true(answer_has(&a, "Content-Encoding: gzip\r\n"));
		assert_true(answer_has(&a, "Vary: Accept-Encoding\r\n"));
	}
	client_send_text(&c, "GET /none?5000 HTTP/1.1\r\n" HOST GZIP "\r\n");
	assert_true(client_answer(&c, &a, false));
	assert_false(answer_has(&a, "Content-Encoding"));
	client_send_text(&c, "GET /fixed?2000 HTTP/1.1\r\n" HOST GZIP "\r\n");
	assert_true(client_answer(&c, &a, false));
	assert_true(a.whole);
	client_close(&c);
	answer_deinit(&a);
	server_stop(&s);
}

/* What was written before a source waits can be read before it goes on. */
static void test_waiting_flushes(void **state)
{
	struct server s;
	struct client c;
	struct buf line, packed, back;

	(void)state;
	server_start(&s, &options, 1000);
	buf_init(&line, 65536);
	buf_init(&packed, 65536);
	buf_init(&back, ROOM);
	client_open(&c, &s);
	client_send_text(&c, "GET /slow?0 HTTP/1.1\r\n" HOST GZIP "\r\n");
	assert_true(client_until(&c, "\r\n\r\n", &line));
	assert_true(client_until(&c, "\r\n", &line));
	assert_true(client_read_n(&c, hex_size(buf_view(&line)), &packed));
	assert_false(unpack(buf_view(&packed), &back));
	assert_true(str_is(buf_view(&back), LINE));
	/* A client that leaves now takes nothing with it. */
	client_close(&c);
	server_stop(&s);
	buf_deinit(&line);
	buf_deinit(&packed);
	buf_deinit(&back);
}

/* One that breaks off is whole neither as chunks nor as gzip, but what came
 * can be read. */
static void test_abort(void **state)
{
	struct server s;
	struct client c;
	struct answer a;
	struct buf back;

	(void)state;
	server_start(&s, &options, 1000);
	answer_init(&a);
	buf_init(&back, ROOM);
	client_open(&c, &s);
	client_send_text(&c, "GET /aborts?0 HTTP/1.1\r\n" HOST GZIP "\r\n");
	assert_true(client_answer(&c, &a, false));
	assert_false(a.whole);
	assert_false(unpack(buf_view(&a.body), &back));
	assert_int_equal(back.n, 3 * LINE_N);
	client_close(&c);
	answer_deinit(&a);
	buf_deinit(&back);
	server_stop(&s);
}

/* A peer that stops reading stops the work; many that leave leave nothing. */
static void test_broken_peers(void **state)
{
	struct linger reset = {1, 0};
	struct server s;

	(void)state;
	server_start(&s, &options, 100);
	for (unsigned i = 0; i < 20; i++) {
		struct client c;

		client_open(&c, &s);
		client_send_text(&c,
			i % 2 ? "GET /noise?300000000 HTTP/1.1\r\n" HOST GZIP
				"\r\n"
			      : "GET /fixed?3000000 HTTP/1.1\r\n" HOST GZIP
				"\r\n");
		if (i % 4 < 2)
			assert_true(client_fill(&c));
		assert_int_equal(setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &reset,
					 sizeof(reset)),
			0);
		client_close(&c);
	}
	check_row(&s, 0);
	server_stop(&s);
}

/* Where it is not asked for of the listener, no client gets it. */
static void test_plain_listener(void **state)
{
	struct http_listen_options plain = options;
	struct server s;
	struct client c;
	struct answer a;

	(void)state;
	plain.gzip = false;
	server_start(&s, &plain, 1000);
	answer_init(&a);
	client_open(&c, &s);
	client_send_text(&c, "GET /fixed?5000 HTTP/1.1\r\n" HOST GZIP "\r\n");
	assert_true(client_answer(&c, &a, false));
	assert_false(answer_has(&a, "Content-Encoding"));
	assert_false(answer_has(&a, "Vary"));
	assert_int_equal(a.body.n, 5000);
	client_close(&c);
	answer_deinit(&a);
	server_stop(&s);
}

static int fill(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++) {
		seed = seed * 1103515245 + 12345;
		big[i] = (char)(seed >> 16);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_flush),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_head_and_keep_alive),
		cmocka_unit_test(test_waiting_flushes),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_broken_peers),
		cmocka_unit_test(test_plain_listener),
	};

	return cmocka_run_group_tests(tests, fill, NULL);
}
