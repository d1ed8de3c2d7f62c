/* Backups of the running server: a folder with a copy of every served region,
 * one after the other, each of one moment. A thread of its own, one at a time.
 * The folder has its name only when it is whole. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "service/region.h"

enum {
	BACKUP_PROBLEM_MAX = PATH_MAX + 256
};

/* It ends when so little is free where the store is. */
#define BACKUP_FREE_MIN ((uint64_t)16 << 20)
/* Until it is whole, a backup has this behind its name. */
#define BACKUP_PART ".part"

enum backup_state {
	BACKUP_IDLE, /* none since the start */
	BACKUP_RUNNING,
	BACKUP_DONE,
	BACKUP_FAILED,
};

struct backup_status {
	enum backup_state state;
	char dir[PATH_MAX];
	bool has_keys;
	uint64_t begun_ms, ended_ms;
	uint64_t written;  /* bytes */
	uint64_t bytes;    /* of about so many */
	uint64_t left_out; /* segments that could not be read */
	uint64_t last_s;   /* when the last good one was begun; 0: never */
	char problem[BACKUP_PROBLEM_MAX]; /* of a failed one */
};

struct backup;

struct backup_options {
	struct regions *regions;
	const char *version; /* of ctio */
};

CHECKED enum err backup_new(
	const struct backup_options *options, struct backup **to);
/* Stops the one that runs, which then leaves nothing behind. NULL is fine. */
void backup_free(struct backup *b);

/* Begins one into a folder that is not there yet, its parent is, and whose path
 * is absolute. ERR_BUSY: one is running; ERR_SYSTEM: no thread; ERR_INVALID,
 * ERR_TOO_LONG: no such path. What else goes wrong, its status says. */
CHECKED enum err backup_start(struct backup *b, struct str dir, bool with_keys);
void backup_get_status(struct backup *b, struct backup_status *status);
