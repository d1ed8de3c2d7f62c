/* The inside of struct api, for api/ alone. */
#pragma once

#include "api/api.h"
#include "base/buf.h"
#include "core/hash.h"
#include "service/feed_join.h"
#include "service/region.h"
#include "service/view.h"
#include "service/zones.h"

/* An Idempotency-Key whose request is being served. */
struct busy_key {
	struct busy_key *prev, *next;
	uint64_t account;
	size_t region;
	uint8_t key[HASH128_BYTES];
};

struct api {
	struct api_options options;
	struct views views;
	struct feed_join *joins[REGIONS_MAX]; /* NULL until clicks are asked */
	struct buf lines; /* header lines of the answer being made */
	struct buf body;
	struct busy_key busy; /* head of a ring */
	const struct http_listener *tcp;
	const struct http_listener *local;
	struct zones zones;       /* of statistics */
	unsigned stats_live;      /* calls for them */
	unsigned stats_gathering; /* of those, that hold snapshots */
	uint64_t started_ms;
	uint64_t stored_bytes; /* in all regions, when it started */
};

/* ERR_BUSY if the key is being served already. */
CHECKED enum err busy_key_add(struct api *api, struct busy_key *k);
/* Fine for one that was never added. */
void busy_key_remove(struct busy_key *k);
