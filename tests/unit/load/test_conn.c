#include "load/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/cmocka.h"

enum {
	TURNS_MAX = 100,
	HEAD_SIZE = 4096
};

#define ANSWER "HTTP/1.1 302 Found\r\nLocation: x\r\nContent-Length: 0\r\n\r\n"

/* A connection, and the server's side of it, in one thread. */
struct fixture {
	struct conn_shared shared;
	struct dialer dialer;
	struct request_maker maker;
	struct targets targets;
	struct conn conn;
	int listener;
	int server;
	unsigned outcomes[CONN_REFUSED + 1];
	unsigned frees;
	unsigned uncleans;
	char why[128];
};

static void on_done(void *arg, struct conn *c, enum conn_outcome outcome,
	const struct answer *answer, const char *why)
{
	struct fixture *f = arg;

	assert_ptr_equal(c, &f->conn);
	assert_true((answer != NULL) == (outcome == CONN_ANSWERED));
	assert_true((why != NULL) == (outcome != CONN_ANSWERED));
	f->outcomes[outcome]++;
	(void)snprintf(f->why, sizeof(f->why), "%s", why ? why : "");
}

static void on_free(void *arg, struct conn *c)
{
	struct fixture *f = arg;

	assert_ptr_equal(c, &f->conn);
	f->frees++;
}

static void on_unclean(void *arg, struct conn *c, const char *why)
{
	struct fixture *f = arg;

	assert_ptr_equal(c, &f->conn);
	assert_non_null(why);
	f->uncleans++;
}

static uint16_t listen_somewhere(int *listener)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);

	*listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(*listener >= 0);
	assert_int_equal(bind(*listener, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(*listener, 8), 0);
	assert_int_equal(getsockname(*listener, (struct sockaddr *)&at, &n), 0);
	return ntohs(at.sin_port);
}

static void init(struct fixture *f, enum conn_mode mode)
{
	static const struct str agents[] = {STR("agent")};
	struct ip_endpoint to = {.ip = {4, {127, 0, 0, 1}}};
	struct targets_error error;

	memset(f, 0, sizeof(*f));
	f->server = -1;
	to.port = listen_somewhere(&f->listener);
	dialer_init(&f->dialer, &to, mode != CONN_KEEP_ALIVE, false);
	assert_int_equal(request_maker_init(&f->maker, STR("host"), agents, 1,
				 mode == CONN_CLOSE),
		OK);
	assert_int_equal(targets_parse(&f->targets, STR("u1 x\n"), &error), OK);
	f->shared = (struct conn_shared){.base = event_base_new(),
		.mode = mode,
		.dialer = &f->dialer,
		.maker = &f->maker,
		.targets = &f->targets,
		.hooks = {on_done, on_free, on_unclean, f}};
	assert_non_null(f->shared.base);
	conn_init(&f->conn, &f->shared);
}

static void deinit(struct fixture *f)
{
	conn_deinit(&f->conn);
	event_base_free(f->shared.base);
	targets_deinit(&f->targets);
	request_maker_deinit(&f->maker);
	if (f->server >= 0)
		(void)close(f->server);
	if (f->listener >= 0)
		(void)close(f->listener);
}

/* Turns of the loop until the conn is in that state. */
static void until(struct fixture *f, enum conn_state state)
{
	for (unsigned i = 0; f->conn.state != state; i++) {
		assert_true(i < TURNS_MAX);
		assert_true(event_base_loop(f->shared.base, EVLOOP_ONCE) >= 0);
	}
}

static void begin(struct fixture *f)
{
	conn_begin(&f->conn, 0, 0, 1, 2);
}

static void accept_one(struct fixture *f)
{
	f->server = accept(f->listener, NULL, NULL);
	assert_true(f->server >= 0);
}

/* The request has come whole: it is one write, on loopback. */
static void read_request(struct fixture *f)
{
	char head[HEAD_SIZE];
	ssize_t n = recv(f->server, head, sizeof(head), 0);

	assert_true(n > 0);
	assert_true(str_starts(str_make(head, (size_t)n),
		STR("GET /u1 HTTP/1.1\r\nHost: host\r\n")));
	assert_true(str_ends(str_make(head, (size_t)n), STR("\r\n\r\n")));
}

static void answer(struct fixture *f, const char *text)
{
	assert_int_equal(send(f->server, text, strlen(text), 0), strlen(text));
}

