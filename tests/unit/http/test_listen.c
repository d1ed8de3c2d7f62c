/* Listening: addresses in use, several loops on one, unix sockets; and
 * stopping. */
#include "unit/http/fixture.h"

#include <sys/stat.h>
#include <time.h>

#define HOST "Host: a\r\n"

static struct http_exchange *_Atomic held;
static struct mail release_mail;

static void on_request(
	struct http_exchange *ex, const struct http_request *request, void *arg)
{
	atomic_uint *served = arg;

	if (served)
		atomic_fetch_add(served, 1);
	if (str_is(request->path, "/hold"))
		atomic_store(&held, ex);
	else if (http_is_local(ex) && http_peer(ex)->n == 0)
		http_answer(ex, 200, STR(""), STR("local"));
	else
		http_answer(ex, 200, STR(""), STR("remote"));
}

static void release(struct mail *mail)
{
	(void)mail;
	http_answer(atomic_load(&held), 200, STR(""), STR("at last"));
}

static struct http_listen_options options_for(void *arg)
{
	return (struct http_listen_options){
		.endpoint = {.ip = {4, {127, 0, 0, 1}}},
		.keepalive = true,
		.handler = {on_request, NULL, NULL, arg},
	};
}

static struct loop *make_loop(void)
{
	const struct loop_options options = {.grace_ms = 1000};
	struct loop *loop;

	assert_int_equal(loop_new(&options, &loop), OK);
	return loop;
}

static void test_address_in_use(void **state)
{
	struct http_listen_options o = options_for(NULL);
	struct loop *loop = make_loop();
	struct http_listener *first, *second, *third = NULL;

	(void)state;
	assert_int_equal(http_listen(loop, &o, &first), OK);
	o.endpoint = http_listener_endpoint(first);
	assert_int_not_equal(o.endpoint.port, 0);
	assert_int_equal(http_listen(loop, &o, &second), ERR_BUSY);
	assert_int_equal(errno, EADDRINUSE);
	o.shared = true;
	assert_int_equal(http_listen(loop, &o, &second), OK);
	assert_int_equal(http_listener_endpoint(second).port, o.endpoint.port);
	o.shared = false;
	o.endpoint.ip = (struct ip){4, {192, 0, 2, 1}};
	assert_int_equal(http_listen(loop, &o, &third), ERR_NOT_FOUND);
	assert_null(third);
	o.endpoint = (struct ip_endpoint){0};
	assert_int_equal(http_listen(loop, &o, &third), OK);
	assert_int_equal(http_listener_endpoint(third).ip.n, 0);
	assert_int_not_equal(http_listener_endpoint(third).port, 0);
	http_listener_free(first);
	http_listener_free(second);
	http_listener_free(third);
	http_listener_free(NULL);
	loop_free(loop);
}

static void test_two_loops(void **state)
{
	atomic_uint served[2] = {0, 0};
	struct server s[2];
	struct http_listen_options o = options_for(&served[0]);

	(void)state;
	server_start(&s[0], &o, 1000);
	o.endpoint = http_listener_endpoint(s[0].listener);
	o.shared = true;
	o.handler.arg = &served[1];
	server_start(&s[1], &o, 1000);
	/* The kernel spreads them by hash: 64 to one side would be a wonder. */
	for (unsigned i = 0; i < 64; i++) {
		struct client c;
		struct answer a;

		answer_init(&a);
		client_open(&c, &s[0]);
		client_send_text(&c, "GET / HTTP/1.1\r\n" HOST "\r\n");
		assert_true(client_answer(&c, &a, false));
		client_close(&c);
		answer_deinit(&a);
	}
	assert_int_equal(served[0] + served[1], 64);
	assert_true(served[0] > 0 && served[1] > 0);
	server_stop(&s[0]);
	server_stop(&s[1]);
}

