/* Which version of its environment a transaction reads. */
#pragma once

#include <stdint.h>

#include "store/db.h"

/* The same number: the same bytes everywhere, at the same addresses, as long as
 * a snapshot of it is held. Commits raise it. Of a reader between renew and
 * reset. */
uint64_t db_snapshot(const struct db_txn *t);
