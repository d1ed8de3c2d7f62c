#include "service/lookup.h"

#include "store/account.h"
#include "store/link.h"
#include "store/links.h"
#include "store/name_index.h"
#include "store/webhook.h"

enum err lookup_account(struct view *v, uint64_t id, struct account *a)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? account_by_id(t, id, a) : e;
}

enum err lookup_account_name(struct view *v, struct str name, struct account *a)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? account_by_name(t, name, a) : e;
}

enum err lookup_account_next(
	struct view *v, struct str after, struct account *a)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? account_next(t, after, a) : e;
}

enum err lookup_api_key(struct view *v, uint64_t id, struct api_key *k)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? api_key_by_id(t, id, k) : e;
}

enum err lookup_api_key_next(
	struct view *v, uint64_t account, uint64_t after, struct api_key *k)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? api_key_next(t, account, after, k) : e;
}

enum err lookup_link(struct view *v, uint64_t id, struct link *l)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? link_by_id(t, id, l) : e;
}

enum err lookup_link_name(
	struct view *v, uint64_t account, struct str name, struct link *l)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? link_by_name(t, account, name, l) : e;
}

enum err lookup_link_next(
	struct view *v, uint64_t account, struct str after, struct link *l)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? link_next(t, account, after, l) : e;
}

enum err lookup_campaign(struct view *v, uint64_t id, struct campaign *c)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? campaign_by_id(t, id, c) : e;
}

enum err lookup_campaign_name(
	struct view *v, uint64_t account, struct str name, struct campaign *c)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? campaign_by_name(t, account, name, c) : e;
}

enum err lookup_campaign_next(
	struct view *v, uint64_t account, struct str after, struct campaign *c)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? campaign_next(t, account, after, c) : e;
}

enum err lookup_link_id_next(struct view *v, uint64_t account, struct str after,
	struct str *name, uint64_t *id)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? name_index_next(
			   t, LINKS_LINK_NAMES, account, after, name, id)
		 : e;
}

enum err lookup_campaign_id_next(struct view *v, uint64_t account,
	struct str after, struct str *name, uint64_t *id)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? name_index_next(
			   t, LINKS_CAMPAIGN_NAMES, account, after, name, id)
		 : e;
}

enum err lookup_block_from(struct view *v, uint64_t number, struct block *block)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? token_block_from(t, number, block) : e;
}

enum err lookup_in_block(struct view *v, const struct block *block,
	uint64_t number, struct stored_token *token)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? token_in_block(t, block, number, token) : e;
}

enum err lookup_token(
	struct view *v, const struct token_id *id, struct stored_token *token)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	if (!t)
		return e;
	e = token_by_number(t, links_number(id->shard, id->seq), token);
	if (!e && (token->nonce != id->nonce ||
			  token->key_version != id->key_version))
		e = ERR_NOT_FOUND;
	return e;
}

enum err lookup_tokens_numbered(struct view *v, uint64_t *n)
{
	struct db_txn *t;
	uint64_t next;
	enum err e;

	t = view_links(v, &e);
	if (!e)
		e = links_next_token(t, REGION_SHARD, &next);
	if (!e)
		*n = links_sequence(
			restores_tokens(&v->region->restores, next - 1));
	return e;
}

enum err lookup_webhook_name(
	struct view *v, uint64_t account, struct str name, struct webhook *w)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? webhook_by_name(t, account, name, w) : e;
}

enum err lookup_webhook_next(
	struct view *v, uint64_t account, struct str after, struct webhook *w)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? webhook_next(t, account, after, w) : e;
}

enum err lookup_webhook_next_id(
	struct view *v, uint64_t after, struct webhook *w)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? webhook_next_id(t, after, w) : e;
}

enum err lookup_webhook_progress(
	struct view *v, const struct webhook *w, struct webhook_progress *p)
{
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	return t ? webhook_standing(t, w, p) : e;
}
