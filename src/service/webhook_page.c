#include "service/webhook_page.h"

#include <string.h>

enum {
	GATHER_BUDGET = 20000, /* clicks or postings looked at in one go */
};

enum err webhook_page_init(struct webhook_page *p, uint64_t account)
{
	*p = (struct webhook_page){0};
	return feed_page_init(&p->feed, account, 0, WEBHOOK_BATCH_CLICKS);
}

void webhook_page_deinit(struct webhook_page *p)
{
	feed_page_deinit(&p->feed);
}

void webhook_page_reset(struct webhook_page *p, uint64_t after, uint64_t behind,
	uint64_t counted_at)
{
	p->feed.after = p->feed.at = after;
	p->feed.n = 0;
	p->feed.is_whole = false;
	p->counted_at = counted_at > after ? counted_at : after;
	p->more = counted_at > after ? behind : 0;
	p->missing = 0;
}

/* The numbers from i on are new. */
static void note_gathered(struct webhook_page *p, size_t i)
{
	for (; i < p->feed.n; i++)
		if (p->feed.sequences[i] <= p->counted_at && p->more)
			p->more--;
	if (p->feed.at < p->counted_at)
		return;
	p->missing += p->more;
	p->more = 0;
	p->counted_at = p->feed.at;
}

enum err webhook_page_gather(struct webhook_page *p, struct view *v)
{
	size_t before = p->feed.n;
	enum err e;

	if (webhook_page_is_full(p))
		return OK;
	p->feed.is_whole = false;
	e = feed_page_gather(&p->feed, v, GATHER_BUDGET);
	note_gathered(p, before);
	return e;
}

enum err webhook_page_count(struct webhook_page *p, struct view *v)
{
	struct feed_page feed;
	enum err e = feed_page_init(
		&feed, p->feed.account, p->counted_at, FEED_LIMIT_MAX);

	if (e)
		return e;
	e = feed_page_gather(&feed, v, GATHER_BUDGET);
	p->counted_at = feed.at;
	p->more += feed.n;
	if (!e && feed.n == FEED_LIMIT_MAX)
		e = ERR_AGAIN;
	feed_page_deinit(&feed);
	return e;
}

void webhook_page_drop(struct webhook_page *p, uint64_t up_to)
{
	struct feed_page *f = &p->feed;
	size_t n = 0;

	while (n < f->n && f->sequences[n] <= up_to)
		n++;
	f->n -= n;
	memmove(f->sequences, f->sequences + n, f->n * sizeof(*f->sequences));
}
