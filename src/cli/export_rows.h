/* The clicks of an answer, taken apart into whole rows: a row leaves only when
 * all of it is here, and the last one tells where to go on. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/out.h"

enum {
	EXPORT_ROW_MAX = 1 << 20, /* bytes of a row */
	EXPORT_CURSOR_MAX = 1024  /* bytes of a cursor */
};

enum export_format {
	EXPORT_NDJSON,
	EXPORT_CSV
};

struct export_rows {
	struct out *out;
	enum export_format format;
	bool header_written; /* CSV: each page has one, the first is kept */
	bool header_seen;    /* of this page */
	bool quoted;         /* CSV: the row goes on within quotes */
	uint64_t rows;       /* written, all pages */
	uint64_t page_rows;  /* of this page */
	struct buf part;     /* of a row that is not whole yet */
	struct buf last;     /* the row last written */
};

void export_rows_init(struct export_rows *r, struct out *out,
	enum export_format format, bool header_written);
void export_rows_deinit(struct export_rows *r);

/* A new answer; what was left of the one before is dropped. */
void export_rows_begin(struct export_rows *r);
CHECKED enum err export_rows_push(struct export_rows *r, struct str bytes);
/* True if the answer ended with a whole row. */
bool export_rows_is_whole(const struct export_rows *r);

/* Appends a row's cursor, its first field. ERR_INVALID if it has none. */
CHECKED enum err export_cursor_of(
	enum export_format format, struct str row, struct buf *cursor);
