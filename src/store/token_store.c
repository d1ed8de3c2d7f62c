#include "store/token_store.h"

#include "base/bytes.h"
#include "store/links.h"

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

enum err token_entry(struct db_txn *t, uint64_t number, struct block *block,
	struct block_entry *entry)
{
	struct db_key64 key = db_key64(number);
	struct db_cursor c;
	enum err e = ERR_NOT_FOUND;

	db_cursor_init(t, LINKS_BLOCKS, &c);
	/* Outside of the block: a gap. */
	if (db_seek(&c, str_make(key.bytes, sizeof(key.bytes))))
		e = block_find(c.value, c.key, number, block, entry);
	db_cursor_deinit(&c);
	return t->err ? t->err : e;
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

static enum err read_entry(struct db_txn *t, const struct block *block,
	uint64_t number, const struct block_entry *entry,
	struct stored_token *token)
{
	struct token_change change;
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
	token->revoked = false;
	token->expires_ms = token->shape.ttl_ms
				    ? block->minted_ms + token->shape.ttl_ms
				    : 0;
	e = token_change_of(t, number, &change);
	if (e)
		return e == ERR_NOT_FOUND ? OK : e;
	token->revoked = change.revoked;
	if (change.has_expires)
		token->expires_ms = change.expires_ms;
	return OK;
}

enum err token_in_block(struct db_txn *t, const struct block *block,
	uint64_t number, struct stored_token *token)
{
	struct block_entry entry;
	enum err e = block_entry(block, number, &entry);

	return e ? e : read_entry(t, block, number, &entry, token);
}

enum err token_by_number(
	struct db_txn *t, uint64_t number, struct stored_token *token)
{
	struct block_entry entry;
	struct block block;
	enum err e = token_entry(t, number, &block, &entry);

	return e ? e : read_entry(t, &block, number, &entry, token);
}

void apply_token_change(struct db_txn *t, uint64_t number, struct str record)
{
	db_put(t, LINKS_TOKEN_CHANGES, DB_KEY64(number), record);
}
