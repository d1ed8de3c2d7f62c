#include "service/feed.h"

#include <stdlib.h>

#include "core/url.h"
#include "service/cursor.h"
#include "service/mint_answer.h"
#include "service/resolve.h"
#include "store/account.h"
#include "store/link.h"
#include "store/token_store.h"

enum {
	DESTINATION_MAX = 16384
};

enum err feed_page_init(
	struct feed_page *p, uint64_t account, uint64_t after, size_t limit)
{
	*p = (struct feed_page){.account = account,
		.after = after,
		.at = after,
		.limit = limit};
	p->sequences = calloc(limit, sizeof(*p->sequences));
	return p->sequences ? OK : ERR_NOMEM;
}

void feed_page_deinit(struct feed_page *p)
{
	free(p->sequences);
	p->sequences = NULL;
}

static void add(struct feed_page *p, uint64_t sequence)
{
	p->sequences[p->n++] = sequence;
	p->is_whole = p->n == p->limit;
}

/* Up to the tally's position its postings tell. */
static enum err gather_postings(
	struct feed_page *p, struct db_txn *tally, size_t *budget)
{
	uint64_t position = tally_position(tally), sequence;
	struct tally_postings postings;
	enum err e = OK;

	if (tally->err || p->at >= position)
		return tally->err;
	tally_postings_init(&postings, tally, p->account, p->at);
	while (!e && !p->is_whole && *budget) {
		e = tally_postings_next(&postings, &sequence);
		if (e)
			break;
		add(p, sequence);
		p->at = sequence;
		--*budget;
	}
	tally_postings_deinit(&postings);
	if (e != ERR_AGAIN)
		return e;
	p->at = position;
	return OK;
}

/* Behind it the log itself: a short stretch. */
static enum err gather_log(struct feed_page *p, struct view *v, size_t *budget)
{
	struct click click;
	uint64_t sequence;
	enum err e = OK;

	click_reader_seek(&v->clicks, p->at);
	while (!e && !p->is_whole && *budget) {
		e = click_reader_next(&v->clicks, &sequence, &click);
		if (e)
			break;
		p->at = sequence;
		if (click.account == p->account)
			add(p, sequence);
		--*budget;
	}
	if (e == ERR_AGAIN) {
		p->is_whole = true;
		return OK;
	}
	return e;
}

enum err feed_page_gather(struct feed_page *p, struct view *v, size_t budget)
{
	struct db_txn *tally;
	enum err e;

	tally = view_tally(v, &e);
	if (!e)
		e = gather_postings(p, tally, &budget);
	if (e == ERR_AGAIN)
		return ERR_BUSY;
	if (e == ERR_CORRUPT)
		tally_report_damage(v->region->tally);
	if (!e && !p->is_whole && budget)
		e = gather_log(p, v, &budget);
	if (!e && !p->is_whole)
		e = ERR_AGAIN;
	return e;
}

void feed_range(struct view *v, uint64_t *oldest_after, uint64_t *newest)
{
	uint64_t oldest;

	segments_range(v->region->segments, &oldest, newest);
	*oldest_after = oldest ? oldest - 1 : 0;
}

void feed_row_init(struct feed_row *r)
{
	*r = (struct feed_row){0};
	buf_init(&r->destination_bytes, DESTINATION_MAX);
}

void feed_row_deinit(struct feed_row *r)
{
	buf_deinit(&r->destination_bytes);
}

static bool passes(const struct click *c, const struct feed_filter *f)
{
	return c->at_ms >= f->from_ms && (!f->to_ms || c->at_ms < f->to_ms) &&
	       (!f->by_link || c->link == f->link) &&
	       (!f->by_campaign || c->campaign == f->campaign) &&
	       (!f->by_verdict || c->verdict == f->verdict);
}

static struct str or_null(struct str s)
{
	return s.n ? s : str_make(NULL, 0);
}

static enum err override_destination(struct feed_row *r, struct str override)
{
	r->destination = or_null(override);
	if (!r->click.forwarded_query)
		return OK;
	url_forward_query(&r->destination_bytes, override, r->click.query);
	r->destination = buf_view(&r->destination_bytes);
	return buf_err(&r->destination_bytes);
}

