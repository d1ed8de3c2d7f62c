#include "store/counts.h"

void counts_table_put(struct db_txn *t, unsigned table, const struct count *c,
	struct buf *scratch)
{
	struct count_key key;

	count_key_put(&key, c);
	count_record_put(scratch, count_key_view(&key), &c->counts);
	if (buf_err(scratch))
		db_fail(t, buf_err(scratch));
	else
		db_put(t, table, count_key_view(&key), buf_view(scratch));
	buf_reset(scratch);
}

enum err counts_table_add(struct db_txn *t, unsigned table,
	const struct count *c, struct buf *scratch)
{
	struct count sum = *c, there;
	struct count_key key;
	struct str record;
	enum err e;

	count_key_put(&key, c);
	if (db_get(t, table, count_key_view(&key), &record)) {
		e = count_record_get(count_key_view(&key), record, &there);
		if (e)
			return e;
		counts_add(&sum.counts, &there.counts);
	}
	counts_table_put(t, table, &sum, scratch);
	return t->err;
}

void counts_scan_init(struct counts_scan *s, struct db_txn *t, unsigned table,
	const struct counts_range *range)
{
	*s = (struct counts_scan){.range = *range, .last = ERR_BUSY};
	db_cursor_init(t, table, &s->cursor);
}

void counts_scan_deinit(struct counts_scan *s)
{
	db_cursor_deinit(&s->cursor);
}

static bool seek(struct counts_scan *s, uint64_t link, uint64_t campaign,
	uint32_t quarter)
{
	struct count to = {
		.account = s->range.account,
		.kind = s->range.kind,
		.link = link,
		.campaign = campaign,
		.quarter = quarter,
	};
	struct count_key key;

	count_key_put(&key, &to);
	return db_seek(&s->cursor, count_key_view(&key));
}

static bool begin(struct counts_scan *s)
{
	const struct counts_range *r = &s->range;

	return seek(s, r->by_link ? r->link : 0,
		r->by_campaign ? r->campaign : 0, r->from);
}

/* Over a link's other campaigns. */
static bool seek_campaign(struct counts_scan *s)
{
	const struct counts_range *r = &s->range;
	const struct count *at = &s->at;

	if (at->campaign < r->campaign)
		return seek(s, at->link, r->campaign, r->from);
	if (r->by_link || at->link == UINT64_MAX)
		return false;
	return seek(s, at->link + 1, r->campaign, r->from);
}

/* From a record that is not asked for to the next one that may be: forward. */
static bool move_on(struct counts_scan *s)
{
	const struct counts_range *r = &s->range;
	const struct count *at = &s->at;

	if (r->by_campaign && at->campaign != r->campaign)
		return seek_campaign(s);
	if (at->quarter < r->from && r->from < r->to)
		return seek(s, at->link, at->campaign, r->from);
	return seek(s, at->link, at->campaign, UINT32_MAX);
}

static bool is_asked_for(const struct counts_range *r, const struct count *c)
{
	return c->quarter >= r->from && c->quarter < r->to &&
	       (!r->by_campaign || c->campaign == r->campaign);
}

static enum err at_end(const struct counts_scan *s)
{
	return s->cursor.t->err ? s->cursor.t->err : ERR_AGAIN;
}

/* The record under the cursor. */
static enum err look(struct counts_scan *s)
{
	const struct counts_range *r = &s->range;
	enum err e = count_record_get(s->cursor.key, s->cursor.value, &s->at);

	if (e)
		return e;
	if (s->at.account != r->account || s->at.kind != r->kind ||
		(r->by_link && s->at.link != r->link))
		return ERR_AGAIN;
	return is_asked_for(r, &s->at) ? OK : ERR_NOT_FOUND;
}

enum err counts_scan_next(struct counts_scan *s, struct count *c)
{
	bool there = false;

	if (s->last == ERR_BUSY)
		there = begin(s);
	else if (s->last == ERR_NOT_FOUND)
		there = move_on(s);
	else if (s->last == ERR_AGAIN || s->cursor.t->err)
		return s->last;
	else
		there = db_next(&s->cursor);
	s->last = there ? look(s) : at_end(s);
	if (s->last == OK)
		*c = s->at;
	return s->last;
}
