/* The environment behind store/db.h, for db.c and db_txn.c alone. */
#pragma once

#include <limits.h>
#include <lmdb.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "store/db.h"

struct db_env {
	MDB_env *env;
	MDB_dbi tables[DB_TABLES_MAX];
	bool present[DB_TABLES_MAX];
	size_t tables_n;
	atomic_bool failed;
	uint64_t reserved; /* file bytes, see db_reserve() */
	uint64_t grown;    /* the same, see db_grow() */
	_Atomic uint64_t commits;
	_Atomic uint64_t versions[DB_TABLES_MAX];
	_Atomic uint64_t rewrites[DB_TABLES_MAX];
	char dir[PATH_MAX];
};

/* The code for LMDB's; dir tells a full disk from a broken one. */
CHECKED enum err db_from_lmdb(const char *dir, int rc);
