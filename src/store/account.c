#include "store/account.h"

#include "base/bytes.h"
#include "store/links.h"
#include "store/name_index.h"
#include "store/revision.h"

/* Account names are unique in a region: they lie under account 0. */
enum {
	NO_ACCOUNT = 0
};

static enum err get_record(
	struct db_txn *t, unsigned table, uint64_t id, struct str *record)
{
	if (db_get(t, table, DB_KEY64(id), record))
		return OK;
	return t->err ? t->err : ERR_NOT_FOUND;
}

enum err account_record_of(struct db_txn *t, uint64_t id, struct str *record)
{
	return get_record(t, LINKS_ACCOUNTS, id, record);
}

enum err account_by_id(struct db_txn *t, uint64_t id, struct account *a)
{
	struct str record;
	enum err e = account_record_of(t, id, &record);

	if (!e)
		e = account_record_get(record, a);
	return !e && a->id != id ? ERR_CORRUPT : e;
}

enum err account_by_name(struct db_txn *t, struct str name, struct account *a)
{
	uint64_t id;
	enum err e;

	e = name_index_get(t, LINKS_ACCOUNT_NAMES, NO_ACCOUNT, name, &id);
	return e ? e : account_by_id(t, id, a);
}

enum err account_at(
	struct db_txn *t, uint64_t id, uint32_t revision, struct account *a)
{
	struct str record;

	if (!revision_get(t, REVISION_ACCOUNT, id, revision, &record))
		return t->err ? t->err : ERR_NOT_FOUND;
	return account_record_get(record, a);
}

enum err account_next(struct db_txn *t, struct str after, struct account *a)
{
	struct str name;
	uint64_t id;
	enum err e;

	e = name_index_next(
		t, LINKS_ACCOUNT_NAMES, NO_ACCOUNT, after, &name, &id);
	return e ? e : account_by_id(t, id, a);
}

enum err api_key_by_id(struct db_txn *t, uint64_t id, struct api_key *k)
{
	struct str record;
	enum err e = get_record(t, LINKS_API_KEYS, id, &record);

	if (!e)
		e = api_key_record_get(record, k);
	return !e && k->id != id ? ERR_CORRUPT : e;
}

enum err api_key_next(
	struct db_txn *t, uint64_t account, uint64_t after, struct api_key *k)
{
	struct db_key64 key = db_key64(after + 1);
	struct db_cursor c;
	enum err e = ERR_NOT_FOUND;
	bool more;

	if (after == UINT64_MAX)
		return ERR_NOT_FOUND; /* ids are random: there may be one */
	db_cursor_init(t, LINKS_API_KEYS, &c);
	more = db_seek(&c, str_make(key.bytes, sizeof(key.bytes)));
	while (more) {
		struct api_key got;

		e = api_key_record_get(c.value, &got);
		if (e || got.account == account) {
			if (!e)
				*k = got;
			break;
		}
		e = ERR_NOT_FOUND;
		more = db_next(&c);
	}
	db_cursor_deinit(&c);
	return t->err ? t->err : e;
}

void apply_account(struct db_txn *t, struct str record)
{
	struct account a;
	enum err e = account_record_get(record, &a);

	if (e) {
		db_fail(t, e);
		return;
	}
	db_put(t, LINKS_ACCOUNTS, DB_KEY64(a.id), record);
	name_index_put(t, LINKS_ACCOUNT_NAMES, NO_ACCOUNT, a.name, a.id);
	revision_put(t, REVISION_ACCOUNT, a.id, a.revision, record);
}

void apply_api_key(struct db_txn *t, struct str record)
{
	struct api_key k;
	enum err e = api_key_record_get(record, &k);

	if (e) {
		db_fail(t, e);
		return;
	}
	db_put(t, LINKS_API_KEYS, DB_KEY64(k.id), record);
}
