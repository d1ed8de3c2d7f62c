#include "store/token_reader.h"

#include "base/assert.h"
#include "store/token_store.h"

void token_reader_begin(struct token_reader *r, struct db_cursor *blocks)
{
	uint64_t snapshot = db_snapshot(blocks->t);

	ASSERT(!r->blocks);
	if (!r->era || snapshot != r->snapshot) {
		r->era++;
		r->snapshot = snapshot;
	}
	r->blocks = blocks;
	r->shape_bytes = str_make(NULL, 0);
}

void token_reader_end(struct token_reader *r)
{
	r->blocks = NULL;
}

/* The entry of a number, by the place that its block is remembered at, or
 * found anew and remembered. */
static enum err find_entry(struct token_reader *r, uint64_t number,
	struct block *block, struct block_entry *entry)
{
	struct token_reader_block *place =
		&r->places[number / TOKEN_READER_RUN % TOKEN_READER_BLOCKS];
	enum err e;

	if (place->era == r->era && number >= place->first &&
		number <= place->last)
		return block_find(place->record,
			str_make(place->key.bytes, sizeof(place->key.bytes)),
			number, block, entry);
	e = token_find(r->blocks, number, block, entry);
	if (!e)
		*place = (struct token_reader_block){.era = r->era,
			.first = block->first,
			.last = block->last,
			.record = r->blocks->value,
			.key = db_key64(block->last)};
	return e;
}

static enum err read_shape(struct token_reader *r, struct str bytes)
{
	enum err e;

	if (bytes.n && str_eq(bytes, r->shape_bytes))
		return OK;
	r->shape_bytes = str_make(NULL, 0);
	e = token_shape_get(bytes, &r->shape);
	if (!e)
		r->shape_bytes = bytes;
	return e;
}

enum err token_reader_get(
	struct token_reader *r, uint64_t number, struct minted_token *token)
{
	struct block_entry entry;
	struct block block;
	enum err e;

	ASSERT(r->blocks);
	e = find_entry(r, number, &block, &entry);
	if (!e && entry.refused)
		e = ERR_NOT_FOUND;
	if (!e)
		e = read_shape(r, entry.shape);
	if (!e)
		e = token_tail_get(entry.tail, r->shape.names_n, &token->tail);
	if (e)
		return e;
	token->number = number;
	token->nonce = entry.nonce;
	token->key_version = block.key_version;
	token->shape = &r->shape;
	return OK;
}
