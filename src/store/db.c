#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/file.h"
#include "store/db_env.h"

enum {
	DB_FREE_BYTES_MIN = 1 << 20, /* less free space explains an EIO */
	DB_MODE = 0600,
	DB_DIR_MODE = 0700,
	DB_SEALED_SLACK = 1 << 20,
	DB_UNWRITTEN_MAX = 1 << 20,
	/* LMDB's header and 64 bytes a reader, and then some. */
	DB_LOCK_BYTES = 1024 + 64 * DB_READERS_MAX,
};

/* A short write is EIO in LMDB, whether the disk is full or broken. */
static bool has_space(const char *dir)
{
	struct statvfs s;

	if (statvfs(dir, &s) != 0)
		return true;
	return (uint64_t)s.f_bavail * s.f_frsize >= DB_FREE_BYTES_MIN;
}

enum err db_from_lmdb(const char *dir, int rc)
{
	switch (rc) {
	case MDB_SUCCESS:
		return OK;
	case MDB_NOTFOUND:
		return ERR_NOT_FOUND;
	case MDB_KEYEXIST:
		return ERR_EXISTS;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
	case MDB_READERS_FULL:
	case MDB_DBS_FULL:
	case MDB_CURSOR_FULL:
	case MDB_PAGE_FULL:
		return ERR_FULL;
	case MDB_VERSION_MISMATCH:
		return ERR_VERSION;
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INVALID:
		return ERR_CORRUPT;
	case MDB_PANIC:
		return ERR_IO;
	case EIO:
		return has_space(dir) ? ERR_IO : ERR_DISK_FULL;
	default:
		if (rc > 0)
			errno = rc;
		return rc > 0 ? err_from_errno(rc) : ERR_SYSTEM;
	}
}

static enum err env_new(const char *dir, size_t map_bytes, struct db_env **to)
{
	struct db_env *env = calloc(1, sizeof(*env));
	int n, rc;

	if (!env)
		return ERR_NOMEM;
	n = snprintf(env->dir, sizeof(env->dir), "%s", dir);
	if (n < 0 || (size_t)n >= sizeof(env->dir)) {
		free(env);
		return ERR_TOO_LONG;
	}
	rc = mdb_env_create(&env->env);
	if (!rc)
		rc = mdb_env_set_mapsize(env->env, map_bytes);
	if (!rc)
		rc = mdb_env_set_maxdbs(env->env, DB_TABLES_MAX);
	if (!rc)
		rc = mdb_env_set_maxreaders(env->env, DB_READERS_MAX);
	if (rc) {
		db_close(env);
		return db_from_lmdb(dir, rc);
	}
	*to = env;
	return OK;
}

static int open_tables(struct db_env *env, const struct db_options *options,
	unsigned txn_flags, unsigned dbi_flags)
{
	MDB_txn *txn;
	int rc;

	ASSERT(options->tables_n <= DB_TABLES_MAX);
	env->tables_n = options->tables_n;
	rc = mdb_txn_begin(env->env, NULL, txn_flags, &txn);
	if (rc)
		return rc;
	for (size_t i = 0; i < options->tables_n && !rc; i++) {
		rc = mdb_dbi_open(
			txn, options->tables[i], dbi_flags, &env->tables[i]);
		env->present[i] = rc == 0;
		if (rc == MDB_NOTFOUND && (txn_flags & MDB_RDONLY))
			rc = 0;
	}
	if (rc) {
		mdb_txn_abort(txn);
		return rc;
	}
	return mdb_txn_commit(txn);
}

/* Reading a page behind the file's end is a SIGBUS, so a file that was cut is
 * refused. A few pages may lack for good reason: freed in the transaction that
 * made them, and never written. They become zeros. */
static enum err check_size(struct db_env *env, const char *dir)
{
	uint64_t used = db_file_bytes(env);
	char path[PATH_MAX];
	struct stat s;
	int fd, n;

	if (mdb_env_get_fd(env->env, &fd) || fstat(fd, &s))
		return ERR_SYSTEM;
	if ((uint64_t)s.st_size >= used)
		return OK;
	n = snprintf(path, sizeof(path), "%s/data.mdb", dir);
	if (n < 0 || (size_t)n >= sizeof(path))
		return ERR_TOO_LONG;
	if (used - (uint64_t)s.st_size > DB_UNWRITTEN_MAX)
		return ERR_CORRUPT;
	return truncate(path, (off_t)used) ? err_from_errno(errno) : OK;
}

/* LMDB makes its lock file sparse and writes to it through a map: on a full
 * disk that is a SIGBUS, when it is opened or when one more reader comes. So
 * its blocks are taken before; LMDB keeps a file that is large enough. */
