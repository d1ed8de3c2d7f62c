#include "service/resolve.h"

#include "core/account_record.h"
#include "core/uri_template.h"
#include "core/url.h"
#include "store/account.h"
#include "store/link.h"
#include "store/links.h"

/* What a token hangs on, all views of one snapshot. */
struct family {
	struct stored_token token;
	struct account account;
	struct link link;
	struct campaign campaign;
	bool has_link;
	bool has_campaign;
};

static struct str param_of(const struct stored_token *t, struct str name)
{
	for (size_t i = 0; i < t->shape.names_n; i++)
		if (str_eq(t->shape.names[i], name))
			return t->tail.values[i];
	return str_make(NULL, 0);
}

static struct str value_of(
	const struct stored_token *t, const struct link *link, struct str name)
{
	struct str value = param_of(t, name);

	if (value.p)
		return value;
	if (str_is(name, "recipient") && t->tail.recipient.n)
		return t->tail.recipient;
	if (str_is(name, "ref") && t->tail.ref.n)
		return t->tail.ref;
	return link_default_of(link, name);
}

enum err resolve_destination(const struct stored_token *token,
	const struct link *link, struct buf *location)
{
	struct str values[URI_TEMPLATE_VARS_MAX];
	struct uri_template_problem problem;
	struct uri_template t;

	if (!link) {
		buf_str(location, token->shape.destination);
		return buf_err(location);
	}
	if (uri_template_compile(link->destination, &t, &problem))
		return ERR_CORRUPT;
	for (size_t i = 0; i < t.vars_n; i++)
		values[i] = value_of(token, link, t.vars[i]);
	uri_template_expand(location, &t, values);
	return buf_err(location);
}

static enum err find_family(struct db_txn *t, const struct token_id *id,
	struct str account, struct family *f)
{
	uint64_t number = links_number(id->shard, id->seq), campaign;
	enum err e;

	e = token_by_number(t, number, &f->token);
	if (e)
		return e;
	/* The nonce makes a guessed number worthless, key or no key. */
	if (f->token.nonce != id->nonce ||
		f->token.key_version != id->key_version)
		return ERR_NOT_FOUND;
	e = account_by_id(t, f->token.shape.account, &f->account);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
	if (account.n && !str_eq(account, f->account.name))
		return ERR_NOT_FOUND;
	f->has_link = f->token.shape.link != 0;
	if (f->has_link) {
		e = link_by_id(t, f->token.shape.link, &f->link);
		if (e)
			return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
	}
	campaign = f->token.shape.campaign;
	if (!campaign && f->has_link)
		campaign = f->link.campaign;
	f->has_campaign = campaign != 0;
	if (!f->has_campaign)
		return OK;
	e = campaign_by_id(t, campaign, &f->campaign);
	return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
}

static bool is_live(const struct family *f, uint64_t now_ms)
{
	if (f->token.revoked || !f->account.active)
		return false;
	if (f->token.expires_ms && f->token.expires_ms <= now_ms)
		return false;
	if (f->has_campaign && !f->campaign.active)
		return false;
	if (!f->has_link)
		return true;
	return f->link.active &&
	       (!f->link.expires_ms || f->link.expires_ms > now_ms);
}

static enum err lead_on(const struct family *f, struct str query,
	struct buf *location, struct resolution *r)
{
	size_t start = location->n;
	struct buf plain;
	enum err e;

	r->outcome = CLICK_REDIRECTED;
	if (f->has_campaign && f->campaign.override.n) {
		r->target = CLICK_TARGET_CAMPAIGN;
		r->target_revision = f->campaign.revision;
		buf_str(location, f->campaign.override);
	} else {
		r->target = CLICK_TARGET_OWN;
		r->target_revision = r->link_revision;
		e = resolve_destination(
			&f->token, f->has_link ? &f->link : NULL, location);
		if (e)
			return e;
	}
	if (!f->has_link || !f->link.forward_query || !query.n)
		return buf_err(location);
	buf_init(&plain, location->max);
	buf_add(&plain, location->p + start, location->n - start);
	e = buf_err(&plain);
	if (!e) {
		location->n = start;
		url_forward_query(location, buf_view(&plain), query);
		r->forward_query = true;
		e = buf_err(location);
	}
	buf_deinit(&plain);
	return e;
}

static enum err lead_to_fallback(const struct family *f, struct str region,
	struct buf *location, struct resolution *r)
{
	struct str to = str_make(NULL, 0);

	r->outcome = CLICK_FALLBACK;
	if (f->has_link && f->link.fallback.n) {
		to = f->link.fallback;
		r->target = CLICK_TARGET_LINK_FALLBACK;
		r->target_revision = f->link.revision;
	} else if (f->account.fallback.n) {
		to = f->account.fallback;
		r->target = CLICK_TARGET_ACCOUNT_FALLBACK;
		r->target_revision = f->account.revision;
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
	e = find_family(t, id, account, &f);
	if (e)
		return e;
	*r = (struct resolution){
		.token = f.token.number,
		.nonce = id->nonce,
		.account = f.token.shape.account,
		.link = f.token.shape.link,
		.campaign = f.has_campaign ? f.campaign.id : 0,
		.link_revision = f.has_link ? f.link.revision : 0,
		.test = f.token.shape.test,
		.track = !f.has_link || f.link.track,
	};
	if (is_live(&f, now_ms))
		return lead_on(&f, query, location, r);
	return lead_to_fallback(&f, v->region->settings.fallback, location, r);
}
