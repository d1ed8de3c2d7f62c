#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "http/parse.h"

#define GET  "GET / HTTP/1.1\r\n"
#define POST "POST /p HTTP/1.1\r\nHost: a\r\n"
#define HOST "Host: a\r\n"

/* Status 0: the head is good; -1: more bytes are needed. */
static int judge(struct str bytes, struct http_request *request)
{
	struct http_scan scan = {0};
	struct http_refusal why = {0};
	size_t n;
	enum err e = http_find_head(&scan, bytes, &n, &why);

	if (e == ERR_AGAIN)
		return -1;
	if (!e)
		e = http_parse_head(str_make(bytes.p, n), request, &why);
	return e ? why.status : 0;
}

/* The same, a byte at a time. */
static int judge_split(struct str bytes, struct http_request *request)
{
	struct http_scan scan = {0};
	struct http_refusal why = {0};

	for (size_t n = 1; n <= bytes.n; n++) {
		size_t head_n;
		enum err e = http_find_head(
			&scan, str_make(bytes.p, n), &head_n, &why);

		if (e == ERR_AGAIN)
			continue;
		if (!e)
			e = http_parse_head(
				str_make(bytes.p, head_n), request, &why);
		return e ? why.status : 0;
	}
	return -1;
}

static const struct {
	int status;
	struct str bytes;
} verdicts[] = {
	/* Good ones. */
	{0, STR(GET HOST "\r\n")},
	{0, STR("\r\n" GET HOST "\r\n")},
	{0, STR(GET HOST "\r\nGET / HTTP/9")},
	{0, STR("GET / HTTP/1.0\r\n\r\n")},
	{0, STR("GET / HTTP/1.7\r\n" HOST "\r\n")},
	{0, STR("get / HTTP/1.1\r\n" HOST "\r\n")},
	{0, STR("BREW /pot HTTP/1.1\r\n" HOST "\r\n")},
	{0, STR("GET /{{1}} HTTP/1.1\r\n" HOST "\r\n")},
	{0, STR("GET /<<1>>|\"^`\\[]# HTTP/1.1\r\n" HOST "\r\n")},
	{0, STR("GET /caf\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n")},
	{0, STR("GET //https://ct5.io/x?y?z HTTP/1.1\r\n" HOST "\r\n")},
	{0, STR("GET http://b:80/x HTTP/1.1\r\n" HOST "\r\n")},
	{0, STR("GET HTTPS://b HTTP/1.1\r\n" HOST "\r\n")},
	{0, STR("OPTIONS * HTTP/1.1\r\n" HOST "\r\n")},
	{0, STR(GET "Host: a.b-c_d:8080\r\n\r\n")},
	{0, STR(GET "Host: a:\r\n\r\n")},
	{0, STR(GET "Host: [::1]:80\r\n\r\n")},
	{0, STR(GET "Host:a\r\nX:\r\nY: \t \r\n\r\n")},
	{0, STR(GET HOST "X: a\tb \xff\r\n\r\n")},
	{0, STR(GET HOST "Content-Length: 0\r\n\r\n")},
	{0, STR(POST "\r\n")},
	{0, STR(POST "Content-Length: 5\r\n\r\n")},
	{0, STR(POST "Content-Length: 0005\r\n\r\n")},
	{0, STR(POST "Content-Length: 9223372036854775807\r\n\r\n")},
	{0, STR(POST "Transfer-Encoding: Chunked\r\n\r\n")},
	{0, STR(POST "Expect: 100-Continue\r\n\r\n")},
	{0, STR("POST / HTTP/1.0\r\nExpect: tea\r\n\r\n")},
	/* Not yet whole. */
	{-1, STR("")},
	{-1, STR("\r\n")},
	{-1, STR("GET / HTTP/1.1\r\nHost: a\r\n")},
	{-1, STR(GET HOST "\r")},
	/* Line ends. */
	{400, STR("GET / HTTP/1.1\nHost: a\n\n")},
	{400, STR(GET "Host: a\n\r\n")},
	{400, STR(GET HOST "\n")},
	{400, STR(GET HOST "X: a\rb\r\n\r\n")},
	{400, STR(GET HOST "X: a\r\r\n\r\n")},
	{400, STR(GET HOST "\rX: a\r\n\r\n")},
	{400, STR(GET HOST "\r\r\n\r\n")},
	{400, STR("GET / HTTP/1.1\r\r\n" HOST "\r\n")},
	{400, STR("\rGET / HTTP/1.1\r\n" HOST "\r\n")},
	{400, STR("\r\n\r\n" GET HOST "\r\n")},
	{400, STR("\n" GET HOST "\r\n")},
	/* Request lines. */
	{400, STR("GET /\r\n\r\n")},
	{400, STR("GET  / HTTP/1.1\r\n" HOST "\r\n")},
	{400, STR("GET / HTTP/1.1 \r\n" HOST "\r\n")},
	{400, STR("GET / x HTTP/1.1\r\n" HOST "\r\n")},
	{400, STR("GET\t/ HTTP/1.1\r\n" HOST "\r\n")},
	{400, STR(" GET / HTTP/1.1\r\n" HOST "\r\n")},
	{400, STR("G(T / HTTP/1.1\r\n" HOST "\r\n")},
	{400, STR("G\xc3T / HTTP/1.1\r\n" HOST "\r\n")},
	{400, STR("ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567 / HTTP/1.1\r\n" HOST
		  "\r\n")},
	{400, STR("GET / http/1.1\r\n" HOST "\r\n")},
	{400, STR("GET / HTTP/1\r\n" HOST "\r\n")},
	{400, STR("GET / HTTP/1.10\r\n" HOST "\r\n")},
	{400, STR("GET / HTTP/1,1\r\n" HOST "\r\n")},
	{505, STR("GET / HTTP/2.0\r\n" HOST "\r\n")},
	{505, STR("PRI * HTTP/2.0\r\n\r\n")},
	{505, STR("GET / HTTP/0.9\r\n\r\n")},
	{400, STR("\x16\x03\x01\x02")},
	{400, STR("{\"a\":1}")},
	/* Targets. */
	{400, STR("GET * HTTP/1.1\r\n" HOST "\r\n")},
	{400, STR("GET x HTTP/1.1\r\n" HOST "\r\n")},
	{400, STR("GET ftp://a/ HTTP/1.1\r\n" HOST "\r\n")},
	{400, STR("GET http:///x HTTP/1.1\r\n" HOST "\r\n")},
	{400, STR("GET http://u@a/ HTTP/1.1\r\n" HOST "\r\n")},
	{400, STR("GET /a\x7f HTTP/1.1\r\n" HOST "\r\n")},
	{400, STR("GET /a\x01 HTTP/1.1\r\n" HOST "\r\n")},
	{400, STR("GET /a\0b HTTP/1.1\r\n" HOST "\r\n")},
	{400, STR("CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n")},
	/* Fields. */
	{400, STR(GET HOST "Content-Length : 5\r\n\r\n")},
	{400, STR(GET HOST "Transfer-Encoding : chunked\r\n\r\n")},
	{400, STR(GET HOST " folded\r\n\r\n")},
	{400, STR(GET HOST "X: a\r\n\tfolded\r\n\r\n")},
	{400, STR(GET HOST "X\r\n\r\n")},
	{400, STR(GET HOST ": a\r\n\r\n")},
	{400, STR(GET HOST "X\xc3: a\r\n\r\n")},
	{400, STR(GET HOST "X: a\0b\r\n\r\n")},
	{400, STR(GET HOST "X: 12345678\x01"
			   "12345678\r\n\r\n")},
	{400, STR(GET HOST "X: a\x7f\r\n\r\n")},
	/* Host. */
	{400, STR(GET "\r\n")},
	{400, STR(GET "Host:\r\n\r\n")},
	{400, STR(GET HOST HOST "\r\n")},
	{400, STR(GET "Host: a b\r\n\r\n")},
	{400, STR(GET "Host: a,b\r\n\r\n")},
	{400, STR(GET "Host: a/b\r\n\r\n")},
	{400, STR(GET "Host: a@b\r\n\r\n")},
	{400, STR(GET "Host: a:8o\r\n\r\n")},
	{400, STR(GET "Host: a:123456\r\n\r\n")},
	{400, STR(GET "Host: [::1\r\n\r\n")},
	{400, STR(GET "Host: [zz]\r\n\r\n")},
	{400, STR(GET "Host: [::1]x\r\n\r\n")},
	{400, STR("GET http://b/ HTTP/1.1\r\n\r\n")},
	/* Framing. */
	{400, STR(POST "Content-Length: +5\r\n\r\n")},
	{400, STR(POST "Content-Length: -5\r\n\r\n")},
	{400, STR(POST "Content-Length: 5 5\r\n\r\n")},
	{400, STR(POST "Content-Length: 5, 5\r\n\r\n")},
	{400, STR(POST "Content-Length: 0x5\r\n\r\n")},
	{400, STR(POST "Content-Length:\r\n\r\n")},
	{400, STR(POST "Content-Length: 9223372036854775808\r\n\r\n")},
	{400, STR(POST "Content-Length: 00000000000000000005\r\n\r\n")},
	{400, STR(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n")},
	{400, STR(POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n")},
	{400, STR(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"
		       "\r\n")},
	{400, STR(POST "Transfer-Encoding: chunked\r\n"
		       "Transfer-Encoding: chunked\r\n\r\n")},
	{400, STR("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")},
	{501, STR(POST "Transfer-Encoding: gzip\r\n\r\n")},
	{501, STR(POST "Transfer-Encoding: gzip, chunked\r\n\r\n")},
	{501, STR(POST "Transfer-Encoding: chunked, chunked\r\n\r\n")},
	{501, STR(POST "Transfer-Encoding: identity\r\n\r\n")},
	{400, STR(POST "Transfer-Encoding: \x0b"
		       "chunked\r\n\r\n")},
	{501, STR(POST "Transfer-Encoding:\r\n\r\n")},
	{400, STR(GET HOST "Content-Length: 5\r\n\r\n")},
	{400, STR("HEAD / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n")},
	{400, STR("TRACE / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n")},
	{400, STR("OPTIONS / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n")},
	{400, STR(GET HOST "Transfer-Encoding: chunked\r\n\r\n")},
	{417, STR(POST "Expect: tea\r\n\r\n")},
	{417, STR(POST "Expect:\r\n\r\n")},
	/* Twice what must come once. */
	{400, STR(GET HOST "Authorization: a\r\nAuthorization: b\r\n\r\n")},
	{400, STR(POST "Content-Type: a\r\nContent-Type: b\r\n\r\n")},
	{400, STR(POST "Idempotency-Key: a\r\nIdempotency-Key: a\r\n\r\n")},
	{400, STR(GET HOST "Ctio-Account: a\r\nCtio-Account: b\r\n\r\n")},
};

static void test_verdicts(void **state)
{
	static struct http_request request;

	(void)state;
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		int got = judge(verdicts[i].bytes, &request);
		int split = judge_split(verdicts[i].bytes, &request);

		if (got != verdicts[i].status || split != verdicts[i].status)
			fail_msg("row %zu, want %d, got %d, split %d: %.*s", i,
				verdicts[i].status, got, split,
				STR_FMT(verdicts[i].bytes));
	}
}

static void add_many(struct buf *b, size_t n, char c)
{
	for (size_t i = 0; i < n; i++)
		buf_byte(b, c);
}

/* Judges a request with a target, a number of fields besides Host, and a last
 * field of these sizes. */
static int judge_sizes(size_t target, size_t fields, size_t value, bool whole)
{
	static struct http_request request;
	struct buf b;
	int got, split;

	buf_init(&b, 65536);
	buf_text(&b, "GET /");
	add_many(&b, target - 1, 'a');
	buf_text(&b, " HTTP/1.1\r\nHost: a\r\n");
	for (size_t i = 0; i < fields; i++)
		buf_text(&b, "X: y\r\n");
	if (value) {
		buf_text(&b, "Y: ");
		add_many(&b, value, 'v');
	}
	if (whole)
		buf_text(&b, value ? "\r\n\r\n" : "\r\n");
	assert_int_equal(buf_err(&b), OK);
	got = judge(buf_view(&b), &request);
	split = judge_split(buf_view(&b), &request);
	assert_int_equal(got, split);
	buf_deinit(&b);
	return got;
}

static void test_caps(void **state)
{
	/* "GET /" + " HTTP/1.1" + "Host: a" + "Y: " and four line ends. */
	const size_t rest = 5 + 9 + 7 + 3 + 4 * 2;

	(void)state;
	assert_int_equal(judge_sizes(HTTP_TARGET_MAX, 0, 0, true), 0);
	assert_int_equal(judge_sizes(HTTP_TARGET_MAX + 1, 0, 0, true), 414);
	assert_int_equal(judge_sizes(3000, 0, 0, false), 414);
	assert_int_equal(judge_sizes(20000, 0, 0, true), 414);
	assert_int_equal(judge_sizes(1, HTTP_FIELDS_MAX - 1, 0, true), 0);
	assert_int_equal(judge_sizes(1, HTTP_FIELDS_MAX, 0, true), 431);
	assert_int_equal(judge_sizes(1, 0, HTTP_HEAD_MAX - rest, true), 0);
	assert_int_equal(
		judge_sizes(1, 0, HTTP_HEAD_MAX - rest + 1, true), 431);
	assert_int_equal(judge_sizes(1, 0, 20000, false), 431);
}

static void assert_str(struct str got, const char *want)
{
	if (!str_is(got, want))
		fail_msg("want \"%s\", got \"%.*s\"", want, STR_FMT(got));
}

static void test_views(void **state)
{
	static struct http_request r;
	size_t at = 0;

	(void)state;
	assert_int_equal(
		judge(STR("POST http://B.example:81/a%20b?q=1?2 HTTP/1.1\r\n"
			  "Host: other:80\r\n"
			  "X-FORWARDED-FOR: 1.1.1.1\r\n"
			  "x-forwarded-for: 2.2.2.2\r\n"
			  "User-Agent: \t a b \t \r\n"
			  "user-agent: second\r\n"
			  "Accept: \r\n"
			  "Odd: 1\r\nodd: 2\r\n"
			  "Content-Length: 12\r\n\r\n"),
			&r),
		0);
	assert_int_equal(r.method, HTTP_POST);
	assert_str(r.method_text, "POST");
	assert_str(r.target, "http://B.example:81/a%20b?q=1?2");
	assert_str(r.path, "/a%20b");
	assert_str(r.query, "q=1?2");
	assert_true(r.has_query);
	assert_str(r.host, "B.example");
	assert_int_equal(r.framing, HTTP_BODY_LENGTH);
	assert_int_equal(r.content_length, 12);
	assert_str(r.known[HTTP_HOST], "other:80");
	assert_str(r.known[HTTP_X_FORWARDED_FOR], "2.2.2.2");
	assert_str(r.known[HTTP_USER_AGENT], "a b");
	assert_str(r.known[HTTP_ACCEPT], "");
	assert_non_null(r.known[HTTP_ACCEPT].p);
	assert_null(r.known[HTTP_REFERER].p);
	assert_str(http_request_field(&r, STR("ODD")), "1");
	assert_str(http_request_next(&r, STR("odd"), &at), "1");
	assert_str(http_request_next(&r, STR("odd"), &at), "2");
	assert_null(http_request_next(&r, STR("odd"), &at).p);
	assert_null(http_request_field(&r, STR("none")).p);
	assert_int_equal(r.fields_n, 9);
}

static const struct {
	const char *target, *path, *query;
	bool has_query;
} targets[] = {
	{"/", "/", "", false},
	{"/?", "/", "", true},
	{"/a?b", "/a", "b", true},
	{"//a//", "//a//", "", false},
	{"http://h", "/", "", false},
	{"http://h?q", "/", "q", true},
	{"https://h/p?", "/p", "", true},
};

static void test_targets(void **state)
{
	static struct http_request r;

	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		char bytes[128];
		int n = snprintf(bytes, sizeof(bytes),
			"GET %s HTTP/1.1\r\nHost: h\r\n\r\n",
			targets[i].target);

		assert_int_equal(judge(str_make(bytes, (size_t)n), &r), 0);
		assert_str(r.path, targets[i].path);
		assert_str(r.query, targets[i].query);
		assert_int_equal(r.has_query, targets[i].has_query);
		assert_str(r.host, "h");
	}
}

static const struct {
	const char *version, *fields;
	bool keep_alive;
} connections[] = {
	{"1.1", "", true},
	{"1.1", "Connection: close\r\n", false},
	{"1.1", "Connection: Keep-Alive, Close\r\n", false},
	{"1.1", "Connection: keep-alive\r\nConnection: x ,close\r\n", false},
	{"1.1", "Connection: closed\r\n", true},
	{"1.1", "Connection: upgrade\r\n", true},
	{"1.1", "Connection:\r\n", true},
	{"1.0", "", false},
	{"1.0", "Connection: keep-alive\r\n", true},
	{"1.0", "Connection: ,,keep-alive,\r\n", true},
	{"1.0", "Connection: keep-alive, close\r\n", false},
};

static void test_connections(void **state)
{
	static struct http_request r;

	(void)state;
	for (size_t i = 0; i < sizeof(connections) / sizeof(connections[0]);
		i++) {
		char bytes[256];
		int n = snprintf(bytes, sizeof(bytes),
			"GET / HTTP/%s\r\nHost: h\r\n%s\r\n",
			connections[i].version, connections[i].fields);

		assert_int_equal(judge(str_make(bytes, (size_t)n), &r), 0);
		if (r.keep_alive != connections[i].keep_alive)
			fail_msg("row %zu", i);
	}
}

static const char *const names[HTTP_KNOWN_N] = {
	[HTTP_ACCEPT] = "Accept",
	[HTTP_ACCEPT_ENCODING] = "Accept-Encoding",
	[HTTP_ACCEPT_LANGUAGE] = "Accept-Language",
	[HTTP_AUTHORIZATION] = "Authorization",
	[HTTP_CONNECTION] = "Connection",
	[HTTP_CONTENT_LENGTH] = "Content-Length",
	[HTTP_CONTENT_TYPE] = "Content-Type",
	[HTTP_CTIO_ACCOUNT] = "Ctio-Account",
	[HTTP_EXPECT] = "Expect",
	[HTTP_HOST] = "Host",
	[HTTP_IDEMPOTENCY_KEY] = "Idempotency-Key",
	[HTTP_IF_NONE_MATCH] = "If-None-Match",
	[HTTP_PURPOSE] = "Purpose",
	[HTTP_REFERER] = "Referer",
	[HTTP_SEC_PURPOSE] = "Sec-Purpose",
	[HTTP_TRANSFER_ENCODING] = "Transfer-Encoding",
	[HTTP_USER_AGENT] = "User-Agent",
	[HTTP_X_FORWARDED_FOR] = "X-Forwarded-For",
	[HTTP_X_MOZ] = "X-Moz",
	[HTTP_X_PURPOSE] = "X-Purpose",
	[HTTP_X_REQUEST_ID] = "X-Request-Id",
};

static void test_known(void **state)
{
	static struct http_request r;

	(void)state;
	for (int i = 0; i < HTTP_KNOWN_N; i++) {
		char bytes[256];
		const char *value = i == HTTP_EXPECT ? "100-continue" : "0";
		int n = snprintf(bytes, sizeof(bytes),
			"POST / HTTP/1.1\r\n%s%s: %s\r\n\r\n",
			i == HTTP_HOST ? "" : "Host: h\r\n", names[i], value);

		(void)judge(str_make(bytes, (size_t)n), &r);
		assert_str(r.known[i], value);
		for (int k = 0; k < HTTP_KNOWN_N; k++) {
			if (k != i && k != HTTP_HOST)
				assert_null(r.known[k].p);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
