/* The way into a writer: a bounded queue that many threads push to and one
 * thread takes from. Items are embedded in their owners' objects; a push takes
 * no lock and no memory, and wakes the consumer only when it sleeps and enough
 * items wait. Items come out in the order of each pushing thread. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct queue_item {
	struct queue_item *next;
};

struct queue {
	_Atomic(struct queue_item *) top; /* last pushed first */
	atomic_size_t waiting;            /* pushed and not taken */
	atomic_size_t held;               /* pushed and not released */
	atomic_size_t wake_at; /* the sleeping consumer's wish, 0: none */
	atomic_bool closed;
	size_t max;
	pthread_mutex_t lock;
	pthread_cond_t wake;
};

void queue_init(struct queue *q, size_t max);
void queue_deinit(struct queue *q);

/* Any thread. ERR_FULL at max items held, ERR_CLOSED after queue_close(). */
CHECKED enum err queue_push(struct queue *q, struct queue_item *item);
/* Any thread: further pushes fail, and a sleeping consumer wakes. What was
 * pushed before can still be taken. */
void queue_close(struct queue *q);
bool queue_is_closed(struct queue *q);

/* The consumer alone, with everything released: closed, and no push that began
 * before can still bring an item. Only then may the consumer end. */
bool queue_is_drained(struct queue *q);

/* The consumer alone: all items that wait, oldest first, linked by next; NULL
 * if there are none. They count as held until queue_release(). */
struct queue_item *queue_take(struct queue *q);
void queue_release(struct queue *q, size_t n);
/* The consumer alone: sleeps until at_least items wait, until the monotonic
 * time (UINT64_MAX: for ever), or until the queue is closed. May return early:
 * look again. */
void queue_wait(struct queue *q, size_t at_least, uint64_t until_mono_ns);

/* Any thread; for metrics. */
size_t queue_held(struct queue *q);
size_t queue_waiting(struct queue *q);
