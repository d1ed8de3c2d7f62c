/* Counted clicks of the last moments: what tells a double tap from a second
 * visit. Two generations, each of at least a window's time, of which the old
 * one is dropped whole. Bounded: under a flood the oldest are forgotten early,
 * and a repeat may then be counted. Times are the clicks' own and need not
 * ascend. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
	CLICK_REPEATS_MAX = 1 << 19 /* of a generation: 16 MB */
};

struct repeat_slot {
	uint64_t key;   /* 0: free */
	uint64_t at_ms; /* 0: taken back */
};

struct repeat_set {
	struct repeat_slot *slots;
	size_t size; /* a power of two, or 0 */
	size_t n;
	uint64_t began_ms; /* its first click */
};

/* All zero but for the window at first. */
struct click_repeats {
	uint64_t window_ms; /* 0: nothing repeats */
	struct repeat_set young, old;
};

void click_repeats_deinit(struct click_repeats *r);
/* So that the next n additions, of about this time, find room: the oldest give
 * way. ERR_NOMEM. */
CHECKED enum err click_repeats_reserve(
	struct click_repeats *r, size_t n, uint64_t at_ms);
/* Has the next questions about this key wait less. */
void click_repeats_prefetch(const struct click_repeats *r, uint64_t key);
/* Whether a counted click of this token, address and agent (their hash is the
 * key, never 0) lies within the window of this time. */
bool click_repeats_has(
	const struct click_repeats *r, uint64_t key, uint64_t at_ms);
/* One that was counted; there is room. */
void click_repeats_add(struct click_repeats *r, uint64_t key, uint64_t at_ms);
/* One that was added and did not come to disk. */
void click_repeats_take_back(struct click_repeats *r, uint64_t key);
