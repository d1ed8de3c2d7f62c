/* Judging past clicks again, when the rules have changed: every click of the
 * log is decided anew and in order, as if the rules had always been so, while
 * the server goes on. Clicks that come out otherwise are rewritten, announced
 * in the feed, and counted as they are now. A thread of its own, one run at a
 * time; after a crash in the middle it begins again by itself. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/verdict.h"
#include "service/region.h"

enum {
	REJUDGE_PROBLEM_MAX = 1024
};

enum rejudge_state {
	REJUDGE_IDLE, /* never ran */
	REJUDGE_RUNNING,
	REJUDGE_DONE,
	REJUDGE_FAILED,
};

struct rejudge_status {
	enum rejudge_state state;
	bool is_dry;
	uint64_t begun_ms, ended_ms;
	uint64_t looked; /* clicks, of the regions together */
	uint64_t clicks; /* of about so many */
	uint64_t changed;
	uint16_t rules; /* the number that changed clicks now have */
	/* Verdicts that became another: from, to. */
	uint64_t moved[VERDICTS][VERDICTS];
	char problem[REJUDGE_PROBLEM_MAX]; /* of a failed one */
};

struct rejudge;

/* Goes on by itself with a run that was cut off. */
CHECKED enum err rejudge_new(struct regions *regions, struct rejudge **to);
/* Waits for its thread, which ends at the next segment. NULL is fine. */
void rejudge_free(struct rejudge *r);

/* Reads the operator's rules again and begins; of a dry run nothing stays, not
 * even those. ERR_BUSY: one is running; ERR_INVALID with a problem: the rules,
 * which then stay as they are; ERR_SYSTEM: no thread. */
CHECKED enum err rejudge_start(
	struct rejudge *r, bool is_dry, struct buf *problem);
void rejudge_get_status(struct rejudge *r, struct rejudge_status *status);
