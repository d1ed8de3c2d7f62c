#include <string.h>

#include "base/assert.h"
#include "base/log.h"
#include "core/timestamp.h"
#include "store/click_replay.h"
#include "store/click_writer_state.h"
#include "store/segment.h"

enum {
	TALLY_WAIT_MS = 50,
	CLICKS_AHEAD = 8, /* whose bits are brought near */
	NS_PER_MS = 1000000,
};

static uint64_t now_ns(const struct click_writer *w)
{
	return clock_mono_ns(w->options.clock);
}

static struct click_entry *entry_of(struct queue_item *item)
{
	char *p = (char *)item - offsetof(struct click_entry, item);

	return (struct click_entry *)(void *)p;
}

static bool is_closing(struct click_writer *w)
{
	return queue_is_closed(&w->queue);
}

/* No push makes it ready: only closing cuts the pause short. */
static void pause_ms(struct click_writer *w, uint64_t ms)
{
	queue_wait(&w->queue, CLICK_QUEUE_MAX + 1, now_ns(w) + ms * NS_PER_MS);
}

static void set_health(struct click_writer *w, enum err e)
{
	enum err before = atomic_exchange(&w->health, e);

	atomic_store(&w->is_stalled, e != OK);
	if (e && !before)
		log_error("clicks cannot be written dir=%s error=\"%s\"",
			segments_dir(w->options.segments), err_text(e));
	else if (!e && before)
		log_info("clicks are written again dir=%s",
			segments_dir(w->options.segments));
}

/* What may pass: space, memory, descriptors, and the tally's coming. */
static bool is_passing(enum err e)
{
	return e == ERR_DISK_FULL || e == ERR_FULL || e == ERR_NOMEM ||
	       e == ERR_SYSTEM || e == ERR_AGAIN;
}

/* The hot segment for today. */
static enum err take_hot(struct click_writer *w)
{
	uint64_t day = day_of_ms(clock_wall_ms(w->options.clock));
	struct db_env *before = w->hot.env;
	enum err e = segments_hot(w->options.segments, day, &w->hot);

	if (!e && w->hot.env != before)
		click_agents_clear(&w->agents);
	return e;
}

/* For good: it is not judged again, should the commit fail, nor when the rules
 * change. */
static void forget(struct click_entry *entry)
{
	struct click *c = &entry->click;

	entry->is_forgotten = true;
	click_forget(c);
	memset(c->country, 0, sizeof(c->country));
	c->erased = true;
}

static void append(struct click_writer *w, struct db_cursor *log,
	struct click_entry *entry)
{
	struct db_txn *t = log->t;
	struct click *c = &entry->click;
	enum err e;

	if (w->options.judge && !c->revises && !entry->is_forgotten)
		click_judge_decide(w->options.judge, c);
	if (entry->forget)
		forget(entry);
	e = click_unique_decide(&w->unique, c);
	if (!e) {
		c->agent_id = click_agents_intern(&w->agents, t, c->agent);
		buf_reset(&w->record);
		click_encode(c, entry->sequence, &w->record);
		e = buf_err(&w->record);
	}
	if (!e)
		e = db_cursor_append(
			log, DB_KEY64(entry->sequence), buf_view(&w->record));
	if (e)
		db_fail(t, e);
	w->batch_bytes += w->record.n;
}

static enum err end_transaction(struct click_writer *w, struct db_txn *t)
{
	enum err e = t->err;

	if (!e && w->options.before_commit)
		e = w->options.before_commit(w->options.fault_arg);
	if (e) {
		db_abort(t);
		return e;
	}
	return db_commit(t);
}

/* A failed commit leaves no trace: what it called unique is not seen. */
static void take_back(struct click_writer *w)
{
	click_agents_abort(&w->agents);
	for (size_t i = 0; i < w->batch_n; i++) {
		struct click *c = &w->batch[i]->click;

		click_unique_take_back(&w->unique, c);
		if (w->options.judge)
			click_judge_take_back(w->options.judge, c);
	}
}

