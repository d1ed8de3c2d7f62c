#include "base/queue.h"

#include <time.h>

#include "base/assert.h"

void queue_init(struct queue *q, size_t max)
{
	pthread_condattr_t attr;

	atomic_init(&q->top, NULL);
	atomic_init(&q->waiting, 0);
	atomic_init(&q->held, 0);
	atomic_init(&q->wake_at, 0);
	atomic_init(&q->closed, false);
	q->max = max;
	ASSERT(pthread_mutex_init(&q->lock, NULL) == 0);
	ASSERT(pthread_condattr_init(&attr) == 0);
	ASSERT(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
	ASSERT(pthread_cond_init(&q->wake, &attr) == 0);
	ASSERT(pthread_condattr_destroy(&attr) == 0);
}

void queue_deinit(struct queue *q)
{
	ASSERT(pthread_cond_destroy(&q->wake) == 0);
	ASSERT(pthread_mutex_destroy(&q->lock) == 0);
}

/* The first thread that sees the wish fulfilled takes it back and signals. */
static void wake_consumer(struct queue *q, size_t waiting)
{
	size_t wish = atomic_load(&q->wake_at);

	/* More than max is the wrapped count of other pushers on their way: the
	 * last of them sees the true one. */
	if (!wish || waiting < wish || waiting > q->max)
		return;
	if (!atomic_compare_exchange_strong(&q->wake_at, &wish, 0))
		return;
	ASSERT(pthread_mutex_lock(&q->lock) == 0);
	ASSERT(pthread_cond_signal(&q->wake) == 0);
	ASSERT(pthread_mutex_unlock(&q->lock) == 0);
}

enum err queue_push(struct queue *q, struct queue_item *item)
{
	size_t held = atomic_fetch_add(&q->held, 1);
	struct queue_item *top;

	/* Held first, closed second: see queue_is_drained(). */
	if (atomic_load(&q->closed)) {
		atomic_fetch_sub(&q->held, 1);
		return ERR_CLOSED;
	}
	if (held >= q->max) {
		atomic_fetch_sub(&q->held, 1);
		return ERR_FULL;
	}
	top = atomic_load(&q->top);
	do
		item->next = top;
	while (!atomic_compare_exchange_weak(&q->top, &top, item));
	wake_consumer(q, atomic_fetch_add(&q->waiting, 1) + 1);
	return OK;
}

void queue_close(struct queue *q)
{
	atomic_store(&q->closed, true);
	ASSERT(pthread_mutex_lock(&q->lock) == 0);
	atomic_store(&q->wake_at, 0);
	ASSERT(pthread_cond_signal(&q->wake) == 0);
	ASSERT(pthread_mutex_unlock(&q->lock) == 0);
}

bool queue_is_closed(struct queue *q)
{
	return atomic_load(&q->closed);
}

bool queue_is_drained(struct queue *q)
{
	return atomic_load(&q->closed) && atomic_load(&q->held) == 0;
}

struct queue_item *queue_take(struct queue *q)
{
	struct queue_item *item = atomic_exchange(&q->top, NULL);
	struct queue_item *oldest = NULL;
	size_t n = 0;

	while (item) {
		struct queue_item *next = item->next;

		item->next = oldest;
		oldest = item;
		item = next;
		n++;
	}
	/* A pusher counts after it links: until then this may wrap below
	 * zero, and is only ever a hint. */
	atomic_fetch_sub(&q->waiting, n);
	return oldest;
}

void queue_release(struct queue *q, size_t n)
{
	size_t before = atomic_fetch_sub(&q->held, n);

	ASSERT(before >= n);
}

static bool is_ready(struct queue *q, size_t at_least)
{
	size_t waiting = atomic_load(&q->waiting);

	/* More than max is the wrapped count of a pusher on its way. */
	return atomic_load(&q->closed) ||
	       (waiting >= at_least && waiting <= q->max);
}

void queue_wait(struct queue *q, size_t at_least, uint64_t until_mono_ns)
{
	struct timespec until = {
		.tv_sec = (time_t)(until_mono_ns / 1000000000u),
		.tv_nsec = (long)(until_mono_ns % 1000000000u),
	};
	int rc = 0;

	ASSERT(at_least > 0);
	if (is_ready(q, at_least))
		return;
	ASSERT(pthread_mutex_lock(&q->lock) == 0);
	atomic_store(&q->wake_at, at_least);
	/* Whoever pushed before that store is seen here; whoever pushes after
	 * it sees the wish. */
	if (is_ready(q, at_least))
		atomic_store(&q->wake_at, 0);
	while (rc == 0 && atomic_load(&q->wake_at) != 0) {
		if (until_mono_ns == UINT64_MAX)
			rc = pthread_cond_wait(&q->wake, &q->lock);
		else
			rc = pthread_cond_timedwait(&q->wake, &q->lock, &until);
	}
	atomic_store(&q->wake_at, 0);
	ASSERT(pthread_mutex_unlock(&q->lock) == 0);
}

size_t queue_held(struct queue *q)
{
	return atomic_load(&q->held);
}

size_t queue_waiting(struct queue *q)
{
	size_t n = atomic_load(&q->waiting);

	return n <= q->max ? n : 0;
}
