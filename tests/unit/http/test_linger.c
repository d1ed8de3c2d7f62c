/* A loop that lingers: what it passes over meanwhile, and what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <event2/event.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http/loop.h"

enum {
	TURNS = 50,
	TRIES_MAX = 5000,
	SHORT_WANTED = 5,
	LINGER_NS = LOOP_LINGER_US_MAX * 1000,
};

static const struct loop_options options = {.grace_ms = 1000};

/* What the turn's end does, and what then happens. */
static struct {
	struct loop *loop;
	int fds[2]; /* ours, the loop's */
	struct event *event;
	struct loop_timer timer;
	struct mail mail;
	unsigned turns, served, delivered, timers;
	uint64_t lingered_ns, served_ns;
	bool always;
} l;

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	char c;

	(void)what;
	(void)arg;
	l.served_ns = now_ns();
	assert_int_equal(read(fd, &c, 1), 1);
	l.served++;
}

static void on_timer(void *arg)
{
	(void)arg;
	l.timers++;
	loop_stop(l.loop);
}

static void begin(void (*on_turn_end)(void *arg))
{
	memset(&l, 0, sizeof(l));
	assert_int_equal(loop_new(&options, &l.loop), OK);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, l.fds), 0);
	l.event = event_new(loop_base(l.loop), l.fds[1], EV_READ | EV_PERSIST,
		on_socket, NULL);
	assert_non_null(l.event);
	assert_int_equal(event_add(l.event, NULL), 0);
	l.timer.run = on_timer;
	loop_on_turn_end(l.loop, on_turn_end, NULL);
}

static void end(void)
{
	event_free(l.event);
	loop_free(l.loop);
	(void)close(l.fds[0]);
	(void)close(l.fds[1]);
}

/* A socket becomes readable as the loop begins to linger. */
static void linger_over_a_socket(void *arg)
{
	(void)arg;
	/* One was there before the first turn. */
	assert_int_equal(l.served, l.turns + 1);
	if (l.turns)
		assert_true(l.served_ns - l.lingered_ns >= LINGER_NS);
	if (l.turns == TURNS) {
		loop_stop(l.loop);
		return;
	}
	l.turns++;
	l.lingered_ns = now_ns();
	assert_int_equal(write(l.fds[0], "x", 1), 1);
	loop_linger(l.loop, LOOP_LINGER_US_MAX);
}

/* It is served afterwards, in the same turn, and not before. */
static void test_sockets_wait(void **state)
{
	(void)state;
	begin(linger_over_a_socket);
	assert_int_equal(write(l.fds[0], "x", 1), 1);
	loop_run(l.loop);
	end();
}

/* Several come: all are served in one turn. */
static int more[8][2];
static unsigned more_served;

static void on_more(evutil_socket_t fd, short what, void *arg)
{
	char c;

	(void)what;
	(void)arg;
	assert_int_equal(read(fd, &c, 1), 1);
	more_served++;
}

static void linger_over_many(void *arg)
{
	(void)arg;
	if (l.turns++ == 0) {
		for (size_t i = 0; i < 8; i++)
			assert_int_equal(write(more[i][0], "x", 1), 1);
		loop_linger(l.loop, LOOP_LINGER_US_MAX);
		return;
	}
	assert_int_equal(more_served, 8);
	loop_stop(l.loop);
}

static void test_served_together(void **state)
{
	struct event *events[8];

	(void)state;
	begin(linger_over_many);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(
			socketpair(AF_UNIX, SOCK_STREAM, 0, more[i]), 0);
		events[i] = event_new(loop_base(l.loop), more[i][1],
			EV_READ | EV_PERSIST, on_more, NULL);
		assert_non_null(events[i]);
		assert_int_equal(event_add(events[i], NULL), 0);
	}
	assert_int_equal(write(l.fds[0], "x", 1), 1);
	loop_run(l.loop);
	for (size_t i = 0; i < 8; i++) {
		event_free(events[i]);
		(void)close(more[i][0]);
		(void)close(more[i][1]);
	}
	end();
}

/* Once, or at every turn's end. */
static void linger_and_count(void *arg)
{
	(void)arg;
	if (l.turns++ == 0 || l.always)
		loop_linger(l.loop, LOOP_LINGER_US_MAX);
}

/* Timers run on time, whether it lingers once, and then has nothing to wake it
 * but the timer, or again and again. */