static enum err own_destination(struct feed_row *r, const struct link *link,
	const struct stored_token *token)
{
	struct buf plain;
	enum err e;

	if (!r->click.forwarded_query)
		return resolve_destination(token, link, &r->destination_bytes);
	buf_init(&plain, DESTINATION_MAX);
	e = resolve_destination(token, link, &plain);
	if (!e)
		url_forward_query(&r->destination_bytes, buf_view(&plain),
			r->click.query);
	buf_deinit(&plain);
	return e ? e : buf_err(&r->destination_bytes);
}

/* Where the click was really sent, by the revisions that it names. */
static enum err join_destination(struct feed_row *r, struct view *v,
	const struct link *link, const struct stored_token *token)
{
	const struct click *c = &r->click;
	struct campaign campaign;
	struct account account;
	struct link then;
	enum err e = OK;

	buf_reset(&r->destination_bytes);
	r->destination = str_make(NULL, 0);
	switch (c->target) {
	case CLICK_TARGET_OWN:
		e = own_destination(r, link, token);
		if (!e)
			r->destination = buf_view(&r->destination_bytes);
		break;
	case CLICK_TARGET_CAMPAIGN:
		e = campaign_at(
			&v->links, c->campaign, c->target_revision, &campaign);
		if (!e)
			e = override_destination(r, campaign.override);
		break;
	case CLICK_TARGET_LINK_FALLBACK:
		e = link_at(&v->links, c->link, c->target_revision, &then);
		if (!e)
			r->destination = or_null(then.fallback);
		break;
	case CLICK_TARGET_ACCOUNT_FALLBACK:
		e = account_at(
			&v->links, c->account, c->target_revision, &account);
		if (!e)
			r->destination = or_null(account.fallback);
		break;
	case CLICK_TARGET_REGION_FALLBACK:
		r->destination = or_null(v->region->settings.fallback);
		break;
	default:
		break;
	}
	return e;
}

static enum err join_names(struct feed_row *r, struct view *v,
	struct link *link, const struct click *c)
{
	struct campaign campaign;
	struct account account;
	enum err e = account_by_id(&v->links, c->account, &account);

	if (e)
		return e;
	r->account = account.name;
	r->link = r->campaign = str_make(NULL, 0);
	if (c->link) {
		e = link_at(&v->links, c->link, c->link_revision, link);
		if (e)
			return e;
		r->link = link->name;
	}
	if (c->campaign) {
		e = campaign_by_id(&v->links, c->campaign, &campaign);
		if (e)
			return e;
		r->campaign = campaign.name;
	}
	return OK;
}

static enum err join(struct feed_row *r, struct view *v, uint64_t account)
{
	const struct click *c = &r->click;
	struct cursor cursor = {.sequence = r->sequence};
	struct stored_token token;
	struct link link;
	enum err e = token_by_number(&v->links, c->token, &token);

	if (!e)
		e = join_names(r, v, &link, c);
	if (!e)
		e = join_destination(r, v, c->link ? &link : NULL, &token);
	if (!e)
		e = token_text_put(
			v, c->token, c->nonce, token.key_version, r->token);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
	r->region = v->region->settings.name;
	r->recipient = or_null(token.tail.recipient);
	r->ref = or_null(token.tail.ref);
	cursor_write(v, account, &cursor, r->cursor);
	click_id_write(v, r->sequence, r->id);
	return OK;
}

enum err feed_row_read(struct feed_row *r, struct view *v, uint64_t account,
	uint64_t sequence, const struct feed_filter *f)
{
	enum err e = click_reader_get(&v->clicks, sequence, &r->click);

	if (e)
		return e;
	if (r->click.account != account || !passes(&r->click, f))
		return ERR_NOT_FOUND;
	r->sequence = sequence;
	(void)view_links(v, &e);
	if (!e)
		e = join(r, v, account);
	if (!e && f->by_recipient && !str_eq(r->recipient, f->recipient))
		return ERR_NOT_FOUND;
	return e;
}
