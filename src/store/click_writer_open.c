#include <stdlib.h>

#include "base/assert.h"
#include "base/thread.h"
#include "store/click_writer_state.h"

static const uint64_t commit_bounds_us[] = {100, 200, 500, 1000, 2000, 5000,
	10000, 20000, 50000, 100000, 200000, 500000, 1000000, 5000000};
static const uint64_t rows_bounds[] = {
	1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384};

static void writer_free(struct click_writer *w)
{
	if (!w)
		return;
	click_unique_deinit(&w->unique);
	click_agents_deinit(&w->agents);
	buf_deinit(&w->record);
	queue_deinit(&w->queue);
	free(w);
}

static void set_options(
	struct click_writer *w, const struct click_writer_options *options)
{
	bool relaxed = options->is_relaxed;

	w->options = *options;
	if (!options->commit_at)
		w->options.commit_at =
			relaxed ? CLICK_RELAXED_COMMIT_AT : CLICK_COMMIT_AT;
	if (!options->interval_us)
		w->options.interval_us =
			relaxed ? CLICK_RELAXED_INTERVAL_US : CLICK_INTERVAL_US;
	if (!options->overlay_max)
		w->options.overlay_max = CLICK_OVERLAY_MAX;
	w->rows_max = w->options.overlay_max / 4;
	if (w->rows_max > CLICK_COMMIT_ROWS)
		w->rows_max = CLICK_COMMIT_ROWS;
	ASSERT(w->rows_max > 0);
	w->metrics.commit_us.bounds = commit_bounds_us;
	w->metrics.commit_us.bounds_n =
		sizeof(commit_bounds_us) / sizeof(commit_bounds_us[0]);
	w->metrics.batch_rows.bounds = rows_bounds;
	w->metrics.batch_rows.bounds_n =
		sizeof(rows_bounds) / sizeof(rows_bounds[0]);
}

enum err click_writer_start(
	const struct click_writer_options *options, struct click_writer **to)
{
	struct click_writer *w = calloc(1, sizeof(*w));
	enum err e;

	if (!w)
		return ERR_NOMEM;
	set_options(w, options);
	queue_init(&w->queue, CLICK_QUEUE_MAX);
	buf_init(&w->record, CLICK_RECORD_MAX);
	e = click_agents_init(&w->agents);
	if (!e)
		e = click_unique_init(
			&w->unique, options->tally, w->options.overlay_max);
	if (!e)
		e = thread_start(
			&w->thread, "ctio-clicks", click_writer_run, w);
	if (e) {
		writer_free(w);
		return e;
	}
	*to = w;
	return OK;
}

enum err click_writer_push(struct click_writer *w, struct click_entry *entry)
{
	enum err e = atomic_load(&w->dead);

	if (!e && !entry->between)
		e = click_check(&entry->click);
	return e ? e : queue_push(&w->queue, &entry->item);
}

void click_writer_close(struct click_writer *w)
{
	queue_close(&w->queue);
}

void click_writer_stop(struct click_writer *w)
{
	if (!w)
		return;
	queue_close(&w->queue);
	ASSERT(pthread_join(w->thread, NULL) == 0);
	segments_release(w->options.segments, &w->hot);
	writer_free(w);
}

bool click_writer_is_stalled(const struct click_writer *w)
{
	return atomic_load(&w->is_stalled);
}

enum err click_writer_health(const struct click_writer *w)
{
	return atomic_load(&w->health);
}

size_t click_writer_queued(struct click_writer *w)
{
	return queue_held(&w->queue);
}

const struct click_writer_metrics *click_writer_metrics(
	const struct click_writer *w)
{
	return &w->metrics;
}
