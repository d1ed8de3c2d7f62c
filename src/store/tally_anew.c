#include "base/bytes.h"
#include "store/seen_set.h"
#include "store/tally_state.h"

/* One generation on its way, beside the one in use. */
struct anew {
	struct tally *t;
	uint32_t generation;
	struct tally_batch *batch;
	struct click_reader reader;
	uint64_t position;
	uint64_t rebuilds; /* of the tally, when it began */
	struct counts totals;
	bool is_done;
	struct tally_state state; /* once it is done */
};

enum err tally_load_base_seen(struct tally *t, struct seen_set *seen)
{
	struct db_cursor c;
	struct db_txn txn;
	struct str bits;
	enum err e = db_reader_init(t->env, &txn);
	bool there;

	if (e)
		return e;
	e = db_reader_renew(&txn);
	if (!e) {
		db_cursor_init(&txn, TALLY_BASE_SEEN, &c);
		there = db_first(&c);
		while (there && !e) {
			e = tally_read_chunk(c.key, c.value, &bits);
			if (!e)
				e = seen_set_load(
					seen, get_be64(c.key.p), bits);
			there = db_next(&c);
		}
		db_cursor_deinit(&c);
		e = e ? e : txn.err;
	}
	db_reader_deinit(&txn);
	return e;
}

bool tally_is_marked(struct tally *t)
{
	struct tally_state state = {0};
	struct db_txn txn;
	bool found = false;

	if (db_reader_init(t->env, &txn))
		return false;
	if (!db_reader_renew(&txn))
		found = !tally_get_state(&txn, false, &state) &&
			state.is_marked;
	db_reader_deinit(&txn);
	return found;
}

enum err tally_mark(struct tally *t, uint32_t *next)
{
	struct tally_state state;
	struct db_txn txn;
	enum err e;

	tally_lock_writing(t);
	e = db_begin(t->env, &txn);
	if (!e) {
		e = tally_get_state(&txn, false, &state);
		if (e) {
			db_abort(&txn);
		} else {
			state.is_marked = true;
			tally_put_state(&txn, false, &state);
			e = db_commit(&txn);
			if (!e)
				t->known = state;
		}
	}
	tally_unlock_writing(t);
	if (!e)
		*next = state.generation + 1;
	return e == ERR_NOT_FOUND ? ERR_AGAIN : e;
}

/* Clicks up to the tally's own position, as many as one transaction takes. */
static enum err gather(struct anew *a, struct db_txn *txn, uint64_t up_to)
{
	struct click click;
	uint64_t sequence;
	enum err e = OK;

	tally_batch_begin(a->batch, a->t->agents);
	click_reader_seek(&a->reader, a->position);
	while (!tally_batch_is_full(a->batch)) {
		e = click_reader_next(&a->reader, &sequence, &click);
		if (e || sequence > up_to)
			break;
		tally_batch_add(a->batch, txn, &a->reader, sequence, &click);
		a->position = sequence;
	}
	click_reader_reset(&a->reader);
	if (e && e != ERR_AGAIN)
		return e;
	a->is_done = !tally_batch_is_full(a->batch);
	return OK;
}

static enum err write_some(struct anew *a, struct db_txn *txn)
{
	struct tally_target target = tally_target(a->generation);
	uint64_t before = a->position;
	struct tally_state state;
	enum err e = tally_get_state(txn, false, &state);

	if (e == ERR_NOT_FOUND)
		return ERR_AGAIN; /* it is being rebuilt */
	if (!e && state.generation + 1 != a->generation)
		e = ERR_CONFLICT;
	/* Rebuilt meanwhile, which empties all generations. */
	if (!e && (a->rebuilds != counter_get(&a->t->metrics.rebuilds) ||
			  state.position < a->position))
		e = ERR_AGAIN;
	if (!e)
		e = gather(a, txn, state.position);
	if (e) {
		a->position = before;
		return e;
	}
	target.postings = false; /* they are the same in all generations */
	tally_batch_apply(a->batch, txn, &target);
	counts_add(&a->totals, tally_batch_totals(a->batch));
	if (a->is_done) {
		state.totals = a->totals;
		state.generation = a->generation;
		state.is_marked = false;
		tally_put_state(txn, false, &state);
		a->state = state;
	}
	return txn->err;
}

static enum err in_transaction(struct anew *a)
{
	struct db_txn txn;
	enum err e;

	tally_lock_writing(a->t);
	e = db_begin(a->t->env, &txn);
	if (!e) {
		e = write_some(a, &txn);
		if (e)
			db_abort(&txn);
		else
			e = db_commit(&txn);
		if (e)
			tally_agents_abort(a->t->agents);
		else if (a->is_done)
			a->t->known = a->state;
	}
	tally_unlock_writing(a->t);
	return e;
}

static enum err clear(struct tally *t, uint32_t generation)
{
	const struct tally_target target = tally_target(generation);
	struct db_txn txn;
	enum err e;

	tally_lock_writing(t);
	e = db_begin(t->env, &txn);
	if (!e) {
		db_clear(&txn, target.seen);
		db_clear(&txn, target.counters);
		e = db_commit(&txn);
	}
	tally_unlock_writing(t);
	return e;
}

/* What is not marked down in a state is nobody's: what an attempt left is
 * cleared by the next one. */
static enum err begin(struct anew *a)
{
	const struct tally_target target = tally_target(a->generation);
	struct tally_state base = {0};
	bool lost = false;
	struct db_txn txn;
	enum err e;

	a->rebuilds = counter_get(&a->t->metrics.rebuilds);
	e = clear(a->t, a->generation);
	if (e)
		return e;
	tally_lock_writing(a->t);
	e = tally_copy_base(a->t->env, &target, &lost);
	if (!e)
		e = db_begin(a->t->env, &txn);
	if (!e) {
		e = tally_get_state(&txn, true, &base);
		db_abort(&txn);
	}
	tally_unlock_writing(a->t);
	if (e && e != ERR_NOT_FOUND)
		return e;
	if (lost)
		return ERR_CORRUPT;
	a->position = base.position;
	a->totals = base.totals;
	return OK;
}

/* From the base on, as often as it is rebuilt meanwhile. */
static enum err make(struct anew *a, const atomic_bool *is_stopping)
{
	enum err e;

	do {
		a->is_done = false;
		e = begin(a);
		while (!e && !a->is_done)
			e = atomic_load(is_stopping) ? ERR_CLOSED
						     : in_transaction(a);
	} while (e == ERR_AGAIN && !atomic_load(is_stopping));
	return e == ERR_AGAIN ? ERR_CLOSED : e;
}

enum err tally_anew(
	struct tally *t, uint32_t next, const atomic_bool *is_stopping)
{
	struct anew a = {.t = t, .generation = next};
	enum err e = tally_batch_new(t->options.batch_clicks, &a.batch);

	if (e)
		return e;
	click_reader_init(&a.reader, t->options.segments);
	a.reader.without_agents = true;
	e = make(&a, is_stopping);
	click_reader_deinit(&a.reader);
	tally_batch_free(a.batch);
	/* Damage in its base: a rebuild sees to that. */
	if (e == ERR_CORRUPT)
		tally_report_damage(t);
	return e ? e : clear(t, next - 1);
}
