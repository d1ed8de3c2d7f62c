#include "store/db_scrub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "base/str.h"
#include "store/db_env.h"
#include "store/db_page.h"

enum {
	FREE_DBI = 0, /* LMDB's list of free pages */
	META_PAGES = 2,
};

/* What one call works with. */
struct stretch {
	struct db_scrub *s;
	int fd;
	uint64_t from, to;         /* pages */
	uint64_t pages_n;          /* in use or free, of the file */
	uint64_t oldest;           /* version that somebody reads */
	bool free[DB_SCRUB_PAGES]; /* and nobody can look at it */
};

enum err db_scrub_init(struct db_env *env, struct db_scrub *s)
{
	*s = (struct db_scrub){.env = env};
	s->pages = malloc((size_t)DB_SCRUB_PAGES * DB_PAGE_BYTES);
	return s->pages ? OK : ERR_NOMEM;
}

void db_scrub_deinit(struct db_scrub *s)
{
	free(s->pages);
	s->pages = NULL;
}

/* A line of LMDB's list of readers: process, thread, version or "-". */
static int note_reader(const char *line, void *arg)
{
	struct str rest = str_trim(str_from(line)), version = {0};
	struct stretch *t = arg;
	uint64_t v;

	if (str_ends(rest, STR("\n")))
		rest.n--;
	while (rest.n) {
		struct str word = str_split(&rest, ' ');

		if (word.n)
			version = word;
	}
	if (num_parse_u64(version, UINT64_MAX, &v) == OK && v < t->oldest)
		t->oldest = v;
	return 0;
}

static void note_free(struct stretch *t, const MDB_val *ids)
{
	const char *p = ids->mv_data;
	uint64_t n, page;

	if (ids->mv_size < sizeof(n))
		return;
	memcpy(&n, p, sizeof(n));
	for (uint64_t i = 1; i <= n && (i + 1) * sizeof(n) <= ids->mv_size;
		i++) {
		memcpy(&page, p + i * sizeof(page), sizeof(page));
		if (page >= t->from && page < t->to)
			t->free[page - t->from] = true;
	}
}

/* Reads which pages of the stretch are free. */
static int list_free(struct stretch *t, MDB_txn *txn)
{
	MDB_cursor *c;
	MDB_val key, ids;
	uint64_t freed_by;
	int rc = mdb_cursor_open(txn, FREE_DBI, &c);

	if (rc)
		return rc;
	while ((rc = mdb_cursor_get(c, &key, &ids, MDB_NEXT)) == 0) {
		if (key.mv_size != sizeof(freed_by))
			continue;
		memcpy(&freed_by, key.mv_data, sizeof(freed_by));
		if (freed_by <= t->oldest)
			note_free(t, &ids);
	}
	mdb_cursor_close(c);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int begin_stretch(struct stretch *t)
{
	MDB_env *env = t->s->env->env;
	MDB_envinfo info;
	MDB_stat stat;
	MDB_txn *txn;
	int rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);

	if (rc)
		return rc;
	t->oldest = mdb_txn_id(txn);
	if (!t->s->begun_at) {
		t->s->begun_at = t->oldest;
		t->s->page = META_PAGES;
	}
	rc = mdb_env_info(env, &info);
	if (!rc)
		rc = mdb_env_stat(env, &stat);
	if (!rc && stat.ms_psize != DB_PAGE_BYTES)
		rc = MDB_VERSION_MISMATCH;
	if (!rc)
		rc = mdb_env_get_fd(env, &t->fd);
	if (!rc) {
		t->pages_n = info.me_last_pgno + 1;
		rc = mdb_reader_list(env, note_reader, t) < 0 ? EIO : 0;
	}
	t->from = t->s->page;
	t->to = t->from + DB_SCRUB_PAGES;
	if (!rc)
		rc = list_free(t, txn);
	mdb_txn_abort(txn);
	return rc;
}

