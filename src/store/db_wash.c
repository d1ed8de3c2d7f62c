#include <string.h>

#include "base/bytes.h"
#include "store/db_env.h"
#include "store/db_page.h"
#include "store/db_scrub.h"

enum {
	/* LMDB never has more than 131,071 pages in a transaction. */
	WASH_PAGES_MAX = 100000,
	WASH_FRESH_MAX = 4, /* in a row: no used ones are left */
	WASH_KEY_MIN = 8,
	WASH_VALUE = DB_VALUE_PAGE_MAX,
};

/* LMDB clears a page's memory when it takes it, not when it takes it again. */
static bool is_fresh(const char *p)
{
	static const char zeros[WASH_VALUE];

	return memcmp(p, zeros, WASH_VALUE) == 0;
}

/* Values with a page of their own, each overwritten whole, until the pages that
 * come were never used. They are given back unwritten. */
static int fill_pages(MDB_txn *txn, MDB_dbi table, size_t key_n, size_t *pages)
{
	char key[DB_KEY_MAX];
	unsigned fresh = 0;
	int rc = 0;

	memset(key, 0xff, sizeof(key));
	for (*pages = 0; *pages < WASH_PAGES_MAX && fresh < WASH_FRESH_MAX;
		++*pages) {
		MDB_val k = {key_n, key}, v = {WASH_VALUE, NULL};

		put_be32(key + key_n - 4, (uint32_t)*pages);
		rc = mdb_put(txn, table, &k, &v, MDB_RESERVE);
		if (rc)
			break;
		fresh = is_fresh(v.mv_data) ? fresh + 1 : 0;
		memset(v.mv_data, 0xff, WASH_VALUE);
	}
	return rc;
}

enum err db_wash(struct db_env *env, unsigned pass, size_t *pages)
{
	/* The longer the keys, the more of the pages hold them: other ones in
	 * each pass. */
	size_t key_n = WASH_KEY_MIN + (size_t)pass * pass * 19;
	MDB_txn *txn;
	int rc = mdb_txn_begin(env->env, NULL, 0, &txn);

	if (rc)
		return db_from_lmdb(env->dir, rc);
	rc = fill_pages(txn, env->tables[0], key_n, pages);
	mdb_txn_abort(txn);
	return db_from_lmdb(env->dir, rc);
}
