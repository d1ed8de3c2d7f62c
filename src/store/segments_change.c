#include "store/segments.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/file.h"
#include "store/segment.h"
#include "store/segments_state.h"

enum err segments_acquire_day(
	struct segments *s, uint64_t day, struct segment_ref *ref)
{
	struct segment_slot *slot;
	enum err e = OK;

	segments_lock(s);
	slot = segments_slot(s, day);
	if (!slot)
		e = ERR_NOT_FOUND;
	else if (!slot->err && !slot->env)
		e = segments_open_slot(s, slot);
	if (!e && slot->err)
		e = slot->err;
	if (!e)
		segments_hold(s, slot, ref);
	segments_unlock(s);
	return e;
}

static struct segment_retired *retired_of(
	struct segments *s, const struct db_env *env)
{
	for (size_t i = 0; i < s->retired_n; i++)
		if (s->retired[i].env == env)
			return &s->retired[i];
	return NULL;
}

/* Nobody reads it any more. */
static struct db_env *take_env(struct segments *s, struct segment_retired *r)
{
	struct db_env *env = r->env;

	r->env = NULL;
	s->open_n--;
	return env;
}

struct db_env *segments_release_retired(
	struct segments *s, const struct db_env *env)
{
	struct segment_retired *r = retired_of(s, env);

	ASSERT(r && r->refs > 0);
	return --r->refs == 0 ? take_env(s, r) : NULL;
}

static bool can_retire(struct segments *s, uint64_t day)
{
	for (size_t i = 0; i < s->retired_n; i++)
		if (s->retired[i].day == day)
			return false;
	return s->retired_n < SEGMENTS_RETIRED_MAX;
}

/* The slot's environment, with so many that hold it, goes on without it; what
 * it returns, or NULL, is to be closed without the lock. */
static struct db_env *retire(struct segments *s, struct segment_slot *slot,
	unsigned refs, const char *ending)
{
	struct segment_retired *r = &s->retired[s->retired_n++];

	*r = (struct segment_retired){slot->day, ending, slot->env, refs};
	slot->env = NULL;
	slot->refs = 0;
	return r->env && !refs ? take_env(s, r) : NULL;
}

static enum err replace_sealed(struct segments *s, struct segment_slot *slot,
	const char *path, const char *anew, struct db_env **to_close)
{
	enum err e = file_exchange(path, anew);

	if (!e)
		*to_close = retire(s, slot, slot->refs, SEGMENTS_ANEW);
	return e;
}

/* The new one is opened before the old one can be closed, so that they are
 * told apart by their addresses too. */
static enum err replace_hot(struct segments *s, struct segment_slot *slot,
	const char *path, const char *anew, struct segment_ref *hot,
	struct db_env **to_close)
{
	struct db_env *env;
	enum err e = file_exchange(path, anew);

	if (e)
		return e;
	e = segment_open(path, s->map_bytes, false, &env);
	if (e) {
		enum err back = file_exchange(path, anew);

		return back ? back : e;
	}
	ASSERT(slot->refs >= 2 && slot->env == hot->env);
	/* Without the registry's own and the writer's. */
	*to_close = retire(s, slot, slot->refs - 2, SEGMENTS_ANEW);
	slot->env = env;
	slot->refs = 1;
	slot->opening = ++s->openings;
	s->open_n++;
	segments_hold(s, slot, hot);
	return OK;
}

enum err segments_replace(
	struct segments *s, uint64_t day, struct segment_ref *hot)
{
	char path[PATH_MAX], anew[PATH_MAX];
	struct db_env *to_close = NULL;
	struct segment_slot *slot;
	enum err e = segments_path(s, day, "", path);

	if (!e)
		e = segments_path(s, day, SEGMENTS_ANEW, anew);
	if (e)
		return e;
	segments_lock(s);
	slot = segments_slot(s, day);
	if (!slot)
		e = ERR_NOT_FOUND;
	else if (!can_retire(s, day))
		e = ERR_BUSY;
	else if ((slot == &s->slots[s->slots_n - 1]) != (hot != NULL))
		e = ERR_CONFLICT;
	else if (hot)
		e = replace_hot(s, slot, path, anew, hot, &to_close);
	else
		e = replace_sealed(s, slot, path, anew, &to_close);
	segments_unlock(s);
	db_close(to_close);
	return e ? e : file_sync_parent(path);
}

static void remove_first(struct segments *s)
{
	s->slots_n--;
	memmove(s->slots, s->slots + 1, s->slots_n * sizeof(s->slots[0]));
}

enum err segments_drop(struct segments *s, uint64_t day)
{
	char path[PATH_MAX], dropped[PATH_MAX];
	struct db_env *to_close = NULL;
	enum err e = segments_path(s, day, "", path);

	if (!e)
		e = segments_path(s, day, SEGMENTS_DROPPED, dropped);
	if (e)
		return e;
	segments_lock(s);
	if (s->slots_n < 2 || s->slots[0].day != day)
		e = ERR_NOT_FOUND;
	else if (!can_retire(s, day))
		e = ERR_BUSY;
	else if (rename(path, dropped) != 0)
		e = err_from_errno(errno);
	if (!e) {
		to_close = retire(
			s, &s->slots[0], s->slots[0].refs, SEGMENTS_DROPPED);
		remove_first(s);
	}
	segments_unlock(s);
	db_close(to_close);
	return e ? e : file_sync_parent(path);
}

/* The folder of one that nobody reads; false: there is none. Only the caller's
 * thread adds and removes retired ones. */
static bool next_to_sweep(
	struct segments *s, size_t *i, struct segment_retired *found)
{
	bool is_there = false;

	segments_lock(s);
	for (; *i < s->retired_n && !is_there; (*i)++)
		if (!s->retired[*i].env) {
			*found = s->retired[*i];
			is_there = true;
		}
	segments_unlock(s);
	return is_there;
}

static void forget(struct segments *s, uint64_t day)
{
	segments_lock(s);
	for (size_t i = 0; i < s->retired_n; i++)
		if (s->retired[i].day == day)
			s->retired[i] = s->retired[--s->retired_n];
	segments_unlock(s);
}

enum err segments_sweep(struct segments *s, size_t *left)
{
	struct segment_retired r;
	char path[PATH_MAX];
	enum err e = OK;
	size_t i = 0;

	while (!e && next_to_sweep(s, &i, &r)) {
		e = segments_path(s, r.day, r.ending, path);
		if (!e)
			e = file_remove_dir(path);
		if (e && e != ERR_NOT_FOUND)
			break;
		e = OK;
		forget(s, r.day);
		i = 0;
	}
	segments_lock(s);
	*left = s->retired_n;
	segments_unlock(s);
	return e;
}
