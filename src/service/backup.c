#include "service/backup.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/assert.h"
#include "base/file.h"
#include "base/log.h"
#include "base/thread.h"
#include "service/backup_region.h"

enum {
	DIR_MODE = 0700,
	FILE_MODE = 0600,
	UPKEEP_WAIT_MS = 100, /* between looks whether to go on */
	MB = 1000000,
};

struct backup {
	struct backup_options options;
	pthread_t thread;
	bool has_thread; /* to be joined */
	atomic_bool is_stopping;
	pthread_mutex_t lock; /* of the status */
	struct backup_status status;
	/* The thread's. */
	char part[PATH_MAX];
	char failed[PATH_MAX];
	struct buf sums;
};

static void lock(struct backup *b)
{
	ASSERT(pthread_mutex_lock(&b->lock) == 0);
}

static void unlock(struct backup *b)
{
	ASSERT(pthread_mutex_unlock(&b->lock) == 0);
}

static enum err go_on(const struct backup *b)
{
	return atomic_load(&b->is_stopping) ? ERR_CLOSED : OK;
}

static enum err note(void *arg, size_t bytes)
{
	struct backup *b = arg;

	lock(b);
	b->status.written += bytes;
	unlock(b);
	/* Clicks and tokens come first. */
	if (regions_free_bytes(b->options.regions) < BACKUP_FREE_MIN)
		return ERR_DISK_FULL;
	return go_on(b);
}

static void set_problem(struct backup *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void set_problem(struct backup *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	lock(b);
	if (!b->status.problem[0])
		(void)vsnprintf(b->status.problem, sizeof(b->status.problem),
			format, args);
	unlock(b);
	va_end(args);
}

/* Erasures and the like are at work on the whole of it, or it is free. */
static enum err take_upkeep(struct backup *b, struct region *g)
{
	struct timespec until;
	enum err e = OK;
	int rc;

	do {
		e = go_on(b);
		(void)clock_gettime(CLOCK_REALTIME, &until); /* it is there */
		until.tv_nsec += UPKEEP_WAIT_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		rc = e ? 0 : pthread_mutex_timedlock(&g->upkeep, &until);
	} while (!e && rc != 0);
	return e;
}

static enum err copy_region(
	struct backup *b, struct region *g, struct backup_region *about)
{
	struct backup_job job = {
		.region = g,
		.dir = b->part,
		.with_keys = b->status.has_keys,
		.sums = &b->sums,
		.note = note,
		.arg = b,
	};
	enum err e = take_upkeep(b, g);

	if (e)
		return e;
	e = backup_region(&job, about);
	ASSERT(pthread_mutex_unlock(&g->upkeep) == 0);
	if (e)
		memcpy(b->failed, job.failed, sizeof(b->failed));
	return e;
}

static enum err write_text(struct backup *b, const char *name, struct str text)
{
	enum err e = file_path(b->failed, b->part, name);

	return e ? e : file_write(b->failed, text, FILE_MODE);
}

static void sum_of(struct sha256 *s, struct str text, struct buf *sums)
{
	char sum[SHA256_TEXT_LEN];

	sha256_add(s, text);
	sha256_end(s, sum);
	backup_sum_put(sums, sum, STR(BACKUP_ABOUT));
}

/* The sums come last. */
static enum err describe(struct backup *b, struct backup_about *about)
{
	struct sha256 *sha256;
	struct buf text;
	enum err e = sha256_new(&sha256);

	if (e)
		return e;
	buf_init(&text, BACKUP_ABOUT_MAX);
	about->ended_ms = clock_wall_ms(b->options.regions->clock);
	backup_about_put(&text, about, str_from(b->options.version));
	sum_of(sha256, buf_view(&text), &b->sums);
	e = buf_err(&text) ? buf_err(&text) : buf_err(&b->sums);
	if (!e)
		e = write_text(b, BACKUP_ABOUT, buf_view(&text));
	if (!e)
		e = write_text(b, BACKUP_SUMS, buf_view(&b->sums));
	buf_deinit(&text);
	sha256_free(sha256);
	return e;
}

static enum err copy_all(struct backup *b)
{
	struct regions *regions = b->options.regions;
	struct backup_about about = {.begun_ms = b->status.begun_ms};
	enum err e = OK;

	for (size_t i = 0; !e && i < regions->n; i++) {
		struct backup_region *to = &about.regions[about.regions_n];

		if (!regions->items[i].settings.serve)
			continue;
		e = copy_region(b, &regions->items[i], to);
		if (e)
			break;
		about.regions_n++;
		lock(b);
		b->status.left_out += to->left_out;
		unlock(b);
	}
	return e ? e : describe(b, &about);
}

/* A folder with its name, or what a crash left of one, is not ours to touch. */
static enum err make_part(struct backup *b)
{
	struct stat s;

	if (stat(b->status.dir, &s) == 0) {
		set_problem(b, "%s is there already", b->status.dir);
		return ERR_EXISTS;
	}
	if (mkdir(b->part, DIR_MODE) == 0)
		return OK;
	if (errno == EEXIST)
		set_problem(b,
			"%s is there: a backup that was cut off; remove it "
			"first",
			b->part);
	else
		set_problem(b, "%s: %s", b->part, strerror(errno));
	return ERR_EXISTS;
}

static enum err check_space(struct backup *b)
{
	uint64_t free_bytes;
	struct statvfs s;

	if (statvfs(b->part, &s) != 0)
		return OK; /* writing will tell */
	free_bytes = (uint64_t)s.f_bavail * s.f_frsize;
	if (free_bytes >= b->status.bytes + BACKUP_FREE_MIN)
		return OK;
	set_problem(b, "%s: about %llu MB are needed, and %llu MB are free",
		b->part, (unsigned long long)(b->status.bytes / MB + 1),
		(unsigned long long)(free_bytes / MB));
	return ERR_DISK_FULL;
}

static enum err back_up(struct backup *b)
{
	enum err e = make_part(b);

	if (e)
		return e;
	(void)snprintf(b->failed, sizeof(b->failed), "%s", b->part);
	e = check_space(b);
	if (!e)
		e = copy_all(b);
	if (!e)
		e = file_sync(b->part);
	if (!e)
		e = file_rename(b->part, b->status.dir);
	if (!e)
		return OK;
	if (e == ERR_CLOSED)
		set_problem(b, "the server was stopped");
	else
		set_problem(b, "%s: %s", b->failed,
			e == ERR_SYSTEM ? strerror(errno) : err_text(e));
	if (file_remove_tree(b->part))
		log_error("backup: cannot remove path=%s", b->part);
	return e;
}

static void *run(void *arg)
{
	struct backup *b = arg;
	enum err e;

	thread_step_back();
	e = back_up(b);
	lock(b);
	b->status.state = e ? BACKUP_FAILED : BACKUP_DONE;
	b->status.ended_ms = clock_wall_ms(b->options.regions->clock);
	if (!e)
		b->status.last_s = b->status.begun_ms / 1000;
	unlock(b);
	if (e)
		log_error("backup: failed problem=\"%s\"", b->status.problem);
	else
		log_info("backup: done path=%s bytes=%llu", b->status.dir,
			(unsigned long long)b->status.written);
	return NULL;
}

enum err backup_new(const struct backup_options *options, struct backup **to)
{
	struct backup *b = calloc(1, sizeof(*b));

	if (!b)
		return ERR_NOMEM;
	b->options = *options;
	buf_init(&b->sums, BACKUP_SUMS_MAX);
	ASSERT(pthread_mutex_init(&b->lock, NULL) == 0);
	*to = b;
	return OK;
}

/* The thread of the one before, which has ended or will soon. */
static void join(struct backup *b)
{
	if (b->has_thread)
		ASSERT(pthread_join(b->thread, NULL) == 0);
	b->has_thread = false;
}

void backup_free(struct backup *b)
{
	if (!b)
		return;
	atomic_store(&b->is_stopping, true);
	join(b);
	buf_deinit(&b->sums);
	ASSERT(pthread_mutex_destroy(&b->lock) == 0);
	free(b);
}

static uint64_t bytes_of(struct regions *regions)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < regions->n; i++)
		if (regions->items[i].settings.serve)
			bytes += backup_region_bytes(&regions->items[i]);
	return bytes;
}

