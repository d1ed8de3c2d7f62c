/* The thread that does the slow work on all regions' data (service/upkeep.h),
 * one after the other, and reads the file of countries when it was replaced. It
 * steps back behind everybody, and wakes when it is told to, when something is
 * due, and now and then. */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "service/region.h"
#include "service/upkeep.h"

struct keeper;

enum {
	KEEPER_INTERVAL_MS = 60000,
	KEEPER_RETRY_MS = 5000, /* after a turn that failed */
	KEEPER_LOOK_MS = 10000, /* between looks at the file of countries */
};

struct keeper_options {
	struct regions *regions;
	const struct clock *clock;
};

CHECKED enum err keeper_new(
	const struct keeper_options *options, struct keeper **to);
CHECKED enum err keeper_start(struct keeper *k);
/* Any thread: there is something to do. NULL is fine. */
void keeper_wake(struct keeper *k);
/* Ends the thread, in the middle of what it does, and with it the click
 * writers' taking: after all taps were made, before the regions are closed.
 * NULL is fine. */
void keeper_free(struct keeper *k);
/* Any thread; NULL if the region is not served. */
const struct upkeep_metrics *keeper_metrics(
	const struct keeper *k, const struct region *region);
