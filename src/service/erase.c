#include "service/erase.h"

#include <stdlib.h>

#include "base/log.h"
#include "store/erasure_store.h"
#include "store/links_writer.h"
#include "store/token_store.h"

/* Writes down what the items are now. */
struct put_job {
	struct links_job job;
	struct erase_run *run;
	bool ends_search;
};

/* Tokens that nobody has looked at, with numbers below that. */
static bool are_left(struct put_job *put, struct db_txn *t, uint64_t up_to)
{
	struct block b;

	return up_to > put->run->next &&
	       token_block_from(t, put->run->next, &b) != ERR_NOT_FOUND;
}

/* ERR_AGAIN: it was ordered again since, and tokens that were minted before
 * that were not looked at. */
static enum err check_order(
	struct put_job *put, struct db_txn *t, struct erasure *item)
{
	struct erasure stored;
	enum err e = erasure_get(t, item->account, item->id, &stored);

	if (e)
		return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
	if (stored.up_to > item->up_to)
		item->up_to = stored.up_to;
	return put->ends_search && stored.state == ERASURE_WAITING &&
			       are_left(put, t, stored.up_to)
		       ? ERR_AGAIN
		       : OK;
}

static enum err run_put(struct links_job *job, struct links_batch *batch)
{
	struct put_job *put = (struct put_job *)job;
	struct erase_run *run = put->run;
	enum err e = OK;

	for (size_t i = 0; !e && i < run->n; i++)
		e = check_order(put, batch->txn, &run->items[i]);
	for (size_t i = 0; !e && i < run->n; i++)
		erasure_put(batch->txn, &run->items[i]);
	return e;
}

static enum err put_items(struct erase_run *run, bool ends_search)
{
	struct put_job put = {
		.job = {.run = run_put, .bytes = run->n * ERASURE_RECORD_MAX},
		.run = run,
		.ends_search = ends_search,
	};

	return upkeep_job(run->upkeep, &put.job);
}

static void soonest(uint64_t *due_ms, uint64_t ms)
{
	if (ms < *due_ms)
		*due_ms = ms;
}

/* Those that failed are tried again now and then: the disk may have been
 * repaired. */
static bool retries(struct upkeep *u, uint64_t now_ms)
{
	uint64_t day = now_ms / MS_PER_DAY;

	if (u->has_retried && u->retried_day == day)
		return false;
	u->has_retried = true;
	u->retried_day = day;
	return true;
}

static void note_item(struct erase_run *run, const struct erasure *e,
	uint64_t now_ms, bool retries_failed, uint64_t *due_ms)
{
	bool is_due = e->state != ERASURE_FAILED || retries_failed;

	if (e->state == ERASURE_WAITING && e->due_ms > now_ms) {
		soonest(due_ms, e->due_ms);
		is_due = false;
	}
	if (!is_due)
		return;
	if (run->n == ERASE_AT_ONCE) {
		*due_ms = now_ms; /* the rest comes at once */
		return;
	}
	run->items[run->n] = *e;
	/* What was found of it before is found again. */
	if (e->state == ERASURE_FAILED)
		run->items[run->n].state = ERASURE_WAITING;
	run->n++;
}

/* All that are on their way and may go on. */
static enum err load(struct erase_run *run, uint64_t *due_ms)
{
	struct upkeep *u = run->upkeep;
	uint64_t now_ms = clock_wall_ms(u->clock), counts[ERASURE_STATES] = {0};
	bool retries_failed = retries(u, now_ms);
	struct erasure e = {0};
	struct db_txn t;
	enum err err = db_reader_init(u->region->links.env, &t);

	if (err)
		return err;
	err = db_reader_renew(&t);
	while (!err &&
		(err = erasure_pending_next(&t, e.account, e.id, &e)) == OK) {
		counts[e.state]++;
		note_item(run, &e, now_ms, retries_failed, due_ms);
	}
	db_reader_deinit(&t);
	counter_set(&u->metrics.waiting, counts[ERASURE_WAITING]);
	counter_set(&u->metrics.running,
		counts[ERASURE_RUNNING] + counts[ERASURE_CLEARING]);
	counter_set(&u->metrics.failed, counts[ERASURE_FAILED]);
	return err == ERR_NOT_FOUND ? OK : err;
}

static void leave_out(struct erase_run *run, size_t i)
{
	run->n--;
	for (size_t k = i; k < run->n; k++) {
		run->items[k] = run->items[k + 1];
		run->newest_ms[k] = run->newest_ms[k + 1];
		run->unsure[k] = run->unsure[k + 1];
	}
}

/* Where young data must be kept, what has some of it waits until that is old
 * enough. */
static enum err set_due(struct erase_run *run, uint64_t *due_ms)
{
	uint64_t min = run->upkeep->region->settings.retention_min_ms;
	uint64_t now_ms = clock_wall_ms(run->upkeep->clock);
	uint64_t young = now_ms > min ? now_ms - min : 0;
	enum err e = erase_tokens(run, false);

