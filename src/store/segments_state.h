/* The registry of segments, for store/segments*.c alone. */
#pragma once

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/db.h"
#include "store/segments.h"
#include "store/segments_scan.h"

enum {
	SEGMENTS_RETIRED_MAX = 64 /* waiting for their readers at once */
};

#define SEGMENTS_DROPPED ".dropped"

/* A segment that was replaced or dropped. */
struct segment_retired {
	uint64_t day;
	const char *ending; /* of its folder now */
	struct db_env *env; /* NULL: nobody reads it any more */
	unsigned refs;
};

struct segments {
	/* Of slots and retired and all in them, never across a commit. */
	pthread_mutex_t lock;
	struct segment_slot *slots; /* oldest first; the last one is hot */
	size_t slots_n, slots_size;
	struct segment_retired retired[SEGMENTS_RETIRED_MAX];
	size_t retired_n;
	size_t open_n;
	uint64_t tick;     /* of the last use of a segment */
	uint64_t openings; /* of segments, so far */
	size_t map_bytes, open_max;
	uint64_t next; /* the writer's */
	/* Numbers between that sequence_min left out. */
	uint64_t gap_from, gap_to;
	_Atomic uint64_t newest;
	char dir[PATH_MAX];
};

void segments_lock(struct segments *s);
void segments_unlock(struct segments *s);

/* With the lock held: */
struct segment_slot *segments_slot(struct segments *s, uint64_t day);
void segments_hold(
	struct segments *s, struct segment_slot *slot, struct segment_ref *ref);
CHECKED enum err segments_open_slot(
	struct segments *s, struct segment_slot *slot);
/* One reader of a retired segment less; what it returns, or NULL, is to be
 * closed without the lock, since that may take a while. */
struct db_env *segments_release_retired(
	struct segments *s, const struct db_env *env);
