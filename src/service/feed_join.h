/* Joins a page's clicks with what they name: token, link, campaign, account.
 * One for each region and thread, used by one page at a time, in snapshots:
 *
 *	feed_join_begin(j, &page, FEED_NDJSON);
 *	for (i = ...; i < page.n; i++)
 *		feed_join_read(j, i, &filter, &row);
 *	feed_join_end(j);
 *
 * What it keeps from one snapshot to the next is either immutable or compared
 * with the stored record again: nothing is served that a snapshot has not. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "service/feed.h"
#include "service/feed_row.h"
#include "service/view.h"

struct feed_join;

/* What is left out; zero: nothing. */
struct feed_filter {
	uint64_t from_ms; /* inclusive */
	uint64_t to_ms;   /* exclusive; 0: no end */
	bool by_link, by_campaign, by_verdict, by_recipient;
	uint64_t link, campaign; /* ids; of a name that is not there: 0 */
	uint8_t verdict;
	struct str recipient;
	bool revisions; /* clicks that were changed come again where it is told
			   that they were */
};

/* For the view's thread; the view outlives it. ERR_NOMEM: all that it will
 * ever keep is taken here, but for the links' records. */
CHECKED enum err feed_join_new(struct view *v, struct feed_join **to);
/* NULL is fine. */
void feed_join_free(struct feed_join *j);

/* Begins with the snapshots that the view has, or makes: no views_reset()
 * until feed_join_end(). */
void feed_join_begin(struct feed_join *j, const struct feed_page *page,
	enum feed_format format);
void feed_join_end(struct feed_join *j);
/* The page's click i. ERR_NOT_FOUND: filtered out, or no longer kept.
 * ERR_CORRUPT: a record that cannot be trusted; it is left out. Others: the
 * store cannot say. */
CHECKED enum err feed_join_read(struct feed_join *j, size_t i,
	const struct feed_filter *f, struct feed_row *r);
