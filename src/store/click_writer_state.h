/* The click writer's object, for the files of store/click_writer*.c alone. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/queue.h"
#include "store/click_agents.h"
#include "store/click_unique.h"
#include "store/click_writer.h"

struct click_writer {
	struct click_writer_options options;
	struct queue queue;
	pthread_t thread;
	atomic_bool is_stalled;
	_Atomic(enum err) health;
	_Atomic(enum err) dead; /* nothing is written any more, and why */
	struct click_writer_metrics metrics;

	/* The thread's own. */
	struct segment_ref hot;
	struct click_unique unique;
	struct click_agents agents;
	struct buf record;
	uint64_t begun_ns;           /* the last commit began */
	struct queue_item *taken;    /* off the queue, not in the batch */
	struct click_entry *between; /* to be done before the next batch */
	struct click_entry *batch[CLICK_COMMIT_ROWS];
	size_t batch_n;
	size_t rows_max; /* of a batch */
	uint64_t batch_bytes;
};

/* The thread: arg is the writer; ends when the queue is closed and empty. */
void *click_writer_run(void *arg);
