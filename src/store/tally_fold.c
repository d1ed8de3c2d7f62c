#include "store/tally.h"

#include "store/click_reader.h"
#include "store/tally_batch.h"
#include "store/tally_state.h"
#include "store/tally_tables.h"

enum {
	FOLD_DELETES_MAX = 10000, /* postings of one transaction */
};

struct fold {
	struct tally *t;
	struct tally_batch *batch;
	struct click_reader reader;
	uint64_t up_to;
};

/* Gathers clicks behind `from`, as many as fit; returns the last one's number,
 * or up_to when there are no more. */
static enum err gather(
	struct fold *f, struct db_txn *txn, uint64_t from, uint64_t *position)
{
	struct click click;
	uint64_t sequence;
	enum err e = OK;

	*position = from;
	tally_batch_begin(f->batch, f->t->agents);
	click_reader_seek(&f->reader, from);
	while (!tally_batch_is_full(f->batch)) {
		e = click_reader_next(&f->reader, &sequence, &click);
		if (e || sequence > f->up_to)
			break;
		tally_batch_add(f->batch, txn, &f->reader, sequence, &click);
		*position = sequence;
	}
	if (e == ERR_AGAIN || (!e && !tally_batch_is_full(f->batch))) {
		*position = f->up_to;
		e = OK;
	}
	click_reader_reset(&f->reader);
	return e;
}

static enum err fold_some(struct fold *f, struct db_txn *txn, bool *more)
{
	const struct tally_target target = tally_target_base();
	struct tally_state state, base = {0};
	uint64_t position;
	enum err e = tally_get_state(txn, false, &state);

	if (e || state.position < f->up_to)
		return e && e != ERR_NOT_FOUND ? e : ERR_AGAIN;
	e = tally_get_state(txn, true, &base);
	if (e && e != ERR_NOT_FOUND)
		return e;
	*more = base.position < f->up_to;
	if (!*more)
		return OK;
	e = gather(f, txn, base.position, &position);
	if (e)
		return e;
	tally_batch_apply(f->batch, txn, &target);
	counts_add(&base.totals, tally_batch_totals(f->batch));
	base.position = position;
	tally_put_state(txn, true, &base);
	return OK;
}

/* Moves the cursor to the first chunk at or behind key. Chunks wholly below
 * up_to go, an account at a time: the first one that stays ends its turn. */
static enum err drop_some(struct fold *f, struct db_txn *txn,
	struct tally_posting_key *from, bool *more)
{
	struct tally_chunk chunk;
	struct db_cursor c;
	unsigned deleted = 0;
	enum err e = OK;
	bool there;

	db_cursor_init(txn, TALLY_POSTINGS, &c);
	there = db_seek(&c, str_make(from->bytes, sizeof(from->bytes)));
	while (there && !e && deleted < FOLD_DELETES_MAX) {
		e = tally_read_postings(c.key, c.value, &chunk);
		if (!e && chunk.last <= f->up_to) {
			deleted++;
			db_cursor_delete(&c);
			*from = tally_posting_key(chunk.account, chunk.first);
		} else if (!e && chunk.account == UINT64_MAX) {
			break;
		} else if (!e) {
			*from = tally_posting_key(chunk.account + 1, 0);
		}
		if (!e)
			there = db_seek(
				&c, str_make(from->bytes, sizeof(from->bytes)));
	}
	*more = there && deleted == FOLD_DELETES_MAX;
	db_cursor_deinit(&c);
	return e;
}

static enum err in_transaction(
	struct fold *f, struct tally_posting_key *from, bool *more)
{
	struct db_txn txn;
	enum err e;

	tally_lock_writing(f->t);
	e = db_begin(tally_env(f->t), &txn);
	if (!e) {
		e = from ? drop_some(f, &txn, from, more)
			 : fold_some(f, &txn, more);
		if (e)
			db_abort(&txn);
		else
			e = db_commit(&txn);
		if (e)
			tally_agents_abort(f->t->agents);
	}
	tally_unlock_writing(f->t);
	return e;
}

enum err tally_fold_base(struct tally *t, uint64_t up_to_sequence)
{
	struct tally_posting_key from = tally_posting_key(0, 0);
	struct fold f = {.t = t, .up_to = up_to_sequence};
	bool more = true;
	enum err e = tally_batch_new(TALLY_BATCH_CLICKS, &f.batch);

	if (e)
		return e;
	click_reader_init(&f.reader, t->options.segments);
	f.reader.without_agents = true;
	while (!e && more)
		e = in_transaction(&f, NULL, &more);
	more = true;
	while (!e && more)
		e = in_transaction(&f, &from, &more);
	click_reader_deinit(&f.reader);
	tally_batch_free(f.batch);
	return e;
}
