#include "store/links_writer.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/thread.h"
#include "store/block_builder.h"
#include "store/stream_store.h"

enum {
	PURGE_RECORDS_MAX = 1000
};

struct links_writer {
	struct links_writer_options options;
	struct queue queue;
	pthread_t thread;
	struct block_builder blocks;
	struct links_job *batch[LINKS_BATCH_JOBS_MAX];
	struct links_job *waiting; /* taken from the queue, not yet run */
	uint32_t purged_day;       /* nothing older is left */
	_Atomic int last;          /* enum err of the last commit */
	struct links_writer_metrics metrics;
};

static const uint64_t commit_us_bounds[] = {100, 250, 500, 1000, 2500, 5000,
	10000, 25000, 50000, 100000, 250000, 1000000, 5000000};
static const uint64_t batch_bounds[] = {
	1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096};

uint64_t links_batch_id(struct links_batch *b)
{
	return b->next_id++;
}

static size_t take_batch(struct links_writer *w)
{
	size_t n = 0, bytes = 0;

	if (!w->waiting)
		w->waiting = (struct links_job *)queue_take(&w->queue);
	while (w->waiting && n < LINKS_BATCH_JOBS_MAX &&
		bytes < LINKS_BATCH_BYTES_MAX) {
		bytes += w->waiting->bytes;
		w->batch[n++] = w->waiting;
		w->waiting = (struct links_job *)w->waiting->item.next;
	}
	return n;
}

/* Once a day, in small steps that ride along with batches. The day up to which
 * nothing older is left, once this is committed. */
static uint32_t purge_streams(
	const struct links_writer *w, const struct links_batch *b)
{
	uint32_t today = (uint32_t)(b->now_ms / MS_PER_DAY);

	if (w->purged_day != today &&
		!streams_purge(b->txn, today, PURGE_RECORDS_MAX))
		return today;
	return w->purged_day;
}

static enum err begin_batch(
	struct links_writer *w, struct db_txn *t, struct links_batch *b)
{
	uint64_t next_token = 0;
	enum err e;

	*b = (struct links_batch){
		.txn = t,
		.links = w->options.links,
		.blocks = &w->blocks,
		.now_ms = clock_wall_ms(w->options.clock),
	};
	db_grow(w->options.links->env);
	e = db_begin(w->options.links->env, t);
	if (e)
		return e;
	e = links_next_id(t, &b->next_id);
	if (!e)
		e = links_next_token(t, w->options.links->shard, &next_token);
	if (e) {
		db_abort(t);
		return e;
	}
	block_builder_begin(
		&w->blocks, t, next_token, w->options.key_version, b->now_ms);
	return OK;
}

static enum err run_batch(struct links_writer *w, size_t n)
{
	struct links_batch b;
	uint32_t purged_day;
	uint64_t first_id;
	struct db_txn t;
	enum err e;

	e = begin_batch(w, &t, &b);
	if (e)
		return e;
	first_id = b.next_id;
	for (size_t i = 0; i < n && !t.err; i++)
		if (w->batch[i]->run)
			w->batch[i]->result = w->batch[i]->run(w->batch[i], &b);
	block_builder_end(&w->blocks);
	if (b.next_id != first_id)
		links_put_next_id(&t, b.next_id);
	purged_day = purge_streams(w, &b);
	e = db_commit(&t);
	if (!e)
		w->purged_day = purged_day;
	return e;
}

/* Says it once when commits begin to fail, and once when they work again. */
static void note_result(struct links_writer *w, enum err e)
{
	enum err before = (enum err)atomic_load(&w->last);

	if (e != before && e)
		log_error("links: commits fail, mints are refused error=\"%s\"",
			err_text(e));
	else if (e != before)
		log_info("links: commits work again");
	atomic_store(&w->last, (int)e);
}

static bool is_writing(const struct links_writer *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (w->batch[i]->run)
			return true;
		w->batch[i]->result = OK;
	}
	return false;
}

/* All are told without a transaction. */
static void skip_batch(struct links_writer *w, size_t n)
{
	queue_release(&w->queue, n);
	for (size_t i = 0; i < n; i++)
		w->batch[i]->done(w->batch[i]);
}

static void commit_batch(struct links_writer *w, size_t n)
{
	uint64_t start = clock_mono_ns(w->options.clock), us;
	enum err e = run_batch(w, n);

	us = (clock_mono_ns(w->options.clock) - start) / 1000;
	note_result(w, e);
	counter_add(&w->metrics.commits, 1);
	counter_add(&w->metrics.jobs, n);
	counter_add(&w->metrics.failures, e ? 1 : 0);
	counter_add(&w->metrics.minted, e ? 0 : w->blocks.minted);
	histogram_add(&w->metrics.commit_us, us);
	histogram_add(&w->metrics.batch_jobs, n);
	queue_release(&w->queue, n);
	for (size_t i = 0; i < n; i++) {
		if (e)
			w->batch[i]->result = e;
		w->batch[i]->done(w->batch[i]);
	}
	if (!e && w->options.after_commit)
		w->options.after_commit(w->options.arg);
}

static void *run(void *arg)
{
	struct links_writer *w = arg;

	thread_step_back();
	for (;;) {
		size_t n = take_batch(w);

		if (n && !is_writing(w, n))
			skip_batch(w, n);
		else if (n)
			commit_batch(w, n);
		else if (queue_is_drained(&w->queue))
			break;
		else
			queue_wait(&w->queue, 1, UINT64_MAX);
	}
	return NULL;
}

enum err links_writer_start(
	const struct links_writer_options *options, struct links_writer **to)
{
	struct links_writer *w = calloc(1, sizeof(*w));
	enum err e;

	if (!w)
		return ERR_NOMEM;
	w->options = *options;
	queue_init(&w->queue, LINKS_JOBS_MAX);
	block_builder_init(&w->blocks);
	w->metrics.commit_us.bounds = commit_us_bounds;
	w->metrics.commit_us.bounds_n =
		sizeof(commit_us_bounds) / sizeof(commit_us_bounds[0]);
	w->metrics.batch_jobs.bounds = batch_bounds;
	w->metrics.batch_jobs.bounds_n =
		sizeof(batch_bounds) / sizeof(batch_bounds[0]);
	e = thread_start(&w->thread, "ctio-links", run, w);
	if (e) {
		block_builder_deinit(&w->blocks);
		queue_deinit(&w->queue);
		free(w);
		return e;
	}
	*to = w;
	return OK;
}

enum err links_writer_push(struct links_writer *w, struct links_job *job)
{
	return queue_push(&w->queue, &job->item);
}

void links_writer_stop(struct links_writer *w)
{
	if (!w)
		return;
	queue_close(&w->queue);
	ASSERT(pthread_join(w->thread, NULL) == 0);
	block_builder_deinit(&w->blocks);
	queue_deinit(&w->queue);
	free(w);
}

const struct links_writer_metrics *links_writer_metrics(struct links_writer *w)
{
	return &w->metrics;
}

size_t links_writer_queued(struct links_writer *w)
{
	return queue_held(&w->queue);
}

enum err links_writer_health(struct links_writer *w)
{
	if (db_is_failed(w->options.links->env))
		return ERR_IO;
	if ((enum err)atomic_load(&w->last) == OK)
		return OK;
	/* Nothing may come to try again while mints are turned away. */
	return db_has_space(w->options.links->env)
		       ? OK
		       : (enum err)atomic_load(&w->last);
}
