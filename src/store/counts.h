/* Tables of count records: added to, and walked for one account's question. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/count_record.h"
#include "store/db.h"

/* Adds to what the table holds. ERR_CORRUPT or ERR_VERSION: a record was there
 * that cannot be trusted, and nothing was done; other errors stick in the
 * transaction, too. scratch is an empty buffer, for no longer than the call. */
CHECKED enum err counts_table_add(struct db_txn *t, unsigned table,
	const struct count *c, struct buf *scratch);
/* Puts it there, whatever it held. */
void counts_table_put(struct db_txn *t, unsigned table, const struct count *c,
	struct buf *scratch);

/* What is asked for: one kind, from <= quarter < to. */
struct counts_range {
	uint64_t account;
	uint8_t kind;
	bool by_link, by_campaign;
	uint64_t link, campaign;
	uint32_t from, to;
};

struct counts_scan {
	struct db_cursor cursor;
	struct counts_range range;
	struct count at; /* the record looked at last */
	enum err last;   /* what was said of it; ERR_BUSY before the first */
};

/* Deinitialised before the transaction ends. */
void counts_scan_init(struct counts_scan *s, struct db_txn *t, unsigned table,
	const struct counts_range *range);
void counts_scan_deinit(struct counts_scan *s);
/* Looks at one more record, in the order of keys. ERR_NOT_FOUND: it is not
 * asked for, go on; ERR_CORRUPT or ERR_VERSION: it cannot be trusted, the next
 * may be; ERR_AGAIN: there are no more; others are the transaction's. The value
 * is a view of the transaction. */
CHECKED enum err counts_scan_next(struct counts_scan *s, struct count *c);
