#include "service/restore.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

enum {
	DIR_MODE = 0700,
	FILE_MODE = 0600,
	CLOCK_SLACK_MS = 3600000 /* behind the backup's */
};

/* The file that says that all is there but the names. */
#define WHOLE "whole"

enum err restore_fail(
	struct restore_run *r, enum err e, const char *path, const char *what)
{
	bool is_name = !strchr(path, '/') && path != r->options->erasures;

	if (!r->problem->text[0])
		(void)snprintf(r->problem->text, sizeof(r->problem->text),
			"%s%s%s: %s", is_name ? r->options->from : "",
			is_name ? "/" : "", path, what);
	return e;
}

static const struct region_settings *settings_of(
	const struct restore_run *r, struct str name)
{
	const struct regions_settings *s = r->options->settings;

	for (size_t i = 0; i < s->regions_n; i++)
		if (str_eq(s->regions[i].name, name))
			return &s->regions[i];
	return NULL;
}

/* Where a region's folder will be. */
static enum err final_path(
	const struct restore_run *r, struct str name, char to[PATH_MAX])
{
	char text[BACKUP_PATH_MAX];

	(void)snprintf(text, sizeof(text), "%.*s", STR_FMT(name));
	return file_path(to, r->options->settings->data_dir, text);
}

static enum err check_region(
	struct restore_run *r, const struct backup_region *region)
{
	const struct region_settings *settings = settings_of(r, region->name);
	char path[PATH_MAX], what[160];
	struct stat s;

	if (!settings || !settings->serve) {
		(void)snprintf(what, sizeof(what),
			"has region %.*s, which the config does not serve",
			STR_FMT(region->name));
		return restore_fail(r, ERR_CONFLICT, BACKUP_ABOUT, what);
	}
	if (settings->tag != region->tag) {
		(void)snprintf(what, sizeof(what),
			"region %.*s has the tag %c, and %c in the config",
			STR_FMT(region->name), region->tag, settings->tag);
		return restore_fail(r, ERR_CONFLICT, BACKUP_ABOUT, what);
	}
	if (final_path(r, region->name, path))
		return restore_fail(r, ERR_TOO_LONG, path, "is too long");
	if (stat(path, &s) == 0)
		return restore_fail(r, ERR_EXISTS, path,
			"is there already; move it away first");
	return OK;
}

static enum err choose(struct restore_run *r)
{
	struct str only = r->options->only;
	bool any = false;
	enum err e = OK;

	for (size_t i = 0; !e && i < r->about.regions_n; i++) {
		if (only.n && !str_eq(r->about.regions[i].name, only))
			continue;
		r->chosen[i] = any = true;
		e = check_region(r, &r->about.regions[i]);
	}
	if (!e && !any)
		e = restore_fail(
			r, ERR_NOT_FOUND, BACKUP_ABOUT, "has no such region");
	/* Numbers go by it. */
	if (!e && clock_wall_ms(r->options->settings->clock) + CLOCK_SLACK_MS <
			  r->about.begun_ms)
		e = restore_fail(r, ERR_INVALID, BACKUP_ABOUT,
			"is of a time that this machine's clock has not come "
			"to; set the clock first");
	return e;
}

static enum err cut_all(struct restore_run *r)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < r->about.regions_n; i++) {
		const struct backup_region *region = &r->about.regions[i];

		if (!r->chosen[i])
			continue;
		e = restore_cut(r, region->name);
		if (!e)
			r->result->regions[r->result->regions_n - 1].left_out =
				region->left_out;
	}
	return e;
}

static enum err fail_errno(struct restore_run *r, enum err e, const char *path)
{
	return e ? restore_fail(r, e, path,
			   e == ERR_SYSTEM ? strerror(errno) : err_text(e))
		 : OK;
}

static enum err name_all(struct restore_run *r)
{
	char from[PATH_MAX], to[PATH_MAX];
	enum err e = OK;

