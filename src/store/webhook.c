#include "store/webhook.h"

#include <string.h>

#include "base/bytes.h"
#include "core/link_record.h"
#include "store/links.h"
#include "store/name_index.h"

static enum err missing(const struct db_txn *t)
{
	return t->err ? t->err : ERR_NOT_FOUND;
}

enum err webhook_by_id(struct db_txn *t, uint64_t id, struct webhook *w)
{
	struct str record;
	enum err e;

	if (!db_get(t, LINKS_WEBHOOKS, DB_KEY64(id), &record))
		return missing(t);
	e = webhook_record_get(record, w);
	return !e && w->id != id ? ERR_CORRUPT : e;
}

enum err webhook_by_name(
	struct db_txn *t, uint64_t account, struct str name, struct webhook *w)
{
	uint64_t id;
	enum err e = name_index_get(t, LINKS_WEBHOOK_NAMES, account, name, &id);

	return e ? e : webhook_by_id(t, id, w);
}

enum err webhook_next(
	struct db_txn *t, uint64_t account, struct str after, struct webhook *w)
{
	struct str name;
	uint64_t id;
	enum err e = name_index_next(
		t, LINKS_WEBHOOK_NAMES, account, after, &name, &id);

	return e ? e : webhook_by_id(t, id, w);
}

enum err webhook_next_id(struct db_txn *t, uint64_t after, struct webhook *w)
{
	struct db_key64 key = db_key64(after + 1);
	enum err e = ERR_NOT_FOUND;
	struct db_cursor c;

	if (after == UINT64_MAX)
		return ERR_NOT_FOUND;
	db_cursor_init(t, LINKS_WEBHOOKS, &c);
	if (db_seek(&c, str_make(key.bytes, sizeof(key.bytes)))) {
		uint64_t id = c.key.n == 8 ? get_be64(c.key.p) : UINT64_MAX;

		e = webhook_record_get(c.value, w);
		if (!e && w->id != id)
			e = ERR_CORRUPT;
		if (e)
			w->id = id;
	}
	db_cursor_deinit(&c);
	return t->err ? t->err : e;
}

enum err webhook_standing(
	struct db_txn *t, const struct webhook *w, struct webhook_progress *p)
{
	struct webhook_progress got = {0};
	struct str record;
	enum err e = OK;

	if (db_get(t, LINKS_HOOK_PROGRESS, DB_KEY64(w->id), &record))
		e = webhook_progress_get(record, &got);
	if (!e)
		e = t->err;
	if (!e && got.webhook && got.webhook != w->id)
		e = ERR_CORRUPT;
	if (e)
		return e;
	if (got.epoch != w->epoch) {
		got.epoch = w->epoch;
		got.sequence = got.counted_at = w->start;
		got.behind = got.failures = 0;
	}
	got.webhook = w->id;
	*p = got;
	return OK;
}

void apply_webhook(struct db_txn *t, struct str record)
{
	struct webhook w;
	enum err e = webhook_record_get(record, &w);

	if (e) {
		db_fail(t, e);
		return;
	}
	db_put(t, LINKS_WEBHOOKS, DB_KEY64(w.id), record);
	name_index_put(t, LINKS_WEBHOOK_NAMES, w.account, w.name, w.id);
}

void apply_webhook_progress(struct db_txn *t, struct str record)
{
	struct webhook_progress p;
	enum err e = webhook_progress_get(record, &p);

	if (e) {
		db_fail(t, e);
		return;
	}
	db_put(t, LINKS_HOOK_PROGRESS, DB_KEY64(p.webhook), record);
}

void apply_webhook_removal(struct db_txn *t, uint64_t id)
{
	char bytes[LINK_NAME_MAX];
	uint64_t account;
	struct webhook w;
	struct str name;
	enum err e = webhook_by_id(t, id, &w);

	if (e == ERR_NOT_FOUND)
		return;
	if (!e && w.name.n > sizeof(bytes))
		e = ERR_CORRUPT;
	if (e) {
		db_fail(t, e);
		return;
	}
	/* A view of the record does not outlive the first write. */
	memcpy(bytes, w.name.p, w.name.n);
	name = str_make(bytes, w.name.n);
	account = w.account;
	db_delete(t, LINKS_WEBHOOKS, DB_KEY64(id));
	db_delete(t, LINKS_HOOK_PROGRESS, DB_KEY64(id));
	name_index_delete(t, LINKS_WEBHOOK_NAMES, account, name);
}
