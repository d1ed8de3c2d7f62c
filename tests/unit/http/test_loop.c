#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>
#include <time.h>

#include "http/loop.h"
#include "http/timers.h"

static void note(void *arg)
{
	(void)arg;
}

static void test_timers_order(void **state)
{
	static struct timers timers;
	static const struct {
		uint32_t ms;
		uint64_t due;
	} rows[] = {
		{50, 150},
		{10, 110},
		{50, 150},
		{0, 101},
		{1, 101},
		{30, 130},
	};
	static const unsigned want[] = {3, 4, 1, 5, 0, 2};
	struct loop_timer t[6];

	(void)state;
	memset(t, 0, sizeof(t));
	timers_init(&timers);
	assert_true(timers_next(&timers) == UINT64_MAX);
	for (unsigned i = 0; i < 6; i++) {
		t[i].run = note;
		timers_set(&timers, &t[i], 100, rows[i].ms);
		assert_int_equal(t[i].due_ms, rows[i].due);
	}
	assert_int_equal(timers_next(&timers), 101);
	assert_null(timers_take(&timers, 100));
	for (unsigned i = 0; i < 6; i++) {
		struct loop_timer *got = timers_take(&timers, 1000);

		assert_non_null(got);
		assert_int_equal(got->due_ms, t[want[i]].due_ms);
	}
	assert_null(timers_take(&timers, UINT64_MAX));
}

static void test_timers_many_durations(void **state)
{
	enum {
		N = 3 * LOOP_DURATIONS_MAX
	};
	static struct timers timers;
	static struct loop_timer t[N];
	uint64_t last = 0;

	(void)state;
	timers_init(&timers);
	/* More durations than lists, in no order; set twice, some cleared. */
	for (unsigned i = 0; i < N; i++) {
		timers_set(&timers, &t[i], 0, 1 + i * 37 % N);
		timers_set(&timers, &t[i], 1, 1 + i * 37 % N);
	}
	for (unsigned i = 0; i < N; i += 3) {
		timers_clear(&t[i]);
		timers_clear(&t[i]);
	}
	for (unsigned i = 0; i < N - N / 3; i++) {
		struct loop_timer *got = timers_take(&timers, UINT64_MAX);

		assert_non_null(got);
		assert_true(got->due_ms >= last);
		assert_int_not_equal((got - t) % 3, 0);
		last = got->due_ms;
	}
	assert_null(timers_take(&timers, UINT64_MAX));
	/* Empty lists are used again. */
	timers_set(&timers, &t[0], 5, 100000);
	assert_ptr_not_equal(t[0].list, &timers.sorted);
	timers_clear(&t[0]);
}

/* What happened in a loop, a letter each. */
struct diary {
	struct loop *loop;
	struct loop_task task, other;
	struct loop_timer timer, never;
	struct mail mail;
	char text[64];
	size_t n;
	unsigned turns;
};

static struct diary d;

static void write_down(char c)
{
	if (d.n < sizeof(d.text) - 1)
		d.text[d.n++] = c;
}

static void on_turn_end(void *arg)
{
	(void)arg;
	d.turns++;
	write_down('|');
}

static void on_stop_timer(void *arg)
{
	(void)arg;
	write_down('T');
	loop_stop(d.loop);
}

static void on_other(void *arg)
{
	(void)arg;
	write_down('o');
	loop_timer_set(d.loop, &d.timer, 5);
}

static void on_task(void *arg)
{
	(void)arg;
	write_down('t');
	loop_defer(d.loop, &d.other);
	loop_defer(d.loop, &d.other);
	loop_defer(d.loop, &d.task);
	loop_undefer(d.loop, &d.task);
}

static void on_mail(struct mail *mail)
{
	(void)mail;
	write_down('m');
	loop_defer(d.loop, &d.task);
}

static void begin(const struct loop_options *options)
{
	memset(&d, 0, sizeof(d));
	d.task.run = on_task;
	d.other.run = on_other;
	d.timer.run = on_stop_timer;
	d.never.run = on_stop_timer;
	d.mail.deliver = on_mail;
	assert_int_equal(loop_new(options, &d.loop), OK);
	loop_on_turn_end(d.loop, on_turn_end, NULL);
}