	for (size_t i = 0; !e && i < r->result->regions_n; i++) {
		const char *name = r->result->regions[i].name;

		e = file_path(from, r->part, name);
		if (!e)
			e = final_path(r, str_from(name), to);
		if (!e)
			e = fail_errno(r, file_rename(from, to), to);
	}
	return e;
}

/* What an earlier one left there goes: nobody else has that name. */
static enum err make_part(struct restore_run *r)
{
	enum err e = file_remove_tree(r->part);

	if (!e)
		e = file_make_dir(r->part, DIR_MODE);
	return fail_errno(r, e, r->part);
}

/* Whoever owns the data folder runs the server: not always who restores. */
static enum err give_to_owner(struct restore_run *r)
{
	struct stat s;

	if (stat(r->options->settings->data_dir, &s) != 0 ||
		(s.st_uid == geteuid() && s.st_gid == getegid()))
		return OK;
	return fail_errno(
		r, file_own_tree(r->part, s.st_uid, s.st_gid), r->part);
}

/* From here on it is not given up: see take_up(). */
static enum err mark_whole(struct restore_run *r)
{
	char path[PATH_MAX];
	enum err e = file_path(path, r->part, WHOLE);

	if (!e)
		e = file_write(path, STR(""), FILE_MODE);
	return fail_errno(r, e, path);
}

static enum err put_together(struct restore_run *r)
{
	enum err e = make_part(r);

	if (!e)
		e = restore_copy(r);
	if (!e)
		e = cut_all(r);
	if (!e)
		e = restore_erase(r);
	if (!e)
		e = give_to_owner(r);
	if (!e)
		e = mark_whole(r);
	if (e && file_remove_tree(r->part))
		log_error("restore: cannot remove path=%s", r->part);
	return e;
}

static enum err finish(struct restore_run *r)
{
	enum err e = name_all(r);

	return e ? e : fail_errno(r, file_remove_tree(r->part), r->part);
}

/* What an earlier one had put together and not given its names yet. */
static void take_up(struct restore_run *r)
{
	const struct regions_settings *settings = r->options->settings;
	char path[PATH_MAX], name[BACKUP_PATH_MAX];
	struct stat s;

	if (file_path(path, r->part, WHOLE) || stat(path, &s) != 0)
		return;
	r->result->is_finished = true;
	for (size_t i = 0; i < settings->regions_n; i++) {
		struct restored_region *to =
			&r->result->regions[r->result->regions_n];

		(void)snprintf(name, sizeof(name), "%.*s",
			STR_FMT(settings->regions[i].name));
		if (file_path(path, r->part, name) || stat(path, &s) != 0)
			continue;
		memcpy(to->name, name, sizeof(name));
		r->result->regions_n++;
	}
}

static enum err put_back(struct restore_run *r)
{
	enum err e = file_path(
		r->part, r->options->settings->data_dir, REGIONS_RESTORE_PART);

	if (e)
		return restore_fail(
			r, e, r->options->settings->data_dir, "is too long");
	take_up(r);
	if (r->result->is_finished)
		return finish(r);
	e = choose(r);
	if (!e)
		e = put_together(r);
	return e ? e : finish(r);
}

enum err restore_backup(const struct restore_options *options,
	struct restore_result *result, struct region_problem *problem)
{
	const char *data_dir = options->settings->data_dir;
	struct restore_run r = {
		.options = options, .result = result, .problem = problem};
	int lock_fd = -1;
	enum err e;

	*result = (struct restore_result){0};
	problem->text[0] = '\0';
	buf_init(&r.sums, BACKUP_SUMS_MAX);
	e = restore_read(&r);
	if (!e)
		e = file_make_dir(data_dir, DIR_MODE);
	e = fail_errno(&r, e, data_dir);
	if (!e)
		e = regions_lock(data_dir, &lock_fd, problem);
	if (!e)
		e = put_back(&r);
	result->begun_ms = r.about.begun_ms;
	if (lock_fd >= 0)
		(void)close(lock_fd);
	backup_about_deinit(&r.about);
	buf_deinit(&r.sums);
	return e;
}
