#include "service/backup_region.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "core/timestamp.h"
#include "service/backup_file.h"
#include "store/db_copy.h"

enum {
	DIR_MODE = 0700,
	FULL_PAUSE_MS = 20,
	NAME_MAX_BYTES = BACKUP_PATH_MAX + 1
};

/* A file on its way. */
struct copying {
	struct backup_job *job;
	struct backup_file file;
};

static enum err write_some(void *arg, struct str bytes)
{
	struct copying *c = arg;
	enum err e = backup_file_add(&c->file, bytes);

	return e ? e : c->job->note(c->job->arg, bytes.n);
}

/* name: within the backup. Sets what failed until it has not. */
static enum err begin_file(
	struct backup_job *job, const char *name, struct copying *c)
{
	enum err e = file_path(job->failed, job->dir, name);

	*c = (struct copying){.job = job, .file.fd = -1};
	return e ? e : backup_file_begin(&c->file, job->failed);
}

static enum err end_file(struct copying *c, const char *name, enum err e)
{
	char sum[SHA256_TEXT_LEN];

	if (!e)
		e = backup_file_end(&c->file, sum);
	backup_file_deinit(&c->file);
	if (!e)
		backup_sum_put(c->job->sums, sum, str_from(name));
	return e ? e : buf_err(c->job->sums);
}

static enum err make_dir(struct backup_job *job, const char *name)
{
	enum err e = file_path(job->failed, job->dir, name);

	return e ? e : file_make_dir(job->failed, DIR_MODE);
}

/* The data file of an environment, in the folder `name` of the backup. */
static enum err copy_env(
	struct backup_job *job, struct db_env *env, const char *name)
{
	char file[NAME_MAX_BYTES];
	struct copying c;
	enum err e = make_dir(job, name);

	if (e)
		return e;
	(void)snprintf(file, sizeof(file), "%s/data.mdb", name);
	e = begin_file(job, file, &c);
	if (!e)
		e = db_copy(env, write_some, &c);
	e = end_file(&c, file, e);
	/* The folder: its file's name must last as the file does. */
	return e ? e : file_sync_parent(job->failed);
}

static enum err copy_keys(struct backup_job *job, const char *name)
{
	struct copying c;
	struct buf text;
	enum err e;

	buf_init(&text, TOKEN_KEYS_TEXT_MAX);
	token_keys_print(&text, &job->region->keys);
	e = buf_err(&text);
	if (!e) {
		e = begin_file(job, name, &c);
		if (!e)
			e = write_some(&c, buf_view(&text));
		e = end_file(&c, name, e);
	}
	buf_deinit(&text);
	return e;
}

/* Readers may hold as many as can be open at once, for a while. */
static enum err acquire(
	struct backup_job *job, uint64_t day, struct segment_ref *ref)
{
	const struct timespec pause = {.tv_nsec = FULL_PAUSE_MS * 1000000L};
	enum err e;

	while ((e = segments_acquire_day(job->region->segments, day, ref)) ==
		ERR_FULL) {
		(void)nanosleep(&pause, NULL); /* shorter is fine */
		e = job->note(job->arg, 0);
		if (e)
			return e;
	}
	return e;
}

/* Of one that cannot be read nothing stays. */
static enum err copy_segment(
	struct backup_job *job, const char *log, uint64_t day)
{
	char name[NAME_MAX_BYTES], text[DAY_LEN], path[PATH_MAX];
	struct segment_ref ref;
	enum err e = acquire(job, day, &ref);

	if (e)
		return e;
	day_write(text, day);
	(void)snprintf(name, sizeof(name), "%s/%.*s", log, DAY_LEN, text);
	e = copy_env(job, ref.env, name);
	segments_release(job->region->segments, &ref);
	if (e == ERR_CORRUPT && !file_path(path, job->dir, name) &&
		file_remove_tree(path))
		e = ERR_SYSTEM;
	return e;
}

/* A damaged day must not keep the others from being copied; but what is written
 * to must be there. */
static enum err copy_day(struct backup_job *job, const char *log,
	const struct segment_info *day, uint64_t *left_out)
{
	enum err e = day->err ? ERR_CORRUPT : copy_segment(job, log, day->day);

	if (e != ERR_CORRUPT || day->is_hot)
		return e;
	log_error("backup: a segment cannot be read and is left out "
		  "region=%.*s day=%llu",
		STR_FMT(job->region->settings.name),
		(unsigned long long)day->day);
	++*left_out;
	return OK;
}

static enum err copy_log(
	struct backup_job *job, const char *name, uint64_t *left_out)
{
	struct segment_info *list;
	size_t n;
	enum err e = make_dir(job, name);

	if (!e)
		e = segments_list_all(job->region->segments, &list, &n);
	if (e)
		return e;
	for (size_t i = 0; !e && i < n; i++)
		e = copy_day(job, name, &list[i], left_out);
	free(list);
	return e;
}

static enum err copy_all(struct backup_job *job, struct backup_region *about)
{
	struct region *g = job->region;
	char name[NAME_MAX_BYTES], part[NAME_MAX_BYTES + 16];
	enum err e;

	(void)snprintf(name, sizeof(name), "%.*s", STR_FMT(g->settings.name));
	e = make_dir(job, name);
	if (!e && job->with_keys) {
		(void)snprintf(part, sizeof(part), "%s/token.keys", name);
		e = copy_keys(job, part);
	}
	if (!e) {
		(void)snprintf(part, sizeof(part), "%s/tally", name);
		e = copy_env(job, tally_env(g->tally), part);
	}
	if (!e) {
		(void)snprintf(part, sizeof(part), "%s/clicks", name);
		e = copy_log(job, part, &about->left_out);
	}
	if (!e) {
		(void)snprintf(part, sizeof(part), "%s/links", name);
		e = copy_env(job, g->links.env, part);
	}
	return e;
}

enum err backup_region(struct backup_job *job, struct backup_region *about)
{
	struct backup_region a = {
		.name = job->region->settings.name,
		.tag = job->region->settings.tag,
		.has_keys = job->with_keys,
	};
	enum err e = copy_all(job, &a);

	if (!e)
		*about = a;
	return e;
}

static uint64_t file_bytes(const char *dir)
{
	char path[PATH_MAX];
	struct stat s;

	return file_path(path, dir, "data.mdb") || stat(path, &s)
		       ? 0
		       : (uint64_t)s.st_size;
}

uint64_t backup_region_bytes(struct region *g)
{
	uint64_t bytes = db_file_bytes(g->links.env) +
			 db_file_bytes(tally_env(g->tally));
	struct segment_info *list;
	char path[PATH_MAX];
	size_t n;

	if (segments_list_all(g->segments, &list, &n))
		return bytes;
	for (size_t i = 0; i < n; i++)
		if (!segments_path(g->segments, list[i].day, "", path))
			bytes += file_bytes(path);
	free(list);
	return bytes;
}
