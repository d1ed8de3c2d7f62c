/* Webhooks in a region's links environment. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "core/webhook_record.h"
#include "store/db.h"

/* Lookups: ERR_NOT_FOUND, or the transaction's or the record's error. What
 * they fill are views of the transaction. */
CHECKED enum err webhook_by_id(
	struct db_txn *t, uint64_t id, struct webhook *w);
CHECKED enum err webhook_by_name(
	struct db_txn *t, uint64_t account, struct str name, struct webhook *w);
/* The account's first one whose name is greater than `after`. */
CHECKED enum err webhook_next(struct db_txn *t, uint64_t account,
	struct str after, struct webhook *w);
/* Of all accounts', the first one whose id is greater. Of a record that cannot
 * be trusted the id alone is set, to go on behind it. */
CHECKED enum err webhook_next_id(
	struct db_txn *t, uint64_t after, struct webhook *w);
/* How far it has come in its present epoch: at its start, if nothing was put
 * down since. */
CHECKED enum err webhook_standing(
	struct db_txn *t, const struct webhook *w, struct webhook_progress *p);

/* Put a new state, given as its record; a second time changes nothing.
 * Failures stick in the transaction. */
void apply_webhook(struct db_txn *t, struct str record);
void apply_webhook_progress(struct db_txn *t, struct str record);
/* Removes all of it. */
void apply_webhook_removal(struct db_txn *t, uint64_t id);
