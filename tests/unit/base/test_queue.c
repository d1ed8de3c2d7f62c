#include "base/queue.h"

#include <sched.h>

#include "base/clock.h"
#include "support/cmocka.h"
#include "support/dies.h"

enum {
	PUSHERS = 4,
	ITEMS = 20000, /* a pusher's */
	PING_ROUNDS = 20000,
	CLOSE_ROUNDS = 300,
};

struct item {
	struct queue_item base; /* first, to cast back */
	unsigned pusher;
	unsigned number;
};

static const uint64_t second_ns = 1000000000;

static uint64_t now_ns(void)
{
	return clock_mono_ns(&clock_system);
}

static void test_order_and_bounds(void **state)
{
	struct item items[4] = {0};
	struct queue_item *at;
	struct queue q;

	(void)state;
	queue_init(&q, 3);
	assert_null(queue_take(&q));
	for (unsigned i = 0; i < 3; i++) {
		items[i].number = i;
		assert_int_equal(queue_push(&q, &items[i].base), OK);
	}
	assert_int_equal(queue_push(&q, &items[3].base), ERR_FULL);
	assert_int_equal(queue_held(&q), 3);
	assert_int_equal(queue_waiting(&q), 3);
	at = queue_take(&q);
	for (unsigned i = 0; i < 3; i++, at = at->next)
		assert_int_equal(((struct item *)at)->number, i);
	assert_null(at);
	assert_int_equal(queue_waiting(&q), 0);
	/* Taken, but not released: the bound still counts them. */
	assert_int_equal(queue_held(&q), 3);
	assert_int_equal(queue_push(&q, &items[3].base), ERR_FULL);
	queue_release(&q, 1);
	assert_int_equal(queue_push(&q, &items[3].base), OK);
	assert_int_equal(queue_push(&q, &items[0].base), ERR_FULL);
	queue_close(&q);
	queue_close(&q);
	assert_true(queue_is_closed(&q));
	assert_false(queue_is_drained(&q));
	queue_release(&q, 2);
	assert_int_equal(queue_push(&q, &items[0].base), ERR_CLOSED);
	assert_ptr_equal(queue_take(&q), &items[3].base);
	assert_false(queue_is_drained(&q));
	queue_release(&q, 1);
	assert_true(queue_is_drained(&q));
	queue_deinit(&q);
}

static void test_wait_ends(void **state)
{
	struct item item = {0};
	uint64_t start = now_ns();
	struct queue q;

	(void)state;
	queue_init(&q, 3);
	/* A time that has passed, and one to come. */
	queue_wait(&q, 1, 0);
	queue_wait(&q, 1, start);
	queue_wait(&q, 1, start + second_ns / 100);
	assert_true(now_ns() >= start + second_ns / 100);
	/* Enough is there, so no time is looked at. */
	assert_int_equal(queue_push(&q, &item.base), OK);
	queue_wait(&q, 1, UINT64_MAX);
	/* Not enough. */
	start = now_ns();
	queue_wait(&q, 2, start + second_ns / 100);
	assert_true(now_ns() >= start + second_ns / 100);
	queue_close(&q);
	queue_wait(&q, 2, UINT64_MAX);
	queue_deinit(&q);
}

struct pusher {
	struct queue *q;
	struct item *items;
	unsigned number;
	size_t full; /* how often the queue was */
};

static void *push_all(void *arg)
{
	struct pusher *p = arg;

	for (unsigned i = 0; i < ITEMS; i++) {
		p->items[i] = (struct item){.pusher = p->number, .number = i};
		while (queue_push(p->q, &p->items[i].base) == ERR_FULL) {
			p->full++;
			(void)sched_yield();
		}
	}
	return NULL;
}

/* Takes until everything came; fails when an item is lost, repeated or out of
 * its pusher's order. */
static void consume_all(struct queue *q, size_t at_least)
{
	unsigned next[PUSHERS] = {0};
	size_t left = (size_t)PUSHERS * ITEMS;

	while (left) {
		struct queue_item *at;
		size_t n = 0;

		/* The last ones may be fewer than at_least, so that there must
		 * be an end; otherwise a lost wake-up would hang for ever. */
		queue_wait(q, left < at_least ? left : at_least, UINT64_MAX);
		for (at = queue_take(q); at; n++) {
			struct item *item = (struct item *)at;

			at = at->next;
			assert_true(item->pusher < PUSHERS);
			assert_int_equal(item->number, next[item->pusher]);
			next[item->pusher]++;
		}
		assert_true(n <= left);
		left -= n;
		queue_release(q, n);
	}
	assert_null(queue_take(q));
	assert_int_equal(queue_held(q), 0);
	assert_int_equal(queue_waiting(q), 0);
}