static char folder[] = "/tmp/ctio-test-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return 1;
	(void)snprintf(path, sizeof(path), "%s/sock", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static int connect_unix(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	memcpy(to.sun_path, path, strlen(path));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static void check_unix_answer(void)
{
	struct client c = {.fd = connect_unix()};
	struct answer a;

	assert_true(c.fd >= 0);
	answer_init(&a);
	buf_init(&c.in, CLIENT_BYTES_MAX);
	client_send_text(&c, "GET / HTTP/1.1\r\n" HOST "\r\n");
	assert_true(client_answer(&c, &a, false));
	assert_true(str_is(buf_view(&a.body), "local"));
	client_close(&c);
	answer_deinit(&a);
}

/* A socket file that nobody listens on. */
static void leave_stale_socket(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(at.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	(void)close(fd);
}

static void test_unix_socket(void **state)
{
	struct http_listen_options o = options_for(NULL);
	struct loop *loop = make_loop();
	struct http_listener *other = NULL;
	struct server s;
	struct stat st;

	(void)state;
	o.unix_path = path;
	leave_stale_socket();
	server_start(&s, &o, 1000);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	check_unix_answer();
	assert_int_equal(http_listen(loop, &o, &other), ERR_BUSY);
	assert_int_equal(errno, EADDRINUSE);
	check_unix_answer(); /* the loser took nothing away */
	server_stop(&s);
	assert_int_equal(stat(path, &st), -1);
	loop_free(loop);
}

static void test_unix_path_that_is_taken(void **state)
{
	struct http_listen_options o = options_for(NULL);
	struct loop *loop = make_loop();
	struct http_listener *listener = NULL;
	char long_path[HTTP_PATH_MAX + 2];
	FILE *file = fopen(path, "w");

	(void)state;
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
	o.unix_path = path;
	assert_int_equal(http_listen(loop, &o, &listener), ERR_BUSY);
	assert_int_equal(unlink(path), 0);
	o.unix_path = "/nonexistent/sock";
	assert_int_equal(http_listen(loop, &o, &listener), ERR_NOT_FOUND);
	memset(long_path, 'a', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	o.unix_path = long_path;
	assert_int_equal(http_listen(loop, &o, &listener), ERR_TOO_LONG);
	assert_null(listener);
	loop_free(loop);
}

static void hold(struct client *c, const struct server *s)
{
	atomic_store(&held, NULL);
	client_open(c, s);
	client_send_text(c, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
	while (!atomic_load(&held))
		(void)sched_yield();
}

/* An answer in flight is finished; idle connections and the listener are
 * closed at once; the loop ends with the last answer, not with the grace. */
static void test_stop_waits_for_answers(void **state)
{
	struct http_listen_options o = options_for(NULL);
	struct server s;
	struct client idle, busy, late;
	struct answer a;
	int64_t begin = now_ms();

	(void)state;
	server_start(&s, &o, 60000);
	answer_init(&a);
	client_open(&idle, &s);
	client_send_text(&idle, "GET / HTTP/1.1\r\n" HOST "\r\n");
	assert_true(client_answer(&idle, &a, false));
	hold(&busy, &s);
	client_open(&late, &s); /* never says anything */
	loop_stop(s.loop);
	assert_false(client_fill(&idle));
	release_mail.deliver = release;
	loop_post(s.loop, &release_mail);
	assert_true(client_answer(&busy, &a, false));
	assert_true(str_is(buf_view(&a.body), "at last"));
	assert_true(answer_has(&a, "Connection: close\r\n"));
	assert_false(client_fill(&busy));
	server_stop(&s);
	assert_true(now_ms() - begin < 30000);
	client_close(&idle);
	client_close(&busy);
	client_close(&late);
	answer_deinit(&a);
}

/* What is not answered within the grace time is cut. */
static void test_grace_ends(void **state)
{
	struct http_listen_options o = options_for(NULL);
	struct server s;
	struct client c, half;
	int64_t begin, took;

	(void)state;
	server_start(&s, &o, 200);
	hold(&c, &s);
	client_open(&half, &s);
	client_send_text(&half, "GET / HTTP/1.1\r\nHos");
	begin = now_ms();
	server_stop(&s);
	took = now_ms() - begin;
	assert_true(took >= 190 && took < 30000);
	assert_int_equal(client_all(&c).n, 0);
	assert_int_equal(client_all(&half).n, 0);
	client_close(&c);
	client_close(&half);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_in_use),
		cmocka_unit_test(test_two_loops),
		cmocka_unit_test(test_unix_socket),
		cmocka_unit_test(test_unix_path_that_is_taken),
		cmocka_unit_test(test_stop_waits_for_answers),
		cmocka_unit_test(test_grace_ends),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
