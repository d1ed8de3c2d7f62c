/* A delivery's body: clicks, as the feed writes them, in the envelope that
 * Standard Webhooks recommends:
 *
 *	{"type":"clicks","timestamp":"...","data":{"cursor":"...","clicks":[
 *	{...},
 *	{...}]}}
 *
 * The time is its last click's; the cursor is the place behind it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "service/feed.h"
#include "service/feed_join.h"

enum {
	WEBHOOK_BODY_MAX = 512 << 10, /* bytes */
};

struct webhook_batch {
	uint64_t end;   /* its last click, or what was passed by behind it */
	size_t clicks;  /* in the body; 0: nothing is to be sent */
	size_t missing; /* no longer kept */
	bool is_cut;    /* for its size: the page has more */
};

/* Writes the page's clicks up to `end`, or as many as fit where that is 0; with
 * revisions those that were changed come again where that is told. Of
 * one webhook, the same end gives the same clicks, but for those that are no
 * longer kept. The body begins empty, with WEBHOOK_BODY_MAX. */
CHECKED enum err webhook_batch_put(struct feed_join *join, struct view *v,
	const struct feed_page *page, bool revisions, uint64_t end,
	struct buf *body, struct webhook_batch *to);
