#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "service/backup_file.h"
#include "service/restore.h"

enum {
	PIECE_BYTES = 1 << 20,
	DIR_MODE = 0700,
	MB = 1000000,
};

static enum err fail_system(struct restore_run *r, enum err e, const char *path)
{
	return restore_fail(
		r, e, path, e == ERR_SYSTEM ? strerror(errno) : err_text(e));
}

/* Of the backup. */
static enum err read_text(
	struct restore_run *r, const char *name, struct buf *to)
{
	char path[PATH_MAX];
	enum err e = file_path(path, r->options->from, name);

	if (!e)
		e = file_read(path, to);
	if (e == ERR_NOT_FOUND)
		return restore_fail(
			r, e, path, "is not there: this is no whole backup");
	return e ? fail_system(r, e, path) : OK;
}

static enum err parse_about(struct restore_run *r, struct str text)
{
	struct json_findings findings = {0};
	enum err e = backup_about_read(text, &r->about, &findings);
	char what[JSON_DETAIL_MAX + JSON_POINTER_MAX + 4];

	if (e == ERR_VERSION)
		return restore_fail(
			r, e, BACKUP_ABOUT, "was made by a newer ctio");
	if (!e)
		return OK;
	(void)snprintf(what, sizeof(what), "%s%s%s",
		findings.n ? findings.items[0].pointer : "",
		findings.n ? ": " : "",
		findings.n ? findings.items[0].detail : err_text(e));
	return restore_fail(r, e, BACKUP_ABOUT, what);
}

/* That each line is one, and that backup.json is what it was. */
static enum err check_sums(struct restore_run *r, struct str about)
{
	struct str rest = buf_view(&r->sums);
	char sum[SHA256_TEXT_LEN];
	struct backup_sum line;
	struct sha256 *sha256;
	bool has_about = false;
	size_t n = 1;
	enum err e = sha256_new(&sha256);

	if (e)
		return e;
	sha256_add(sha256, about);
	sha256_end(sha256, sum);
	sha256_free(sha256);
	for (; (e = backup_sum_next(&rest, &line)) == OK; n++)
		if (str_is(line.path, BACKUP_ABOUT))
			has_about =
				str_eq(line.sum, str_make(sum, sizeof(sum)));
	if (e != ERR_NOT_FOUND) {
		char what[64];

		(void)snprintf(what, sizeof(what),
			"line %zu: is no sum of a backup's file", n);
		return restore_fail(r, e, BACKUP_SUMS, what);
	}
	return has_about ? OK
			 : restore_fail(r, ERR_CORRUPT, BACKUP_ABOUT,
				   "differs from its sum");
}

enum err restore_read(struct restore_run *r)
{
	struct buf about;
	enum err e;

	buf_init(&about, BACKUP_ABOUT_MAX);
	e = read_text(r, BACKUP_ABOUT, &about);
	if (!e)
		e = read_text(r, BACKUP_SUMS, &r->sums);
	if (!e)
		e = check_sums(r, buf_view(&about));
	if (!e)
		e = parse_about(r, buf_view(&about));
	buf_deinit(&about);
	return e;
}

/* Makes the folders that a file of the backup lies in. */
static enum err make_dirs(struct restore_run *r, struct str path)
{
	char name[BACKUP_PATH_MAX + 1], full[PATH_MAX];
	enum err e = OK;

	for (size_t i = 0; !e && i < path.n; i++) {
		if (path.p[i] != '/')
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", (int)i, path.p);
		e = file_path(full, r->part, name);
		if (!e)
			e = file_make_dir(full, DIR_MODE);
	}
	return e ? fail_system(r, e, full) : OK;
}

static enum err copy_bytes(
	struct restore_run *r, int from, char *piece, struct backup_file *to)
{
	enum err e = OK;
	ssize_t n;

	while (!e && (n = read(from, piece, PIECE_BYTES)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_from_errno(errno);
		e = backup_file_add(to, str_make(piece, (size_t)n));
		r->options->note(r->options->arg, (uint64_t)n);
	}
	return e;
}

/* want: its sum; empty for one that has none. */
static enum err copy_file(
	struct restore_run *r, struct str path, struct str want)
{
	char name[BACKUP_PATH_MAX + 1], from[PATH_MAX], to[PATH_MAX];
	struct backup_file file = {.fd = -1};
	char sum[SHA256_TEXT_LEN];
	char *piece = NULL;
	int fd = -1;
	enum err e = make_dirs(r, path);

