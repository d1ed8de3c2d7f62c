#include "store/segments_scan.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/str.h"
#include "core/timestamp.h"
#include "store/segment.h"
#include "store/segments_state.h"

enum {
	DIR_MODE = 0700,
	SLOTS_STEP = 64,
};

/* What a crash left of a segment that was being made, made anew or dropped,
 * and what was replaced. */
static enum err remove_leftover(const char *dir, const char *name)
{
	static const char *const endings[] = {
		".new", SEGMENTS_ANEW, SEGMENTS_ANEW ".new", SEGMENTS_DROPPED};
	struct str text = str_from(name);
	char path[PATH_MAX];
	uint64_t unused;
	bool is_ours = false;
	enum err e;

	if (text.n < DAY_LEN || day_parse(str_make(name, DAY_LEN), &unused))
		return OK;
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		is_ours =
			is_ours || str_is(str_skip(text, DAY_LEN), endings[i]);
	if (!is_ours)
		return OK;
	e = file_path(path, dir, name);
	return e ? e : file_remove_dir(path);
}

static enum err add_slot(
	struct segment_slot **slots, size_t *slots_n, uint64_t day)
{
	struct segment_slot *grown;

	if (*slots_n >= SEGMENTS_MAX)
		return ERR_FULL;
	if (*slots_n % SLOTS_STEP == 0) {
		grown = realloc(
			*slots, (*slots_n + SLOTS_STEP) * sizeof(**slots));
		if (!grown)
			return ERR_NOMEM;
		*slots = grown;
	}
	(*slots)[(*slots_n)++] = (struct segment_slot){.day = day};
	return OK;
}

static enum err list(
	const char *dir, struct segment_slot **slots, size_t *slots_n)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	enum err e = OK;
	uint64_t day;

	if (!d)
		return err_from_errno(errno);
	errno = 0;
	while (!e && (entry = readdir(d))) {
		if (day_parse(str_from(entry->d_name), &day) == OK)
			e = add_slot(slots, slots_n, day);
		else
			e = remove_leftover(dir, entry->d_name);
		if (!e)
			errno = 0;
	}
	if (!e && errno)
		e = err_from_errno(errno);
	(void)closedir(d); /* only read from */
	return e;
}

static int by_day(const void *a, const void *b)
{
	uint64_t x = ((const struct segment_slot *)a)->day;
	uint64_t y = ((const struct segment_slot *)b)->day;

	return (x > y) - (x < y);
}

static enum err read_slot(const char *path, size_t map_bytes,
	struct segment_slot *slot, uint64_t *newest)
{
	uint64_t first = 0, last = 0;
	struct db_env *env;
	enum err e = segment_open(path, map_bytes, true, &env);

	if (e) /* a folder without its file is damage too */
		return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
	e = segment_bounds(env, &first, &last);
	db_close(env);
	/* One that overlaps what came before would be read out of order. */
	if (!e && first <= *newest)
		e = ERR_CORRUPT;
	if (e)
		return e;
	slot->first = first;
	*newest = last;
	return OK;
}

enum err segments_scan(const char *dir, size_t map_bytes,
	struct segment_slot **slots, size_t *slots_n, uint64_t *newest,
	struct segments_problem *problem)
{
	char path[PATH_MAX], day[DAY_LEN + 1] = {0};
	enum err e;

	(void)snprintf(problem->path, PATH_MAX, "%s", dir);
	e = file_make_dir(dir, DIR_MODE);
	if (!e)
		e = list(dir, slots, slots_n);
	if (e)
		return e;
	if (*slots_n)
		qsort(*slots, *slots_n, sizeof(**slots), by_day);
	for (size_t i = 0; i + 1 < *slots_n; i++) {
		struct segment_slot *slot = &(*slots)[i];

		day_write(day, slot->day);
		e = file_path(path, dir, day);
		if (!e)
			e = read_slot(path, map_bytes, slot, newest);
		if (e == ERR_CORRUPT) {
			slot->err = e;
		} else if (e) {
			(void)snprintf(problem->path, PATH_MAX, "%s", path);
			return e;
		}
	}
	problem->path[0] = '\0';
	return OK;
}
