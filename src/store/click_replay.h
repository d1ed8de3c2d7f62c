/* Makes the click writer's overlay anew when it starts, from the clicks that
 * the tally has not counted yet. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "store/click_overlay.h"
#include "store/segments.h"

/* Reads the log behind the tally's position. ERR_AGAIN: more than so many
 * tokens; the tally must first come to *wait_for. */
CHECKED enum err click_replay(struct click_overlay *o,
	struct segments *segments, uint64_t position, size_t tokens_max,
	uint64_t *wait_for);
