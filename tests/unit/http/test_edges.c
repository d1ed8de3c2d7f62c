/* What a socket tells once, and not again: bytes and end that come together,
 * more bytes than a block, bytes that nobody took yet. */
#include "unit/http/edges.h"

#include <poll.h>

struct pipeline {
	unsigned n;
	size_t size; /* of each request; 0: as short as can be */
};

static void check_pipeline(const struct pipeline *row, unsigned how)
{
	bool is_kept = how & 1, hold = how & 2, is_ended = how & 4;
	struct client c;
	struct answer a;
	struct buf b;

	answer_init(&a);
	buf_init(&b, 1 << 20);
	open_client(&c, &a, is_kept);
	if (hold) {
		if (!is_kept)
			server_run(&s);
		client_send_text(&c, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
		wait_for(&held, 1);
	}
	put_requests(&b, row->n, row->size);
	if (is_ended)
		send_and_end(&c, buf_view(&b));
	else
		client_send(&c, buf_view(&b));
	if (!is_kept && !hold)
		server_run(&s);
	if (hold) {
		ask("/release", "released");
		expect(&c, &a, "held");
	}
	for (unsigned i = 0; i < row->n; i++)
		expect(&c, &a, "now");
	if (is_ended) {
		expect_end(&c);
	} else {
		client_send_text(&c, "GET / HTTP/1.1\r\n" HOST "\r\n");
		expect(&c, &a, "now");
		assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
		expect_end(&c);
	}
	wait_open(0);
	client_close(&c);
	server_stop(&s);
	buf_deinit(&b);
	answer_deinit(&a);
}

/* Everything that was sent is answered, and then the connection is closed, if
 * the client has ended its side, without a further word of it. */
static void test_pipelines(void **state)
{
	/* Some blocks of short ones; and such that a block holds whole ones,
	 * and few enough to be served in one turn. */
	static const struct pipeline rows[] = {
		{1, 0},
		{2, 0},
		{1500, 0},
		{40, 1024},
		{20, 2048},
		{10, 4096},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned how = 0; how < 8; how++)
			check_pipeline(&rows[i], how);
}

static void put_body(struct buf *b, bool chunked)
{
	static char body[BODY];

	memset(body, 'b', sizeof(body));
	buf_text(b, "POST /count HTTP/1.1\r\n" HOST);
	if (chunked) {
		buf_text(b, "Transfer-Encoding: chunked\r\n\r\n");
		for (size_t i = 0; i < BODY; i += BODY / 5) {
			buf_printf(b, "%x\r\n", (unsigned)BODY / 5);
			buf_add(b, body + i, BODY / 5);
			buf_text(b, "\r\n");
		}
		buf_text(b, "0\r\n\r\n");
	} else {
		buf_printf(b, "Content-Length: %d\r\n\r\n", (int)BODY);
		buf_add(b, body, sizeof(body));
	}
}

/* Nothing but this lets it go on. */
static void resume_until_answered(struct client *c)
{
	int64_t end = now_ms() + CLIENT_TIMEOUT_S * INT64_C(1000);
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	unsigned resumed = 0;

	while (poll(&p, 1, 0) == 0 && now_ms() < end) {
		if (!atomic_load(&paused)) {
			(void)sched_yield();
			continue;
		}
		ask("/resume", "resumed");
		resumed++;
	}
	assert_true(resumed > 0);
}

static void check_body(size_t step, enum resumer by, unsigned how)
{
	bool is_kept = how & 1, chunked = how & 2, is_ended = how & 4;
	struct client c;
	struct answer a;
	struct buf b;

	next_step = step;
	next_resumer = by;
	atomic_store(&paused, 0);
	answer_init(&a);
	buf_init(&b, 1 << 20);
	open_client(&c, &a, is_kept);
	put_body(&b, chunked);
	put_requests(&b, 2, 0);
	if (is_ended)
		send_and_end(&c, buf_view(&b));
	else
		client_send(&c, buf_view(&b));
	if (!is_kept)
		server_run(&s);
	if (by == BY_ANOTHER)
		resume_until_answered(&c);
	expect(&c, &a, "50000 bytes");
	expect(&c, &a, "now");
	expect(&c, &a, "now");
	if (!is_ended)
		assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
	expect_end(&c);
	wait_open(0);
	client_close(&c);
	server_stop(&s);
	buf_deinit(&b);
	answer_deinit(&a);
}

/* A body larger than a block, to a sink that pauses: it goes on where it was,
 * with no more bytes coming that would call for it. */
static void test_paused_bodies(void **state)
{
	static const struct {
		size_t step;
		enum resumer by;
	} rows[] = {
		{BODY, BY_ITSELF},
		{7000, BY_ITSELF},
		{7000, BY_TASK},
		{7000, BY_TIMER},
		{16000, BY_TASK},
		{100, BY_TASK},
		{7000, BY_ANOTHER},
		{9000, BY_ANOTHER},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned how = 0; how < 8; how++)
			check_body(rows[i].step, rows[i].by, how);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipelines),
		cmocka_unit_test(test_paused_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
