#include "service/feed_join.h"

#include <stdlib.h>

#include "core/url.h"
#include "service/cursor.h"
#include "service/feed_agents.h"
#include "service/feed_families.h"
#include "service/feed_links.h"
#include "service/mint_answer.h"
#include "store/account.h"
#include "store/link.h"
#include "store/token_reader.h"

enum {
	DESTINATION_MAX = 16384
};

struct feed_join {
	struct view *view;
	const struct feed_page *page;
	enum feed_format format;
	/* Of the snapshot; NULL: not looked at yet. */
	struct db_txn *links_txn;
	struct str account_name;
	/* Of the page's clicks from seals_at on. */
	size_t seals_at, seals_n;
	struct seals seals;
	/* Kept from one snapshot to the next. */
	struct token_reader tokens;
	struct feed_links links;
	struct feed_agents agents;
	struct feed_families families;
	/* Of the row that was read last. */
	struct buf destination;
	struct buf plain; /* the destination before its query */
};

enum err feed_join_new(struct view *v, struct feed_join **to)
{
	struct feed_join *j = calloc(1, sizeof(*j));

	if (!j)
		return ERR_NOMEM;
	j->view = v;
	feed_links_init(&j->links);
	buf_init(&j->destination, DESTINATION_MAX);
	buf_init(&j->plain, DESTINATION_MAX);
	*to = j;
	return OK;
}

void feed_join_free(struct feed_join *j)
{
	if (!j)
		return;
	feed_join_end(j);
	feed_links_deinit(&j->links);
	buf_deinit(&j->destination);
	buf_deinit(&j->plain);
	free(j);
}

void feed_join_begin(struct feed_join *j, const struct feed_page *page,
	enum feed_format format)
{
	feed_join_end(j);
	j->page = page;
	j->format = format;
	j->seals_n = 0;
	j->view->clicks.without_agents = true;
}

void feed_join_end(struct feed_join *j)
{
	token_reader_end(&j->tokens);
	j->links_txn = NULL;
}

/* The snapshot of the links, and what is the same in all rows. */
static enum err begin_links(struct feed_join *j)
{
	struct view *v = j->view;
	const struct account *account;
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	if (!e)
		e = catalog_account(&v->catalog, t, j->page->account, &account);
	if (e)
		return e;
	j->account_name = account->name;
	feed_links_renew(&j->links);
	token_reader_begin(&j->tokens, &v->blocks);
	j->links_txn = t;
	return OK;
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

static enum err override_destination(
	struct feed_join *j, struct feed_row *r, struct str override)
{
	r->destination = or_null(override);
	if (!r->click.forwarded_query)
		return OK;
	url_forward_query(&j->destination, override, r->click.query);
	r->destination = buf_view(&j->destination);
	return buf_err(&j->destination);
}

/* By the link's template, or the token's own. */
static enum err expand(const struct feed_link *link,
	const struct minted_token *token, struct buf *out)
{
	if (link)
		return feed_link_expand(link, token, out);
	buf_str(out, token->shape->destination);
	return buf_err(out);
}

static enum err own_destination(struct feed_join *j, struct feed_row *r,
	const struct feed_link *link, const struct minted_token *token)
{
	enum err e;

	if (r->click.forwarded_query) {
		buf_reset(&j->plain);
		e = expand(link, token, &j->plain);
		if (e)
			return e;
		url_forward_query(
			&j->destination, buf_view(&j->plain), r->click.query);
		e = buf_err(&j->destination);
	} else {
		e = expand(link, token, &j->destination);
	}
	r->destination = buf_view(&j->destination);
	return e;
}

/* Where the click was really sent, by the revisions that it names. */
static enum err join_destination(struct feed_join *j, struct feed_row *r,
	const struct feed_link *link, const struct minted_token *token)
{
	const struct click *c = &r->click;
	struct campaign campaign;
	struct account account;
	struct link then;
	enum err e = OK;

	buf_reset(&j->destination);
	r->destination = str_make(NULL, 0);
	switch (c->target) {
	case CLICK_TARGET_OWN:
		return own_destination(j, r, link, token);
	case CLICK_TARGET_CAMPAIGN:
		e = campaign_at(j->links_txn, c->campaign, c->target_revision,
			&campaign);
		return e ? e : override_destination(j, r, campaign.override);
	case CLICK_TARGET_LINK_FALLBACK:
		e = link_at(j->links_txn, c->link, c->target_revision, &then);
		if (!e)
			r->destination = or_null(then.fallback);
		break;
	case CLICK_TARGET_ACCOUNT_FALLBACK:
		e = account_at(
			j->links_txn, c->account, c->target_revision, &account);
		if (!e)
			r->destination = or_null(account.fallback);
		break;
	case CLICK_TARGET_REGION_FALLBACK:
		r->destination = or_null(j->view->region->settings.fallback);
		break;
	default:
		break;
	}
	return e;
}

static enum err join_names(
	struct feed_join *j, struct feed_row *r, const struct feed_link **link)
{
	const struct campaign *campaign;
	const struct click *c = &r->click;
	enum err e;

