/* A region's click log, DATA/REGION/clicks/: the list of its segments, one
 * folder a day, and the environments that are open. Days and sequences both
 * ascend; the newest segment is the hot one, which the click writer alone
 * writes; the others are sealed and opened for reading on demand. Any thread,
 * but for what is said to be the writer's. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/db.h"

struct segments;

enum {
	SEGMENTS_OPEN_MAX = 32,  /* environments open at once, the default */
	SEGMENTS_MAX = 40000,    /* a century of days */
	CLICK_SEQUENCE_BITS = 48 /* of a click's number; the shard is above */
};

struct segments_options {
	const char *dir; /* its parent must be there */
	uint16_t shard;  /* of this node */
	/* What every further click's number must reach: a restore sets it; 0
	 * for none. */
	uint64_t sequence_min;
	size_t map_bytes; /* 0: SEGMENT_MAP_BYTES */
	size_t open_max;  /* 0: SEGMENTS_OPEN_MAX */
};

/* Which folder an error is about; "" for none. */
struct segments_problem {
	char path[PATH_MAX];
};

/* Lists the folder (made if it is not there) and reads every segment's bounds.
 * ERR_VERSION: a segment of a newer version; other errors: the folder, or the
 * newest segment, cannot be used; problem names it. A sealed segment that
 * cannot be read is kept in the list with its error, and readers pass it by. */
CHECKED enum err segments_open(const struct segments_options *options,
	struct segments **s, struct segments_problem *problem);
/* No reader and no writer may be left. NULL is fine. */
void segments_close(struct segments *s);

/* The oldest number that may be kept and the newest committed one; newest is
 * oldest - 1 when the log is empty. */
void segments_range(struct segments *s, uint64_t *oldest, uint64_t *newest);
/* How many are committed behind this number, but for those that sequence_min
 * left out. */
uint64_t segments_behind(struct segments *s, uint64_t position);

struct segment_info {
	uint64_t day;            /* since 1970 */
	uint64_t first_sequence; /* of this segment or later; damaged: 0 */
	bool is_hot;
	enum err err; /* OK, or why it cannot be read */
};
/* Segments in the log; fills up to max of them, oldest first. */
size_t segments_list(struct segments *s, struct segment_info *to, size_t max);
/* All of them; the array is the caller's to free. ERR_NOMEM. */
CHECKED enum err segments_list_all(
	struct segments *s, struct segment_info **to, size_t *n);
const char *segments_dir(const struct segments *s);
/* Environments that are open now. */
size_t segments_open_n(struct segments *s);

/* A segment that is held open. */
struct segment_ref {
	struct db_env *env;
	uint64_t opening; /* from 1; another one when it is opened anew */
	uint64_t day;
	uint64_t first; /* its first sequence */
	uint64_t end;   /* the next one's, UINT64_MAX for none */
	bool has_next;  /* a newer segment was there when it was taken */
};

/* The segment that has the first click after this sequence, or the newest;
 * released by segments_release(). Passes damaged ones by, counting them.
 * ERR_NOT_FOUND: the log has no segment; ERR_FULL: too many are held. */
CHECKED enum err segments_acquire(struct segments *s, uint64_t after,
	struct segment_ref *ref, size_t *damaged_n);
/* The one behind ref, as above; ref itself stays held. ERR_NOT_FOUND: none. */
CHECKED enum err segments_acquire_next(struct segments *s,
	const struct segment_ref *ref, struct segment_ref *next,
	size_t *damaged_n);
void segments_release(struct segments *s, struct segment_ref *ref);

/* Before the writer starts: numbers up to this one were given out once. */
void segments_skip_to(struct segments *s, uint64_t sequence);
/* The writer alone. The hot segment for this day, made if the newest one is
 * older; *ref is the one held before (env NULL at first) and is given back
 * when another takes its place. Unchanged on an error. */
CHECKED enum err segments_hot(
	struct segments *s, uint64_t day, struct segment_ref *ref);
/* The number that the next click takes. */
uint64_t segments_next_sequence(struct segments *s);
/* Clicks up to this one are committed. */
void segments_committed(struct segments *s, uint64_t newest);

/* Below: one thread at a time, that of the region's upkeep; segments_replace()
 * with a writer's ref is called on the writer's own thread.
 *
 * Where a segment is made anew: beside it, in the folder of segments_path()
 * with this ending. What lies there when the log is opened is removed. */
#define SEGMENTS_ANEW ".anew"
CHECKED enum err segments_path(const struct segments *s, uint64_t day,
	const char *ending, char to[PATH_MAX]);
size_t segments_map_bytes(const struct segments *s);
/* The segment of exactly this day; ERR_NOT_FOUND; ERR_CORRUPT if it cannot be
 * read. Released like the others. */
CHECKED enum err segments_acquire_day(
	struct segments *s, uint64_t day, struct segment_ref *ref);
/* The segment that was made anew, flushed and closed, takes the other one's
 * place at once and for good; who reads the old one reads on. hot: the
 * writer's own ref, exchanged for one on the new segment; NULL for a sealed
 * one. ERR_CONFLICT: it is not the hot one (any more), or is; ERR_BUSY: what it
 * replaced before is not swept yet. */
CHECKED enum err segments_replace(
	struct segments *s, uint64_t day, struct segment_ref *hot);
/* Takes the oldest segment out of the log, if it is this day's and sealed;
 * ERR_NOT_FOUND if it is not. */
CHECKED enum err segments_drop(struct segments *s, uint64_t day);
/* Removes the folders of replaced and dropped segments that nobody reads any
 * more; *left are still read. */
CHECKED enum err segments_sweep(struct segments *s, size_t *left);
