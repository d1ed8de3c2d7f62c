/* What a region's snapshot knows, by name or number, for those who must not
 * touch the store. Everything found is a view of the snapshot: it dies at the
 * turn's end, or at views_reset(). All return ERR_NOT_FOUND, or why the store
 * cannot say. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "core/account_record.h"
#include "core/api_key_record.h"
#include "core/link_record.h"
#include "core/token.h"
#include "core/webhook_record.h"
#include "service/view.h"
#include "store/token_store.h"

CHECKED enum err lookup_account(struct view *v, uint64_t id, struct account *a);
CHECKED enum err lookup_account_name(
	struct view *v, struct str name, struct account *a);
/* The first one whose name is greater than `after`. */
CHECKED enum err lookup_account_next(
	struct view *v, struct str after, struct account *a);
CHECKED enum err lookup_api_key(struct view *v, uint64_t id, struct api_key *k);
CHECKED enum err lookup_api_key_next(
	struct view *v, uint64_t account, uint64_t after, struct api_key *k);

CHECKED enum err lookup_link(struct view *v, uint64_t id, struct link *l);
CHECKED enum err lookup_link_name(
	struct view *v, uint64_t account, struct str name, struct link *l);
CHECKED enum err lookup_link_next(
	struct view *v, uint64_t account, struct str after, struct link *l);
CHECKED enum err lookup_campaign(
	struct view *v, uint64_t id, struct campaign *c);
CHECKED enum err lookup_campaign_name(
	struct view *v, uint64_t account, struct str name, struct campaign *c);
CHECKED enum err lookup_campaign_next(
	struct view *v, uint64_t account, struct str after, struct campaign *c);

CHECKED enum err lookup_webhook_name(
	struct view *v, uint64_t account, struct str name, struct webhook *w);
CHECKED enum err lookup_webhook_next(
	struct view *v, uint64_t account, struct str after, struct webhook *w);
/* Of all accounts', the first one whose id is greater. */
CHECKED enum err lookup_webhook_next_id(
	struct view *v, uint64_t after, struct webhook *w);
/* How far it has come. */
CHECKED enum err lookup_webhook_progress(
	struct view *v, const struct webhook *w, struct webhook_progress *p);
/* The account's first link, or campaign, whose name is greater than `after`:
 * its name and id. */
CHECKED enum err lookup_link_id_next(struct view *v, uint64_t account,
	struct str after, struct str *name, uint64_t *id);
CHECKED enum err lookup_campaign_id_next(struct view *v, uint64_t account,
	struct str after, struct str *name, uint64_t *id);

/* The token with this nonce, not merely this number. */
CHECKED enum err lookup_token(
	struct view *v, const struct token_id *id, struct stored_token *token);
/* The block that holds the first token from this number on, and its tokens;
 * ERR_NOT_FOUND for a refused line. */
CHECKED enum err lookup_block_from(
	struct view *v, uint64_t number, struct block *block);
CHECKED enum err lookup_in_block(struct view *v, const struct block *block,
	uint64_t number, struct stored_token *token);
/* How many numbers were given out to tokens and refused lines. */
CHECKED enum err lookup_tokens_numbered(struct view *v, uint64_t *n);
