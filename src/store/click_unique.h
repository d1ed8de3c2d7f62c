/* Which clicks are the first of their tokens: told by the tally, as one of its
 * snapshots stands, and by what the log's writer has appended since that
 * position (the overlay). The writer's thread alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "core/click_record.h"
#include "store/click_overlay.h"
#include "store/db.h"
#include "store/seen_set.h"
#include "store/tally.h"

struct click_unique {
	struct tally *tally;
	struct db_txn snapshot;
	struct tally_known known;
	struct click_overlay overlay;
	uint32_t overlay_max;
	uint64_t wait_for; /* on ERR_AGAIN: the tally's position */
	/* The log was decided anew and the tally does not know yet: this tells,
	 * until the tally stands in that generation. */
	struct seen_set decided;
	uint32_t generation; /* 0: none is waited for */
};

/* On zeroed storage; the tally outlives it. */
CHECKED enum err click_unique_init(
	struct click_unique *u, struct tally *tally, uint32_t overlay_max);
void click_unique_deinit(struct click_unique *u);

/* All of the log, up to this newest click, was decided anew: what it has seen
 * is in the set, which becomes the writer's own (the caller's is empty then),
 * and will be the tally's from this generation on. */
void click_unique_decided_anew(struct click_unique *u, struct seen_set *seen,
	uint32_t generation, uint64_t newest);

/* Begins a snapshot of the tally. ERR_AGAIN: it cannot be asked yet, not
 * before wait_for. */
CHECKED enum err click_unique_ask(struct click_unique *u, uint64_t *position);
/* OK if snapshot and overlay together know all that was counted, and n clicks
 * more have room; else ERR_AGAIN, or ERR_NOMEM. */
CHECKED enum err click_unique_prepare(
	struct click_unique *u, uint64_t position, size_t n);
/* Sets the click's unique; one that is goes into the overlay. */
CHECKED enum err click_unique_decide(struct click_unique *u, struct click *c);
/* Takes that back, of a click that was not committed. */
void click_unique_take_back(struct click_unique *u, struct click *c);
/* Ends the snapshot, if there is one. */
void click_unique_end(struct click_unique *u);
