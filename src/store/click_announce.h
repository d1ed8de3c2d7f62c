/* Announces in the click log that clicks of it were changed, so that a feed
 * with revisions brings them again. Through the click writer, many at a time
 * but never so many that taps would feel it; on a thread that may wait. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/click_writer.h"

enum {
	ANNOUNCE_BATCH = 512 /* with the writer at once */
};

/* On the caller's storage. */
struct click_announcer {
	struct click_writer *writer;
	/* While the queue is full; true: ERR_CLOSED. NULL: never. */
	bool (*is_stopping)(void *arg);
	void *stop_arg;
	pthread_mutex_t lock;
	pthread_cond_t decided;
	size_t waiting_n; /* with the writer */
	enum err err;     /* the first of those that failed */
	size_t n;         /* gathered */
	struct announcement {
		struct click_entry entry;
		struct click_announcer *owner;
	} items[ANNOUNCE_BATCH];
};

void click_announcer_init(struct click_announcer *a, struct click_writer *w);
void click_announcer_deinit(struct click_announcer *a);
/* The click with this number stands at this revision; it may be said before it
 * is on disk. ERR_CLOSED; others: the disk. */
CHECKED enum err click_announce(struct click_announcer *a, uint64_t sequence,
	const struct click *c, uint64_t now_ms);
/* All that was said is on disk. */
CHECKED enum err click_announce_flush(struct click_announcer *a);
