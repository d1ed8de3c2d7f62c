#include "store/token_store.h"

#include "base/bytes.h"
#include "store/links.h"

enum {
	PLACES_AHEAD = 16 /* blocks whose places are kept with one found */
};

enum err token_block_from(
	struct db_txn *t, uint64_t number, struct block *block)
{
	struct db_key64 key = db_key64(number);
	struct db_cursor c;
	enum err e = ERR_NOT_FOUND;

	db_cursor_init(t, LINKS_BLOCKS, &c);
	if (db_seek(&c, str_make(key.bytes, sizeof(key.bytes))))
		e = block_open(c.value, c.key, block);
	db_cursor_deinit(&c);
	return t->err ? t->err : e;
}

enum err token_find(struct db_cursor *blocks, uint64_t number,
	struct block *block, struct block_entry *entry)
{
	struct db_key64 key = db_key64(number);

	if (!db_seek(blocks, str_make(key.bytes, sizeof(key.bytes))))
		return blocks->t->err ? blocks->t->err : ERR_NOT_FOUND;
	/* Outside of the block: a gap. */
	return block_find(blocks->value, blocks->key, number, block, entry);
}

enum err token_entry(struct db_txn *t, uint64_t number, struct block *block,
	struct block_entry *entry)
{
	struct db_cursor c;
	enum err e;

	db_cursor_init(t, LINKS_BLOCKS, &c);
	e = token_find(&c, number, block, entry);
	db_cursor_deinit(&c);
	return e;
}

enum err token_change_of(
	struct db_txn *t, uint64_t number, struct token_change *change)
{
	struct db_key64 bytes = db_key64(number);
	struct str key = str_make(bytes.bytes, sizeof(bytes.bytes));
	struct str record;

	if (!db_get(t, LINKS_TOKEN_CHANGES, key, &record))
		return t->err ? t->err : ERR_NOT_FOUND;
	return token_change_get(record, key, change);
}

static enum err read_entry(const struct block *block, uint64_t number,
	const struct block_entry *entry, struct stored_token *token)
{
	enum err e;

	if (entry->refused)
		return ERR_NOT_FOUND;
	token->number = number;
	token->nonce = entry->nonce;
	token->key_version = block->key_version;
	token->minted_ms = block->minted_ms;
	e = token_shape_get(entry->shape, &token->shape);
	if (!e)
		e = token_tail_get(
			entry->tail, token->shape.names_n, &token->tail);
	if (e)
		return e;
	token->erased = token->tail.erased;
	token->revoked = token->erased;
	if (token->erased)
		token->shape.destination = str_make(NULL, 0);
	token->expires_ms = token->shape.ttl_ms
				    ? block->minted_ms + token->shape.ttl_ms
				    : 0;
	return OK;
}

enum err token_add_change(struct db_txn *t, struct stored_token *token)
{
	struct token_change change;
	enum err e = token_change_of(t, token->number, &change);

	if (e)
		return e == ERR_NOT_FOUND ? OK : e;
	token->revoked = token->erased || change.revoked;
	if (change.has_expires)
		token->expires_ms = change.expires_ms;
	return OK;
}

enum err token_in_block(struct db_txn *t, const struct block *block,
	uint64_t number, struct stored_token *token)
{
	struct block_entry entry;
	enum err e = block_entry(block, number, &entry);

	if (!e)
		e = read_entry(block, number, &entry, token);
	return e ? e : token_add_change(t, token);
}

static bool find_in_place(const struct token_places *places, uint64_t number,
	struct block *block, struct block_entry *entry)
{
	struct db_key64 key;
	struct str record;
	uint64_t last;

	if (!token_places_find(places, number, &last, &record))
		return false;
	key = db_key64(last);
	return block_find(record, str_make(key.bytes, sizeof(key.bytes)),
		       number, block, entry) == OK;
}

/* Keeps the block under the cursor, and those behind it while the way to them
 * is short. Of these the first number is where the one before ended. */
static void keep_places(struct token_places *places, struct db_cursor *blocks,
	const struct block *block)
{
	uint64_t before = block->last;

	token_places_add(places, block->first, block->last, blocks->value);
	for (int i = 0; i < PLACES_AHEAD && db_next(blocks); i++) {
		uint64_t last;

		if (blocks->key.n != sizeof(last))
			return;
		last = get_be64(blocks->key.p);
		if (last - before <= BLOCK_TOKENS_MAX)
			token_places_add(
				places, before + 1, last, blocks->value);
		before = last;
	}
}

enum err token_minted(struct db_cursor *blocks, struct token_places *places,
	uint64_t number, struct stored_token *token)
{
	struct block_entry entry;
	struct block block;
	enum err e;

	if (find_in_place(places, number, &block, &entry))
		return read_entry(&block, number, &entry, token);
	e = token_find(blocks, number, &block, &entry);
	if (!e)
		e = read_entry(&block, number, &entry, token);
	if (!e)
		keep_places(places, blocks, &block);
	return e;
}

enum err token_by_number(
	struct db_txn *t, uint64_t number, struct stored_token *token)
{
	struct block_entry entry;
	struct block block;
	enum err e = token_entry(t, number, &block, &entry);

	if (!e)
		e = read_entry(&block, number, &entry, token);
	return e ? e : token_add_change(t, token);
}

void apply_token_change(struct db_txn *t, uint64_t number, struct str record)
{
	db_put(t, LINKS_TOKEN_CHANGES, DB_KEY64(number), record);
}
