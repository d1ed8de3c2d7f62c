/* One line of a mint request, from JSON to the bytes that the store keeps:
 * checked against its link, with every finding. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "core/account_record.h"
#include "core/link_record.h"
#include "core/token_block.h"
#include "core/uri_template.h"
#include "service/problem.h"
#include "service/region.h"
#include "store/db.h"

/* Bytes of a destination with its values, percent-encoded: what clients take
 * in a header. */
enum {
	MINT_LOCATION_MAX = 8000
};

/* What a line leaves out. Empty strings and 0: nothing. */
struct mint_defaults {
	struct str link;
	struct str campaign;
	uint64_t ttl_ms;
};

/* What lines are checked against: one account in one snapshot. */
struct mint_context {
	const struct regions *regions;
	const struct region *region;
	struct db_txn *links;
	const struct account *account;
	struct mint_defaults defaults;
	uint64_t now_ms;
	size_t line_max; /* bytes of JSON */
	/* On a retry, of the token minted before: a line without ttl took its
	 * link's, which may be another by now. */
	uint64_t retry_ttl_ms;
	/* The link of the line before, as this snapshot has it. */
	bool has_link;
	struct link link;
	struct uri_template template;
};

/* The result: canonical bytes. The buffers are the caller's, emptied here. */
struct mint_encoded {
	struct buf shape;
	struct buf tail;
	/* Not empty: this campaign is not there yet. Make it, then encode the
	 * line again. A copy. */
	struct buf new_campaign;
};

void mint_encoded_init(struct mint_encoded *m);
void mint_encoded_deinit(struct mint_encoded *m);

/* ERR_INVALID with the problem: the line is refused. ERR_AGAIN: new_campaign.
 * Others: the store cannot say. With is_retry, what a token depends on may have
 * ended since it was minted: names are looked up, nothing else is checked. */
CHECKED enum err mint_line_encode(struct mint_context *c, struct str line,
	bool is_retry, struct mint_encoded *m, struct problem *problem);
