/* FILE.ctio-mint, which lies beside the output of `ctio mint -o FILE` from
 * before the first request until all rows are written: what an interrupted run
 * needs to go on without minting a row twice. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/mint_rows.h"

enum {
	MINT_SIDE_MAX = 64 << 10,
	MINT_ID_LEN = 32, /* hexadecimal digits */
	MINT_SIDE_TEXT_MAX = 2048
};

/* All that decides what a request's lines are, and their Idempotency-Keys. */
struct mint_side {
	char id[MINT_ID_LEN + 1];
	uint64_t started_ms;
	uint64_t chunk_rows;
	uint64_t chunk_bytes;
	uint64_t first_row; /* rows of FILE that came from runs before */
	enum mint_format format;
	char link[MINT_SIDE_TEXT_MAX];
	char campaign[MINT_SIDE_TEXT_MAX]; /* "": none */
	char ttl[MINT_SIDE_TEXT_MAX];      /* "": none */
	char server[MINT_SIDE_TEXT_MAX];
	char account[MINT_SIDE_TEXT_MAX];
	size_t vars_n;
	char vars[URI_TEMPLATE_VARS_MAX][URI_TEMPLATE_NAME_MAX + 1];
};

/* The file's path, for an output; free() it. NULL: no memory. */
char *mint_side_path(const char *output);
/* ERR_NOT_FOUND, ERR_CORRUPT if it is none of ours, ERR_VERSION if a newer
 * ctio wrote it, or as file_read(). */
CHECKED enum err mint_side_read(const char *path, struct mint_side *side);
/* Is on disk when it returns OK. */
CHECKED enum err mint_side_write(
	const char *path, const struct mint_side *side);
/* Gone from disk when it returns OK. */
CHECKED enum err mint_side_remove(const char *path);

/* NULL, or the name of what this run has otherwise than the earlier one. */
const char *mint_side_differs(
	const struct mint_side *a, const struct mint_side *b);
