/* A line on stderr, rewritten a few times a second, when that is a terminal:
 * rows done, and rows a second. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what; /* "minted" */
	bool shown;       /* stderr is a terminal */
	uint64_t start_ms;
	uint64_t next_ms;
	uint64_t rows;
};

void progress_begin(struct progress *p, const char *what);
void progress_add(struct progress *p, uint64_t rows);
/* Clears the line, so that others can be printed. */
void progress_end(struct progress *p);
