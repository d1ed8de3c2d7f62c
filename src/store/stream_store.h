/* Mint streams in a region's links environment: which request an
 * Idempotency-Key names, and which numbers its lines have. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/stream_record.h"
#include "store/db.h"

/* The stream that this name began within the days kept; today is a UTC day
 * number. ERR_NOT_FOUND. */
CHECKED enum err stream_find(struct db_txn *t, uint32_t today, uint64_t account,
	const uint8_t name[HASH128_BYTES], struct stream *s);
/* How many lines it has, from 0 on without a gap. */
CHECKED enum err stream_lines(
	struct db_txn *t, uint64_t stream, uint64_t *lines);
/* The range that holds this line; ERR_NOT_FOUND past the last. */
CHECKED enum err range_find(
	struct db_txn *t, uint64_t stream, uint64_t line, struct range *r);

void apply_stream(struct db_txn *t, struct str key, struct str record);
void apply_range(struct db_txn *t, struct str key, struct str record);
/* Adds lines to the end of a stream: the last range grows if the numbers go
 * on from it, or a new one begins. */
void stream_append(struct db_txn *t, uint64_t stream, const struct range *r);
/* Forgets a stream's name and ranges; its tokens stay. */
void stream_delete(struct db_txn *t, struct str key, uint64_t stream);
/* Deletes streams older than the days kept, at most max records of them.
 * True if there may be more. */
bool streams_purge(struct db_txn *t, uint32_t today, size_t max);