	if (e)
		return e;
	(void)snprintf(name, sizeof(name), "%.*s", STR_FMT(path));
	if (file_path(from, r->options->from, name) ||
		file_path(to, r->part, name))
		return restore_fail(r, ERR_TOO_LONG, name, "is too long");
	piece = malloc(PIECE_BYTES);
	if (!piece)
		return ERR_NOMEM;
	fd = open(from, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		e = fail_system(r, err_from_errno(errno), from);
		goto out;
	}
	e = backup_file_begin(&file, to);
	if (!e)
		e = copy_bytes(r, fd, piece, &file);
	if (!e)
		e = backup_file_end(&file, sum);
	if (!e)
		e = file_sync_parent(to);
	if (e)
		e = fail_system(r, e, to);
	else if (want.n && !str_eq(want, str_make(sum, sizeof(sum))))
		e = restore_fail(r, ERR_CORRUPT, from, "differs from its sum");
out:
	backup_file_deinit(&file);
	if (fd >= 0)
		(void)close(fd);
	free(piece);
	return e;
}

static const struct backup_region *chosen(
	const struct restore_run *r, struct str name)
{
	for (size_t i = 0; i < r->about.regions_n; i++)
		if (r->chosen[i] && str_eq(r->about.regions[i].name, name))
			return &r->about.regions[i];
	return NULL;
}

/* Keys that are kept elsewhere are laid beside the rest. */
static enum err copy_other_keys(
	struct restore_run *r, const struct backup_region *region)
{
	char name[BACKUP_PATH_MAX], path[PATH_MAX];
	struct stat s;

	(void)snprintf(
		name, sizeof(name), "%.*s/token.keys", STR_FMT(region->name));
	if (file_path(path, r->options->from, name))
		return restore_fail(r, ERR_TOO_LONG, name, "is too long");
	if (stat(path, &s) != 0)
		return restore_fail(r, ERR_NOT_FOUND, path,
			"is not there: the backup was made without keys; put "
			"the region's there, without them no token works");
	return copy_file(r, str_from(name), str_make(NULL, 0));
}

/* What the sums name of a region. */
struct parts {
	bool keys, links, tally;
};

static enum err check_parts(struct restore_run *r,
	const struct backup_region *region, const struct parts *p)
{
	if ((region->has_keys && !p->keys) || !p->links || !p->tally)
		return restore_fail(r, ERR_CORRUPT, BACKUP_SUMS,
			"does not name all of a region's files");
	return region->has_keys ? OK : copy_other_keys(r, region);
}

static enum err copy_region(
	struct restore_run *r, const struct backup_region *region)
{
	struct str rest = buf_view(&r->sums);
	struct parts parts = {0};
	struct backup_sum line;
	enum err e = OK;

	while (!e && !backup_sum_next(&rest, &line)) {
		struct str file = str_skip(line.path, region->name.n + 1);

		if (!str_eq(backup_path_region(line.path), region->name))
			continue;
		/* Written here alone: one that came some other way is not
		 * asked about below. */
		if (str_is(file, "token.keys") && !region->has_keys)
			continue;
		parts.keys |= str_is(file, "token.keys");
		parts.links |= str_is(file, "links/data.mdb");
		parts.tally |= str_is(file, "tally/data.mdb");
		e = copy_file(r, line.path, line.sum);
	}
	return e ? e : check_parts(r, region, &parts);
}

static uint64_t bytes_of(struct restore_run *r)
{
	struct str rest = buf_view(&r->sums);
	char name[BACKUP_PATH_MAX + 1], path[PATH_MAX];
	struct backup_sum line;
	uint64_t bytes = 0;
	struct stat s;

	while (!backup_sum_next(&rest, &line)) {
		if (!chosen(r, backup_path_region(line.path)))
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", STR_FMT(line.path));
		if (!file_path(path, r->options->from, name) &&
			stat(path, &s) == 0)
			bytes += (uint64_t)s.st_size;
	}
	return bytes;
}

static enum err check_space(struct restore_run *r)
{
	uint64_t bytes = bytes_of(r), free_bytes;
	struct statvfs s;
	char what[128];

	if (statvfs(r->part, &s) != 0)
		return OK; /* writing will tell */
	free_bytes = (uint64_t)s.f_bavail * s.f_frsize;
	if (free_bytes >= bytes)
		return OK;
	(void)snprintf(what, sizeof(what),
		"about %llu MB are needed, and %llu MB are free",
		(unsigned long long)(bytes / MB + 1),
		(unsigned long long)(free_bytes / MB));
	return restore_fail(r, ERR_DISK_FULL, r->part, what);
}

enum err restore_copy(struct restore_run *r)
{
	enum err e = check_space(r);

	for (size_t i = 0; !e && i < r->about.regions_n; i++)
		if (r->chosen[i])
			e = copy_region(r, &r->about.regions[i]);
	return e;
}
