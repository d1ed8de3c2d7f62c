/* Puts backups back, into a data folder that no server has open: files are
 * checked against their sums and copied to DATA/restore.part; there the regions
 * are told that their history was cut off, and who was erased since is erased
 * again; then each takes its name. What fails before that leaves nothing;
 * what is cut off while they take their names, the next one finishes, and no
 * server starts before. */
#pragma once

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "core/backup_set.h"
#include "core/restore_record.h"
#include "service/region.h"

/* No number may come twice, whatever backups are put back one after the other.
 * So what goes on does so at least this far behind the backup's numbers, */
#define RESTORE_SKIP ((uint64_t)1 << 36)
/* at least at as many as there could have been at so many a second since 2026,
 * which lasts until 2094, */
#define RESTORE_PER_SECOND ((uint64_t)1 << 17)
#define RESTORE_EPOCH_S    1767225600u /* 2026-01-01T00:00:00Z */
/* and up to so many more, at random: for bursts. */
#define RESTORE_RANDOM ((uint64_t)1 << 40)

struct restore_options {
	const char *from; /* the backup's folder */
	/* Where to, and what the regions are. */
	const struct regions_settings *settings;
	struct str only;      /* of its regions; empty: all */
	const char *erasures; /* a file of `ctio erasure export`, or NULL */
	/* Told of bytes that were copied. */
	void (*note)(void *arg, uint64_t bytes);
	void *arg;
};

struct restore_result {
	/* What was found was a restore that had been cut off when all was put
	 * together: its regions have their names now, and no more was done. */
	bool is_finished;
	uint64_t begun_ms; /* what it is a copy of: then */
	size_t regions_n;
	struct restored_region {
		char name[BACKUP_PATH_MAX];
		struct restore cut;
		uint64_t left_out; /* segments that the backup has not */
	} regions[REGIONS_MAX];
	uint64_t erased_lines, erased_tokens;
	uint64_t erasures_failed; /* in a region: something cannot be read */
	/* Of regions that were not put back, and of accounts that are younger
	 * than the backup. */
	uint64_t other_lines;
};

CHECKED enum err restore_backup(const struct restore_options *options,
	struct restore_result *result, struct region_problem *problem);

/* For service/restore*.c: */

struct restore_run {
	const struct restore_options *options;
	struct restore_result *result;
	struct region_problem *problem;
	struct backup_about about;
	struct buf sums;
	bool chosen[BACKUP_REGIONS_MAX]; /* of about.regions */
	char part[PATH_MAX];
};

/* Sets the problem, unless there is one: path, and what is wrong. */
CHECKED enum err restore_fail(
	struct restore_run *r, enum err e, const char *path, const char *what);
/* Reads what describes the backup. */
CHECKED enum err restore_read(struct restore_run *r);
/* Copies the chosen regions' files into r->part, checking their sums. */
CHECKED enum err restore_copy(struct restore_run *r);
/* Writes down where the history of a region in r->part was cut off. */
CHECKED enum err restore_cut(struct restore_run *r, struct str region);
/* Opens the regions there and has the erasures done again. */
CHECKED enum err restore_erase(struct restore_run *r);
