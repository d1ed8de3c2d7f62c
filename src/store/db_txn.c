#include "store/db.h"

#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "store/db_env.h"

/* After an I/O error what is on disk is unknown: no more writes. */
static enum err note(struct db_env *env, bool is_write, enum err e)
{
	if (e == ERR_IO && is_write)
		atomic_store(&env->failed, true);
	return e;
}

static void stick(struct db_txn *t, int rc)
{
	enum err e = db_from_lmdb(t->env->dir, rc);

	db_fail(t, note(t->env, t->is_write, e));
}

enum err db_begin(struct db_env *env, struct db_txn *t)
{
	int rc;

	if (db_is_failed(env))
		return ERR_IO;
	*t = (struct db_txn){.env = env, .is_write = true};
	rc = mdb_txn_begin(env->env, NULL, 0, &t->txn);
	return note(env, true, db_from_lmdb(env->dir, rc));
}

static void count_commit(const struct db_txn *t)
{
	for (unsigned i = 0; i < t->env->tables_n; i++) {
		if (t->rewritten >> i & 1)
			atomic_fetch_add(&t->env->rewrites[i], 1);
		if (t->written >> i & 1)
			atomic_fetch_add(&t->env->versions[i], 1);
	}
	atomic_fetch_add(&t->env->commits, 1);
}

uint64_t db_commits(struct db_env *env)
{
	return atomic_load(&env->commits);
}

uint64_t db_version(struct db_env *env, unsigned table)
{
	ASSERT(table < env->tables_n);
	return atomic_load(&env->versions[table]);
}

uint64_t db_rewrites(struct db_env *env, unsigned table)
{
	ASSERT(table < env->tables_n);
	return atomic_load(&env->rewrites[table]);
}

enum err db_commit(struct db_txn *t)
{
	enum err e = t->err;
	int rc;

	ASSERT(t->is_write && t->txn);
	if (e) {
		mdb_txn_abort(t->txn);
	} else {
		rc = mdb_txn_commit(t->txn);
		e = note(t->env, true, db_from_lmdb(t->env->dir, rc));
		if (!e)
			count_commit(t);
	}
	t->txn = NULL;
	return e;
}

void db_abort(struct db_txn *t)
{
	if (t->txn)
		mdb_txn_abort(t->txn);
	t->txn = NULL;
}

void db_fail(struct db_txn *t, enum err e)
{
	if (!t->err)
		t->err = e;
}

enum err db_reader_init(struct db_env *env, struct db_txn *t)
{
	int rc;

	*t = (struct db_txn){.env = env};
	rc = mdb_txn_begin(env->env, NULL, MDB_RDONLY, &t->txn);
	if (rc)
		return db_from_lmdb(env->dir, rc);
	mdb_txn_reset(t->txn);
	return OK;
}

enum err db_reader_renew(struct db_txn *t)
{
	enum err e;

	ASSERT(!t->is_live && !t->is_write);
	e = db_from_lmdb(t->env->dir, mdb_txn_renew(t->txn));
	t->is_live = e == OK;
	t->err = OK;
	return e;
}

void db_reader_reset(struct db_txn *t)
{
	if (t->is_live)
		mdb_txn_reset(t->txn);
	t->is_live = false;
}

void db_reader_deinit(struct db_txn *t)
{
	if (t->txn)
		mdb_txn_abort(t->txn);
	*t = (struct db_txn){0};
}

uint64_t db_snapshot(const struct db_txn *t)
{
	ASSERT(t->txn && t->is_live);
	return mdb_txn_id(t->txn);
}

/* LMDB's interface is not const; it does not write through it. */
static MDB_val to_val(struct str s)
{
	MDB_val v = {.mv_size = s.n};

	memcpy(&v.mv_data, &s.p, sizeof(v.mv_data));
	return v;
}

static struct str from_val(MDB_val v)
{
	return str_make(v.mv_data, v.mv_size);
}

static bool is_usable(const struct db_txn *t, unsigned table)
{
	ASSERT(t->txn && (t->is_write || t->is_live));
	ASSERT(table < t->env->tables_n);
	return !t->err && t->env->present[table];
}

static bool is_writable(struct db_txn *t, unsigned table)
{
	t->written |= (uint32_t)1 << table;
	return is_usable(t, table);
}

/* For what may move or remove a record that is there. */
static bool is_rewritable(struct db_txn *t, unsigned table)
{
	t->rewritten |= (uint32_t)1 << table;
	return is_writable(t, table);
}

bool db_get(struct db_txn *t, unsigned table, struct str key, struct str *value)
{
	MDB_val k = to_val(key), v;
	int rc;

	if (!is_usable(t, table))
		return false;
	rc = mdb_get(t->txn, t->env->tables[table], &k, &v);
	if (rc == MDB_NOTFOUND)
		return false;
	if (rc) {
		stick(t, rc);
		return false;
	}
	*value = from_val(v);
	return true;
}

