/* The feed of an account's clicks, in commit order: a page is gathered from
 * the tally's postings, and past the tally's position from the log itself.
 * Its clicks are then read one by one, with service/feed_join.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "service/view.h"

enum {
	FEED_LIMIT_MAX = 10000,
	FEED_LIMIT_DEFAULT = 1000,
};

/* A page: the numbers of the account's clicks behind a place in the log, until
 * limit of them are found or the log ends. */
struct feed_page {
	uint64_t account;
	uint64_t after; /* the place it begins behind */
	size_t limit;
	uint64_t at;   /* all up to here was looked through */
	bool is_whole; /* the log ended, or the limit was reached */
	size_t n;
	uint64_t *sequences; /* FEED_LIMIT_MAX at most */
};

/* ERR_NOMEM. */
CHECKED enum err feed_page_init(
	struct feed_page *p, uint64_t account, uint64_t after, size_t limit);
void feed_page_deinit(struct feed_page *p);
/* Gathers until the page is whole or the work budget is spent: then ERR_AGAIN,
 * to be called again in a later snapshot. ERR_BUSY: the tally is being rebuilt,
 * ERR_FULL: too many segments are held; both may take a while. */
CHECKED enum err feed_page_gather(
	struct feed_page *p, struct view *v, size_t budget);

/* Where the feed begins: the place behind which the oldest kept click is, and
 * the newest committed number. */
void feed_range(struct view *v, uint64_t *oldest_after, uint64_t *newest);
