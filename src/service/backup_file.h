/* A file of a backup, or of a store that is restored: written once, in pieces,
 * its SHA-256 taken on the way, and flushed. What was written goes to the disk
 * as it comes, so that no heap of it makes other flushes wait, and leaves the
 * page cache to those who need it. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "core/sha256.h"

struct backup_file {
	int fd;
	struct sha256 *sum;
	uint64_t bytes;
	uint64_t flushed; /* of them */
};

/* Makes it; ERR_EXISTS if it is there. */
CHECKED enum err backup_file_begin(struct backup_file *f, const char *path);
CHECKED enum err backup_file_add(struct backup_file *f, struct str bytes);
/* Flushes and closes it. */
CHECKED enum err backup_file_end(
	struct backup_file *f, char sum[SHA256_TEXT_LEN]);
/* Closes what is not to be ended; fine after the end. */
void backup_file_deinit(struct backup_file *f);
