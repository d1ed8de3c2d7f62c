#include "support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/http_client.h"
#include "support/http_peer.h"
#include "support/temp.h"

enum {
	ANSWER_MAX = 1 << 16,
	BIG = 4 << 20
};

static struct temp temp;

static struct http_client *new_client(const char *path, uint64_t silence_ms)
{
	const struct http_client_options options = {.socket_path = path,
		.user_agent = "test/1",
		.connect_timeout_ms = 5000,
		.silence_max_ms = silence_ms};
	struct http_client *c = NULL;

	assert_int_equal(http_client_new(&options, &c), OK);
	return c;
}

/* One client, one peer with some steps, and an answer. */
struct scene {
	char path[4096];
	struct http_peer peer;
	struct http_client *client;
	struct http_client_answer answer;
};

static void scene_begin(struct scene *s, const struct http_peer_step *steps,
	size_t n, uint64_t silence_ms)
{
	(void)snprintf(s->path, sizeof(s->path), "%s", temp_file(&temp, "s"));
	http_peer_start(&s->peer, s->path, steps, n);
	s->client = new_client(s->path, silence_ms);
	http_client_answer_init(&s->answer);
}

static void scene_end(struct scene *s)
{
	http_client_free(s->client);
	http_peer_stop(&s->peer);
	http_peer_free(&s->peer);
	http_client_answer_deinit(&s->answer);
}

static enum err get(struct scene *s)
{
	const struct http_client_request request = {.method = "GET",
		.target = "/x?a=%20b",
		.answer_max = ANSWER_MAX,
		.stop_fd = -1};

	return http_client_send(s->client, &request, &s->answer);
}

static void test_get(void **state)
{
	static const struct http_peer_step steps[] = {
		{.answer = "HTTP/1.1 100 Continue\r\nX: no\r\n\r\n"
			   "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
			   "LINK:  <a>; rel=\"next\" \r\n\r\nhello",
			.keep = true},
		{.answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n"
			   "\r\ngone"},
	};
	struct scene s;

	(void)state;
	scene_begin(&s, steps, COUNT_OF(steps), 5000);
	assert_int_equal(get(&s), OK);
	assert_int_equal(s.answer.status, 200);
	assert_string_equal(buf_cstr(&s.answer.body), "hello");
	assert_true(str_is(http_client_answer_header(&s.answer, "Link"),
		"<a>; rel=\"next\""));
	assert_null(http_client_answer_header(&s.answer, "X").p);
	assert_string_equal(s.answer.problem, "");
	assert_int_equal(get(&s), OK);
	assert_int_equal(s.answer.status, 404);
	assert_string_equal(buf_cstr(&s.answer.body), "gone");
	scene_end(&s);
}

