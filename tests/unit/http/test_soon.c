/* Connections that are ready together are looked at together, and then served
 * one after the other; tasks wanted soon run in the turn they were wanted in.
 */
#include "unit/http/fixture.h"

enum {
	CLIENTS = 2 * LOOP_SOON_MAX + 3,
	TASKS = LOOP_SOON_MAX + 2,
	ORDER_MAX = 256,
};

static struct {
	struct loop *loop;
	struct loop_task tasks[TASKS];
	char order[ORDER_MAX];
	size_t n;
} d;

static void write_down(char c)
{
	assert_true(d.n + 1 < ORDER_MAX);
	d.order[d.n++] = c;
}

static void on_task(void *arg)
{
	write_down((char)('a' + ((struct loop_task *)arg - d.tasks)));
}

static void begin(void)
{
	const struct loop_options options = {.grace_ms = 1000};

	memset(&d, 0, sizeof(d));
	for (size_t i = 0; i < TASKS; i++) {
		d.tasks[i].run = on_task;
		d.tasks[i].arg = &d.tasks[i];
	}
	assert_int_equal(loop_new(&options, &d.loop), OK);
}

/* In order; all when the most of them wait. */
static void test_at_most(void **state)
{
	(void)state;
	begin();
	for (size_t i = 0; i + 1 < LOOP_SOON_MAX; i++)
		loop_soon(d.loop, &d.tasks[i]);
	assert_int_equal(d.n, 0);
	loop_soon(d.loop, &d.tasks[TASKS - 1]);
	assert_string_equal(d.order, "abcdefghijklmnor");
	loop_soon(d.loop, &d.tasks[0]);
	assert_int_equal(d.n, LOOP_SOON_MAX);
	loop_undefer(d.loop, &d.tasks[0]);
	loop_free(d.loop);
}

static void on_end(void *arg)
{
	(void)arg;
	write_down('|');
	if (d.n > 5)
		loop_stop(d.loop);
}

static void on_mail(struct mail *mail)
{
	(void)mail;
	write_down('M');
	loop_defer(d.loop, &d.tasks[3]);
}

/* Without waiting, before mail; one that waited for the next turn does not. */
static void test_in_this_turn(void **state)
{
	struct mail mail = {.deliver = on_mail};

	(void)state;
	begin();
	loop_on_turn_end(d.loop, on_end, NULL);
	loop_defer(d.loop, &d.tasks[0]);
	loop_soon(d.loop, &d.tasks[1]);
	loop_soon(d.loop, &d.tasks[0]);
	loop_soon(d.loop, &d.tasks[2]);
	loop_undefer(d.loop, &d.tasks[2]);
	loop_post(d.loop, &mail);
	loop_run(d.loop);
	assert_memory_equal(d.order, "baM|d|", 6);
	loop_free(d.loop);
}

static void on_bytes(struct str bytes, void *arg)
{
	(void)arg;
	assert_true(str_starts(bytes, STR("GET /")));
	write_down('-');
}

/* The path's letter, and as the answer. */
static void on_request(
	struct http_exchange *ex, const struct http_request *request, void *arg)
{
	(void)arg;
	write_down(request->path.p[1]);
	http_answer(ex, 200, str_make(NULL, 0), str_skip(request->path, 1));
}

static const struct http_listen_options options = {
	.handler = {.on_request = on_request, .on_bytes = on_bytes},
	.keepalive = true,
};

static void ask(struct client *c, char letter)
{
	char text[64];

	(void)snprintf(text, sizeof(text),
		"GET /%c HTTP/1.1\r\nHost: a\r\n\r\n", letter);
	client_send_text(c, text);
}

static void expect(struct client *c, struct answer *a, char letter)
{
	assert_true(client_answer(c, a, false));
	assert_int_equal(a->status, 200);
	assert_int_equal(a->body.n, 1);
	assert_int_equal(a->body.p[0], letter);
}

/* All of them are there when the loop begins. */
static void test_looks_ahead(void **state)
{
	struct client clients[CLIENTS];
	char want[ORDER_MAX];
	struct server s;
	struct answer a;
	size_t n = 0;

	(void)state;
	memset(&d, 0, sizeof(d));
	answer_init(&a);
	server_prepare(&s, &options, 1000);
	for (size_t i = 0; i < CLIENTS; i++) {
		client_open(&clients[i], &s);
		ask(&clients[i], (char)('A' + i % 26));
	}
	server_run(&s);
	for (size_t i = 0; i < CLIENTS; i++)
		expect(&clients[i], &a, (char)('A' + i % 26));
	for (size_t i = 0; i < CLIENTS; i++)
		client_close(&clients[i]);
	server_stop(&s);
	for (size_t from = 0; from < CLIENTS; from += LOOP_SOON_MAX) {
		size_t to = from + LOOP_SOON_MAX < CLIENTS
				    ? from + LOOP_SOON_MAX
				    : CLIENTS;

		for (size_t i = from; i < to; i++)
			want[n++] = '-';
		for (size_t i = from; i < to; i++)
			want[n++] = (char)('A' + i % 26);
	}
	assert_int_equal(d.n, n);
	assert_memory_equal(d.order, want, n);
	answer_deinit(&a);
}

/* What one connection sends at once is answered in its order, more than a turn
 * may hold of it too. */
static void test_pipelined(void **state)
{
	enum {
		REQUESTS = 50
	};
	struct client one, other;
	struct server s;
	struct answer a;

	(void)state;
	memset(&d, 0, sizeof(d));
	answer_init(&a);
	server_prepare(&s, &options, 1000);
	client_open(&one, &s);
	client_open(&other, &s);
	for (size_t i = 0; i < REQUESTS; i++)
		ask(&one, (char)('A' + i % 26));
	ask(&other, 'z');
	server_run(&s);
	for (size_t i = 0; i < REQUESTS; i++)
		expect(&one, &a, (char)('A' + i % 26));
	expect(&other, &a, 'z');
	client_close(&one);
	client_close(&other);
	server_stop(&s);
	answer_deinit(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_most),
		cmocka_unit_test(test_in_this_turn),
		cmocka_unit_test(test_looks_ahead),
		cmocka_unit_test(test_pipelined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
