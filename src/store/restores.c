#include "store/restores.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "store/links.h"

enum {
	RESTORE_RECORD_MAX = 64
};

static enum err read_next(struct db_cursor *c, struct restores *to)
{
	struct restore *items = to->items;
	enum err e;

	items = realloc(items, (to->n + 1) * sizeof(*items));
	if (!items)
		return ERR_NOMEM;
	to->items = items;
	e = restore_record_get(c->value, c->key, &items[to->n]);
	if (!e)
		to->n++;
	return e;
}

enum err restores_read(struct db_txn *t, struct restores *to)
{
	struct db_cursor c;
	enum err e = OK;

	*to = (struct restores){0};
	db_cursor_init(t, LINKS_RESTORES, &c);
	for (bool any = db_first(&c); !e && any; any = db_next(&c))
		e = read_next(&c, to);
	db_cursor_deinit(&c);
	if (!e)
		e = t->err;
	if (e)
		restores_deinit(to);
	return e;
}

enum err restores_load(struct db_env *links, struct restores *to)
{
	struct db_txn t;
	enum err e = db_reader_init(links, &t);

	if (e)
		return e;
	e = db_reader_renew(&t);
	if (!e)
		e = restores_read(&t, to);
	db_reader_deinit(&t);
	return e;
}

void restores_deinit(struct restores *r)
{
	free(r->items);
	*r = (struct restores){0};
}

uint64_t restores_first_click(const struct restores *r)
{
	return r->n ? r->items[r->n - 1].first_click : 0;
}

bool restores_cut_off(const struct restores *r, uint64_t click)
{
	bool cut = false;

	/* The place before the first one is a place to begin at. */
	for (size_t i = 0; !cut && i < r->n; i++)
		cut = click > r->items[i].last_click &&
		      click < r->items[i].first_click - 1;
	return cut;
}

uint64_t restores_clicks(
	const struct restores *r, uint64_t oldest, uint64_t newest)
{
	uint64_t n = newest + 1 - oldest;

	for (size_t i = 0; i < r->n; i++) {
		uint64_t from = r->items[i].last_click + 1;
		uint64_t to = r->items[i].first_click;

		from = from > oldest ? from : oldest;
		to = to < newest + 1 ? to : newest + 1;
		if (from < to)
			n -= to - from;
	}
	return n;
}

uint64_t restores_tokens(const struct restores *r, uint64_t newest)
{
	uint64_t n = newest;

	for (size_t i = 0; i < r->n; i++)
		if (r->items[i].first_token <= newest + 1)
			n -= r->items[i].first_token - r->items[i].last_token -
			     1;
	return n;
}

static void raise(struct db_txn *t, const char *name, uint64_t to)
{
	uint64_t now;
	enum err e = links_get_number(t, name, &now);

	if (e)
		db_fail(t, e);
	else if (now < to)
		links_put_number(t, name, to);
}

void apply_restore(struct db_txn *t, struct str key, struct str record)
{
	struct restore r;
	enum err e = restore_record_get(record, key, &r);

	if (e) {
		db_fail(t, e);
		return;
	}
	raise(t, "next_id", r.first_id);
	raise(t, "first_token", r.first_token);
	db_put(t, LINKS_RESTORES, key, record);
}

void restore_put(struct db_txn *t, const struct restore *r)
{
	struct db_key64 key = db_key64(r->first_click);
	struct str k = str_make(key.bytes, sizeof(key.bytes));
	struct buf record;

	buf_init(&record, RESTORE_RECORD_MAX);
	restore_record_put(&record, k, r);
	if (buf_err(&record))
		db_fail(t, buf_err(&record));
	else
		apply_restore(t, k, buf_view(&record));
	buf_deinit(&record);
}
