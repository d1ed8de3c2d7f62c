#include "store/name_index.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "core/record.h"

enum {
	NAME_RECORD_VERSION = 1,
	NAME_RECORD_MAX = 64
};

static struct str name_key(
	char to[NAME_KEY_MAX], uint64_t account, struct str name)
{
	ASSERT(name.n <= NAME_KEY_MAX - 8);
	put_be64(to, account);
	if (name.n)
		memcpy(to + 8, name.p, name.n);
	return str_make(to, 8 + name.n);
}

static enum err read_id(struct str record, struct str key, uint64_t *id)
{
	struct reader r;
	uint8_t version;
	uint64_t got;
	enum err e;

	e = record_open_keyed(&r, record, key, NAME_RECORD_VERSION, &version);
	if (e)
		return e;
	got = reader_be64(&r);
	e = reader_end(&r);
	if (!e)
		*id = got;
	return e;
}

enum err name_index_get(struct db_txn *t, unsigned table, uint64_t account,
	struct str name, uint64_t *id)
{
	char bytes[NAME_KEY_MAX];
	struct str key, record;

	if (name.n > NAME_KEY_MAX - 8)
		return ERR_NOT_FOUND;
	key = name_key(bytes, account, name);
	if (!db_get(t, table, key, &record))
		return t->err ? t->err : ERR_NOT_FOUND;
	return read_id(record, key, id);
}

void name_index_put(struct db_txn *t, unsigned table, uint64_t account,
	struct str name, uint64_t id)
{
	char bytes[NAME_KEY_MAX];
	struct str key = name_key(bytes, account, name);
	struct writer w;
	struct buf b;

	buf_init(&b, NAME_RECORD_MAX);
	record_begin(&w, &b, NAME_RECORD_VERSION);
	writer_be64(&w, id);
	record_seal_keyed(&w, key);
	if (buf_err(&b))
		db_fail(t, buf_err(&b));
	db_put(t, table, key, buf_view(&b));
	buf_deinit(&b);
}

void name_index_delete(
	struct db_txn *t, unsigned table, uint64_t account, struct str name)
{
	char bytes[NAME_KEY_MAX];

	db_delete(t, table, name_key(bytes, account, name));
}

enum err name_index_next(struct db_txn *t, unsigned table, uint64_t account,
	struct str after, struct str *name, uint64_t *id)
{
	char bytes[NAME_KEY_MAX];
	struct db_cursor c;
	enum err e = ERR_NOT_FOUND;
	struct str key;
	bool found;

	/* Behind what is too long for a name lies what is behind its start. */
	if (after.n > NAME_KEY_MAX - 8)
		after.n = NAME_KEY_MAX - 8;
	key = name_key(bytes, account, after);
	db_cursor_init(t, table, &c);
	found = db_seek(&c, key);
	if (found && after.n && str_eq(c.key, key))
		found = db_next(&c);
	if (found && c.key.n > 8 && memcmp(c.key.p, bytes, 8) == 0) {
		e = read_id(c.value, c.key, id);
		if (!e)
			*name = str_skip(c.key, 8);
	}
	db_cursor_deinit(&c);
	return t->err ? t->err : e;
}
