/* A region of bench/micro's own, with an account, a link and tokens. */
#pragma once

#include <semaphore.h>
#include <stddef.h>
#include <stdint.h>

#include "micro.h"
#include "service/region.h"
#include "service/resolve.h"
#include "service/view.h"

enum {
	REGION_TOKENS = 100000,
	REGION_IDS_MAX = 1000000,
	REGION_LOCATION_MAX = 8192,
};

struct micro_region {
	struct region_settings settings;
	struct str domain;
	struct regions *regions;
	struct views views;
	struct view *view;
	uint64_t account;
	sem_t done; /* posted for each job and click */
	uint64_t random;
	/* Of all tokens, or of a sample: as their texts would read. */
	size_t ids_n;
	struct token_id *ids;
};

/* With that many tokens, in dir, an empty folder; ends the process on any
 * failure. One at a time. */
void micro_region_open(struct micro_region *g, const char *dir, size_t tokens);
void micro_region_close(struct micro_region *g);
/* Waits for n jobs or clicks, and begins new snapshots. */
void micro_region_wait(struct micro_region *g, size_t n);
/* Where a random token leads; replaces what is in location. */
void micro_region_resolve(
	struct micro_region *g, struct buf *location, struct resolution *r);

/* Mints n tokens as a stream, answered. */
void micro_mint(struct micro_region *g, size_t n);
/* The groups of rows that need it. */
void micro_mints(struct micro *m, struct micro_region *g);
void micro_resolves(struct micro *m, struct micro_region *g);
void micro_feed(struct micro *m, struct micro_region *g);
/* The last one: it puts counts into the tally that no click has made. */
void micro_stats(struct micro *m, struct micro_region *g);
