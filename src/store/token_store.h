/* Tokens in a region's links environment: found by number, changed one by
 * one, walked. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/stream_record.h"
#include "core/token_block.h"
#include "store/db.h"
#include "store/token_places.h"

/* A token as it stands. All strings are views of the transaction. */
struct stored_token {
	uint64_t number;
	uint32_t nonce;
	uint8_t key_version;
	uint64_t minted_ms;
	bool revoked;        /* an erased one too */
	bool erased;         /* tail and destination are gone */
	uint64_t expires_ms; /* by minting or a later change; 0: never */
	struct token_shape shape;
	struct token_tail tail;
};

/* ERR_NOT_FOUND for a number never given out, or to a refused line. */
CHECKED enum err token_by_number(
	struct db_txn *t, uint64_t number, struct stored_token *token);
/* The same as it was minted, through a cursor over LINKS_BLOCKS that is kept
 * for many, and places refreshed before its snapshot; then, with what was
 * changed of it since. */
CHECKED enum err token_minted(struct db_cursor *blocks,
	struct token_places *places, uint64_t number,
	struct stored_token *token);
CHECKED enum err token_add_change(struct db_txn *t, struct stored_token *token);
/* The entry of a number, refused lines too, with the block it is in, checked
 * by its own sum: through a kept cursor over LINKS_BLOCKS, or without. */
CHECKED enum err token_find(struct db_cursor *blocks, uint64_t number,
	struct block *block, struct block_entry *entry);
CHECKED enum err token_entry(struct db_txn *t, uint64_t number,
	struct block *block, struct block_entry *entry);
/* The block that holds the first number >= number. */
CHECKED enum err token_block_from(
	struct db_txn *t, uint64_t number, struct block *block);
/* A token of an opened block, with its changes. */
CHECKED enum err token_in_block(struct db_txn *t, const struct block *block,
	uint64_t number, struct stored_token *token);

/* Replaces what was changed of a token before. */
void apply_token_change(struct db_txn *t, uint64_t number, struct str record);
/* ERR_NOT_FOUND if it was never changed. */
CHECKED enum err token_change_of(
	struct db_txn *t, uint64_t number, struct token_change *change);