static void run_pushers(size_t max, size_t at_least)
{
	static struct item items[PUSHERS][ITEMS];
	struct pusher pushers[PUSHERS];
	pthread_t threads[PUSHERS];
	struct queue q;

	queue_init(&q, max);
	for (unsigned i = 0; i < PUSHERS; i++) {
		pushers[i] = (struct pusher){&q, items[i], i, 0};
		assert_int_equal(pthread_create(&threads[i], NULL, push_all,
					 &pushers[i]),
			0);
	}
	consume_all(&q, at_least);
	for (unsigned i = 0; i < PUSHERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	queue_deinit(&q);
}

static void test_many_threads(void **state)
{
	static const struct {
		size_t max, at_least;
	} rows[] = {{1, 1}, {2, 2}, {64, 1}, {64, 64}, {1000, 7}, {65536, 64}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		run_pushers(rows[i].max, rows[i].at_least);
}

static void *echo(void *arg)
{
	struct queue *pair = arg;

	for (int i = 0; i < PING_ROUNDS; i++) {
		struct queue_item *at;

		do
			queue_wait(&pair[0], 1, UINT64_MAX);
		while (!(at = queue_take(&pair[0])));
		queue_release(&pair[0], 1);
		assert_int_equal(queue_push(&pair[1], at), OK);
	}
	return NULL;
}

/* One item goes to and fro: both sides sleep in every round, so one lost
 * wake-up hangs the test. */
static void test_no_lost_wake(void **state)
{
	struct item item = {0};
	struct queue pair[2];
	pthread_t thread;

	(void)state;
	queue_init(&pair[0], 1);
	queue_init(&pair[1], 1);
	assert_int_equal(pthread_create(&thread, NULL, echo, pair), 0);
	for (int i = 0; i < PING_ROUNDS; i++) {
		assert_int_equal(queue_push(&pair[0], &item.base), OK);
		do
			queue_wait(&pair[1], 1, UINT64_MAX);
		while (!queue_take(&pair[1]));
		queue_release(&pair[1], 1);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	queue_deinit(&pair[0]);
	queue_deinit(&pair[1]);
}

static void *push_until_closed(void *arg)
{
	struct pusher *p = arg;

	while (p->number < ITEMS &&
		queue_push(p->q, &p->items[p->number].base) == OK)
		p->number++;
	return NULL;
}

/* Closed in the middle of pushes: what was pushed comes out before the queue
 * says that it is drained, and nothing after. */
static void test_close(void **state)
{
	static struct item items[ITEMS];

	(void)state;
	for (int round = 0; round < CLOSE_ROUNDS; round++) {
		struct queue q;
		struct pusher p = {&q, items, 0, 0};
		pthread_t thread;
		size_t got = 0;

		queue_init(&q, ITEMS);
		assert_int_equal(
			pthread_create(&thread, NULL, push_until_closed, &p),
			0);
		while (!queue_is_drained(&q)) {
			size_t n = 0;

			queue_wait(&q, 1, UINT64_MAX);
			for (struct queue_item *at = queue_take(&q); at;
				at = at->next)
				n++;
			queue_release(&q, n);
			got += n;
			if (got >= (size_t)round)
				queue_close(&q);
		}
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_int_equal(got, p.number);
		assert_null(queue_take(&q));
		queue_deinit(&q);
	}
}

static void release_too_much(void *arg)
{
	queue_release(arg, 1);
}

static void wait_for_nothing(void *arg)
{
	queue_wait(arg, 0, 0);
}

static void test_invariants(void **state)
{
	struct queue q;

	(void)state;
	queue_init(&q, 1);
	assert_true(dies(release_too_much, &q));
	assert_true(dies(wait_for_nothing, &q));
	queue_deinit(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_bounds),
		cmocka_unit_test(test_wait_ends),
		cmocka_unit_test(test_many_threads),
		cmocka_unit_test(test_no_lost_wake),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