static void test_timers_run(void **state)
{
	(void)state;
	for (int always = 0; always < 2; always++) {
		uint64_t from;

		begin(linger_and_count);
		l.always = always;
		/* The first turn, which asks to linger. */
		assert_int_equal(write(l.fds[0], "x", 1), 1);
		from = now_ns();
		loop_timer_set(l.loop, &l.timer, 20);
		loop_run(l.loop);
		assert_int_equal(l.timers, 1);
		/* The loop's clock is in milliseconds. */
		assert_true(now_ns() - from >= 19 * UINT64_C(1000000));
		if (!always)
			assert_true(l.turns < 10);
		end();
	}
}

/* A deferred task is not made to wait for it. */
static uint64_t task_ns;

static void on_task(void *arg)
{
	task_ns = now_ns();
	(void)arg;
}

static struct loop_task task = {.run = on_task};
static unsigned prompt;

static void linger_and_defer(void *arg)
{
	(void)arg;
	if (l.turns++ > 0)
		prompt += task_ns - l.lingered_ns < LINGER_NS;
	if (l.turns == TURNS) {
		loop_stop(l.loop);
		return;
	}
	l.lingered_ns = now_ns();
	loop_defer(l.loop, &task);
	loop_linger(l.loop, LOOP_LINGER_US_MAX);
}

static void test_tasks_do_not_wait(void **state)
{
	(void)state;
	begin(linger_and_defer);
	prompt = 0;
	assert_int_equal(write(l.fds[0], "x", 1), 1);
	loop_run(l.loop);
	/* A busy machine may have delayed some. */
	assert_true(prompt > 0);
	end();
}

/* Mail that is there before it sleeps is not made to wait either. */
static void on_own_mail(struct mail *mail)
{
	(void)mail;
	task_ns = now_ns();
}

static void linger_and_post(void *arg)
{
	(void)arg;
	if (l.turns++ > 0)
		prompt += task_ns - l.lingered_ns < LINGER_NS;
	if (l.turns == TURNS) {
		loop_stop(l.loop);
		return;
	}
	l.lingered_ns = now_ns();
	l.mail.deliver = on_own_mail;
	loop_post(l.loop, &l.mail);
	loop_linger(l.loop, LOOP_LINGER_US_MAX);
}

static void test_mail_that_is_there(void **state)
{
	(void)state;
	begin(linger_and_post);
	prompt = 0;
	assert_int_equal(write(l.fds[0], "x", 1), 1);
	loop_run(l.loop);
	assert_true(prompt > 0);
	end();
}

/* Mail that comes while it lingers: posted by a thread that has seen the
 * loop's thread asleep after it had asked to linger. */
static atomic_uint asked, posted;
static atomic_bool over;
static pid_t loop_tid;
static unsigned cut_short;

static bool loop_sleeps(void)
{
	char path[64], text[512];
	const char *at;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/stat", loop_tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	at = strrchr(text, ')');
	return at && at[1] == ' ' && at[2] == 'S';
}

static void *post_to_the_sleeper(void *arg)
{
	(void)arg;
	while (!atomic_load(&over)) {
		if (atomic_load(&asked) == atomic_load(&posted) ||
			!loop_sleeps()) {
			(void)sched_yield();
			continue;
		}
		atomic_fetch_add(&posted, 1);
		loop_post(l.loop, &l.mail);
	}
	return NULL;
}

static void on_late_mail(struct mail *mail)
{
	(void)mail;
	l.delivered++;
	cut_short += now_ns() - l.lingered_ns < LINGER_NS;
}

static void linger_for_mail(void *arg)
{
	(void)arg;
	/* The mail of the last time has not come yet. */
	if (l.turns && l.delivered < l.turns)
		return;
	if (cut_short == SHORT_WANTED || l.turns == TRIES_MAX) {
		loop_stop(l.loop);
		return;
	}
	l.turns++;
	l.lingered_ns = now_ns();
	loop_linger(l.loop, LOOP_LINGER_US_MAX);
	atomic_fetch_add(&asked, 1);
}

static void test_mail_cuts_it_short(void **state)
{
	pthread_t thread;

	(void)state;
	begin(linger_for_mail);
	l.mail.deliver = on_late_mail;
	loop_tid = gettid();
	cut_short = 0;
	assert_int_equal(write(l.fds[0], "x", 1), 1);
	assert_int_equal(
		pthread_create(&thread, NULL, post_to_the_sleeper, NULL), 0);
	loop_run(l.loop);
	atomic_store(&over, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(cut_short, SHORT_WANTED);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sockets_wait),
		cmocka_unit_test(test_served_together),
		cmocka_unit_test(test_timers_run),
		cmocka_unit_test(test_tasks_do_not_wait),
		cmocka_unit_test(test_mail_that_is_there),
		cmocka_unit_test(test_mail_cuts_it_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
