#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILE_READ_STEP = 4096
};

static enum err last_error(void)
{
	return err_from_errno(errno);
}

/* Closes fd, keeping the errno of what failed before. */
static void close_quietly(int fd)
{
	int saved = errno;

	(void)close(fd); /* nothing was left to lose */
	errno = saved;
}

enum err file_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum err e = OK;

	if (fd < 0)
		return last_error();
	if (fsync(fd) != 0)
		e = last_error();
	close_quietly(fd);
	return e;
}

enum err file_sync_parent(const char *path)
{
	size_t n = strlen(path);
	char parent[PATH_MAX];

	while (n > 1 && path[n - 1] == '/')
		n--;
	while (n > 0 && path[n - 1] != '/')
		n--;
	if (n == 0)
		return file_sync(".");
	if (n >= sizeof(parent))
		return ERR_TOO_LONG;
	memcpy(parent, path, n);
	parent[n] = '\0';
	return file_sync(parent);
}

enum err file_rename(const char *from, const char *to)
{
	if (rename(from, to) != 0)
		return last_error();
	return file_sync_parent(to);
}

enum err file_exchange(const char *a, const char *b)
{
	return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE)
		       ? last_error()
		       : OK;
}

enum err file_write_all(int fd, struct str bytes)
{
	while (bytes.n) {
		ssize_t wrote = write(fd, bytes.p, bytes.n);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return wrote ? last_error() : ERR_DISK_FULL;
		bytes = str_skip(bytes, (size_t)wrote);
	}
	return OK;
}

static enum err write_new(const char *path, struct str bytes, mode_t mode)
{
	enum err e;
	int fd;

	/* What an earlier process left may have another mode or owner. */
	if (unlink(path) != 0 && errno != ENOENT)
		return last_error();
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return last_error();
	e = file_write_all(fd, bytes);
	if (!e && (fchmod(fd, mode) != 0 || fsync(fd) != 0))
		e = last_error();
	close_quietly(fd);
	return e;
}

enum err file_write(const char *path, struct str bytes, mode_t mode)
{
	char temp[PATH_MAX];
	int n = snprintf(temp, sizeof(temp), "%s.new", path);
	enum err e;

	if (n < 0 || (size_t)n >= sizeof(temp))
		return ERR_TOO_LONG;
	e = write_new(temp, bytes, mode);
	if (!e)
		e = file_rename(temp, path);
	if (e) {
		int saved = errno;

		(void)unlink(temp); /* it may never have been made */
		errno = saved;
	}
	return e;
}

/* Reads up to want bytes, again after a signal. */
static ssize_t read_some(int fd, void *to, size_t want)
{
	ssize_t got;

	do
		got = read(fd, to, want);
	while (got < 0 && errno == EINTR);
	return got;
}

static enum err read_all(int fd, struct buf *b)
{
	for (;;) {
		size_t room = b->max - b->n;
		size_t want = room < FILE_READ_STEP ? room : FILE_READ_STEP;
		char past_the_end;
		ssize_t got;
		char *to;

		if (room == 0) {
			got = read_some(fd, &past_the_end, 1);
			return got == 0  ? OK
			       : got < 0 ? last_error()
					 : ERR_TOO_LONG;
		}
		to = buf_reserve(b, want);
		if (!to)
			return buf_err(b);
		got = read_some(fd, to, want);
		if (got <= 0)
			return got < 0 ? last_error() : OK;
		buf_wrote(b, (size_t)got);
	}
}

enum err file_read(const char *path, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum err e;

	if (fd < 0)
		return last_error();
	e = read_all(fd, b);
	close_quietly(fd);
	return e;
}

enum err file_make_dir(const char *path, mode_t mode)
{
	struct stat st;

	if (mkdir(path, mode) != 0) {
		if (errno != EEXIST)
			return last_error();
		if (stat(path, &st) != 0)
			return last_error();
		if (!S_ISDIR(st.st_mode))
			return ERR_EXISTS;
	}
	/* Even one that was there: who made it may have died before this. */
	return file_sync_parent(path);
}

enum err file_remove_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	enum err e = OK;

	if (!dir)
		return last_error();
	while (!e && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
			strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) != 0)
			e = last_error();
	}
	(void)closedir(dir); /* it was only read */
	if (!e && rmdir(path) != 0)
		e = last_error();
	return e ? e : file_sync_parent(path);
}

enum err file_path(char *to, const char *dir, const char *name)
{
	int n = snprintf(to, PATH_MAX, "%s/%s", dir, name);

	return n < 0 || n >= PATH_MAX ? ERR_TOO_LONG : OK;
}

/* Every file and folder below, each folder after what is in it. */
static enum err walk_tree(const char *path,
	enum err (*visit)(const char *path, const void *arg), const void *arg)
{
	char copy[PATH_MAX];
	char *const paths[] = {copy, NULL};
	enum err e = OK;
	FTSENT *entry;
	FTS *tree;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return ERR_TOO_LONG;
	tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!tree)
		return last_error();
	while (!e && (entry = fts_read(tree)) != NULL) {
		if (entry->fts_info == FTS_ERR || entry->fts_info == FTS_DNR ||
			entry->fts_info == FTS_NS)
			e = err_from_errno(entry->fts_errno);
		else if (entry->fts_info != FTS_D)
			e = visit(entry->fts_accpath, arg);
	}
	(void)fts_close(tree); /* it was only read */
	return e;
}

static enum err remove_one(const char *path, const void *arg)
{
	(void)arg;
	return remove(path) == 0 ? OK : last_error();
}

enum err file_remove_tree(const char *path)
{
	enum err e = walk_tree(path, remove_one, NULL);

	return e == ERR_NOT_FOUND ? OK : e;
}

struct owner {
	uid_t user;
	gid_t group;
};

static enum err own_one(const char *path, const void *arg)
{
	const struct owner *o = arg;

	return lchown(path, o->user, o->group) == 0 ? OK : last_error();
}

enum err file_own_tree(const char *path, uid_t user, gid_t group)
{
	const struct owner owner = {user, group};

	return walk_tree(path, own_one, &owner);
}
