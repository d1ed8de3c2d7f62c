/* Compares two tallies at the same position, table by table. For the files of
 * store/tally*.c alone. */
#pragma once

#include "base/err.h"
#include "store/check.h"
#include "store/db.h"
#include "store/tally_tables.h"

/* `is` is the one that is checked, with that state, `must` what it must be;
 * differences are told to the check. Postings up to the base may be gone or
 * not. Records that cannot be trusted are passed by. Errors are the
 * transactions'. */
CHECKED enum err tally_compare(struct db_txn *is, struct db_txn *must,
	const struct tally_state *state, struct check *check);
