/* What is asked for, and where each must lead: a file of lines `TOKEN
 * LOCATION`, mapped into memory and indexed, 12 bytes a line; and how often
 * each was answered. One thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum {
	TARGETS_TOKEN_MAX = 1024,    /* bytes */
	TARGETS_LOCATION_MAX = 8192, /* bytes */
};
/* Numbers of lines are 32 bits. */
#define TARGETS_MAX UINT32_MAX

struct targets {
	struct str text;
	void *map;        /* the text's, if it is a file's */
	uint64_t *starts; /* of each line, and of the one after the last */
	uint32_t *answers;
	size_t n;
};

/* Borrowed for as long as the targets live. */
struct target {
	struct str token;
	struct str location;
};

/* Where a text is wrong: line counts from 1, 0 when there are no lines. */
struct targets_error {
	size_t line;
	const char *text;
};

/* Indexes a text that outlives t. A line is a token, one blank and a location,
 * both of visible ASCII; the last needs no line feed. ERR_INVALID sets *error;
 * ERR_NOMEM. */
CHECKED enum err targets_parse(
	struct targets *t, struct str text, struct targets_error *error);
/* The same on a file, which must not be cut while t lives. ERR_INVALID sets
 * *error, every other error errno. */
CHECKED enum err targets_open(
	struct targets *t, const char *path, struct targets_error *error);
/* Only after success. */
void targets_deinit(struct targets *t);

/* i is below n. */
struct target targets_get(const struct targets *t, size_t i);
void targets_count(struct targets *t, size_t i);
/* Writes `TOKEN COUNT` for each target that was counted, in their order; errno
 * says more. */
CHECKED enum err targets_write_answers(
	const struct targets *t, const char *path);
