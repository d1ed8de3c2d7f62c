/* The slow work on one region's data: erasures, retention, forgetting, and
 * clearing the disk afterwards. On one thread, that of service/keeper.h, which
 * may wait; everything is done in small steps that writers and readers do not
 * feel, can be stopped between them, and goes on where it was after any end
 * of the process. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/metric.h"
#include "service/region.h"

/* Told to tests, before the next one begins. */
enum upkeep_step {
	UPKEEP_TOKENS_ERASED, /* of some blocks; may come often */
	UPKEEP_RUNNING,       /* of all; it is written down */
	UPKEEP_CLICKS_ERASED,
	UPKEEP_ANNOUNCED,
	UPKEEP_CLEARING, /* written down: recipients are gone */
	UPKEEP_WASHED,
	UPKEEP_SCRUBBED,
	UPKEEP_DONE,
	UPKEEP_FOLDED,  /* a segment, into the tally's base */
	UPKEEP_DROPPED, /* it is out of the log */
	UPKEEP_STEPS
};

/* The upkeep's thread writes them. */
struct upkeep_metrics {
	struct counter tokens_erased;
	struct counter clicks_erased;
	struct counter tokens_forgotten;
	struct counter forget_unsure; /* places passed by */
	struct counter segments_dropped;
	struct counter segments_rewritten;
	struct counter pages_scrubbed;
	struct counter waiting, running, failed; /* erasures, now */
	struct counter done;                     /* since the start */
	struct counter failures;                 /* turns that failed */
};

struct upkeep {
	struct region *region;
	const struct clock *clock;
	/* True when it is time to end; NULL: never. */
	bool (*is_stopping)(void *arg);
	void *stop_arg;
	void (*at_step)(void *arg, enum upkeep_step step); /* NULL: none */
	void *step_arg;
	struct upkeep_metrics metrics;
	bool has_retried; /* the erasures that have failed, today */
	uint64_t retried_day;
	uint64_t dropped_mono_ms[2]; /* when segments were dropped, + 1 */
	bool is_drop_blocked;        /* it was logged */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_decided; /* the job, under lock */
};

void upkeep_init(
	struct upkeep *u, struct region *region, const struct clock *clock);
void upkeep_deinit(struct upkeep *u);

/* One turn of everything that is due now. *due_ms: when, at the latest, there
 * will be more to do, by the wall clock; UINT64_MAX: nothing is known of.
 * ERR_CLOSED: it was stopped. Others: it did not come to an end, and is to be
 * called again some time later. */
CHECKED enum err upkeep_turn(struct upkeep *u, uint64_t *due_ms);

/* For service/upkeep*.c, erase*.c and the like: */

struct links_job;
/* Has the links writer do a job, and waits; its result. */
CHECKED enum err upkeep_job(struct upkeep *u, struct links_job *job);
/* Until every tap that was on its way at the call has queued its click, and
 * every click that was queued then is on disk, also while the disk is stalled.
 */
CHECKED enum err upkeep_await_clicks(struct upkeep *u);
/* ERR_CLOSED if it is stopped. */
CHECKED enum err upkeep_go_on(const struct upkeep *u);
/* Waits so long, or until it is stopped: ERR_CLOSED. */
CHECKED enum err upkeep_pause(const struct upkeep *u, uint32_t ms);
void upkeep_at(const struct upkeep *u, enum upkeep_step step);

/* Erasures that are due. */
CHECKED enum err erase_turn(struct upkeep *u, uint64_t *due_ms);
/* Has nothing left on disk of what was overwritten before the call. */
CHECKED enum err upkeep_clear(struct upkeep *u);
/* Segments that are too old. */
CHECKED enum err retention_turn(struct upkeep *u, uint64_t *due_ms);
/* Tokens that expired too long ago. */
CHECKED enum err forget_turn(struct upkeep *u, uint64_t *due_ms);
