/* What a stretch of the click log adds to the tally, gathered first and then
 * written so that each record is touched once. Fixed memory. For the files of
 * store/tally*.c alone. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/click_record.h"
#include "store/db.h"
#include "store/tally.h"

enum {
	/* Different counters and accounts in one batch: with the bitmap's
	 * chunks they bound the pages that its transaction makes. */
	TALLY_BATCH_KEYS = 8192,
	TALLY_BATCH_CLICKS_MAX = 50000,
};

struct tally_batch;

CHECKED enum err tally_batch_new(uint32_t clicks_max, struct tally_batch **b);
void tally_batch_free(struct tally_batch *b);
void tally_batch_reset(struct tally_batch *b);
bool tally_batch_is_full(const struct tally_batch *b);
/* Not when it is full; sequences ascend. */
void tally_batch_add(
	struct tally_batch *b, uint64_t sequence, const struct click *c);
size_t tally_batch_clicks(const struct tally_batch *b);
const struct tally_counts *tally_batch_totals(const struct tally_batch *b);

/* Into the tally: bitmap, counters and postings; or into its base: bitmap and
 * counters. Errors stick in the transaction; ERR_CORRUPT: the tally's own
 * records are damaged. */
void tally_batch_apply(struct tally_batch *b, struct db_txn *t, bool to_base);
