/* The public listener: what a person's tap on a message's button gets. One
 * site per click loop; it shares nothing with the others but the regions. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/metric.h"
#include "core/click_record.h"
#include "core/verdict.h"
#include "http/exchange.h"
#include "service/region.h"

struct loop;
struct tap_site;

enum {
	TAPS_IN_FLIGHT_MAX = 1 << 17
};

struct tap_options {
	struct loop *loop;
	size_t index; /* of the loop among those for taps */
	struct regions *regions;
	uint32_t commit_wait_max_ms;     /* 0: reply at once */
	const struct ip_prefix *trusted; /* whose X-Forwarded-For counts */
	size_t trusted_n;
};

/* Written by the loop's thread, read by any. */
struct tap_counters {
	struct counter taps[REGIONS_MAX][CLICK_OUTCOMES][VERDICTS];
	struct counter late[REGIONS_MAX];
	struct counter lost[REGIONS_MAX];
	struct counter untracked[REGIONS_MAX];
	struct counter misfilled;
	struct counter unfilled;
	struct counter forged;       /* well-formed, but not ours */
	struct counter unknown;      /* ours by the key, but not there */
	struct counter wrong_region; /* sent on to another domain */
	struct counter loops;        /* of a region not served, on its domain */
	struct counter not_found;    /* any other 404 */
	struct counter errors;       /* the store could not say */
};

/* Before the loop runs; the trusted prefixes outlive it. */
CHECKED enum err tap_site_new(
	const struct tap_options *options, struct tap_site **to);
/* After the loop has ended and the regions are closed. NULL is fine. */
void tap_site_free(struct tap_site *site);
/* Drops the site's snapshots and ciphers; after the loop has ended, before the
 * regions are closed. */
void tap_site_leave(struct tap_site *site);

struct http_handler tap_site_handler(struct tap_site *site);
const struct tap_counters *tap_site_counters(const struct tap_site *site);
/* Reading transactions begun for taps. Any thread. */
uint64_t tap_site_snapshots(const struct tap_site *site);

/* For the regions: passes decided clicks back to their loops. Any thread. */
void taps_done(void *arg, struct click_entry *const *entries, size_t n);
