#include "store/segment.h"

#include <assert.h>

#include "base/assert.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "core/click_record.h"
#include "core/record.h"

enum {
	AGENT_FORMAT = 1,
	AGENT_ID_FORMAT = 1,
	AGENT_ID_BYTES = 4,
	HASH_BYTES = 8,
	SMALL_RECORD_MAX = 64,
};

static_assert((int)CLICK_RECORD_MAX <= (int)DB_VALUE_LEAF_MAX,
	"a click shares its page with others");

static const char *const tables[SEGMENT_TABLES_N] = {
	[SEGMENT_META] = "meta",
	[SEGMENT_CLICKS] = "clicks",
	[SEGMENT_AGENTS] = "agents",
	[SEGMENT_AGENT_IDS] = "agent_ids",
};

static const struct str meta_key = {"segment", 7};

static struct db_options options_of(size_t map_bytes)
{
	return (struct db_options){
		.map_bytes = map_bytes,
		.tables = tables,
		.tables_n = SEGMENT_TABLES_N,
	};
}

static void fill_meta(struct db_txn *t, void *arg)
{
	const struct segment_meta *meta = arg;
	struct buf b;
	struct writer w;

	buf_init(&b, SMALL_RECORD_MAX);
	record_begin(&w, &b, SEGMENT_FORMAT);
	writer_be64(&w, meta->first);
	writer_varint(&w, meta->generation);
	record_seal_keyed(&w, meta_key);
	if (writer_err(&w))
		db_fail(t, writer_err(&w));
	else
		db_put(t, SEGMENT_META, meta_key, buf_view(&b));
	buf_deinit(&b);
}

enum err segment_create(
	const char *dir, size_t map_bytes, uint64_t first_sequence)
{
	struct segment_meta meta = {.first = first_sequence};
	struct db_options options = options_of(map_bytes);

	return db_create(dir, &options, fill_meta, &meta);
}

enum err segment_begin_anew(const char *dir, size_t map_bytes,
	const struct segment_meta *meta, struct db_env **env)
{
	struct db_options options = options_of(map_bytes);
	struct segment_meta copy = *meta;
	enum err e = db_create(dir, &options, fill_meta, &copy);

	return e ? e : db_open_unflushed(dir, &options, env);
}

enum err segment_open(
	const char *dir, size_t map_bytes, bool sealed, struct db_env **env)
{
	struct db_options options = options_of(map_bytes);

	if (sealed)
		return db_open_sealed(dir, &options, env);
	return db_open(dir, &options, env);
}

enum err segment_read_meta(struct db_txn *t, struct segment_meta *meta)
{
	struct segment_meta got = {0};
	struct reader r;
	struct str value;
	uint8_t version;
	enum err e;

	if (!db_get(t, SEGMENT_META, meta_key, &value))
		return t->err ? t->err : ERR_CORRUPT;
	e = record_open_keyed(&r, value, meta_key, SEGMENT_FORMAT, &version);
	if (e)
		return e;
	got.first = reader_be64(&r);
	if (version > 1)
		got.generation = reader_varint(&r);
	e = reader_end(&r);
	if (!e && !got.first)
		e = ERR_CORRUPT;
	if (!e)
		*meta = got;
	return e;
}

static enum err read_last(struct db_txn *t, uint64_t first, uint64_t *last)
{
	struct db_cursor c;
	enum err e = OK;

	*last = first - 1;
	db_cursor_init(t, SEGMENT_CLICKS, &c);
	if (db_last(&c)) {
		if (c.key.n == sizeof(*last))
			*last = get_be64(c.key.p);
		if (c.key.n != sizeof(*last) || *last < first)
			e = ERR_CORRUPT;
	}
	db_cursor_deinit(&c);
	return t->err ? t->err : e;
}

enum err segment_bounds(struct db_env *env, uint64_t *first, uint64_t *last)
{
	struct segment_meta meta = {0};
	uint64_t to = 0;
	struct db_txn t;
	enum err e = db_reader_init(env, &t);

	if (e)
		return e;
	e = db_reader_renew(&t);
	if (!e)
		e = segment_read_meta(&t, &meta);
	if (!e)
		e = read_last(&t, meta.first, &to);
	db_reader_deinit(&t);
	if (e)
		return e;
	*first = meta.first;
	*last = to;
	return OK;
}

enum err segment_agent(struct db_txn *t, uint32_t id, struct str *agent)
{
	char key[AGENT_ID_BYTES];
	struct str value, k;
	struct reader r;
	uint8_t version;
	enum err e;

	put_be32(key, id);
	k = str_make(key, sizeof(key));
	if (!db_get(t, SEGMENT_AGENTS, k, &value))
		return t->err ? t->err : ERR_NOT_FOUND;
	e = record_open_keyed(&r, value, k, AGENT_FORMAT, &version);
	if (e)
		return e;
	*agent = reader_raw(&r, reader_left(&r));
	return OK;
}

enum err segment_find_agent(struct db_txn *t, struct str agent, uint64_t hash,
	uint32_t *id, bool *taken)
{
	char key[HASH_BYTES];
	struct str value, found, k;
	struct reader r;
	uint32_t n;
	uint8_t version;

	*taken = false;
	put_be64(key, hash);
	k = str_make(key, sizeof(key));
	if (!db_get(t, SEGMENT_AGENT_IDS, k, &value))
		return t->err ? t->err : ERR_NOT_FOUND;
	*taken = true;
	/* A damaged entry is one that we cannot use: the text goes inline. */
	if (record_open_keyed(&r, value, k, AGENT_ID_FORMAT, &version))
		return ERR_NOT_FOUND;
	n = reader_be32(&r);
	if (reader_end(&r) || segment_agent(t, n, &found) ||
		!str_eq(found, agent))
		return t->err ? t->err : ERR_NOT_FOUND;
	*id = n;
	return OK;
}

void segment_put_agent(
	struct db_txn *t, struct str agent, uint64_t hash, uint32_t id)
{
	char id_key[AGENT_ID_BYTES], hash_key[HASH_BYTES];
	struct str k;
	struct writer w;
	struct buf b;
	enum err e;

	put_be32(id_key, id);
	put_be64(hash_key, hash);
	k = str_make(id_key, sizeof(id_key));
	buf_init(&b, CLICK_AGENT_MAX + RECORD_OVERHEAD);
	record_begin(&w, &b, AGENT_FORMAT);
	writer_raw(&w, agent.p, agent.n);
	record_seal_keyed(&w, k);
	e = writer_err(&w);
	if (!e)
		db_put(t, SEGMENT_AGENTS, k, buf_view(&b));
	buf_reset(&b);
	k = str_make(hash_key, sizeof(hash_key));
	record_begin(&w, &b, AGENT_ID_FORMAT);
	writer_be32(&w, id);
	record_seal_keyed(&w, k);
	if (!e)
		e = writer_err(&w);
	if (e)
		db_fail(t, e);
	else
		db_put(t, SEGMENT_AGENT_IDS, k, buf_view(&b));
	buf_deinit(&b);
}

uint32_t segment_last_agent(struct db_txn *t)
{
	struct db_cursor c;
	uint32_t id = 0;

	db_cursor_init(t, SEGMENT_AGENTS, &c);
	if (db_last(&c)) {
		if (c.key.n == AGENT_ID_BYTES)
			id = get_be32(c.key.p);
		else
			db_fail(t, ERR_CORRUPT);
	}
	db_cursor_deinit(&c);
	return id;
}