static void test_turns(void **state)
{
	const struct loop_options options = {.grace_ms = 1000};

	(void)state;
	begin(&options);
	loop_timer_set(d.loop, &d.never, 3);
	loop_timer_clear(d.loop, &d.never);
	loop_post(d.loop, &d.mail);
	loop_run(d.loop);
	/* Mail, the task it deferred, the task of that, then the timer; a
	 * timer's turn may find it not due yet. The last turn end comes after
	 * the loop has stopped. */
	assert_memory_equal(d.text, "m|t|o|", 6);
	assert_string_equal(d.text + d.n - 3, "T||");
	assert_false(loop_timer_is_set(&d.timer));
	loop_free(d.loop);
}

static void *stop_it(void *arg)
{
	loop_stop(arg);
	return NULL;
}

static void test_stop_from_outside(void **state)
{
	const struct loop_options options = {.grace_ms = 1000};
	pthread_t thread;

	(void)state;
	begin(&options);
	assert_int_equal(pthread_create(&thread, NULL, stop_it, d.loop), 0);
	loop_run(d.loop);
	assert_int_equal(pthread_join(thread, NULL), 0);
	loop_free(d.loop);
	begin(&options);
	loop_stop(d.loop);
	loop_stop(d.loop);
	loop_run(d.loop);
	assert_true(loop_is_stopping(d.loop));
	loop_free(d.loop);
}

/* An idle loop with nothing but a far timer does not turn. */
static void test_idle_does_not_wake(void **state)
{
	const struct loop_options options = {.grace_ms = 1000};

	(void)state;
	begin(&options);
	loop_timer_set(d.loop, &d.never, 3600 * 1000);
	loop_timer_set(d.loop, &d.timer, 300);
	loop_run(d.loop);
	/* Early waking is a matter of rounding. */
	assert_true(d.turns <= 4);
	loop_timer_clear(d.loop, &d.never);
	loop_free(d.loop);
}

static char holder_text[8];

static void on_begin(void *arg)
{
	(void)arg;
	assert_true(loop_is_stopping(d.loop));
	holder_text[strlen(holder_text)] = 'b';
}

static void on_cut(void *arg)
{
	(void)arg;
	holder_text[strlen(holder_text)] = 'c';
}

static void test_holder_and_grace(void **state)
{
	const struct loop_options options = {.grace_ms = 50};
	struct loop_holder holder = {on_begin, on_cut, NULL, NULL};
	struct timespec from, to;
	int64_t ms;

	(void)state;
	begin(&options);
	loop_add_holder(d.loop, &holder);
	loop_hold(d.loop);
	loop_stop(d.loop);
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	loop_run(d.loop);
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	ms = (to.tv_sec - from.tv_sec) * 1000 +
	     (to.tv_nsec - from.tv_nsec) / 1000000;
	assert_true(ms >= 45);
	assert_string_equal(holder_text, "bc");
	loop_release(d.loop);
	loop_remove_holder(d.loop, &holder);
	loop_free(d.loop);
}

static uint64_t fake_wall(void *arg)
{
	return *(uint64_t *)arg;
}

static uint64_t fake_mono(void *arg)
{
	return ++*(uint64_t *)arg * 1000000;
}

static void test_clock(void **state)
{
	uint64_t now = 500;
	const struct clock clock = {fake_wall, fake_mono, &now};
	const struct loop_options options = {.clock = &clock, .grace_ms = 1};

	(void)state;
	begin(&options);
	assert_int_equal(loop_mono_ms(d.loop), 501);
	assert_int_equal(loop_wall_ms(d.loop), 501);
	assert_int_equal(loop_mono_ms(d.loop), 501); /* cached */
	assert_int_equal(loop_precise_ns(d.loop), 502000000);
	loop_free(d.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers_order),
		cmocka_unit_test(test_timers_many_durations),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_stop_from_outside),
		cmocka_unit_test(test_idle_does_not_wake),
		cmocka_unit_test(test_holder_and_grace),
		cmocka_unit_test(test_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