static void note_commit(struct click_writer *w)
{
	uint64_t newest = w->batch[w->batch_n - 1]->sequence;

	click_agents_commit(&w->agents);
	click_overlay_committed(&w->unique.overlay, newest);
	segments_committed(w->options.segments, newest);
	tally_wake(w->options.tally);
	counter_add(&w->metrics.commits, 1);
	counter_add(&w->metrics.rows, w->batch_n);
	counter_add(&w->metrics.bytes, w->batch_bytes);
	counter_set(&w->metrics.agents, w->agents.n);
	counter_set(&w->metrics.overlay, click_overlay_n(&w->unique.overlay));
	histogram_add(&w->metrics.batch_rows, w->batch_n);
}

static void look_ahead(struct click_writer *w, const struct click *c)
{
	tally_known_prefetch(&w->unique.known, c->token);
	if (w->options.judge)
		click_judge_prefetch(w->options.judge, c);
}

static enum err write_batch(struct click_writer *w)
{
	uint64_t sequence = segments_next_sequence(w->options.segments);
	uint64_t begun = now_ns(w);
	struct db_cursor log;
	struct db_txn t;
	enum err e;

	for (size_t i = 0; i < w->batch_n; i++)
		w->batch[i]->click.unique = false;
	db_reserve(w->hot.env);
	e = db_begin(w->hot.env, &t);
	if (e)
		return e;
	w->batch_bytes = 0;
	db_cursor_init(&t, SEGMENT_CLICKS, &log);
	for (size_t i = 0; i < w->batch_n && !t.err; i++) {
		if (i + CLICKS_AHEAD < w->batch_n)
			look_ahead(w, &w->batch[i + CLICKS_AHEAD]->click);
		w->batch[i]->sequence = sequence++;
		append(w, &log, w->batch[i]);
	}
	db_cursor_deinit(&log);
	/* No snapshot is held while the disk works. */
	click_unique_end(&w->unique);
	e = end_transaction(w, &t);
	if (e) {
		take_back(w);
		return e;
	}
	histogram_add(&w->metrics.commit_us, (now_ns(w) - begun) / 1000);
	note_commit(w);
	return OK;
}

/* Tries to commit the batch, once. */
static enum err attempt(struct click_writer *w)
{
	uint64_t position;
	enum err e = take_hot(w);

	if (!e)
		e = click_unique_ask(&w->unique, &position);
	if (e)
		return e;
	e = click_unique_prepare(&w->unique, position, w->batch_n);
	if (!e && w->options.judge)
		e = click_judge_prepare(
			w->options.judge, w->batch_n, w->batch[0]->click.at_ms);
	counter_set(&w->metrics.overlay, click_overlay_n(&w->unique.overlay));
	if (!e)
		e = write_batch(w);
	click_unique_end(&w->unique);
	return e;
}

/* For the tally, which then is asked again; false when stopping and nothing
 * waits for it, or it does not come. */
static bool await_tally(struct click_writer *w, uint64_t *closing_ns)
{
	uint64_t limit = (uint64_t)CLICK_STOP_WAIT_MS * NS_PER_MS;
	enum err e =
		tally_wait(w->options.tally, w->unique.wait_for, TALLY_WAIT_MS);

	if (is_closing(w)) {
		if (!*closing_ns)
			*closing_ns = now_ns(w);
		return e != ERR_CLOSED && queue_held(&w->queue) &&
		       now_ns(w) - *closing_ns <= limit;
	}
	/* It may stand there already, and yet be unable to answer. */
	if (e != ERR_TIMEOUT)
		pause_ms(w, 1);
	return true;
}

/* Waits for what has failed to pass; false when it is time to give up. */
static bool await_change(struct click_writer *w, enum err e, uint64_t *retry_ms,
	uint64_t *closing_ns)
{
	if (e == ERR_AGAIN)
		return await_tally(w, closing_ns);
	if (is_closing(w))
		return false;
	pause_ms(w, *retry_ms);
	*retry_ms = *retry_ms * 2 < CLICK_RETRY_MS_MAX ? *retry_ms * 2
						       : CLICK_RETRY_MS_MAX;
	return true;
}

/* Until it is on disk, or will never be. */
static enum err commit(struct click_writer *w)
{
	uint64_t retry_ms = CLICK_RETRY_MS_MIN, closing_ns = 0;
	enum err e = atomic_load(&w->dead);

