/* Statistics of an account: what the tally has counted of its clicks, and the
 * links of its tokens, summed up by one dimension. Gathered in small steps from
 * one snapshot of each, so that all of it stands at one place of the feed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "core/count_record.h"
#include "core/time_zone.h"
#include "service/stats_rows.h"
#include "service/view.h"

enum stats_by {
	STATS_HOUR,
	STATS_DAY,
	STATS_LINK,
	STATS_CAMPAIGN,
	STATS_COUNTRY,
	STATS_OS,
	STATS_VERDICT,
	STATS_BYS
};

struct stats_query {
	uint64_t account;
	enum stats_by by;
	struct time_zone zone; /* of hours and days */
	uint32_t from, to;     /* quarters, from <= quarter < to */
	bool by_link, by_campaign;
	uint64_t link, campaign;
};

/* A row: what there is of one value. */
struct stats_row {
	/* By hour: where it begins, and how far local time is from UTC then. */
	int64_t at_s;
	int32_t offset_s;
	int64_t day;     /* by day: since a local 1970 */
	uint64_t id;     /* by link or campaign; 0: none */
	struct str text; /* by country, system or verdict; empty: unknown */
	struct counts counts;
};

struct stats;

/* "hour" and so on. */
const char *stats_by_name(enum stats_by by);
/* ERR_INVALID for no dimension's name. */
CHECKED enum err stats_by_parse(struct str name, enum stats_by *by);
/* False for those that tell clicks apart: they know neither of tokens minted
 * nor of clicks lost. */
bool stats_knows_tokens(enum stats_by by);

/* Begins, with snapshots of its own. ERR_NOMEM; ERR_AGAIN: the tally is being
 * rebuilt. */
CHECKED enum err stats_new(
	struct view *v, const struct stats_query *q, struct stats **to);
/* NULL is fine. Not after the regions were closed. */
void stats_free(struct stats *s);
/* Looks at up to budget records, or rows. ERR_AGAIN: go on in another turn; OK:
 * it is done, and its snapshots are gone; ERR_FULL: too many rows; ERR_CORRUPT;
 * others: the store cannot say. */
CHECKED enum err stats_step(struct stats *s, size_t budget);

/* The rest once it is done. The place in the log that all stands at. */
uint64_t stats_position(const struct stats *s);
/* Earlier tokens and clicks are not all counted; 0: all are. */
uint64_t stats_complete_from(const struct stats *s);
/* Records that could not be trusted and were passed by. */
size_t stats_damaged(const struct stats *s);
const struct counts *stats_total(const struct stats *s);
size_t stats_rows(const struct stats *s);
/* The next row by its value, ascending, each once; false at the end. Not by
 * link or campaign, whose names it does not know: those are asked for. */
bool stats_next(struct stats *s, struct stats_row *row);
bool stats_find(const struct stats *s, uint64_t id, struct stats_row *row);
