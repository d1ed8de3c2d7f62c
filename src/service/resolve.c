#include "service/resolve.h"

#include <string.h>

#include "core/account_record.h"
#include "core/uri_template.h"
#include "core/url.h"
#include "service/token_value.h"
#include "store/links.h"

enum {
	RESOLVE_LOCATION_MAX = 16384 /* bytes that a query is added to */
};

/* A token, and the catalog's entries for what it hangs on. */
struct family {
	struct stored_token token;
	const struct account *account;
	const struct catalog_link *link; /* NULL: none */
	const struct campaign *campaign; /* NULL: none */
};

static enum err find_token(struct view *v, struct db_txn *t,
	const struct token_id *id, struct stored_token *token)
{
	uint64_t number = links_number(id->shard, id->seq);
	enum err e = token_minted(&v->blocks, &v->places, number, token);

	/* The nonce makes a guessed number worthless, key or no key. */
	if (!e && (token->nonce != id->nonce ||
			  token->key_version != id->key_version))
		e = ERR_NOT_FOUND;
	if (!e && v->has_changes)
		e = token_add_change(t, token);
	return e;
}

/* What a stored token hangs on is there, unless the store is damaged. */
static enum err expected(enum err e)
{
	return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
}

static enum err find_family(struct view *v, struct db_txn *t,
	const struct token_id *id, struct str account, struct family *f)
{
	const struct token_shape *shape = &f->token.shape;
	uint64_t campaign;
	enum err e;

	f->link = NULL;
	f->campaign = NULL;
	e = find_token(v, t, id, &f->token);
	if (e)
		return e;
	e = catalog_account(&v->catalog, t, shape->account, &f->account);
	if (e)
		return expected(e);
	if (account.n && !str_eq(account, f->account->name))
		return ERR_NOT_FOUND;
	if (shape->link)
		e = catalog_link(&v->catalog, t, shape->link, &f->link);
	campaign = shape->campaign;
	if (!e && !campaign && f->link)
		campaign = f->link->link.campaign;
	if (!e && campaign)
		e = catalog_campaign(&v->catalog, t, campaign, &f->campaign);
	return expected(e);
}

static bool is_live(const struct family *f, uint64_t now_ms)
{
	const struct link *link;

	if (f->token.revoked || !f->account->active)
		return false;
	if (f->token.expires_ms && f->token.expires_ms <= now_ms)
		return false;
	if (f->campaign && !f->campaign->active)
		return false;
	if (!f->link)
		return true;
	link = &f->link->link;
	return link->active && (!link->expires_ms || link->expires_ms > now_ms);
}

static enum err put_own(const struct family *f, struct buf *location)
{
	if (!f->link) {
		buf_str(location, f->token.shape.destination);
		return buf_err(location);
	}
	if (f->link->template_err)
		return ERR_CORRUPT;
	return token_expand(&f->link->template, &f->token.shape, &f->token.tail,
		&f->link->link, location);
}

/* Joins the request's query to the URL that begins at `start`. */
static enum err add_query(struct buf *location, size_t start, struct str query)
{
	char plain[RESOLVE_LOCATION_MAX];
	size_t n = location->n - start;

	if (n > sizeof(plain))
		return ERR_TOO_LONG;
	if (n)
		memcpy(plain, location->p + start, n);
	location->n = start;
	url_forward_query(location, str_make(plain, n), query);
	return buf_err(location);
}

static enum err lead_on(const struct family *f, struct str query,
	struct buf *location, struct resolution *r)
{
	size_t start = location->n;
	enum err e;

	r->outcome = CLICK_REDIRECTED;
	if (f->campaign && f->campaign->override.n) {
		r->target = CLICK_TARGET_CAMPAIGN;
		r->target_revision = f->campaign->revision;
		buf_str(location, f->campaign->override);
		e = buf_err(location);
	} else {
		r->target = CLICK_TARGET_OWN;
		r->target_revision = r->link_revision;
		e = put_own(f, location);
	}
	if (e || !f->link || !f->link->link.forward_query || !query.n)
		return e;
	r->forward_query = true;
	return add_query(location, start, query);
}

static enum err lead_to_fallback(const struct family *f, struct str region,
	struct buf *location, struct resolution *r)
{
	struct str to = str_make(NULL, 0);

	r->outcome = CLICK_FALLBACK;
	if (f->link && f->link->link.fallback.n) {
		to = f->link->link.fallback;
		r->target = CLICK_TARGET_LINK_FALLBACK;
		r->target_revision = f->link->link.revision;
	} else if (f->account->fallback.n) {
		to = f->account->fallback;
		r->target = CLICK_TARGET_ACCOUNT_FALLBACK;
		r->target_revision = f->account->revision;
	} else if (region.n) {
		to = region;
		r->target = CLICK_TARGET_REGION_FALLBACK;
	} else {
		r->outcome = CLICK_GONE;
		r->target = CLICK_TARGET_NONE;
	}
	buf_str(location, to);
	return buf_err(location);
}

enum err resolve_token(struct view *v, const struct token_id *id,
	struct str account, struct str query, uint64_t now_ms,
	struct buf *location, struct resolution *r)
{
	struct family f;
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	if (!t)
		return e;
	e = find_family(v, t, id, account, &f);
	if (e)
		return e;
	*r = (struct resolution){
		.token = f.token.number,
		.nonce = id->nonce,
		.account = f.token.shape.account,
		.link = f.token.shape.link,
		.campaign = f.campaign ? f.campaign->id : 0,
		.link_revision = f.link ? f.link->link.revision : 0,
		.test = f.token.shape.test,
		.erased = f.token.erased,
		.track = !f.link || f.link->link.track,
	};
	if (is_live(&f, now_ms))
		return lead_on(&f, query, location, r);
	return lead_to_fallback(&f, v->region->settings.fallback, location, r);
}
