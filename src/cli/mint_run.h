/* `ctio mint` from input to output: cuts the rows into chunks, skips what an
 * earlier run wrote, and sends the rest. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/mint_chunk.h"
#include "cli/mint_file.h"
#include "cli/mint_rows.h"
#include "cli/mint_send.h"
#include "cli/mint_side.h"

enum {
	MINT_INPUT_BLOCK = 256 << 10
};

/* The input's bytes, a block at a time. */
struct mint_input {
	int fd;
	bool ended;
	size_t n;
	struct str rest; /* of the block, not taken yet */
	char *block;
};

CHECKED enum err mint_input_init(struct mint_input *in, int fd);
void mint_input_deinit(struct mint_input *in);
/* Reads until a byte is there that is no blank, and tells NDJSON by its brace.
 * ERR_NOT_FOUND: there is nothing but blanks. */
CHECKED enum err mint_input_format(
	struct mint_input *in, enum mint_format *format);
/* The next block; sets ended at the end. */
CHECKED enum err mint_input_fill(struct mint_input *in);
/* True if mint_input_fill() would wait. */
bool mint_input_waits(const struct mint_input *in);

struct mint_run {
	struct mint_input *in;
	struct mint_rows *rows;
	struct mint_sender *sender;
	struct out *out;
	struct mint_side *side; /* id and chunk sizes are filled */
	const char *side_path;  /* of a file; NULL: stdout */
	bool side_exists;       /* an earlier run was interrupted */
	/* Within the run. */
	struct mint_chunk chunk;
	uint64_t chunk_i;
	uint64_t rows_n;  /* read, without the header */
	uint64_t earlier; /* of them in the output already */
	bool matching;    /* the output may hold the next row */
	struct mint_file *file;
	char problem[2 * MINT_PROBLEM_MAX]; /* after an error; "": see sender */
};

/* All rows. What was minted is written when it returns, and is on disk if it
 * returns OK. */
CHECKED enum err mint_run(struct mint_run *r);
