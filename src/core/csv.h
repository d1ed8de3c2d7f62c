/* CSV as RFC 4180 says, read in a stream and written. Rows end with CRLF or
 * LF; a byte order mark before the first row is skipped. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
	CSV_FIELDS_MAX = 256,        /* fields of a row */
	CSV_ROW_BYTES_MAX = 16 << 20 /* the largest row_max there may be */
};

enum csv_state {
	CSV_FIELD_START,
	CSV_PLAIN,
	CSV_QUOTED,
	CSV_QUOTE_SEEN, /* a quote within quotes: the end, or half a quote */
	CSV_CR_SEEN,
	CSV_ROW_DONE,
	CSV_FAILED
};

struct csv_reader {
	struct buf bytes; /* the row's fields, one after another */
	enum csv_state state;
	enum err err;
	uint8_t mark_n; /* bytes of a byte order mark seen; 3: no more sought */
	bool row_begun;
	uint64_t line;       /* from 1, of the next byte */
	uint64_t column;     /* from 1, in bytes, of the next byte */
	uint64_t row_line;   /* where the row last returned began */
	const char *problem; /* after an error; static */
	size_t fields_n;
	uint32_t ends[CSV_FIELDS_MAX];
	struct str fields[CSV_FIELDS_MAX];
};

/* row_max bounds a row's bytes, without quotes and separators. */
void csv_reader_init(struct csv_reader *r, size_t row_max);
void csv_reader_deinit(struct csv_reader *r);
/* Takes bytes off *in up to the end of a row. OK: the row is in r->fields and
 * r->fields_n, valid until the next call; an empty line is one empty field.
 * ERR_AGAIN: all of *in is taken, give more. ERR_INVALID, ERR_TOO_LONG or
 * ERR_NOMEM: r->line, r->column and r->problem say more, and it stays so. */
CHECKED enum err csv_read(struct csv_reader *r, struct str *in);
/* At the end of the input: OK with the last row if it has no row end,
 * ERR_NOT_FOUND if there is none, or an error as above. */
CHECKED enum err csv_finish(struct csv_reader *r);

struct csv_writer {
	struct buf *b;
	size_t fields_n;  /* in the row begun */
	size_t row_start; /* where it begins in b */
};

void csv_writer_init(struct csv_writer *w, struct buf *b);
/* Quoted only when needed. */
void csv_put_str(struct csv_writer *w, struct str s);
void csv_put_u64(struct csv_writer *w, uint64_t v);
/* CRLF. */
void csv_row_end(struct csv_writer *w);
