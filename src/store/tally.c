#include "store/tally.h"

#include <inttypes.h>
#include <time.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/thread.h"
#include "store/tally_state.h"
#include "store/tally_tables.h"

static void lock(struct tally *t)
{
	ASSERT(pthread_mutex_lock(&t->lock) == 0);
}

static void unlock(struct tally *t)
{
	ASSERT(pthread_mutex_unlock(&t->lock) == 0);
}

void tally_lock_writing(struct tally *t)
{
	ASSERT(pthread_mutex_lock(&t->writing) == 0);
}

void tally_unlock_writing(struct tally *t)
{
	ASSERT(pthread_mutex_unlock(&t->writing) == 0);
}

struct db_env *tally_env(struct tally *t)
{
	return t->env;
}

bool tally_lost_base(const struct tally *t)
{
	return atomic_load(&t->lost_base);
}

const struct tally_metrics *tally_metrics(const struct tally *t)
{
	return &t->metrics;
}

static void set_deadline(struct timespec *to, uint64_t mono_ns)
{
	to->tv_sec = (time_t)(mono_ns / 1000000000);
	to->tv_nsec = (long)(mono_ns % 1000000000);
}

static void publish(struct tally *t, uint64_t position)
{
	counter_set(&t->metrics.position, position);
	counter_set(&t->metrics.lag,
		segments_behind(t->options.segments, position));
	lock(t);
	t->position = position;
	ASSERT(pthread_cond_broadcast(&t->moved) == 0);
	unlock(t);
}

/* Clicks behind the position, as many as one transaction takes. What comes
 * before a place that cannot be read is taken. */
static enum err gather(struct tally *t, struct db_txn *txn, uint64_t *position)
{
	uint64_t sequence, oldest, newest, skipped = t->reader.skipped;
	struct click click;
	enum err e = OK;

	segments_range(t->options.segments, &oldest, &newest);
	tally_batch_begin(t->batch, t->agents);
	click_reader_seek(&t->reader, *position);
	while (!e && !tally_batch_is_full(t->batch)) {
		e = click_reader_next(&t->reader, &sequence, &click);
		if (!e && t->options.stop_at && sequence > t->options.stop_at)
			e = ERR_AGAIN;
		if (!e)
			tally_batch_add(
				t->batch, txn, &t->reader, sequence, &click);
	}
	click_reader_reset(&t->reader);
	counter_add(&t->metrics.skipped, t->reader.skipped - skipped);
	*position = t->reader.at;
	/* At its end there may be numbers that no click has. */
	if (e == ERR_AGAIN && *position < newest)
		*position = newest;
	if (t->options.stop_at && *position > t->options.stop_at)
		*position = t->options.stop_at;
	return e == ERR_AGAIN || tally_batch_clicks(t->batch) ? OK : e;
}

static enum err commit(struct tally *t, struct db_txn *txn)
{
	uint64_t begun = clock_mono_ns(t->options.clock);
	enum err e = OK;

	if (t->options.before_commit)
		e = t->options.before_commit(t->options.arg);
	if (e) {
		db_abort(txn);
		return e;
	}
	e = db_commit(txn);
	if (!e) {
		counter_add(&t->metrics.transactions, 1);
		histogram_add(&t->metrics.commit_us,
			(clock_mono_ns(t->options.clock) - begun) / 1000);
	}
	return e;
}

/* No rebuild could bring a damaged record back: it begins anew. */
static void write_lost(struct tally *t, struct db_txn *txn)
{
	for (size_t i = 0; i < COUNT_SUMS * t->taken.n && !txn->err; i++) {
		struct count c = count_in_sum(&t->taken.counts[i / COUNT_SUMS],
			count_sum_bits(i % COUNT_SUMS));

		if (counts_table_add(txn, TALLY_LOST, &c, &t->scratch) &&
			!txn->err)
			counts_table_put(txn, TALLY_LOST, &c, &t->scratch);
	}
}

/* ERR_CORRUPT: the tally's own records are damaged. */
static enum err write_batch(
	struct tally *t, struct db_txn *txn, struct tally_state *state)
{
	const struct tally_target target = tally_target(state->generation);

	tally_batch_apply(t->batch, txn, &target);
	write_lost(t, txn);
	counts_add(&state->totals, tally_batch_totals(t->batch));
	tally_put_state(txn, false, state);
	if (!txn->err)
		return commit(t, txn);
	return db_commit(txn); /* ends it with that error */
}

