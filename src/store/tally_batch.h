/* What a stretch of the click log adds to the tally, gathered first and then
 * written so that each record is touched once. Fixed memory. For the files of
 * store/tally*.c alone. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/click_record.h"
#include "store/click_reader.h"
#include "store/db.h"
#include "store/tally.h"
#include "store/tally_agents.h"
#include "store/tally_tables.h"

enum {
	/* Different counts and accounts in one batch: with the bitmap's chunks
	 * they bound the pages that its transaction makes. */
	TALLY_BATCH_KEYS = 8192,
	TALLY_BATCH_CLICKS_MAX = 200000,
};

struct tally_batch;

CHECKED enum err tally_batch_new(uint32_t clicks_max, struct tally_batch **b);
void tally_batch_free(struct tally_batch *b);
/* Empties it. The agents, which tell the clicks' systems, outlive the batch;
 * whoever writes the tally uses the same ones. */
void tally_batch_begin(struct tally_batch *b, struct tally_agents *agents);
bool tally_batch_is_full(const struct tally_batch *b);
/* Not when it is full; sequences ascend. The reader has just read the click,
 * without agents; an agent that is new is put into the tally. Errors stick in
 * the transaction. */
void tally_batch_add(struct tally_batch *b, struct db_txn *txn,
	struct click_reader *reader, uint64_t sequence, const struct click *c);
size_t tally_batch_clicks(const struct tally_batch *b);
const struct counts *tally_batch_totals(const struct tally_batch *b);

/* Into these tables: bitmap and counts, and the postings where they belong to
 * it. Errors stick in the transaction; ERR_CORRUPT: the tally's own records are
 * damaged. */
void tally_batch_apply(struct tally_batch *b, struct db_txn *t,
	const struct tally_target *target);
