#include "store/segments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/str.h"
#include "core/timestamp.h"
#include "store/segment.h"
#include "store/segments_scan.h"
#include "store/segments_state.h"

void segments_lock(struct segments *s)
{
	ASSERT(pthread_mutex_lock(&s->lock) == 0);
}

void segments_unlock(struct segments *s)
{
	ASSERT(pthread_mutex_unlock(&s->lock) == 0);
}

enum err segments_path(const struct segments *s, uint64_t day,
	const char *ending, char to[PATH_MAX])
{
	char text[DAY_LEN];
	int n;

	day_write(text, day);
	n = snprintf(to, PATH_MAX, "%s/%.*s%s", s->dir, DAY_LEN, text, ending);
	return n < 0 || n >= PATH_MAX ? ERR_TOO_LONG : OK;
}

size_t segments_map_bytes(const struct segments *s)
{
	return s->map_bytes;
}

static void close_slot(struct segments *s, struct segment_slot *slot)
{
	db_close(slot->env);
	slot->env = NULL;
	s->open_n--;
}

/* Closes the segment that nobody has used for longest; false if all are held.
 */
static bool evict(struct segments *s)
{
	struct segment_slot *oldest = NULL;

	for (size_t i = 0; i < s->slots_n; i++) {
		struct segment_slot *slot = &s->slots[i];

		if (slot->env && !slot->refs &&
			(!oldest || slot->used < oldest->used))
			oldest = slot;
	}
	if (oldest)
		close_slot(s, oldest);
	return oldest != NULL;
}

/* Sealed: the hot one is always open. */
enum err segments_open_slot(struct segments *s, struct segment_slot *slot)
{
	char path[PATH_MAX];
	enum err e;

	if (s->open_n >= s->open_max && !evict(s))
		return ERR_FULL;
	e = segments_path(s, slot->day, "", path);
	if (!e)
		e = segment_open(path, s->map_bytes, true, &slot->env);
	if (e == ERR_NOT_FOUND)
		e = ERR_CORRUPT;
	if (e == ERR_CORRUPT || e == ERR_VERSION)
		slot->err = e;
	if (!e) {
		slot->is_sealed = true;
		slot->opening = ++s->openings;
		s->open_n++;
	}
	return e;
}

/* The first sequence of the next sound segment. */
static uint64_t end_of(struct segments *s, const struct segment_slot *slot)
{
	while (++slot < s->slots + s->slots_n)
		if (!slot->err)
			return slot->first;
	return UINT64_MAX;
}

