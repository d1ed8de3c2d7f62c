#include "store/db_snapshot.h"

#include <lmdb.h>

#include "base/assert.h"

uint64_t db_snapshot(const struct db_txn *t)
{
	ASSERT(t->txn && t->is_live);
	return mdb_txn_id(t->txn);
}
