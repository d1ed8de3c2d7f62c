/* Every revision of a thing that a click may name, kept for as long as clicks
 * are: the same record that was current then. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "store/db.h"

enum revision_kind {
	REVISION_ACCOUNT = 1,
	REVISION_LINK = 2,
	REVISION_CAMPAIGN = 3,
};

void revision_put(struct db_txn *t, enum revision_kind kind, uint64_t id,
	uint32_t revision, struct str record);
/* A view of the record; false if there is none, or on an error (sticky). */
bool revision_get(struct db_txn *t, enum revision_kind kind, uint64_t id,
	uint32_t revision, struct str *record);