static void close_server(struct fixture *f, bool reset)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (reset)
		assert_int_equal(setsockopt(f->server, SOL_SOCKET, SO_LINGER,
					 &now, sizeof(now)),
			0);
	assert_int_equal(close(f->server), 0);
	f->server = -1;
}

static void exchange(struct fixture *f)
{
	begin(f);
	if (f->server < 0) {
		/* The request is on its way once the socket is connected. */
		until(f, CONN_WAITING);
		accept_one(f);
	}
	read_request(f);
	answer(f, ANSWER);
	until(f, CONN_FREE);
}

static void test_kept(void **state)
{
	struct fixture f;

	(void)state;
	init(&f, CONN_KEEP_ALIVE);
	for (unsigned i = 1; i <= 3; i++) {
		exchange(&f);
		assert_int_equal(f.outcomes[CONN_ANSWERED], i);
		assert_int_equal(f.frees, i);
		assert_true(f.conn.transport.fd >= 0);
	}
	deinit(&f);
}

/* The kept connection broke, and nobody has looked since: the request was not
 * sent, so it goes over a new one. */
static void test_sent_anew(void **state)
{
	struct fixture f;

	(void)state;
	init(&f, CONN_KEEP_ALIVE);
	exchange(&f);
	close_server(&f, true);
	exchange(&f);
	assert_int_equal(f.outcomes[CONN_ANSWERED], 2);
	assert_int_equal(f.frees, 2);
	assert_int_equal(f.uncleans, 0);
	deinit(&f);
}

/* The same, but the server is gone. */
static void test_refused_anew(void **state)
{
	struct fixture f;

	(void)state;
	init(&f, CONN_KEEP_ALIVE);
	exchange(&f);
	close_server(&f, true);
	(void)close(f.listener);
	f.listener = -1;
	begin(&f);
	until(&f, CONN_FREE);
	assert_int_equal(f.outcomes[CONN_REFUSED], 1);
	assert_string_equal(f.why, strerror(ECONNREFUSED));
	assert_int_equal(f.frees, 1);
	deinit(&f);
}

static void test_kept_is_reset(void **state)
{
	struct fixture f;

	(void)state;
	init(&f, CONN_KEEP_ALIVE);
	exchange(&f);
	close_server(&f, true);
	while (f.conn.transport.fd >= 0)
		assert_true(event_base_loop(f.shared.base, EVLOOP_ONCE) >= 0);
	assert_int_equal(f.uncleans, 1);
	assert_int_equal(f.frees, 1);
	assert_int_equal(f.conn.state, CONN_FREE);
	deinit(&f);
}

static void test_server_closes(void **state)
{
	struct fixture f;

	(void)state;
	init(&f, CONN_CLOSE);
	begin(&f);
	until(&f, CONN_WAITING);
	accept_one(&f);
	read_request(&f);
	answer(&f, ANSWER);
	until(&f, CONN_ENDING);
	assert_int_equal(f.outcomes[CONN_ANSWERED], 1);
	assert_int_equal(f.frees, 0);
	close_server(&f, false);
	until(&f, CONN_FREE);
	assert_int_equal(f.frees, 1);
	assert_int_equal(f.uncleans, 0);
	assert_int_equal(f.conn.transport.fd, -1);
	deinit(&f);
}

/* What giving up means in each state. */
static void test_give_up(void **state)
{
	struct fixture f;

	(void)state;
	init(&f, CONN_CLOSE);
	conn_give_up(&f.conn);
	assert_int_equal(f.frees, 0);

	begin(&f);
	until(&f, CONN_WAITING);
	conn_give_up(&f.conn);
	assert_int_equal(f.outcomes[CONN_UNANSWERED], 1);
	assert_string_equal(f.why, strerror(ETIMEDOUT));
	assert_int_equal(f.frees, 1);
	accept_one(&f);
	close_server(&f, false);

	begin(&f);
	until(&f, CONN_WAITING);
	accept_one(&f);
	read_request(&f);
	answer(&f, ANSWER);
	until(&f, CONN_ENDING);
	conn_give_up(&f.conn);
	assert_int_equal(f.outcomes[CONN_ANSWERED], 1);
	assert_int_equal(f.uncleans, 1);
	assert_int_equal(f.frees, 2);
	assert_int_equal(f.conn.transport.fd, -1);
	deinit(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_sent_anew),
		cmocka_unit_test(test_refused_anew),
		cmocka_unit_test(test_kept_is_reset),
		cmocka_unit_test(test_server_closes),
		cmocka_unit_test(test_give_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
