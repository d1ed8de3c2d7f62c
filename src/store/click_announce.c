#include "store/click_announce.h"

#include <time.h>

#include "base/assert.h"

enum {
	FULL_WAIT_MS = 5
};

void click_announcer_init(struct click_announcer *a, struct click_writer *w)
{
	a->writer = w;
	a->is_stopping = NULL;
	a->stop_arg = NULL;
	a->waiting_n = 0;
	a->err = OK;
	a->n = 0;
	ASSERT(pthread_mutex_init(&a->lock, NULL) == 0);
	ASSERT(pthread_cond_init(&a->decided, NULL) == 0);
}

void click_announcer_deinit(struct click_announcer *a)
{
	ASSERT(a->waiting_n == 0);
	ASSERT(pthread_cond_destroy(&a->decided) == 0);
	ASSERT(pthread_mutex_destroy(&a->lock) == 0);
}

/* Writer's thread. */
static void on_done(struct click_entry *entry)
{
	struct announcement *item = (struct announcement *)entry;
	struct click_announcer *a = item->owner;

	ASSERT(pthread_mutex_lock(&a->lock) == 0);
	if (entry->result && !a->err)
		a->err = entry->result;
	if (--a->waiting_n == 0)
		ASSERT(pthread_cond_signal(&a->decided) == 0);
	ASSERT(pthread_mutex_unlock(&a->lock) == 0);
}

/* Taps go first where the queue is full. */
static enum err push(struct click_announcer *a, struct click_entry *entry)
{
	const struct timespec pause = {.tv_nsec = FULL_WAIT_MS * 1000000};
	enum err e;

	while ((e = click_writer_push(a->writer, entry)) == ERR_FULL) {
		if (a->is_stopping && a->is_stopping(a->stop_arg))
			return ERR_CLOSED;
		(void)nanosleep(&pause, NULL); /* shorter is fine */
	}
	return e;
}

enum err click_announce_flush(struct click_announcer *a)
{
	enum err e = OK;
	size_t pushed = 0;

	ASSERT(pthread_mutex_lock(&a->lock) == 0);
	a->waiting_n = a->n;
	a->err = OK;
	ASSERT(pthread_mutex_unlock(&a->lock) == 0);
	while (!e && pushed < a->n) {
		e = push(a, &a->items[pushed].entry);
		pushed += !e;
	}
	ASSERT(pthread_mutex_lock(&a->lock) == 0);
	a->waiting_n -= a->n - pushed;
	while (a->waiting_n)
		ASSERT(pthread_cond_wait(&a->decided, &a->lock) == 0);
	if (!e)
		e = a->err;
	ASSERT(pthread_mutex_unlock(&a->lock) == 0);
	a->n = 0;
	return e;
}

enum err click_announce(struct click_announcer *a, uint64_t sequence,
	const struct click *c, uint64_t now_ms)
{
	struct announcement *item = &a->items[a->n++];

	*item = (struct announcement){.owner = a};
	item->entry.done = on_done;
	item->entry.click = (struct click){
		.at_ms = now_ms,
		.account = c->account,
		.revises = sequence,
		.revision = c->revision,
	};
	return a->n == ANNOUNCE_BATCH ? click_announce_flush(a) : OK;
}
