/* From the rows of a CSV or NDJSON input to lines of a mint request, and to the
 * rows that come out: the same, with token, url and error added. The same
 * input always gives the same lines and rows, byte by byte: a resumed run
 * counts on it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "core/csv.h"
#include "core/uri_template.h"

enum {
	MINT_ROW_MAX = 1 << 20,    /* bytes of an input row */
	MINT_LINE_MAX = 16 << 10,  /* bytes of a request's line */
	MINT_PREFIX_MAX = 3 << 20, /* a row's, quoted anew */
	MINT_PROBLEM_MAX = 256     /* bytes of a problem's text */
};

enum mint_format {
	MINT_CSV,
	MINT_NDJSON
};

/* The link's variables, besides recipient and ref, which are always known. */
struct mint_vars {
	size_t n;
	struct str name[URI_TEMPLATE_VARS_MAX];
	/* What a CSV header must name, since there is no default: "recipient"
	 * and "ref" may be among them. */
	size_t needed_n;
	struct str needed[URI_TEMPLATE_VARS_MAX];
};

struct mint_rows {
	enum mint_format format;
	const struct mint_vars *vars;
	bool begun; /* CSV: the header was read */
	uint64_t line;
	uint64_t number;
	struct csv_reader csv;
	size_t columns_n;
	/* Of the CSV row: the column, or columns_n if there is none. */
	size_t recipient;
	size_t ref;
	size_t var[URI_TEMPLATE_VARS_MAX];
	struct buf text; /* NDJSON: a line that came in parts */
	bool dropping;   /* NDJSON: the rest of a line that is too long */
	struct buf prefix;
	struct buf out;
	struct buf error;
	char problem[MINT_PROBLEM_MAX]; /* after ERR_INVALID */
};

/* A row. The views end with the next call. */
struct mint_row {
	uint64_t number;   /* from 1; 0: the CSV header */
	struct str prefix; /* what comes out begins with it; the header whole */
	struct str line;   /* of the request, with its end; empty: none */
	struct str error;  /* why there is no line */
};

/* vars is borrowed. */
void mint_rows_init(struct mint_rows *r, enum mint_format format,
	const struct mint_vars *vars);
void mint_rows_deinit(struct mint_rows *r);

/* Takes bytes off *in up to the end of a row. ERR_AGAIN: all are taken, give
 * more; at the input's end (end true): ERR_NOT_FOUND, there is no further row.
 * ERR_INVALID: r->problem says why nothing further can be read. ERR_NOMEM. */
CHECKED enum err mint_rows_next(
	struct mint_rows *r, struct str *in, bool end, struct mint_row *row);

/* Appends what follows a row's prefix. Empty texts are none. */
void mint_rows_put_result(enum mint_format format, struct buf *to,
	struct str token, struct str url, struct str error);
