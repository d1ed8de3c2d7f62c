#include "store/block_builder.h"

#include "base/assert.h"
#include "base/random.h"
#include "store/links.h"

enum {
	/* Above this, a page of its own wastes less than two leaf shares. */
	BLOCK_SPLIT_BELOW = 3600,
	BLOCK_SPLIT_OVERHEAD = 64,
};

void block_builder_init(struct block_builder *b)
{
	*b = (struct block_builder){0};
	minted_init(&b->counts);
	block_draft_init(&b->draft);
	block_draft_init(&b->half);
	buf_init(&b->record, BLOCK_BYTES_MAX);
}

void block_builder_deinit(struct block_builder *b)
{
	minted_deinit(&b->counts);
	block_draft_deinit(&b->draft);
	block_draft_deinit(&b->half);
	buf_deinit(&b->record);
}

void block_builder_begin(struct block_builder *b, struct db_txn *txn,
	uint64_t next, uint8_t key_version, uint64_t minted_ms)
{
	b->txn = txn;
	b->next = next;
	b->minted = 0;
	b->key_version = key_version;
	b->minted_ms = minted_ms;
	minted_begin(&b->counts, txn, minted_ms);
	block_draft_reset(&b->draft, key_version, minted_ms);
}

static uint32_t draw_nonce(struct block_builder *b)
{
	if (b->nonces_left == 0) {
		random_fill(b->nonces, sizeof(b->nonces));
		b->nonces_left = BLOCK_NONCES;
	}
	return b->nonces[--b->nonces_left];
}

void apply_block(struct db_txn *t, uint64_t last, struct str record)
{
	struct db_key64 key = db_key64(last);
	struct str k = str_make(key.bytes, sizeof(key.bytes));

	if (db_append(t, LINKS_BLOCKS, k, record) == ERR_EXISTS)
		db_put(t, LINKS_BLOCKS, k, record);
}

static void flush(
	struct block_builder *b, struct block_draft *draft, uint64_t last)
{
	struct db_key64 key = db_key64(last);

	/* What is in the draft may be cut. */
	if (b->txn->err) {
		block_draft_reset(draft, b->key_version, b->minted_ms);
		return;
	}
	buf_reset(&b->record);
	block_draft_put(
		&b->record, draft, str_make(key.bytes, sizeof(key.bytes)));
	if (buf_err(&b->record))
		db_fail(b->txn, buf_err(&b->record));
	else
		apply_block(b->txn, last, buf_view(&b->record));
	block_draft_reset(draft, b->key_version, b->minted_ms);
}

/* A draft whose last number is b->next - 1. */
static void flush_draft(struct block_builder *b)
{
	if (b->draft.count)
		flush(b, &b->draft, b->next - 1);
}

uint64_t block_builder_add(
	struct block_builder *b, struct str shape, struct str tail)
{
	uint32_t nonce = draw_nonce(b);
	enum err e =
		block_draft_add(&b->draft, shape, nonce, tail, BLOCK_BYTES_MAX);

	if (e == ERR_FULL) {
		flush_draft(b);
		e = block_draft_add(
			&b->draft, shape, nonce, tail, BLOCK_BYTES_MAX);
	}
	if (e)
		db_fail(b->txn, e);
	b->minted++;
	minted_add(&b->counts, shape);
	return b->next++;
}

uint64_t block_builder_refuse(
	struct block_builder *b, uint64_t line_hash, struct str refusal)
{
	enum err e = block_draft_refuse(
		&b->draft, line_hash, refusal, BLOCK_BYTES_MAX);

	if (e == ERR_FULL) {
		flush_draft(b);
		e = block_draft_refuse(
			&b->draft, line_hash, refusal, BLOCK_BYTES_MAX);
	}
	if (e)
		db_fail(b->txn, e);
	return b->next++;
}

/* One entry of an opened block into the half draft. */
static enum err copy_entry(
	struct block_builder *b, const struct block *from, uint64_t number)
{
	struct block_entry entry;
	enum err e = block_entry(from, number, &entry);

	if (e)
		return e;
	if (entry.refused)
		return block_draft_refuse(&b->half, entry.line_hash,
			entry.refusal, DB_VALUE_LEAF_MAX);
	return block_draft_add(&b->half, entry.shape, entry.nonce, entry.tail,
		DB_VALUE_LEAF_MAX);
}

/* True if each entry, with its shape, has room in a leaf-sized block. */
static bool can_split(const struct block *whole)
{
	struct block_entry entry;

	for (uint64_t n = whole->first; n <= whole->last; n++) {
		size_t size = BLOCK_SPLIT_OVERHEAD;

		if (block_entry(whole, n, &entry))
			return false;
		size += entry.refused ? entry.refusal.n
				      : entry.shape.n + entry.tail.n;
		if (size > DB_VALUE_LEAF_MAX)
			return false;
	}
	return true;
}

/* Writes the draft as leaf-sized blocks. False, with nothing written, when that
 * cannot be. */
static bool flush_split(struct block_builder *b)
{
	uint64_t last = b->next - 1;
	struct db_key64 key = db_key64(last);
	struct str k = str_make(key.bytes, sizeof(key.bytes));
	struct block whole;
	struct buf copy;
	enum err e;

	buf_init(&copy, BLOCK_BYTES_MAX);
	block_draft_put(&copy, &b->draft, k);
	e = buf_err(&copy);
	if (!e)
		e = block_open(buf_view(&copy), k, &whole);
	if (e || !can_split(&whole)) {
		buf_deinit(&copy);
		return false;
	}
	block_draft_reset(&b->half, b->key_version, b->minted_ms);
	for (uint64_t n = last - b->draft.count + 1; !e && n <= last; n++) {
		e = copy_entry(b, &whole, n);
		if (e == ERR_FULL && b->half.count) {
			flush(b, &b->half, n - 1);
			e = copy_entry(b, &whole, n);
		}
	}
	if (!e)
		flush(b, &b->half, last);
	else
		db_fail(b->txn, e);
	buf_deinit(&copy);
	return true;
}

void block_builder_end(struct block_builder *b)
{
	size_t size = block_draft_size(&b->draft);

	minted_end(&b->counts);
	if (!b->draft.count || b->txn->err)
		return;
	if (size > DB_VALUE_LEAF_MAX && size < BLOCK_SPLIT_BELOW &&
		flush_split(b))
		return;
	flush_draft(b);
}