void db_put(struct db_txn *t, unsigned table, struct str key, struct str value)
{
	MDB_val k = to_val(key), v = to_val(value);
	int rc;

	if (!is_rewritable(t, table))
		return;
	rc = mdb_put(t->txn, t->env->tables[table], &k, &v, 0);
	if (rc)
		stick(t, rc);
}

enum err db_append(
	struct db_txn *t, unsigned table, struct str key, struct str value)
{
	MDB_val k = to_val(key), v = to_val(value);
	int rc;

	if (!is_writable(t, table))
		return t->err;
	rc = mdb_put(t->txn, t->env->tables[table], &k, &v, MDB_APPEND);
	if (rc == MDB_KEYEXIST)
		return ERR_EXISTS;
	if (rc)
		stick(t, rc);
	return t->err;
}

void db_delete(struct db_txn *t, unsigned table, struct str key)
{
	MDB_val k = to_val(key);
	int rc;

	if (!is_rewritable(t, table))
		return;
	rc = mdb_del(t->txn, t->env->tables[table], &k, NULL);
	if (rc && rc != MDB_NOTFOUND)
		stick(t, rc);
}

uint64_t db_count(struct db_txn *t, unsigned table)
{
	MDB_stat s;

	if (!is_usable(t, table))
		return 0;
	if (mdb_stat(t->txn, t->env->tables[table], &s) != 0)
		return 0;
	return s.ms_entries;
}

void db_clear(struct db_txn *t, unsigned table)
{
	int rc;

	if (!is_rewritable(t, table))
		return;
	rc = mdb_drop(t->txn, t->env->tables[table], 0);
	if (rc)
		stick(t, rc);
}

void db_cursor_init(struct db_txn *t, unsigned table, struct db_cursor *c)
{
	int rc;

	*c = (struct db_cursor){.t = t, .table = table};
	if (!is_usable(t, table))
		return;
	rc = mdb_cursor_open(t->txn, t->env->tables[table], &c->cursor);
	if (rc)
		stick(t, rc);
}

void db_cursor_renew(struct db_txn *t, unsigned table, struct db_cursor *c)
{
	int rc;

	if (!c->cursor) {
		db_cursor_init(t, table, c);
		return;
	}
	ASSERT(c->t == t && c->table == table && t->is_live);
	rc = mdb_cursor_renew(t->txn, c->cursor);
	if (rc)
		stick(t, rc);
}

void db_cursor_deinit(struct db_cursor *c)
{
	if (c->cursor)
		mdb_cursor_close(c->cursor);
	c->cursor = NULL;
}

static bool move(struct db_cursor *c, struct str key, MDB_cursor_op op)
{
	MDB_val k = to_val(key), v = {0};
	int rc;

	if (!c->cursor || c->t->err)
		return false;
	rc = mdb_cursor_get(c->cursor, &k, &v, op);
	if (rc == MDB_NOTFOUND)
		return false;
	if (rc) {
		stick(c->t, rc);
		return false;
	}
	c->key = from_val(k);
	c->value = from_val(v);
	return true;
}

bool db_first(struct db_cursor *c)
{
	return move(c, str_make(NULL, 0), MDB_FIRST);
}

bool db_last(struct db_cursor *c)
{
	return move(c, str_make(NULL, 0), MDB_LAST);
}

bool db_seek(struct db_cursor *c, struct str key)
{
	if (key.n == 0)
		return db_first(c);
	return move(c, key, MDB_SET_RANGE);
}

bool db_seek_before(struct db_cursor *c, struct str key)
{
	return db_seek(c, key) ? db_prev(c) : db_last(c);
}

bool db_next(struct db_cursor *c)
{
	return move(c, str_make(NULL, 0), MDB_NEXT);
}

bool db_prev(struct db_cursor *c)
{
	return move(c, str_make(NULL, 0), MDB_PREV);
}

enum err db_cursor_append(struct db_cursor *c, struct str key, struct str value)
{
	MDB_val k = to_val(key), v = to_val(value);
	int rc;

	if (!c->cursor || !is_writable(c->t, c->table))
		return c->t->err;
	rc = mdb_cursor_put(c->cursor, &k, &v, MDB_APPEND);
	if (rc == MDB_KEYEXIST)
		return ERR_EXISTS;
	if (rc)
		stick(c->t, rc);
	return c->t->err;
}

void db_cursor_delete(struct db_cursor *c)
{
	int rc;

	if (!c->cursor || !is_rewritable(c->t, c->table))
		return;
	rc = mdb_cursor_del(c->cursor, 0);
	if (rc)
		stick(c->t, rc);
}

struct db_key64 db_key64(uint64_t v)
{
	struct db_key64 key;

	put_be64(key.bytes, v);
	return key;
}
