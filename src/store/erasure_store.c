#include "store/erasure_store.h"

#include "base/bytes.h"
#include "store/links.h"

enum err erasure_get(
	struct db_txn *t, uint64_t account, uint64_t id, struct erasure *e)
{
	char bytes[ERASURE_KEY_BYTES] = {0};
	struct str key = str_make(bytes, sizeof(bytes)), record;

	erasure_key_put(bytes, account, id);
	if (!db_get(t, LINKS_ERASURES, key, &record))
		return t->err ? t->err : ERR_NOT_FOUND;
	return erasure_record_get(record, key, e);
}

/* The key behind (account, id) in either table. */
static enum err next_key(
	struct db_txn *t, unsigned table, uint64_t *account, uint64_t *id)
{
	char bytes[ERASURE_KEY_BYTES] = {0};
	struct db_cursor c;
	enum err e = ERR_NOT_FOUND;

	erasure_key_put(bytes, *account, *id + 1);
	db_cursor_init(t, table, &c);
	if (*id < UINT64_MAX && db_seek(&c, str_make(bytes, sizeof(bytes)))) {
		e = c.key.n == ERASURE_KEY_BYTES ? OK : ERR_CORRUPT;
		if (!e) {
			*account = get_be64(c.key.p);
			*id = get_be64(c.key.p + 8);
		}
	}
	db_cursor_deinit(&c);
	return t->err ? t->err : e;
}

enum err erasure_next(
	struct db_txn *t, uint64_t account, uint64_t after, struct erasure *e)
{
	uint64_t found = account, id = after;
	enum err err = next_key(t, LINKS_ERASURES, &found, &id);

	if (!err && found != account)
		err = ERR_NOT_FOUND;
	return err ? err : erasure_get(t, account, id, e);
}

enum err erasure_any_next(
	struct db_txn *t, uint64_t account, uint64_t id, struct erasure *e)
{
	enum err err = next_key(t, LINKS_ERASURES, &account, &id);

	return err ? err : erasure_get(t, account, id, e);
}

enum err erasure_pending_next(
	struct db_txn *t, uint64_t account, uint64_t id, struct erasure *e)
{
	enum err err = next_key(t, LINKS_ERASURES_PENDING, &account, &id);

	if (err)
		return err;
	err = erasure_get(t, account, id, e);
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

enum err erasure_pending_find(struct db_txn *t, uint64_t account,
	uint64_t after, struct str recipient, struct erasure *e)
{
	struct erasure got = {.account = account, .id = after};
	enum err err;

	while ((err = erasure_pending_next(t, got.account, got.id, &got)) ==
		OK) {
		if (got.account != account)
			return ERR_NOT_FOUND;
		if (!str_eq(str_make(got.recipient, got.recipient_n),
			    recipient))
			continue;
		*e = got;
		return OK;
	}
	return err;
}

size_t erasures_pending_n(struct db_txn *t)
{
	return (size_t)db_count(t, LINKS_ERASURES_PENDING);
}

void apply_erasure(struct db_txn *t, struct str key, struct str record)
{
	struct erasure e;
	enum err err = erasure_record_get(record, key, &e);

	if (err) {
		db_fail(t, err);
		return;
	}
	db_put(t, LINKS_ERASURES, key, record);
	if (e.state == ERASURE_DONE)
		db_delete(t, LINKS_ERASURES_PENDING, key);
	else
		db_put(t, LINKS_ERASURES_PENDING, key, STR("\1"));
}

void erasure_put(struct db_txn *t, const struct erasure *e)
{
	char bytes[ERASURE_KEY_BYTES] = {0};
	struct str key = str_make(bytes, sizeof(bytes));
	struct buf record;

	erasure_key_put(bytes, e->account, e->id);
	buf_init(&record, ERASURE_RECORD_MAX);
	erasure_record_put(&record, key, e);
	if (buf_err(&record))
		db_fail(t, buf_err(&record));
	else
		apply_erasure(t, key, buf_view(&record));
	buf_deinit(&record);
}

static void put_chunk(
	struct db_txn *t, uint64_t id, const uint64_t *numbers, size_t n)
{
	char bytes[ERASED_KEY_BYTES] = {0};
	struct str key = str_make(bytes, sizeof(bytes));
	struct buf record;

	erased_key_put(bytes, id, numbers[0]);
	buf_init(&record, ERASED_RECORD_MAX);
	erased_record_put(&record, key, numbers, n);
	if (buf_err(&record))
		db_fail(t, buf_err(&record));
	else
		db_put(t, LINKS_ERASED, key, buf_view(&record));
	buf_deinit(&record);
}

void erased_tokens_put(
	struct db_txn *t, uint64_t id, const uint64_t *numbers, size_t n)
{
	for (size_t at = 0; at < n; at += ERASED_CHUNK_TOKENS)
		put_chunk(t, id, numbers + at,
			n - at < ERASED_CHUNK_TOKENS ? n - at
						     : ERASED_CHUNK_TOKENS);
}

enum err erased_tokens_next(struct db_txn *t, uint64_t id, uint64_t after,
	uint64_t numbers[ERASED_CHUNK_TOKENS], size_t *n)
{
	char bytes[ERASED_KEY_BYTES] = {0};
	struct db_cursor c;
	enum err e = ERR_NOT_FOUND;

	if (after == UINT64_MAX)
		return e;
	erased_key_put(bytes, id, after + 1);
	db_cursor_init(t, LINKS_ERASED, &c);
	if (db_seek(&c, str_make(bytes, sizeof(bytes))) &&
		c.key.n == ERASED_KEY_BYTES && get_be64(c.key.p) == id)
		e = erased_record_get(c.value, c.key, numbers, n);
	db_cursor_deinit(&c);
	return t->err ? t->err : e;
}