/* The place of the first segment of this day or a later one. */
static size_t place_of(struct segments *s, uint64_t day)
{
	size_t low = 0, high = s->slots_n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->slots[middle].day < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct segment_slot *segments_slot(struct segments *s, uint64_t day)
{
	size_t i = place_of(s, day);

	return i < s->slots_n && s->slots[i].day == day ? &s->slots[i] : NULL;
}

void segments_hold(
	struct segments *s, struct segment_slot *slot, struct segment_ref *ref)
{
	slot->refs++;
	slot->used = ++s->tick;
	*ref = (struct segment_ref){
		.env = slot->env,
		.opening = slot->opening,
		.day = slot->day,
		.first = slot->first,
		.end = end_of(s, slot),
		.has_next = slot + 1 < s->slots + s->slots_n,
	};
}

/* The first sound one from slot i on. */
static enum err hold_from(struct segments *s, size_t i, struct segment_ref *ref,
	size_t *damaged_n)
{
	for (; i < s->slots_n; i++) {
		struct segment_slot *slot = &s->slots[i];
		enum err e = OK;

		if (!slot->err && !slot->env)
			e = segments_open_slot(s, slot);
		if (slot->err) {
			(*damaged_n)++;
			continue;
		}
		if (e)
			return e;
		segments_hold(s, slot, ref);
		return OK;
	}
	return ERR_NOT_FOUND;
}

enum err segments_acquire(struct segments *s, uint64_t after,
	struct segment_ref *ref, size_t *damaged_n)
{
	uint64_t want = after == UINT64_MAX ? after : after + 1;
	size_t low = 0;
	enum err e;

	segments_lock(s);
	/* The last sound one that does not begin behind it, or the first. */
	for (size_t i = s->slots_n; i-- > 0;) {
		if (s->slots[i].err || s->slots[i].first > want)
			continue;
		low = i;
		break;
	}
	e = hold_from(s, low, ref, damaged_n);
	segments_unlock(s);
	return e;
}

enum err segments_acquire_next(struct segments *s,
	const struct segment_ref *ref, struct segment_ref *next,
	size_t *damaged_n)
{
	enum err e;

	segments_lock(s);
	e = hold_from(s, place_of(s, ref->day + 1), next, damaged_n);
	segments_unlock(s);
	return e;
}

/* A sealed one stays open for the next reader; one that was hot is closed, to
 * be opened without its lock file. */
static void let_go(struct segments *s, struct segment_slot *slot)
{
	ASSERT(slot->refs > 0);
	slot->refs--;
	if (!slot->refs && (!slot->is_sealed || s->open_n > s->open_max))
		close_slot(s, slot);
}

void segments_release(struct segments *s, struct segment_ref *ref)
{
	struct db_env *to_close = NULL;
	struct segment_slot *slot;

	if (!ref->env)
		return;
	segments_lock(s);
	slot = segments_slot(s, ref->day);
	if (slot && slot->env == ref->env)
		let_go(s, slot);
	else
		to_close = segments_release_retired(s, ref->env);
	segments_unlock(s);
	db_close(to_close);
	*ref = (struct segment_ref){0};
}

void segments_skip_to(struct segments *s, uint64_t sequence)
{
	if (s->next > sequence)
		return;
	s->next = sequence + 1;
	if (!s->slots_n)
		atomic_store(&s->newest, sequence);
}

uint64_t segments_next_sequence(struct segments *s)
{
	return s->next;
}

void segments_committed(struct segments *s, uint64_t newest)
{
	ASSERT(newest >= s->next);
	s->next = newest + 1;
	atomic_store(&s->newest, newest);
}

static enum err reserve_slot(struct segments *s)
{
	size_t size = s->slots_size ? 2 * s->slots_size : 16;
	struct segment_slot *slots;

	if (s->slots_n >= SEGMENTS_MAX)
		return ERR_FULL;
	if (s->slots_n < s->slots_size)
		return OK;
	slots = realloc(s->slots, size * sizeof(*slots));
	if (!slots)
		return ERR_NOMEM;
	s->slots = slots;
	s->slots_size = size;
	return OK;
}

/* Makes the folder, or takes the empty one that an attempt left behind. */
static enum err make_hot(
	struct segments *s, uint64_t day, uint64_t next, struct db_env **to)
{
	char path[PATH_MAX];
	uint64_t first, last;
	struct db_env *env;
	enum err e = segments_path(s, day, "", path);

	if (e)
		return e;
	e = segment_create(path, s->map_bytes, next);
	if (e && e != ERR_EXISTS)
		return e;
	e = segment_open(path, s->map_bytes, false, &env);
	if (e)
		return e;
	e = segment_bounds(env, &first, &last);
	if (!e && (first != next || last >= first))
		e = ERR_CONFLICT;
	if (e) {
		db_close(env);
		return e;
	}
	*to = env;
	return OK;
}

/* The registry itself holds the hot one. */
static void add_hot(struct segments *s, const struct segment_slot *hot)
{
	if (s->open_n >= s->open_max)
		(void)evict(s); /* one too many for a while otherwise */
	if (s->slots_n)
		let_go(s, &s->slots[s->slots_n - 1]);
	s->slots[s->slots_n] = *hot;
	s->slots[s->slots_n].refs = 1;
	s->slots[s->slots_n].opening = ++s->openings;
	s->slots_n++;
	s->open_n++;
}

static enum err roll(struct segments *s, uint64_t day)
{
	struct segment_slot hot = {.day = day, .first = s->next};
	enum err e;

	segments_lock(s);
	e = reserve_slot(s);
	segments_unlock(s);
	if (!e)
		e = make_hot(s, day, s->next, &hot.env);
	if (e)
		return e;
	segments_lock(s);
	add_hot(s, &hot);
	segments_unlock(s);
	return OK;
}

enum err segments_hot(struct segments *s, uint64_t day, struct segment_ref *ref)
{
	struct segment_ref before = *ref;
	uint64_t newest_day = 0;
	bool is_any;
	enum err e;

	segments_lock(s);
	is_any = s->slots_n > 0;
	if (is_any)
		newest_day = s->slots[s->slots_n - 1].day;
	segments_unlock(s);
	/* Only the writer adds slots, and the newest one stays. */
	if (!is_any || newest_day < day) {
		e = roll(s, day);
		if (e)
			return e;
	} else if (ref->env && ref->day == newest_day) {
		return OK;
	}
	segments_lock(s);
	segments_hold(s, &s->slots[s->slots_n - 1], ref);
	segments_unlock(s);
	segments_release(s, &before);
	return OK;
}

/* The last one that the scan found is the hot one: opened to be written. */
static enum err open_hot(
	struct segments *s, struct segments_problem *problem, uint64_t *newest)
{
	struct segment_slot *hot = &s->slots[s->slots_n - 1];
	uint64_t before = *newest;
	char path[PATH_MAX];
	enum err e = segments_path(s, hot->day, "", path);

	if (e)
		return e;
	e = segment_open(path, s->map_bytes, false, &hot->env);
	if (!e) {
		s->open_n++;
		hot->refs = 1;
		hot->opening = ++s->openings;
		e = segment_bounds(hot->env, &hot->first, newest);
	}
	if (!e && hot->first <= before)
		e = ERR_CORRUPT;
	if (e)
		(void)snprintf(problem->path, PATH_MAX, "%s", path);
	return e;
}

static enum err open_all(struct segments *s, uint16_t shard, uint64_t min,
	struct segments_problem *problem)
{
	uint64_t newest = 0;
	enum err e = segments_scan(
		s->dir, s->map_bytes, &s->slots, &s->slots_n, &newest, problem);

	s->slots_size = s->slots_n;
	if (!e && s->slots_n)
		e = open_hot(s, problem, &newest);
	if (e)
		return e;
	if (newest >> CLICK_SEQUENCE_BITS > shard) {
		(void)snprintf(problem->path, PATH_MAX, "%s", s->dir);
		return ERR_CONFLICT;
	}
	s->next = ((uint64_t)shard << CLICK_SEQUENCE_BITS) + 1;
	if (s->next <= newest)
		s->next = newest + 1;
	s->gap_from = s->gap_to = newest;
	if (s->next < min) {
		s->gap_from = s->next - 1;
		s->gap_to = min - 1;
		s->next = min;
	}
	atomic_store(&s->newest, s->slots_n ? newest : s->next - 1);
	return OK;
}

enum err segments_open(const struct segments_options *options,
	struct segments **to, struct segments_problem *problem)
{
	struct segments *s = calloc(1, sizeof(*s));
	enum err e = OK;
	int n;

	problem->path[0] = '\0';
	if (!s)
		return ERR_NOMEM;
	ASSERT(pthread_mutex_init(&s->lock, NULL) == 0);
	s->map_bytes =
		options->map_bytes ? options->map_bytes : SEGMENT_MAP_BYTES;
	s->open_max = options->open_max ? options->open_max : SEGMENTS_OPEN_MAX;
	n = snprintf(s->dir, sizeof(s->dir), "%s", options->dir);
	if (n < 0 || (size_t)n >= sizeof(s->dir))
		e = ERR_TOO_LONG;
	if (!e)
		e = open_all(s, options->shard, options->sequence_min, problem);
	if (e) {
		segments_close(s);
		return e;
	}
	*to = s;
	return OK;
}

void segments_close(struct segments *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->slots_n; i++) {
		bool is_hot = i == s->slots_n - 1;

		ASSERT(s->slots[i].refs <= (is_hot ? 1u : 0u));
		db_close(s->slots[i].env);
	}
	/* Their folders go when the log is opened again. */
	for (size_t i = 0; i < s->retired_n; i++)
		ASSERT(!s->retired[i].env);
	ASSERT(pthread_mutex_destroy(&s->lock) == 0);
	free(s->slots);
	free(s);
}
