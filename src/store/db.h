/* LMDB, as the store uses it: plain tables with byte keys, in its default
 * durable mode, with MDB_NOTLS and maps sized once. A transaction carries a
 * sticky error: after the first failure every call on it does nothing, and one
 * check, at db_commit(), tells.
 *
 * Views (struct str) of stored bytes die with the transaction, or with the
 * next write in it, and have no alignment: memcpy, never cast. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum {
	DB_TABLES_MAX = 32,
	DB_KEY_MAX = 511,
	/* The largest value that shares a leaf page, with an 8-byte key. */
	DB_VALUE_LEAF_MAX = 2022,
	/* The largest value that takes one page of its own. */
	DB_VALUE_PAGE_MAX = 4080,
	DB_READERS_MAX = 512,
};

struct db_env;
struct db_txn;

struct db_options {
	size_t map_bytes;          /* address space; the most it can grow to */
	const char *const *tables; /* a table is its index here */
	size_t tables_n;
};

/* Makes a new environment at dir, whose parent must exist: under a temporary
 * name, with what fill (may be NULL) puts into it, flushed, renamed. ERR_EXISTS
 * if dir is there. */
CHECKED enum err db_create(const char *dir, const struct db_options *options,
	void (*fill)(struct db_txn *t, void *arg), void *arg);
/* Opens it for reading and writing. One process, once per process. */
CHECKED enum err db_open(
	const char *dir, const struct db_options *options, struct db_env **env);
/* The same for one that nobody else knows yet: its commits are not flushed.
 * db_flush() makes all of them last, once, before it is given its name. */
CHECKED enum err db_open_unflushed(
	const char *dir, const struct db_options *options, struct db_env **env);
CHECKED enum err db_flush(struct db_env *env);
/* Has what was written begin to go to the disk, and does not wait: so that a
 * later flush, of this file or another, has little to wait for. */
void db_start_flush(struct db_env *env);
/* Opens one that nobody writes any more: read-only, without a lock file, its
 * map as large as the file. A missing table reads as empty. */
CHECKED enum err db_open_sealed(
	const char *dir, const struct db_options *options, struct db_env **env);
/* No transaction may be left. NULL is fine. */
void db_close(struct db_env *env);
/* Bytes of the file in use by pages, live or free. */
uint64_t db_file_bytes(struct db_env *env);
/* True after a write met an I/O error with space left: no more writes then,
 * until the process starts again. Any thread. */
bool db_is_failed(struct db_env *env);

/* How many commits have succeeded, and how many of them wrote to this table,
 * since it was opened. A commit counts, first in its tables, before db_commit()
 * returns: a snapshot begun after a count was read holds all that it counts.
 * Any thread. */
uint64_t db_commits(struct db_env *env);
uint64_t db_version(struct db_env *env, unsigned table);
/* How many of them did more to the table than append: as long as none did, a
 * record that was too large for a leaf page lies where it lay. Counted like the
 * others. */
uint64_t db_rewrites(struct db_env *env, unsigned table);

/* True unless the file system it is on has next to nothing free. Any thread. */
bool db_has_space(struct db_env *env);

struct MDB_txn;
struct MDB_cursor;

/* On the caller's storage. One thread at a time. */
struct db_txn {
	struct db_env *env;
	struct MDB_txn *txn;
	enum err err;
	bool is_write;
	bool is_live;       /* readers: between renew and reset */
	uint32_t written;   /* writers: a bit per table */
	uint32_t rewritten; /* and those not only appended to */
};

/* One writer at a time. ERR_IO after db_is_failed(). */
CHECKED enum err db_begin(struct db_env *env, struct db_txn *t);
/* Ends it either way: everything is on disk, or nothing was done.
 * ERR_DISK_FULL: may work later. ERR_IO: never again. ERR_FULL: the map. */
CHECKED enum err db_commit(struct db_txn *t);
void db_abort(struct db_txn *t);
/* Makes it fail with e, unless it has failed already. */
void db_fail(struct db_txn *t, enum err e);

/* Writes zeros behind the pages in use when little of them is left, for the
 * next commits to be written over: they then change no metadata of the file,
 * which makes their flushes cheaper. A few hundred KB, which stay when no more
 * is written; as far as there is space. The writing thread's, between
 * transactions. */
void db_reserve(struct db_env *env);

/* Makes the file of a large environment longer than what is in use of it, by
 * holes, in a way that has the kernel keep it in large pages from then on:
 * where reads go all over it, finding a page's address costs more than reading
 * what it holds. Some MB, none of them on the disk. As far as it is possible;
 * the writing thread's, between transactions. */
void db_grow(struct db_env *env);

/* A reading transaction that is kept and renewed: a snapshot from renew to
 * reset. reset and deinit are fine on one that is not live. */
CHECKED enum err db_reader_init(struct db_env *env, struct db_txn *t);
CHECKED enum err db_reader_renew(struct db_txn *t);
void db_reader_reset(struct db_txn *t);
void db_reader_deinit(struct db_txn *t);
/* Which version of its environment a live one reads. The same number: the same
 * bytes everywhere, at the same addresses, as long as a snapshot of it is held.
 * Commits raise it. */
uint64_t db_snapshot(const struct db_txn *t);

/* False if there is no such key, or on an error (then sticky). */
bool db_get(
	struct db_txn *t, unsigned table, struct str key, struct str *value);
void db_put(struct db_txn *t, unsigned table, struct str key, struct str value);
/* The key must be greater than every other: ERR_EXISTS, not sticky, if not. */
CHECKED enum err db_append(
	struct db_txn *t, unsigned table, struct str key, struct str value);
/* Deleting what is not there is fine. */
void db_delete(struct db_txn *t, unsigned table, struct str key);
uint64_t db_count(struct db_txn *t, unsigned table);
/* Deletes every record of the table. */
void db_clear(struct db_txn *t, unsigned table);

/* A position in a table. The moves return false at the end, or on an error
 * (sticky in the transaction); key and value are views of the transaction. */
struct db_cursor {
	struct db_txn *t;
	unsigned table;
	struct MDB_cursor *cursor;
	struct str key, value;
};

/* Close every cursor before the transaction ends, on writers too. */
void db_cursor_init(struct db_txn *t, unsigned table, struct db_cursor *c);
/* Readers: makes one that outlived a snapshot, or was never made (all zero),
 * usable in the present one. It is closed before db_reader_deinit(). */
void db_cursor_renew(struct db_txn *t, unsigned table, struct db_cursor *c);
void db_cursor_deinit(struct db_cursor *c);
bool db_first(struct db_cursor *c);
bool db_last(struct db_cursor *c);
/* The first key >= key. */
bool db_seek(struct db_cursor *c, struct str key);
/* The last key < key. */
bool db_seek_before(struct db_cursor *c, struct str key);
bool db_next(struct db_cursor *c);
bool db_prev(struct db_cursor *c);
/* db_append(), from a cursor that is kept for many: the way is found once. */
CHECKED enum err db_cursor_append(
	struct db_cursor *c, struct str key, struct str value);
/* Deletes the current record; db_next() then moves to the one behind it. */
void db_cursor_delete(struct db_cursor *c);

/* An 8-byte big-endian key on the stack. */
struct db_key64 {
	char bytes[8];
};
struct db_key64 db_key64(uint64_t v);
#define DB_KEY64(v) str_make(db_key64(v).bytes, 8)
