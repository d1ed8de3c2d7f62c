/* Rows of a `ctio mint` run that are sent as one request, kept until all are
 * answered, so that they can be sent again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/mint_rows.h"

enum {
	MINT_CHUNK_ROWS = 50000,
	MINT_CHUNK_BYTES = 8 << 20,
	MINT_CHUNK_ROWS_MAX = 1000000,   /* of an older ctio's side file */
	MINT_CHUNK_BYTES_MAX = 256 << 20 /* the same */
};

struct mint_chunk_row {
	uint64_t number;
	size_t prefix_end;
	size_t line_end; /* where line_end is the row before's: it has none */
	size_t error_end;
};

struct mint_chunk {
	size_t rows_max;
	size_t bytes_max; /* at this many, one more row is not taken */
	struct mint_chunk_row *rows;
	size_t n;
	size_t room; /* rows allocated */
	size_t lines_n;
	size_t written; /* rows that are in the output, from the first */
	struct buf prefixes;
	struct buf lines;
	struct buf errors;
};

/* ERR_INVALID past the maxima. */
CHECKED enum err mint_chunk_init(
	struct mint_chunk *c, uint64_t rows_max, uint64_t bytes_max);
void mint_chunk_deinit(struct mint_chunk *c);
void mint_chunk_reset(struct mint_chunk *c);
bool mint_chunk_is_full(const struct mint_chunk *c);
/* Copies the row. */
CHECKED enum err mint_chunk_add(
	struct mint_chunk *c, const struct mint_row *row);
/* Row i of those added; views, until the next add. */
struct mint_row mint_chunk_at(const struct mint_chunk *c, size_t i);
