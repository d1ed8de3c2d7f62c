/* Erasures in a region's links environment, and the tokens that they erased. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "core/erasure_record.h"
#include "store/db.h"

enum {
	ERASURES_PENDING_MAX = 10000 /* of a region at once */
};

/* ERR_NOT_FOUND, ERR_CORRUPT, or the transaction's error; copies. */
CHECKED enum err erasure_get(
	struct db_txn *t, uint64_t account, uint64_t id, struct erasure *e);
/* The account's first one behind an id. */
CHECKED enum err erasure_next(
	struct db_txn *t, uint64_t account, uint64_t after, struct erasure *e);
/* Of all accounts, the first one behind (account, id). */
CHECKED enum err erasure_any_next(
	struct db_txn *t, uint64_t account, uint64_t id, struct erasure *e);
/* Of all accounts, the first one that is not done behind (account, id). */
CHECKED enum err erasure_pending_next(
	struct db_txn *t, uint64_t account, uint64_t id, struct erasure *e);
/* The account's next pending one for this recipient behind `after`. */
CHECKED enum err erasure_pending_find(struct db_txn *t, uint64_t account,
	uint64_t after, struct str recipient, struct erasure *e);
size_t erasures_pending_n(struct db_txn *t);

/* Puts its new state, given as its record under its key; a second time changes
 * nothing. It is pending unless it is done. */
void apply_erasure(struct db_txn *t, struct str key, struct str record);
void erasure_put(struct db_txn *t, const struct erasure *e);

/* Writes down tokens that an erasure has erased, ascending. */
void erased_tokens_put(
	struct db_txn *t, uint64_t id, const uint64_t *numbers, size_t n);
/* The record of tokens behind this number; ERR_NOT_FOUND: no more. */
CHECKED enum err erased_tokens_next(struct db_txn *t, uint64_t id,
	uint64_t after, uint64_t numbers[ERASED_CHUNK_TOKENS], size_t *n);
