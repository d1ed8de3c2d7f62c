/* What lies in a click log's folder, for store/segments.c when it opens. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/db.h"
#include "store/segments.h"

struct segment_slot {
	uint64_t day;
	uint64_t first;     /* its first sequence; 0 while err */
	struct db_env *env; /* NULL: closed */
	uint64_t opening;   /* of the env: no other one has this number */
	uint64_t used;      /* the registry's tick of its last use */
	unsigned refs;
	bool is_sealed; /* the env is open for reading only */
	enum err err;   /* why it cannot be read */
};

/* Lists the segments, oldest first, making the folder if it is not there, and
 * reads the bounds of all but the last: *newest is the highest sequence of
 * those. *slots is the caller's to free, also after an error. */
CHECKED enum err segments_scan(const char *dir, size_t map_bytes,
	struct segment_slot **slots, size_t *slots_n, uint64_t *newest,
	struct segments_problem *problem);