	r->region = j->view->region->settings.name;
	r->account = j->account_name;
	r->link = r->campaign = str_make(NULL, 0);
	if (c->link) {
		e = feed_links_get(&j->links, j->links_txn, c->link,
			c->link_revision, link);
		if (e)
			return e;
		r->link = (*link)->link.name;
	}
	if (c->campaign) {
		e = catalog_campaign(&j->view->catalog, j->links_txn,
			c->campaign, &campaign);
		if (e)
			return e;
		r->campaign = campaign->name;
	}
	return OK;
}

/* The ids of click i, sealed together with those of the next ones. */
static void join_ids(struct feed_join *j, size_t i, struct feed_row *r)
{
	const struct feed_page *p = j->page;
	size_t n = p->n - i < SEALS_MAX ? p->n - i : SEALS_MAX;

	if (i < j->seals_at || i - j->seals_at >= j->seals_n) {
		seals_write(
			j->view, p->account, p->sequences + i, n, &j->seals);
		j->seals_at = i;
		j->seals_n = n;
	}
	opaque_text(j->seals.cursors[i - j->seals_at], r->cursor);
	opaque_text(j->seals.click_ids[i - j->seals_at], r->id);
}

static enum err join(struct feed_join *j, struct feed_row *r,
	const struct minted_token *token)
{
	const struct feed_link *link = NULL;
	enum err e = join_names(j, r, &link);

	if (!e && token->tail.erased)
		r->destination = str_make(NULL, 0);
	else if (!e)
		e = join_destination(j, r, link, token);
	if (!e)
		e = token_text_put(j->view, token->number, r->click.nonce,
			token->key_version, r->token);
	return e;
}

/* The click at a place of the log, or the one that was announced there, as it
 * is now. */
static enum err read_click(
	struct feed_join *j, const struct feed_filter *f, struct feed_row *r)
{
	struct click_reader *clicks = &j->view->clicks;
	enum err e = click_reader_get(clicks, r->sequence, &r->click);

	r->click_sequence = r->sequence;
	if (e || !r->click.revises)
		return e;
	if (!f->revisions || r->click.account != j->page->account)
		return ERR_NOT_FOUND;
	r->click_sequence = r->click.revises;
	return click_reader_get(clicks, r->click_sequence, &r->click);
}

enum err feed_join_read(struct feed_join *j, size_t i,
	const struct feed_filter *f, struct feed_row *r)
{
	struct minted_token token;
	enum err e;

	r->format = j->format;
	r->sequence = j->page->sequences[i];
	e = read_click(j, f, r);
	if (e)
		return e;
	if (r->click.account != j->page->account || !passes(&r->click, f))
		return ERR_NOT_FOUND;
	if (!j->links_txn)
		e = begin_links(j);
	if (!e)
		e = token_reader_get(&j->tokens, r->click.token, &token);
	/* The click is there: what it names and is not is damage. */
	if (e)
		return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
	r->recipient = or_null(token.tail.recipient);
	r->ref = or_null(token.tail.ref);
	if (f->by_recipient && !str_eq(r->recipient, f->recipient))
		return ERR_NOT_FOUND;
	e = join(j, r, &token);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
	feed_families_join(&j->families, j->view, r);
	feed_agents_join(&j->agents, &j->view->clicks, r);
	join_ids(j, i, r);
	if (r->click_sequence != r->sequence)
		click_id_write(j->view, r->click_sequence, r->id);
	return OK;
}
