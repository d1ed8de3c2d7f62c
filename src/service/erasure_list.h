/* Erasures as a region's snapshot has them, and what they erased, for those who
 * must not touch the store. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/erasure_record.h"
#include "service/view.h"

enum {
	ERASED_LINE_MAX = 8192 /* bytes of a line of the export */
};

/* ERR_NOT_FOUND, or why the store cannot say; copies. */
CHECKED enum err lookup_erasure(
	struct view *v, uint64_t account, uint64_t id, struct erasure *e);
/* The account's first one behind an id. */
CHECKED enum err lookup_erasure_next(
	struct view *v, uint64_t account, uint64_t after, struct erasure *e);

/* Where an export of all that was erased in a region stands: all zero at
 * first. */
struct erased_export {
	uint64_t account, id; /* of an erasure; all before are exported */
	uint64_t token;       /* of it, up to here */
};
/* Appends the next line, {"region", "account", "tokens": [numbers as text]}:
 * what is needed to erase them again in an older copy of the store, and no
 * more. ERR_NOT_FOUND: there are no more. */
CHECKED enum err erased_export_line(
	struct erased_export *x, struct view *v, struct buf *out);
