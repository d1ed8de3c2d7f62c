/* How many tokens were minted, by account, link, campaign and quarter-hour:
 * counted in the transaction that mints them, so that a retry, which mints
 * nothing, counts nothing. Tokens of tests are not counted, as their clicks are
 * not. A token's campaign is its own, or else its link's at that time. Used by
 * the links writer's thread alone. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "store/counts.h"
#include "store/db.h"

enum {
	MINTED_KINDS = 256 /* of tokens, before they are written */
};

/* Tokens that are counted together. */
struct minted_kind {
	uint64_t account, link;
	uint64_t campaign; /* the tokens' own, 0: the link's */
	uint64_t n;
};

struct minted {
	struct db_txn *txn;
	uint32_t quarter;
	size_t n;
	struct minted_kind kinds[MINTED_KINDS];
	/* Most tokens are of the same shape as the one before. */
	struct buf shape;
	size_t at; /* its kind; MINTED_KINDS: not counted */
	struct buf record;
};

void minted_init(struct minted *m);
void minted_deinit(struct minted *m);
/* For one transaction. */
void minted_begin(struct minted *m, struct db_txn *txn, uint64_t now_ms);
/* One token of this shape; errors stick in the transaction. */
void minted_add(struct minted *m, struct str shape);
/* Writes what was counted, before the commit. */
void minted_end(struct minted *m);

/* For a reading transaction on the links; to be deinitialised. */
void minted_scan(struct counts_scan *s, struct db_txn *txn,
	const struct counts_range *range);