	if (!e)
		e = erase_date_clicks(run, young);
	for (size_t i = 0; !e && i < run->n; i++)
		if (run->items[i].state == ERASURE_WAITING &&
			run->newest_ms[i] > young)
			run->items[i].due_ms = run->newest_ms[i] + min;
	if (!e)
		e = put_items(run, false);
	for (size_t i = run->n; !e && i-- > 0;) {
		if (run->items[i].due_ms <= now_ms)
			continue;
		soonest(due_ms, run->items[i].due_ms);
		leave_out(run, i);
	}
	return e;
}

static bool has_state(const struct erase_run *run, enum erasure_state state)
{
	for (size_t i = 0; i < run->n; i++)
		if (run->items[i].state == state)
			return true;
	return false;
}

/* Those that are not dated yet; one that is due has been. */
static bool must_date(const struct erase_run *run)
{
	if (!run->upkeep->region->settings.retention_min_ms)
		return false;
	for (size_t i = 0; i < run->n; i++)
		if (run->items[i].state == ERASURE_WAITING &&
			!run->items[i].due_ms)
			return true;
	return false;
}

/* ERR_AGAIN: some tokens were not looked at. */
static enum err put_running(struct erase_run *run)
{
	uint64_t now_ms = clock_wall_ms(run->upkeep->clock);
	bool waited[ERASE_AT_ONCE] = {false};
	enum err e;

	for (size_t i = 0; i < run->n; i++) {
		waited[i] = run->items[i].state == ERASURE_WAITING;
		if (!waited[i])
			continue;
		run->items[i].state = ERASURE_RUNNING;
		run->items[i].running_ms = now_ms;
	}
	e = put_items(run, true);
	for (size_t i = 0; e && i < run->n; i++)
		if (waited[i])
			run->items[i].state = ERASURE_WAITING;
	return e;
}

static enum err do_tokens(struct erase_run *run)
{
	enum err e;

	run->next = 0;
	do {
		e = erase_tokens(run, true);
		if (!e)
			e = erase_load_tokens(run); /* counts them */
		if (!e)
			e = put_running(run);
	} while (e == ERR_AGAIN);
	if (!e)
		upkeep_at(run->upkeep, UPKEEP_RUNNING);
	return e;
}

/* Days of clicks that cannot be read may have some of anybody's. */
static enum err note_unreadable(struct erase_run *run)
{
	struct segment_info *list;
	size_t n;
	enum err e =
		segments_list_all(run->upkeep->region->segments, &list, &n);

	if (e)
		return e;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; list[i].err && k < run->n; k++)
			run->unsure[k] = true;
	free(list);
	return OK;
}

static enum err do_clicks(struct erase_run *run)
{
	enum err e = erase_load_tokens(run);

	if (!e)
		e = erase_clicks(run);
	if (!e)
		e = note_unreadable(run);
	if (!e)
		upkeep_at(run->upkeep, UPKEEP_CLICKS_ERASED);
	if (!e)
		e = erase_announce(run);
	if (!e)
		upkeep_at(run->upkeep, UPKEEP_ANNOUNCED);
	for (size_t i = 0; !e && i < run->n; i++) {
		struct erasure *it = &run->items[i];

		if (it->state != ERASURE_RUNNING)
			continue;
		it->state = run->unsure[i] ? ERASURE_FAILED : ERASURE_CLEARING;
		if (!run->unsure[i])
			it->recipient_n = 0;
	}
	if (!e)
		e = put_items(run, false);
	if (!e)
		upkeep_at(run->upkeep, UPKEEP_CLEARING);
	return e;
}

static enum err finish(struct erase_run *run)
{
	struct upkeep *u = run->upkeep;
	enum err e = upkeep_clear(u);

	if (e)
		return e;
	for (size_t i = run->n; i-- > 0;) {
		struct erasure *it = &run->items[i];

		if (it->state == ERASURE_FAILED) {
			leave_out(run, i);
			continue;
		}
		it->state = ERASURE_DONE;
		it->done_ms = clock_wall_ms(u->clock);
	}
	e = put_items(run, false);
	if (e)
		return e;
	counter_add(&u->metrics.done, run->n);
	log_info("erasures done region=%.*s count=%zu",
		STR_FMT(u->region->settings.name), run->n);
	upkeep_at(u, UPKEEP_DONE);
	return OK;
}

static enum err run_all(struct erase_run *run, uint64_t *due_ms)
{
	enum err e = OK;

	if (must_date(run))
		e = set_due(run, due_ms);
	if (!e && has_state(run, ERASURE_WAITING))
		e = do_tokens(run);
	if (!e && has_state(run, ERASURE_RUNNING))
		e = do_clicks(run);
	return !e && run->n ? finish(run) : e;
}

enum err erase_turn(struct upkeep *u, uint64_t *due_ms)
{
	struct erase_run *run = calloc(1, sizeof(*run));
	uint64_t ignored = UINT64_MAX;
	enum err e;

	if (!run)
		return ERR_NOMEM;
	run->upkeep = u;
	e = load(run, due_ms);
	if (!e && run->n) {
		e = run_all(run, due_ms);
		run->n = 0;
		if (!e) /* for the metrics */
			e = load(run, &ignored);
	}
	free(run->tokens);
	free(run);
	return e;
}
