/* Links and campaigns in a region's links environment. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "core/link_record.h"
#include "store/db.h"

/* Lookups: ERR_NOT_FOUND, or the transaction's or the record's error. What
 * they fill are views of the transaction. */

/* Its record, as it lies there. */
CHECKED enum err link_record_of(
	struct db_txn *t, uint64_t id, struct str *record);
CHECKED enum err link_by_id(struct db_txn *t, uint64_t id, struct link *l);
CHECKED enum err link_by_name(
	struct db_txn *t, uint64_t account, struct str name, struct link *l);
CHECKED enum err link_at(
	struct db_txn *t, uint64_t id, uint32_t revision, struct link *l);
/* The account's first link whose name is greater than `after`. */
CHECKED enum err link_next(
	struct db_txn *t, uint64_t account, struct str after, struct link *l);

/* Its record, as it lies there. */
CHECKED enum err campaign_record_of(
	struct db_txn *t, uint64_t id, struct str *record);
CHECKED enum err campaign_by_id(
	struct db_txn *t, uint64_t id, struct campaign *c);
CHECKED enum err campaign_by_name(struct db_txn *t, uint64_t account,
	struct str name, struct campaign *c);
CHECKED enum err campaign_at(
	struct db_txn *t, uint64_t id, uint32_t revision, struct campaign *c);
CHECKED enum err campaign_next(struct db_txn *t, uint64_t account,
	struct str after, struct campaign *c);

/* Put a new state, given as its record; a second time changes nothing.
 * Failures stick in the transaction. */
void apply_link(struct db_txn *t, struct str record);
void apply_campaign(struct db_txn *t, struct str record);