static void test_request_as_sent(void **state)
{
	static const struct http_peer_step steps[] = {
		{.answer = "HTTP/1.1 204 No Content\r\n\r\n"}};
	const struct http_client_header headers[] = {
		{"Content-Type", "application/json"}, {"Ctio-Account", "a b"}};
	const struct http_client_request request = {.method = "PATCH",
		.target = "/v1/links/x",
		.headers = headers,
		.headers_n = 2,
		.body = STR("{\"a\":1}"),
		.answer_max = ANSWER_MAX,
		.stop_fd = -1};
	const char *seen;
	struct scene s;

	(void)state;
	scene_begin(&s, steps, 1, 5000);
	assert_int_equal(http_client_send(s.client, &request, &s.answer), OK);
	assert_int_equal(s.answer.status, 204);
	seen = http_peer_seen(&s.peer);
	assert_memory_equal(seen, "PATCH /v1/links/x HTTP/1.1\r\n", 28);
	assert_non_null(strstr(seen, "\r\nUser-Agent: test/1\r\n"));
	assert_non_null(strstr(seen, "\r\nContent-Length: 7\r\n"));
	assert_non_null(strstr(seen, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(seen, "\r\nCtio-Account: a b\r\n"));
	assert_null(strstr(seen, "Expect:"));
	assert_null(strstr(seen, "Authorization:"));
	assert_string_equal(strstr(seen, "\r\n\r\n"), "\r\n\r\n{\"a\":1}");
	scene_end(&s);
}

static void test_headers_cannot_be_smuggled(void **state)
{
	static const struct http_peer_step steps[] = {
		{.answer = "HTTP/1.1 204 No Content\r\n\r\n"}};
	const struct http_client_header bad = {"X", "a\r\nY: b"};
	const struct http_client_request request = {.method = "GET",
		.target = "/",
		.headers = &bad,
		.headers_n = 1,
		.stop_fd = -1};
	const struct http_client_options options = {
		.url = "http://127.0.0.1:1", .key = "a\nb"};
	struct http_client *c = NULL;
	struct scene s;

	(void)state;
	scene_begin(&s, steps, 1, 5000);
	assert_int_equal(
		http_client_send(s.client, &request, &s.answer), ERR_NOMEM);
	assert_int_equal(get(&s), OK);
	assert_null(strstr(http_peer_seen(&s.peer), "Y: b"));
	scene_end(&s);
	assert_int_equal(http_client_new(&options, &c), ERR_INVALID);
}

static void test_urls(void **state)
{
	static const struct {
		const char *url;
		enum err err;
	} rows[] = {
		{"http://127.0.0.1:8081", OK},
		{"https://api.example/", OK},
		{"ftp://api.example", ERR_INVALID},
		{"file:///etc/passwd", ERR_INVALID},
		{"api.example", ERR_INVALID},
		{"", ERR_INVALID},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct http_client_options options = {.url = rows[i].url,
			.user_agent = "t",
			.connect_timeout_ms = 1};
		struct http_client *c = NULL;

		assert_int_equal(http_client_new(&options, &c), rows[i].err);
		http_client_free(c);
	}
}

static void test_nobody_there(void **state)
{
	struct scene s;
	const char *path = temp_file(&temp, "none");

	(void)state;
	s.client = new_client(path, 5000);
	http_client_answer_init(&s.answer);
	assert_int_equal(get(&s), ERR_NOT_FOUND);
	assert_int_equal(s.answer.status, 0);
	assert_true(s.answer.problem[0] != '\0');
	http_client_free(s.client);
	http_client_answer_deinit(&s.answer);
}

/* Paths that no sockaddr_un can hold. */
static void test_long_paths(void **state)
{
	static const struct http_peer_step steps[] = {
		{.answer = "HTTP/1.1 204 No Content\r\n\r\n"}};
	char folder[4096], deep[8192], path[8200];
	struct scene s;

	(void)state;
	(void)snprintf(folder, sizeof(folder), "%s",
		temp_file(&temp, "a-folder-with-a-long-name-a-folder-with-a-"
				 "long-name-a-folder-with-a-long-name"));
	(void)snprintf(deep, sizeof(deep), "%s/%s", folder,
		"another-folder-with-a-long-name");
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(mkdir(deep, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/s", deep);
	/* The peer binds at a short path; a hard link leads there. */
	scene_begin(&s, steps, 1, 5000);
	assert_int_equal(link(s.path, path), 0);
	http_client_free(s.client);
	s.client = new_client(path, 5000);
	assert_int_equal(get(&s), OK);
	assert_int_equal(s.answer.status, 204);
	scene_end(&s);
}

static const struct {
	const char *answer;
	enum err err;
	unsigned status;
} broken[] = {
	{NULL, ERR_CLOSED, 0},
	{"", ERR_CLOSED, 0},
	{"HTTP/1.1 200 OK\r\nContent-Le", ERR_CLOSED, 200},
	{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel", ERR_CLOSED, 200},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n",
		ERR_CLOSED, 200},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhel",
		ERR_CLOSED, 200},
	{"no HTTP at all\r\n\r\n", ERR_INVALID, 0},
};

static void test_broken_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		const struct http_peer_step step = {.answer = broken[i].answer};
		struct scene s;
		enum err e;

		scene_begin(&s, &step, 1, 5000);
		e = get(&s);
		if (broken[i].err == ERR_INVALID)
			assert_true(e == ERR_INVALID || e == ERR_CLOSED);
		else
			assert_int_equal(e, broken[i].err);
		assert_true(s.answer.problem[0] != '\0');
		scene_end(&s);
	}
}

static void test_silence(void **state)
{
	static const struct http_peer_step steps[] = {
		{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel",
			.hold = true}};
	struct scene s;

	(void)state;
	scene_begin(&s, steps, 1, 50);
	assert_int_equal(get(&s), ERR_TIMEOUT);
	assert_string_equal(
		s.answer.problem, "the server was silent for too long");
	scene_end(&s);
}