static enum err note_damage(struct tally *t, enum err e)
{
	if (e == ERR_CORRUPT)
		atomic_store(&t->is_damaged, true);
	return e;
}

/* Nothing of the transaction was kept. */
static void take_back(struct tally *t)
{
	tally_agents_abort(t->agents);
	tally_lost_put_back(&t->lost, &t->taken);
	t->taken.n = 0;
}

/* What the log and the ledger have for one transaction. */
static enum err prepare(struct tally *t, struct db_txn *txn,
	struct tally_state *state, uint64_t *before)
{
	enum err e = tally_get_state(txn, false, state);

	*before = state->position;
	if (!e)
		t->known = *state;
	if (e == ERR_NOT_FOUND)
		e = ERR_CORRUPT; /* a rebuild that did not come to its end */
	e = note_damage(t, e);
	if (e)
		return e;
	e = gather(t, txn, &state->position);
	tally_lost_take(&t->lost, &t->taken);
	/* Clicks are lost where the log has failed: then it may not be
	 * readable either. */
	if (e && t->taken.n) {
		tally_batch_begin(t->batch, t->agents);
		state->position = *before;
		e = OK;
	}
	return e;
}

/* One transaction's worth; *more if the log has more than it took. */
static enum err advance(struct tally *t, uint64_t *position, bool *more)
{
	struct tally_state state = {0};
	uint64_t before;
	struct db_txn txn;
	enum err e = db_begin(t->env, &txn);

	if (e)
		return e;
	t->taken.n = 0;
	e = prepare(t, &txn, &state, &before);
	if (e || (state.position == before && !t->taken.n)) {
		db_abort(&txn);
		tally_agents_abort(t->agents);
		*position = before;
		return e;
	}
	e = note_damage(t, write_batch(t, &txn, &state));
	if (e) {
		take_back(t);
		return e;
	}
	counter_add(&t->metrics.clicks, tally_batch_clicks(t->batch));
	*position = state.position;
	*more = tally_batch_is_full(t->batch);
	return OK;
}

static enum err step(struct tally *t, bool *more)
{
	uint64_t position;
	enum err e = OK;

	*more = false;
	tally_lock_writing(t);
	if (atomic_load(&t->is_damaged))
		e = tally_begin_anew(t);
	if (!e)
		e = advance(t, &position, more);
	tally_unlock_writing(t);
	if (e)
		counter_add(&t->metrics.failures, 1);
	else
		publish(t, position);
	return e;
}

enum err tally_catch_up(struct tally *t)
{
	bool more = true;

	ASSERT(!t->is_running);
	while (more) {
		enum err e = step(t, &more);

		if (e == ERR_CORRUPT) /* now it is marked for a rebuild */
			e = step(t, &more);
		if (e)
			return e;
	}
	return OK;
}

/* Sleeps until there is work; false when it is time to end. */
static bool await_work(struct tally *t)
{
	bool go_on;

	lock(t);
	while (!t->is_stopping && !t->is_wanted)
		ASSERT(pthread_cond_wait(&t->wake, &t->lock) == 0);
	t->is_wanted = false;
	go_on = !t->is_stopping;
	unlock(t);
	return go_on;
}

/* Cut short by the end, or for_waiters by somebody who waits for what the log
 * has in the meantime. */
static void pause_until(struct tally *t, uint64_t mono_ns, bool for_waiters)
{
	struct timespec until;
	int rc = 0;

	set_deadline(&until, mono_ns);
	lock(t);
	while (rc == 0 && !t->is_stopping &&
		!(for_waiters && t->waiters_n && t->is_wanted))
		rc = pthread_cond_timedwait(&t->wake, &t->lock, &until);
	unlock(t);
}

static void want(struct tally *t)
{
	lock(t);
	t->is_wanted = true;
	unlock(t);
}

static void report(struct tally *t, enum err e)
{
	if (t->was_rebuilt)
		log_warn("tally is rebuilt from the log dir=%s base_lost=%d",
			t->dir, tally_lost_base(t));
	t->was_rebuilt = false;
	if (t->reader.skipped != t->skipped_logged)
		log_warn("damaged click records passed by dir=%s count=%" PRIu64
			 " last=%" PRIu64,
			segments_dir(t->options.segments),
			t->reader.skipped - t->skipped_logged, t->last_damaged);
	t->skipped_logged = t->reader.skipped;
	if (e && !t->last_err)
		log_error("tally cannot be written dir=%s error=\"%s\"", t->dir,
			err_text(e));
	else if (!e && t->last_err)
		log_info("tally is written again dir=%s", t->dir);
	t->last_err = e;
}

