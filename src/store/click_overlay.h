/* Tokens whose counted clicks are in the log but may not be in the tally yet:
 * what the click writer asks besides the tally's bitmap. Two generations: the
 * old one is dropped whole, once the tally has passed its newest click. For
 * the click writer alone, one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct token_set {
	uint64_t *slots; /* 0: free */
	size_t size;     /* a power of two, or 0 */
	size_t n;
};

struct click_overlay {
	struct token_set young, old;
	uint64_t young_newest, old_newest; /* clicks' numbers */
	/* A tally that stands below this lacks tokens that were dropped. */
	uint64_t dropped_to;
};

/* Empty, at a tally's position. A zeroed struct may be deinitialised. */
void click_overlay_init(struct click_overlay *o, uint64_t position);
void click_overlay_deinit(struct click_overlay *o);
/* So that the next n additions find room. */
CHECKED enum err click_overlay_reserve(struct click_overlay *o, size_t n);
bool click_overlay_has(const struct click_overlay *o, uint64_t token);
/* A token that it does not have, never 0. */
void click_overlay_add(struct click_overlay *o, uint64_t token);
/* Takes back what was added since the last click_overlay_committed(). */
void click_overlay_remove(struct click_overlay *o, uint64_t token);
/* What was added so far belongs to clicks up to this one. */
void click_overlay_committed(struct click_overlay *o, uint64_t newest);
/* The tally stands at this position: drops what it has. Not while additions
 * are uncommitted. */
void click_overlay_passed(struct click_overlay *o, uint64_t position);
size_t click_overlay_n(const struct click_overlay *o);