static enum err write_zeros(const struct stretch *t, uint64_t at, size_t n)
{
	static const char zeros[DB_PAGE_BYTES];
	ssize_t wrote;

	do
		wrote = pwrite(t->fd, zeros, n, (off_t)at);
	while (wrote < 0 && errno == EINTR);
	if (wrote < 0)
		return err_from_errno(errno);
	return (size_t)wrote == n ? OK : ERR_DISK_FULL;
}

/* Whole pages that are free. */
static enum err clear_page(struct stretch *t, uint64_t page, const char *bytes)
{
	if (db_page_is_clear(bytes, DB_PAGE_BYTES))
		return OK;
	t->s->freed_n++;
	return write_zeros(t, page * DB_PAGE_BYTES, DB_PAGE_BYTES);
}

/* The end of a value's last page, behind the value. */
static enum err clear_end(struct stretch *t, uint64_t first, size_t bytes)
{
	size_t end = DB_PAGE_HEAD + bytes, gap = end % DB_PAGE_BYTES;
	uint64_t at = first * DB_PAGE_BYTES + end;
	char rest[DB_PAGE_BYTES];
	size_t n = gap ? DB_PAGE_BYTES - gap : 0;
	ssize_t got;

	if (!n || first < META_PAGES || first >= t->pages_n)
		return OK;
	got = pread(t->fd, rest, n, (off_t)at);
	if (got < 0)
		return err_from_errno(errno);
	if (db_page_is_clear(rest, (size_t)got))
		return OK;
	t->s->slack_n++;
	return write_zeros(t, at, n);
}

/* A page of keys that somebody may read: what it does not use. */
static enum err clear_gaps(struct stretch *t, uint64_t page, const char *bytes)
{
	struct db_gap gap;
	uint64_t first;
	size_t n;
	enum err e = OK;

	if (!db_page_gap(bytes, page, &gap))
		return OK;
	if (!db_page_is_clear(bytes + gap.from, gap.to - gap.from)) {
		t->s->slack_n++;
		e = write_zeros(
			t, page * DB_PAGE_BYTES + gap.from, gap.to - gap.from);
	}
	for (size_t i = 0; !e && i < db_page_entries(bytes); i++)
		if (db_page_large(bytes, i, &first, &n))
			e = clear_end(t, first, n);
	return e;
}

/* How many whole pages of the stretch the file has. */
static enum err read_stretch(struct stretch *t, size_t *n)
{
	ssize_t got;

	do
		got = pread(t->fd, t->s->pages,
			(size_t)DB_SCRUB_PAGES * DB_PAGE_BYTES,
			(off_t)(t->from * DB_PAGE_BYTES));
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_from_errno(errno);
	*n = (size_t)got / DB_PAGE_BYTES;
	return OK;
}

enum err db_scrub_some(struct db_scrub *s)
{
	struct stretch t = {.s = s};
	size_t n = 0;
	int rc = begin_stretch(&t);
	enum err e = rc ? db_from_lmdb(s->env->dir, rc) : OK;

	if (e)
		return e;
	if (t.oldest < s->begun_at)
		return ERR_BUSY;
	e = read_stretch(&t, &n);
	for (size_t i = 0; !e && i < n; i++) {
		const char *bytes = s->pages + i * DB_PAGE_BYTES;
		uint64_t page = t.from + i;

		if (t.free[i] || page >= t.pages_n)
			e = clear_page(&t, page, bytes);
		else
			e = clear_gaps(&t, page, bytes);
	}
	if (e)
		return e;
	s->page += n;
	return n == DB_SCRUB_PAGES ? ERR_AGAIN : OK;
}

enum err db_scrub_flush(struct db_scrub *s)
{
	int fd, rc = mdb_env_get_fd(s->env->env, &fd);

	if (rc)
		return db_from_lmdb(s->env->dir, rc);
	return fdatasync(fd) ? err_from_errno(errno) : OK;
}