static enum err reserve_lock_file(const char *dir)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/lock.mdb", dir);
	int fd, rc;

	if (n < 0 || (size_t)n >= sizeof(path))
		return ERR_TOO_LONG;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, DB_MODE);
	if (fd < 0)
		return err_from_errno(errno);
	do
		rc = posix_fallocate(fd, 0, DB_LOCK_BYTES);
	while (rc == EINTR);
	(void)close(fd); /* before LMDB locks it: closing drops such locks */
	return err_from_errno(rc);
}

static enum err open_with(const char *dir, const struct db_options *options,
	unsigned env_flags, struct db_env **to)
{
	bool read_only = env_flags & MDB_RDONLY;
	struct db_env *env = NULL;
	enum err e;
	int rc;

	e = env_new(dir, options->map_bytes, &env);
	if (e)
		return e;
	ASSERT(env);
	if (!read_only)
		e = reserve_lock_file(dir);
	if (!e) {
		rc = mdb_env_open(
			env->env, dir, MDB_NOTLS | env_flags, DB_MODE);
		e = rc ? db_from_lmdb(dir, rc) : check_size(env, dir);
	}
	if (!e) {
		rc = open_tables(env, options, read_only ? MDB_RDONLY : 0,
			read_only ? 0 : MDB_CREATE);
		e = db_from_lmdb(dir, rc);
	}
	if (e) {
		db_close(env);
		return e;
	}
	*to = env;
	return OK;
}

static enum err fill_new(struct db_env *env,
	void (*fill)(struct db_txn *t, void *arg), void *arg)
{
	struct db_txn t;
	enum err e = db_begin(env, &t);

	if (e)
		return e;
	fill(&t, arg);
	return db_commit(&t);
}

enum err db_create(const char *dir, const struct db_options *options,
	void (*fill)(struct db_txn *t, void *arg), void *arg)
{
	char temp[PATH_MAX];
	struct db_env *env = NULL;
	struct stat s;
	enum err e;
	int n;

	if (stat(dir, &s) == 0)
		return ERR_EXISTS;
	n = snprintf(temp, sizeof(temp), "%s.new", dir);
	if (n < 0 || (size_t)n >= sizeof(temp))
		return ERR_TOO_LONG;
	e = file_remove_dir(temp); /* what a crash left */
	if (e && e != ERR_NOT_FOUND)
		return e;
	e = file_make_dir(temp, DB_DIR_MODE);
	if (e)
		return e;
	e = open_with(temp, options, 0, &env);
	if (e)
		return e;
	if (fill)
		e = fill_new(env, fill, arg);
	db_close(env);
	if (!e)
		e = file_sync(temp);
	return e ? e : file_rename(temp, dir);
}

enum err db_open(
	const char *dir, const struct db_options *options, struct db_env **env)
{
	struct stat s;

	if (stat(dir, &s) != 0)
		return err_from_errno(errno);
	return open_with(dir, options, 0, env);
}

enum err db_open_unflushed(
	const char *dir, const struct db_options *options, struct db_env **env)
{
	return open_with(dir, options, MDB_NOSYNC, env);
}

enum err db_flush(struct db_env *env)
{
	return db_from_lmdb(env->dir, mdb_env_sync(env->env, 1));
}

void db_start_flush(struct db_env *env)
{
	int fd;

	if (mdb_env_get_fd(env->env, &fd) == 0)
		(void)sync_file_range(
			fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* a wish */
}

enum err db_open_sealed(
	const char *dir, const struct db_options *options, struct db_env **env)
{
	struct db_options sealed = *options;
	char path[PATH_MAX];
	struct stat s;
	int n = snprintf(path, sizeof(path), "%s/data.mdb", dir);

	if (n < 0 || (size_t)n >= sizeof(path))
		return ERR_TOO_LONG;
	if (stat(path, &s) != 0)
		return err_from_errno(errno);
	/* LMDB takes the larger of this and what the meta page holds only
	 * where nothing is set; the file's own size is enough to read it. */
	sealed.map_bytes = (size_t)s.st_size + DB_SEALED_SLACK;
	return open_with(dir, &sealed, MDB_RDONLY | MDB_NOLOCK, env);
}

void db_close(struct db_env *env)
{
	if (!env)
		return;
	if (env->env)
		mdb_env_close(env->env);
	free(env);
}

uint64_t db_file_bytes(struct db_env *env)
{
	MDB_envinfo info;
	MDB_stat stat;

	if (mdb_env_info(env->env, &info) || mdb_env_stat(env->env, &stat))
		return 0;
	return ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
}

bool db_is_failed(struct db_env *env)
{
	return atomic_load(&env->failed);
}

bool db_has_space(struct db_env *env)
{
	return has_space(env->dir);
}
