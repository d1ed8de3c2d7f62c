#include "store/tally.h"

#include "core/record.h"
#include "store/tally_tables.h"

/* No state: it is being rebuilt, and knows nothing for now. Errors stick. */
static struct tally_state state_of(struct db_txn *txn)
{
	struct tally_state state = {0};
	enum err e = tally_get_state(txn, false, &state);

	if (e)
		db_fail(txn, e == ERR_NOT_FOUND ? ERR_AGAIN : e);
	return state;
}

uint64_t tally_position(struct db_txn *txn)
{
	return state_of(txn).position;
}

/* Of none it does not matter: nothing is answered from it. */
static struct tally_target target_of(struct db_txn *txn)
{
	return tally_target(tally_generation(txn));
}

uint32_t tally_generation(struct db_txn *txn)
{
	struct tally_state state = {0};

	return tally_get_state(txn, false, &state) ? 0 : state.generation;
}

void tally_known_begin(struct tally_known *known, struct db_txn *txn)
{
	uint64_t version = db_snapshot(txn);

	if (version == known->version)
		return;
	for (size_t i = 0; known->is_used && i < TALLY_KNOWN; i++)
		known->chunks[i].chunk = 0;
	known->is_used = false;
	known->version = version;
	known->table = target_of(txn).seen;
}

void tally_known_prefetch(const struct tally_known *known, uint64_t token)
{
	unsigned bit;
	uint64_t chunk = tally_chunk_of(token, &bit);
	const struct tally_known_chunk *k = &known->chunks[chunk % TALLY_KNOWN];

	if (k->chunk == chunk + 1 && k->bits.n)
		__builtin_prefetch(k->bits.p + bit / 8);
}

enum err tally_seen(struct db_txn *txn, struct tally_known *known,
	uint64_t token, bool *seen)
{
	unsigned bit;
	uint64_t chunk = tally_chunk_of(token, &bit);
	struct tally_known_chunk *k = &known->chunks[chunk % TALLY_KNOWN];

	if (k->chunk != chunk + 1) {
		enum err e =
			tally_get_chunk(txn, known->table, chunk, &k->bits);

		k->chunk = 0;
		if (e == ERR_NOT_FOUND)
			k->bits = str_make(NULL, 0);
		else if (e)
			return e;
		k->chunk = chunk + 1;
		known->is_used = true;
	}
	*seen = k->bits.n && (unsigned char)k->bits.p[bit / 8] >> bit % 8 & 1;
	return OK;
}

enum err tally_totals(struct db_txn *txn, struct counts *counts)
{
	struct tally_state state;
	enum err e = tally_get_state(txn, false, &state);

	if (e)
		return e == ERR_NOT_FOUND ? ERR_AGAIN : e;
	*counts = state.totals;
	return OK;
}

uint64_t tally_complete_from(struct db_txn *txn)
{
	return state_of(txn).complete_from_ms;
}

void tally_counts_scan(struct counts_scan *s, struct db_txn *txn,
	const struct counts_range *range)
{
	counts_scan_init(s, txn, target_of(txn).counters, range);
}

void tally_lost_scan(struct counts_scan *s, struct db_txn *txn,
	const struct counts_range *range)
{
	counts_scan_init(s, txn, TALLY_LOST, range);
}

enum err tally_families(
	struct db_txn *txn, struct str agent, struct agent_families *to)
{
	return tally_get_agent(txn, agent, to);
}

void tally_postings_init(struct tally_postings *p, struct db_txn *txn,
	uint64_t account, uint64_t after_sequence)
{
	*p = (struct tally_postings){
		.account = account, .after = after_sequence};
	db_cursor_init(txn, TALLY_POSTINGS, &p->cursor);
}

void tally_postings_deinit(struct tally_postings *p)
{
	db_cursor_deinit(&p->cursor);
}

/* Takes the chunk under the cursor; ERR_AGAIN if it is another account's. */
static enum err take_chunk(struct tally_postings *p)
{
	struct tally_chunk chunk;
	enum err e =
		tally_read_postings(p->cursor.key, p->cursor.value, &chunk);

	if (e)
		return e;
	if (chunk.account != p->account)
		return ERR_AGAIN;
	p->last = chunk.first;
	p->left = chunk.differences;
	return OK;
}

static enum err nothing_more(const struct tally_postings *p)
{
	return p->cursor.t->err ? p->cursor.t->err : ERR_AGAIN;
}

/* The chunk that may hold the first one behind `after`: the last that does not
 * begin behind it, or else the account's first. */
static enum err first_chunk(struct tally_postings *p)
{
	struct tally_posting_key key =
		tally_posting_key(p->account, p->after + 1);
	struct str k = str_make(key.bytes, sizeof(key.bytes));
	enum err e;

	p->is_begun = true;
	if (db_seek_before(&p->cursor, k)) {
		e = take_chunk(p);
		if (e != ERR_AGAIN)
			return e;
	}
	if (!p->cursor.t->err && db_seek(&p->cursor, k))
		return take_chunk(p);
	return nothing_more(p);
}

static enum err next_difference(struct tally_postings *p)
{
	struct reader r;
	uint64_t difference;

	reader_init(&r, p->left);
	difference = reader_varint(&r);
	if (r.err || !difference || difference > UINT64_MAX - p->last)
		return ERR_CORRUPT;
	p->last += difference;
	p->left = str_make((const char *)r.p, reader_left(&r));
	return OK;
}

static enum err next_posting(struct tally_postings *p)
{
	if (!p->is_begun)
		return first_chunk(p);
	if (p->left.n)
		return next_difference(p);
	return db_next(&p->cursor) ? take_chunk(p) : nothing_more(p);
}

enum err tally_postings_next(struct tally_postings *p, uint64_t *sequence)
{
	enum err e;

	if (p->after == UINT64_MAX)
		return ERR_AGAIN;
	do { /* over the part of the first chunk that is not asked for */
		e = next_posting(p);
		if (e)
			return e;
	} while (p->last <= p->after);
	*sequence = p->last;
	return OK;
}
