/* Tokens that have had a counted click, in memory: a bit each, in the chunks of
 * the tally's bitmap. For passes over the whole log, which decide anew what is
 * unique; it takes an eighth of a byte for each token up to the highest that
 * was tapped around. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct seen_slot {
	uint64_t chunk; /* its number + 1; 0: free */
	uint8_t *bits;
};

/* All zero at first. */
struct seen_set {
	struct seen_slot *slots; /* open addressing */
	size_t size, n;
};

void seen_set_deinit(struct seen_set *s);
/* A chunk of the bitmap as the tally's base has it, TALLY_CHUNK_BYTES; one that
 * is not there yet. ERR_NOMEM. */
CHECKED enum err seen_set_load(
	struct seen_set *s, uint64_t chunk, struct str bits);
/* Adds a token; *added tells whether it is new. ERR_NOMEM. */
CHECKED enum err seen_set_add(struct seen_set *s, uint64_t token, bool *added);
bool seen_set_has(const struct seen_set *s, uint64_t token);
/* One that was added and is not to count after all. */
void seen_set_remove(struct seen_set *s, uint64_t token);
