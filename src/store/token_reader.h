/* Reads many tokens by their numbers, in snapshots of the links. Where a block
 * lies is remembered for as long as snapshots show the same version of the
 * store, so that tokens of one mint are found but once; each token's own bytes
 * are checked whenever it is read. One thread. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "core/token_block.h"
#include "store/db.h"

enum {
	TOKEN_READER_BLOCKS = 4096, /* remembered at once */
	/* A block is remembered for this many numbers, of those it holds. */
	TOKEN_READER_RUN = 32,
};

/* A token as it was minted: later changes are not looked up. */
struct minted_token {
	uint64_t number;
	uint32_t nonce;
	uint8_t key_version;
	const struct token_shape *shape; /* until the next one is read */
	struct token_tail tail;          /* views of the snapshot */
};

/* Where a block lies: views of the version. */
struct token_reader_block {
	uint64_t era; /* another than the reader's: none */
	uint64_t first, last;
	struct str record;
	struct db_key64 key;
};

/* On the caller's storage, all zero at first. */
struct token_reader {
	struct db_cursor *blocks; /* over LINKS_BLOCKS; NULL: not begun */
	uint64_t era;             /* of what is remembered, from 1 */
	uint64_t snapshot;        /* the version that it is of */
	struct token_reader_block places[TOKEN_READER_BLOCKS];
	/* What was decoded last: most tokens share their shape. */
	struct str shape_bytes;
	struct token_shape shape;
};

/* The cursor and its snapshot stay until token_reader_end(). */
void token_reader_begin(struct token_reader *r, struct db_cursor *blocks);
/* Fine if it was not begun. */
void token_reader_end(struct token_reader *r);
/* ERR_NOT_FOUND for a number never given out, or to a refused line. */
CHECKED enum err token_reader_get(
	struct token_reader *r, uint64_t number, struct minted_token *token);
