/* Where a token leads now: the token as a snapshot has it, its link, campaign
 * and account as the catalog does. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "core/click_record.h"
#include "core/link_record.h"
#include "core/token.h"
#include "service/view.h"
#include "store/token_store.h"

/* What a click says of it. Numbers only: no views. */
struct resolution {
	uint64_t token;
	uint32_t nonce;
	uint64_t account;
	uint64_t link;     /* 0: none */
	uint64_t campaign; /* the token's own, else the link's; 0: none */
	uint32_t link_revision;
	enum click_outcome outcome;
	enum click_target target;
	uint32_t target_revision; /* of the link, campaign or account */
	bool test;
	bool track;         /* false: no click is kept */
	bool erased;        /* nothing of whoever taps is kept */
	bool forward_query; /* the query was added to the location */
};

/* Appends the URL to `location`, unless the outcome is CLICK_GONE. `account`
 * (empty: any) is the only one whose tokens resolve. ERR_NOT_FOUND: no such
 * token; others: the store cannot say. */
CHECKED enum err resolve_token(struct view *v, const struct token_id *id,
	struct str account, struct str query, uint64_t now_ms,
	struct buf *location, struct resolution *r);
