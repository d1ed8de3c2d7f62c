/* The files of one region's backup, copied from its running store: the tally
 * first, then the log, then the links, so that each has all that those before
 * it name. The region's upkeep must be held, so that no segment is replaced or
 * dropped meanwhile. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/backup_set.h"
#include "service/region.h"

struct backup_job {
	struct region *region;
	const char *dir; /* of the backup */
	bool with_keys;
	struct buf *sums; /* appended to */
	/* Told of bytes as they are written; what it returns but OK ends it. */
	enum err (*note)(void *arg, size_t bytes);
	void *arg;
	char failed[PATH_MAX]; /* out: what an error is about */
};

/* About how many bytes it will be. */
uint64_t backup_region_bytes(struct region *g);
/* *about: for backup.json. */
CHECKED enum err backup_region(
	struct backup_job *job, struct backup_region *about);
