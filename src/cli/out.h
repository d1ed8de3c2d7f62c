/* Where a command's rows go: stdout, or a file that a later run continues.
 * Buffered; one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct out {
	int fd;
	bool is_file;
	struct buf bytes; /* not written yet */
};

/* stdout. */
void out_init(struct out *o);
/* The file, made if it is not there; ERR_BUSY if another run writes to it.
 * errno says more on ERR_SYSTEM. */
CHECKED enum err out_open(struct out *o, const char *path);
/* Drops what was not flushed. */
void out_close(struct out *o);

CHECKED enum err out_write(struct out *o, struct str bytes);
CHECKED enum err out_flush(struct out *o);
/* Flushes, and for a file waits for the disk. */
CHECKED enum err out_sync(struct out *o);

/* A file's bytes from its start, a block at a time; empty at the end. */
CHECKED enum err out_read(
	struct out *o, uint64_t at, char *to, size_t size, size_t *n);
/* Cuts a file there, and goes on writing there. */
CHECKED enum err out_cut(struct out *o, uint64_t at);
