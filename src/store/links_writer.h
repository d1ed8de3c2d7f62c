/* The one thread that writes a region's links environment. Jobs from any
 * thread are gathered into one transaction (group commit): each runs in it, in
 * order, seeing what the ones before it did; after the commit each is told. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/metric.h"
#include "base/queue.h"
#include "store/db.h"
#include "store/links.h"

struct links_writer;
struct block_builder;

enum {
	LINKS_JOBS_MAX = 65536,
	LINKS_BATCH_JOBS_MAX = 4096,
	LINKS_BATCH_BYTES_MAX = 32 << 20, /* of their jobs' bytes */
};

/* What a running job may use. Lives for one batch. */
struct links_batch {
	struct db_txn *txn;
	struct links *links;
	struct block_builder *blocks; /* tokens are minted through it */
	uint64_t now_ms;
	uint64_t next_id; /* take one: links_batch_id() */
};

uint64_t links_batch_id(struct links_batch *b);

/* The owner keeps it alive until done was called. */
struct links_job {
	struct queue_item item;
	/* Writer's thread, inside the transaction. A result other than OK
	 * refuses the job, which must then have written nothing; failures of
	 * the transaction itself are sticky in batch->txn and fail all.
	 * NULL: nothing is written. */
	enum err (*run)(struct links_job *job, struct links_batch *batch);
	/* Writer's thread, after the commit: OK means on disk. No transaction
	 * is open then, and none is begun before it returns. */
	void (*done)(struct links_job *job);
	size_t bytes; /* about what it writes, for bounding a transaction */
	enum err result;
};

struct links_writer_metrics {
	struct counter commits;
	struct counter jobs;
	struct counter failures;
	struct counter minted; /* tokens committed */
	struct histogram commit_us;
	struct histogram batch_jobs;
};

struct links_writer_options {
	struct links *links;
	const struct clock *clock;
	uint8_t key_version;             /* of the tokens it mints */
	void (*after_commit)(void *arg); /* may be NULL; writer's thread */
	void *arg;
};

/* Starts the thread. links and clock must outlive it. */
CHECKED enum err links_writer_start(
	const struct links_writer_options *options, struct links_writer **w);
/* Any thread. ERR_FULL or ERR_CLOSED: refused, done will not be called. */
CHECKED enum err links_writer_push(
	struct links_writer *w, struct links_job *job);
/* Runs what is queued, then ends the thread. NULL is fine. */
void links_writer_stop(struct links_writer *w);

/* Any thread. */
const struct links_writer_metrics *links_writer_metrics(struct links_writer *w);
size_t links_writer_queued(struct links_writer *w);
/* The outcome of the last commit: OK, or why mints are refused now. */
CHECKED enum err links_writer_health(struct links_writer *w);
