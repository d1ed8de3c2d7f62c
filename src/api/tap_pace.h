/* How long a click loop may look away from its sockets, so that taps are served
 * several at a time: a wake-up for each costs more than it brings. One loop's,
 * on its thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TAP_PACE_WAIT = -1 /* for the sockets, as long as it takes */
};

/* All zero at first; taps and parked are counted by the owner. */
struct tap_pace {
	uint64_t taps; /* since began_ms */
	size_t parked; /* replies that wait for their commits, now */
	uint64_t seen; /* taps before this turn */
	uint64_t began_ms;
	bool is_busy; /* as the stretch before began_ms had it */
};

/* At the end of each turn: for how many microseconds the loop may linger, or
 * TAP_PACE_WAIT. */
int32_t tap_pace_turn_end(struct tap_pace *p, uint64_t now_ms);
