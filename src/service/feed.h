/* The feed of an account's clicks, in commit order: a page is gathered from
 * the tally's postings, and past the tally's position from the log itself;
 * its clicks are then read one by one and joined with what they name. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "core/click_record.h"
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

/* What is left out of a page; zero: nothing. */
struct feed_filter {
	uint64_t from_ms; /* inclusive */
	uint64_t to_ms;   /* exclusive; 0: no end */
	bool by_link, by_campaign, by_verdict, by_recipient;
	uint64_t link, campaign; /* ids; of a name that is not there: 0 */
	uint8_t verdict;
	struct str recipient;
};

/* A click with what it names. All strings are views of the snapshot, or of
 * the row's own memory; p NULL: null. */
struct feed_row {
	uint64_t sequence;
	struct click click;
	struct str region, account, campaign, link, recipient, ref, destination;
	char token[23];
	char cursor[22];
	char id[22];
	struct buf destination_bytes;
};

void feed_row_init(struct feed_row *r);
void feed_row_deinit(struct feed_row *r);
/* ERR_NOT_FOUND: filtered out, or no longer kept. ERR_CORRUPT: a record that
 * cannot be trusted; it is left out. Others: the store cannot say. */
CHECKED enum err feed_row_read(struct feed_row *r, struct view *v,
	uint64_t account, uint64_t sequence, const struct feed_filter *f);

/* Where the feed begins: the place behind which the oldest kept click is, and
 * the newest committed number. */
void feed_range(struct view *v, uint64_t *oldest_after, uint64_t *newest);