static enum err set_paths(
	struct backup *b, struct str dir, struct backup_status *status)
{
	int n;

	while (dir.n > 1 && dir.p[dir.n - 1] == '/')
		dir.n--;
	if (dir.n < 2 || dir.p[0] != '/' || str_find(dir, '\0') < dir.n)
		return ERR_INVALID;
	n = snprintf(
		b->part, sizeof(b->part), "%.*s" BACKUP_PART, STR_FMT(dir));
	if (n < 0 || (size_t)n >= sizeof(b->part))
		return ERR_TOO_LONG;
	(void)snprintf(status->dir, sizeof(status->dir), "%.*s", STR_FMT(dir));
	return OK;
}

enum err backup_start(struct backup *b, struct str dir, bool with_keys)
{
	struct backup_status status = {
		.state = BACKUP_RUNNING,
		.has_keys = with_keys,
		.begun_ms = clock_wall_ms(b->options.regions->clock),
	};
	bool is_running;
	enum err e;

	lock(b);
	is_running = b->status.state == BACKUP_RUNNING;
	status.last_s = b->status.last_s;
	unlock(b);
	if (is_running)
		return ERR_BUSY;
	join(b);
	e = set_paths(b, dir, &status);
	if (e)
		return e;
	buf_reset(&b->sums);
	status.bytes = bytes_of(b->options.regions);
	lock(b);
	b->status = status;
	unlock(b);
	e = thread_start(&b->thread, "ctio-backup", run, b);
	b->has_thread = !e;
	if (!e)
		return OK;
	lock(b);
	b->status.state = BACKUP_FAILED;
	unlock(b);
	return e;
}

void backup_get_status(struct backup *b, struct backup_status *status)
{
	lock(b);
	*status = b->status;
	unlock(b);
}
