/* Tables that lead from a name within an account to an id, sorted by name. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "store/db.h"

enum {
	NAME_KEY_MAX = 8 + 128
};

/* ERR_NOT_FOUND; ERR_CORRUPT for a record that is none. */
CHECKED enum err name_index_get(struct db_txn *t, unsigned table,
	uint64_t account, struct str name, uint64_t *id);
void name_index_put(struct db_txn *t, unsigned table, uint64_t account,
	struct str name, uint64_t id);
/* One that is not there is fine. */
void name_index_delete(
	struct db_txn *t, unsigned table, uint64_t account, struct str name);
/* The first name after `after` (empty: the first), with its id; a view.
 * ERR_NOT_FOUND at the end. */
CHECKED enum err name_index_next(struct db_txn *t, unsigned table,
	uint64_t account, struct str after, struct str *name, uint64_t *id);