static void test_stop(void **state)
{
	static const struct http_peer_step steps[] = {{.hold = true}};
	struct http_client_request request = {
		.method = "GET", .target = "/", .answer_max = 10};
	struct scene s;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "", 1), 1);
	request.stop_fd = fds[0];
	scene_begin(&s, steps, 1, 60000);
	assert_int_equal(
		http_client_send(s.client, &request, &s.answer), ERR_AGAIN);
	/* The peer waits for a head: give it one. */
	http_client_free(s.client);
	s.client = NULL;
	scene_end(&s);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void test_too_long_answer(void **state)
{
	static const struct http_peer_step steps[] = {
		{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"
			   "hello world"}};
	const struct http_client_request request = {.method = "GET",
		.target = "/",
		.answer_max = 10,
		.stop_fd = -1};
	struct scene s;

	(void)state;
	scene_begin(&s, steps, 1, 5000);
	assert_int_equal(
		http_client_send(s.client, &request, &s.answer), ERR_TOO_LONG);
	scene_end(&s);
}

struct sink {
	size_t n;
	size_t fail_at; /* 0: never */
};

static enum err push(void *arg, struct str bytes)
{
	struct sink *sink = arg;

	for (size_t i = 0; i < bytes.n; i++)
		assert_int_equal(bytes.p[i], 'a' + (sink->n + i) % 26);
	sink->n += bytes.n;
	return sink->fail_at && sink->n >= sink->fail_at ? ERR_DISK_FULL : OK;
}

/* The peer writes back each piece before it reads the next, so that both
 * directions fill: whoever sends all before it reads would wait for ever. */
static void test_full_duplex(void **state)
{
	static const char head[] =
		"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
	static const struct http_peer_step steps[] = {
		{.answer = head, .echo = true}, {.answer = head, .echo = true}};
	static char body[1000000];
	struct sink sink = {0};
	const struct http_client_request request = {.method = "POST",
		.target = "/",
		.body = {body, sizeof(body)},
		.push = push,
		.arg = &sink,
		.stop_fd = -1};
	struct scene s;

	(void)state;
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (char)('a' + i % 26);
	scene_begin(&s, steps, 1, 20000);
	assert_int_equal(http_client_send(s.client, &request, &s.answer), OK);
	assert_int_equal(sink.n, sizeof(body));
	assert_int_equal(s.answer.body.n, 0);
	scene_end(&s);

	sink = (struct sink){.fail_at = 1000};
	scene_begin(&s, steps, 1, 20000);
	assert_int_equal(
		http_client_send(s.client, &request, &s.answer), ERR_DISK_FULL);
	scene_end(&s);
}

/* An answer that comes while the body is being sent, from a server that reads
 * no more of it. */
static void test_refused_while_sending(void **state)
{
	static const struct http_peer_step steps[] = {{.body_max = 1000,
		.answer = "HTTP/1.1 422 No\r\nContent-Length: 3\r\n\r\nbad",
		.hold = true}};
	char *body = calloc(1, BIG);
	struct sink sink = {0};
	const struct http_client_request request = {.method = "POST",
		.target = "/",
		.body = {body, BIG},
		.push = push,
		.arg = &sink,
		.answer_max = ANSWER_MAX,
		.stop_fd = -1};
	struct scene s;

	(void)state;
	assert_non_null(body);
	scene_begin(&s, steps, 1, 20000);
	assert_int_equal(http_client_send(s.client, &request, &s.answer), OK);
	assert_int_equal(s.answer.status, 422);
	assert_string_equal(buf_cstr(&s.answer.body), "bad");
	assert_int_equal(sink.n, 0);
	scene_end(&s);
	free(body);
}

/* A kept connection that the server closed meanwhile is made anew. */
static void test_closed_between_requests(void **state)
{
	static const struct http_peer_step steps[] = {
		{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
		{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}};
	const struct http_client_request request = {.method = "POST",
		.target = "/",
		.body = STR("again"),
		.answer_max = ANSWER_MAX,
		.stop_fd = -1};
	struct scene s;

	(void)state;
	scene_begin(&s, steps, 2, 5000);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(
			http_client_send(s.client, &request, &s.answer), OK);
		assert_int_equal(s.answer.status, 200);
	}
	scene_end(&s);
}

static int begin(void **state)
{
	(void)state;
	temp_init(&temp);
	return 0;
}

static int end(void **state)
{
	(void)state;
	temp_deinit(&temp);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_request_as_sent),
		cmocka_unit_test(test_headers_cannot_be_smuggled),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_long_paths),
		cmocka_unit_test(test_broken_answers),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_too_long_answer),
		cmocka_unit_test(test_full_duplex),
		cmocka_unit_test(test_refused_while_sending),
		cmocka_unit_test(test_closed_between_requests),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