	if (e)
		return e;
	w->begun_ns = now_ns(w);
	while ((e = attempt(w)) != OK) {
		set_health(w, e);
		if (e != ERR_AGAIN)
			counter_add(&w->metrics.failures, 1);
		if (!is_passing(e)) {
			atomic_store(&w->dead, e);
			return e;
		}
		if (!await_change(w, e, &retry_ms, &closing_ns))
			return e == ERR_AGAIN ? ERR_TIMEOUT : e;
		w->begun_ns = now_ns(w);
	}
	set_health(w, OK);
	return OK;
}

/* Fills the batch, or sets what is to be done before it; false when the queue
 * is closed and empty. */
static bool next_batch(struct click_writer *w)
{
	uint64_t due = w->begun_ns + (uint64_t)w->options.interval_us * 1000;

	w->batch_n = 0;
	w->between = NULL;
	while (!w->taken) {
		if (is_closing(w) && !queue_held(&w->queue))
			return false;
		queue_wait(&w->queue, 1, UINT64_MAX);
		if (now_ns(w) < due)
			queue_wait(&w->queue, w->options.commit_at, due);
		w->taken = queue_take(&w->queue);
	}
	if (w->options.judge)
		click_judge_refresh(w->options.judge);
	while (w->taken && w->batch_n < w->rows_max) {
		struct click_entry *entry = entry_of(w->taken);

		if (entry->between && w->batch_n)
			break;
		w->taken = w->taken->next;
		if (entry->between) {
			w->between = entry;
			break;
		}
		if (w->options.judge && !entry->click.revises)
			click_judge_receive(w->options.judge, &entry->click);
		w->batch[w->batch_n++] = entry;
	}
	return true;
}

static enum err replay(struct click_writer *w)
{
	struct click_unique *u = &w->unique;
	uint64_t position;
	enum err e = click_unique_ask(u, &position);

	if (e)
		return e;
	click_unique_end(u);
	if (w->options.judge) {
		e = click_judge_replay(w->options.judge, w->options.segments);
		if (e)
			return e;
	}
	/* Half of it leaves room before it must wait for the tally. */
	return click_replay(&u->overlay, w->options.segments, position,
		w->options.overlay_max / 2, &u->wait_for);
}

/* The first thing the thread does; clicks wait in the queue meanwhile. */
static void prepare(struct click_writer *w)
{
	uint64_t retry_ms = CLICK_RETRY_MS_MIN, closing_ns = 0;
	enum err e;

	while ((e = replay(w)) != OK) {
		set_health(w, e);
		if (is_passing(e) && await_change(w, e, &retry_ms, &closing_ns))
			continue;
		atomic_store(&w->dead, e);
		return;
	}
	set_health(w, OK);
}

/* Each owner once, taps first. */
static void tell(struct click_writer *w, enum err e)
{
	struct click_entry *own;
	size_t taps_n = 0;

	for (size_t i = 0; i < w->batch_n; i++) {
		w->batch[i]->result = e;
		if (w->batch[i]->done)
			continue;
		own = w->batch[taps_n];
		w->batch[taps_n++] = w->batch[i];
		w->batch[i] = own;
	}
	if (taps_n)
		w->options.done(w->options.arg, w->batch, taps_n);
	for (size_t i = taps_n; i < w->batch_n; i++)
		w->batch[i]->done(w->batch[i]);
}

static void do_between(struct click_writer *w)
{
	struct click_entry *entry = w->between;
	uint64_t opening = w->hot.opening;
	enum err e = atomic_load(&w->dead);

	entry->result = e ? e : entry->between(entry, &w->hot);
	if (w->hot.opening != opening)
		click_agents_clear(&w->agents);
	entry->done(entry);
}

void click_writer_decided_anew(struct click_writer *w,
	struct click_judge *judge, struct seen_set *seen, uint32_t generation)
{
	uint64_t newest = segments_next_sequence(w->options.segments) - 1;

	click_unique_decided_anew(&w->unique, seen, generation, newest);
	if (w->options.judge)
		click_judge_adopt(w->options.judge, judge);
}

void *click_writer_run(void *arg)
{
	struct click_writer *w = arg;

	prepare(w);
	while (next_batch(w)) {
		size_t n = w->batch_n;

		if (w->between) {
			do_between(w);
			queue_release(&w->queue, 1);
			continue;
		}
		tell(w, commit(w));
		queue_release(&w->queue, n);
	}
	return NULL;
}
