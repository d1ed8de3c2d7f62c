/* The clicks that a webhook is still to get: the numbers of the next few, and
 * how many there are behind them. Of one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "service/feed.h"
#include "service/view.h"

enum {
	WEBHOOK_BATCH_CLICKS = 500, /* of one delivery, at most */
};

struct webhook_page {
	struct feed_page
		feed; /* their numbers; at: looked through up to here */
	/* All up to here was counted, and so many lie behind feed.at; what is
	 * missing of them when feed.at has come there is no longer kept. */
	uint64_t counted_at;
	uint64_t more;
	uint64_t missing; /* found so, and not taken by the owner yet */
};

/* ERR_NOMEM. */
CHECKED enum err webhook_page_init(struct webhook_page *p, uint64_t account);
void webhook_page_deinit(struct webhook_page *p);
/* Begins anew behind that click; `behind` of them are known to lie between it
 * and counted_at. */
void webhook_page_reset(struct webhook_page *p, uint64_t after, uint64_t behind,
	uint64_t counted_at);

static inline bool webhook_page_is_full(const struct webhook_page *p)
{
	return p->feed.n == p->feed.limit;
}

/* How many clicks it is behind, as far as they were counted. */
static inline uint64_t webhook_page_lag(const struct webhook_page *p)
{
	return p->feed.n + p->more;
}

/* Adds numbers until it is full, or the log ends. As feed_page_gather(). */
CHECKED enum err webhook_page_gather(struct webhook_page *p, struct view *v);
/* Counts on where the counting stands. OK: up to the log's end; ERR_AGAIN:
 * there is more; others as feed_page_gather(). */
CHECKED enum err webhook_page_count(struct webhook_page *p, struct view *v);
/* Takes the numbers up to this one off its front. */
void webhook_page_drop(struct webhook_page *p, uint64_t up_to);
