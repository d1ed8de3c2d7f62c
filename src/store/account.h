/* Accounts and their API keys in a region's links environment. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "core/account_record.h"
#include "core/api_key_record.h"
#include "store/db.h"

/* Lookups: ERR_NOT_FOUND, or the transaction's or the record's error. What
 * they fill are views of the transaction. */

/* Its record, as it lies there. */
CHECKED enum err account_record_of(
	struct db_txn *t, uint64_t id, struct str *record);
CHECKED enum err account_by_id(
	struct db_txn *t, uint64_t id, struct account *a);
CHECKED enum err account_by_name(
	struct db_txn *t, struct str name, struct account *a);
/* As it was at a revision. */
CHECKED enum err account_at(
	struct db_txn *t, uint64_t id, uint32_t revision, struct account *a);
/* The first account whose name is greater than `after`. */
CHECKED enum err account_next(
	struct db_txn *t, struct str after, struct account *a);
CHECKED enum err api_key_by_id(
	struct db_txn *t, uint64_t id, struct api_key *k);
/* The first key of the account whose id is greater than `after`. */
CHECKED enum err api_key_next(
	struct db_txn *t, uint64_t account, uint64_t after, struct api_key *k);

/* Put a new state, given as its record; a second time changes nothing.
 * Failures stick in the transaction. */
void apply_account(struct db_txn *t, struct str record);
void apply_api_key(struct db_txn *t, struct str record);
