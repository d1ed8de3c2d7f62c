/* Walks a region's token blocks for those who look for tokens by what is in
 * them, and erases tokens. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "core/token_block.h"
#include "store/db.h"

/* Shows the blocks from the one that holds *next on, in one snapshot, at most
 * so many; *next moves behind them. block is NULL for a record that cannot be
 * trusted. Stops at what visit() returns but OK: *next is then that block's.
 * ERR_NOT_FOUND: there are no more. */
CHECKED enum err token_scan_some(struct db_env *links, uint64_t *next,
	size_t blocks_max,
	enum err (*visit)(void *arg, struct str record, const struct block *b),
	void *arg);

/* Erases tokens of one block, ascending numbers; *erased are those that were
 * not before. ERR_NOT_FOUND: the block is not there. */
CHECKED enum err apply_tokens_erased(struct db_txn *t, uint64_t block_last,
	const uint64_t *numbers, size_t n, size_t *erased);
