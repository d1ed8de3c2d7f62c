/* Packs the tokens of one transaction into blocks: full pages while there is
 * more, and what is left in one page or in blocks small enough to share a
 * leaf. Used by the links writer's thread alone. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "core/token_block.h"
#include "store/db.h"
#include "store/minted.h"

enum {
	BLOCK_NONCES = 1024
};

struct block_builder {
	struct db_txn *txn;
	uint64_t next; /* number of the next token */
	size_t minted; /* tokens in this transaction, refused lines aside */
	uint8_t key_version;
	uint64_t minted_ms;
	struct minted counts;
	struct block_draft draft;
	struct block_draft half;
	struct buf record;
	uint32_t nonces[BLOCK_NONCES]; /* random, drawn many at a time */
	size_t nonces_left;
};

void block_builder_init(struct block_builder *b);
void block_builder_deinit(struct block_builder *b);

/* For each transaction; next is the first number to give out. */
void block_builder_begin(struct block_builder *b, struct db_txn *txn,
	uint64_t next, uint8_t key_version, uint64_t minted_ms);
/* Gives the token the next number, which is returned. Failures stick in the
 * transaction. */
uint64_t block_builder_add(
	struct block_builder *b, struct str shape, struct str tail);
/* The same for a refused line. */
uint64_t block_builder_refuse(
	struct block_builder *b, uint64_t line_hash, struct str refusal);
/* Writes what is left, before the commit. */
void block_builder_end(struct block_builder *b);

/* The one way a block gets into the store: under the number of its last
 * token, again if need be. */
void apply_block(struct db_txn *t, uint64_t last, struct str record);