/* When the next transaction may begin. Where clicks are spread over many
 * tokens, each one rewrites most of the bitmap: fewer of them then. */
static uint64_t next_ns(const struct tally *t, uint64_t begun)
{
	uint64_t took = clock_mono_ns(t->options.clock) - begun;
	uint64_t least = (uint64_t)t->options.interval_ms * 1000000;
	uint64_t most = least * TALLY_INTERVALS_MAX;
	uint64_t pause = took * TALLY_REST_SHARE;

	if (pause < least)
		pause = least;
	return begun + (pause < most ? pause : most);
}

static void *run(void *arg)
{
	struct tally *t = arg;
	uint64_t retry_ms = TALLY_RETRY_MS_MIN;

	while (await_work(t)) {
		uint64_t begun = clock_mono_ns(t->options.clock);
		bool more;
		enum err e = step(t, &more);

		report(t, e);
		if (e) {
			want(t);
			pause_until(t, begun + retry_ms * 1000000, false);
			retry_ms = retry_ms * 2 < TALLY_RETRY_MS_MAX
					   ? retry_ms * 2
					   : TALLY_RETRY_MS_MAX;
			continue;
		}
		retry_ms = TALLY_RETRY_MS_MIN;
		if (more)
			want(t);
		else
			pause_until(t, next_ns(t, begun), true);
	}
	return NULL;
}

enum err tally_start(struct tally *t)
{
	enum err e;

	lock(t);
	ASSERT(!t->is_running);
	t->is_stopping = false;
	t->is_wanted = true;
	t->is_running = true;
	e = thread_start(&t->thread, "ctio-tally", run, t);
	if (e)
		t->is_running = false;
	unlock(t);
	return e;
}

/* What was noted last; the log waits for the next start, this cannot. */
static void count_lost(struct tally *t)
{
	uint64_t position;
	bool more;

	if (tally_lost_is_empty(&t->lost))
		return;
	tally_lock_writing(t);
	report(t, advance(t, &position, &more));
	tally_unlock_writing(t);
}

void tally_stop(struct tally *t)
{
	if (!t->is_running)
		return;
	lock(t);
	t->is_stopping = true;
	ASSERT(pthread_cond_signal(&t->wake) == 0);
	unlock(t);
	ASSERT(pthread_join(t->thread, NULL) == 0);
	count_lost(t);
	lock(t);
	t->is_running = false;
	ASSERT(pthread_cond_broadcast(&t->moved) == 0);
	unlock(t);
}

void tally_wake(struct tally *t)
{
	lock(t);
	if (!t->is_wanted) {
		t->is_wanted = true;
		ASSERT(pthread_cond_signal(&t->wake) == 0);
	}
	unlock(t);
}

enum err tally_wait(struct tally *t, uint64_t sequence, uint32_t timeout_ms)
{
	struct timespec until;
	enum err e = OK;
	int rc = 0;

	set_deadline(&until, clock_mono_ns(t->options.clock) +
				     (uint64_t)timeout_ms * 1000000);
	lock(t);
	t->waiters_n++;
	t->is_wanted = true;
	ASSERT(pthread_cond_signal(&t->wake) == 0);
	while (rc == 0 && t->position < sequence && t->is_running)
		rc = pthread_cond_timedwait(&t->moved, &t->lock, &until);
	if (t->position < sequence)
		e = t->is_running ? ERR_TIMEOUT : ERR_CLOSED;
	t->waiters_n--;
	unlock(t);
	return e;
}

void tally_report_damage(struct tally *t)
{
	atomic_store(&t->is_damaged, true);
	tally_wake(t);
}

void tally_note_lost(struct tally *t, uint64_t account, uint64_t link,
	uint64_t campaign, uint64_t at_ms)
{
	struct count c = {
		.account = account,
		.link = link,
		.campaign = campaign,
		.quarter = count_quarter(at_ms),
		.kind = COUNT_TOTAL,
		.counts = {.unconfirmed = 1},
	};

	/* It may wait for clicks, of which there are none now. */
	if (tally_lost_add(&t->lost, &c))
		tally_wake(t);
}
