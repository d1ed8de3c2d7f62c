#include "service/feed.h"

#include <stdlib.h>

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

	v->clicks.without_agents = true;
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
