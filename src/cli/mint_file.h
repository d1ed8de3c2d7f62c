/* The output of an earlier run of `ctio mint -o FILE`, compared row by row with
 * what this run would write: a row that is there whole is not minted again, a
 * torn one is, and anything else in FILE is never touched. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/mint_rows.h"
#include "cli/out.h"

enum {
	MINT_FILE_BLOCK = 64 << 10
};

enum mint_match {
	MINT_MATCH_WHOLE, /* the row is there */
	MINT_MATCH_NONE,  /* the file ends before it */
	MINT_MATCH_TORN,  /* the file ends within it */
	MINT_MATCH_OTHER  /* something else is there */
};

/* Reads a struct out's file, on its own position. */
struct mint_file {
	struct out *out;
	enum mint_format format;
	uint64_t row_at; /* where the row last asked for begins */
	uint64_t at;     /* of the next byte of the file behind block */
	size_t block_n;
	size_t block_i;
	char block[MINT_FILE_BLOCK];
};

void mint_file_init(
	struct mint_file *f, struct out *out, enum mint_format format);
/* Compares the next row; for the CSV header, prefix is all of it and whole is
 * true. */
CHECKED enum err mint_file_match(struct mint_file *f, struct str prefix,
	bool whole, enum mint_match *match);
/* Behind what was compared last. */
uint64_t mint_file_position(const struct mint_file *f);
