#include "store/links.h"

#include "base/buf.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "core/record.h"

enum {
	LINKS_FORMAT = 2,
	META_RECORD_VERSION = 1,
	META_BYTES_MAX = 64,
#ifdef CTIO_SMALL_MAPS
	LINKS_MAP_BITS = 34,
#else
	LINKS_MAP_BITS = 40,
#endif
};

static const char *const tables[LINKS_TABLES_N] = {
	[LINKS_META] = "meta",
	[LINKS_ACCOUNTS] = "accounts",
	[LINKS_ACCOUNT_NAMES] = "account_names",
	[LINKS_API_KEYS] = "api_keys",
	[LINKS_LINKS] = "links",
	[LINKS_LINK_NAMES] = "link_names",
	[LINKS_CAMPAIGNS] = "campaigns",
	[LINKS_CAMPAIGN_NAMES] = "campaign_names",
	[LINKS_REVISIONS] = "revisions",
	[LINKS_BLOCKS] = "blocks",
	[LINKS_TOKEN_CHANGES] = "token_changes",
	[LINKS_STREAMS] = "streams",
	[LINKS_RANGES] = "ranges",
	[LINKS_WEBHOOKS] = "webhooks",
	[LINKS_WEBHOOK_NAMES] = "webhook_names",
	[LINKS_HOOK_PROGRESS] = "webhook_progress",
	[LINKS_ERASURES] = "erasures",
	[LINKS_ERASURES_PENDING] = "erasures_pending",
	[LINKS_ERASED] = "erased",
	[LINKS_MINTED] = "minted",
	[LINKS_RESTORES] = "restores",
};

static const struct db_options options = {
	.map_bytes = (size_t)1 << LINKS_MAP_BITS,
	.tables = tables,
	.tables_n = LINKS_TABLES_N,
};

void links_put_number(struct db_txn *t, const char *name, uint64_t value)
{
	struct writer w;
	struct buf b;

	buf_init(&b, META_BYTES_MAX);
	record_begin(&w, &b, META_RECORD_VERSION);
	writer_be64(&w, value);
	record_seal_keyed(&w, str_from(name));
	if (buf_err(&b))
		db_fail(t, buf_err(&b));
	db_put(t, LINKS_META, str_from(name), buf_view(&b));
	buf_deinit(&b);
}

enum err links_get_number(struct db_txn *t, const char *name, uint64_t *value)
{
	struct reader r;
	struct str record;
	uint8_t version;
	uint64_t got;
	enum err e;

	if (!db_get(t, LINKS_META, str_from(name), &record))
		return t->err ? t->err : ERR_NOT_FOUND;
	e = record_open_keyed(
		&r, record, str_from(name), META_RECORD_VERSION, &version);
	if (e)
		return e;
	got = reader_be64(&r);
	e = reader_end(&r);
	if (e)
		return e;
	*value = got;
	return OK;
}

static void fill_new(struct db_txn *t, void *arg)
{
	const uint16_t *shard = arg;

	links_put_number(t, "format", LINKS_FORMAT);
	links_put_number(t, "shard", *shard);
	links_put_number(t, "next_id", links_number(*shard, 1));
	links_put_number(t, "first_token", links_number(*shard, 1));
	links_put_number(t, "minted_from", 0);
}

static enum err check_format(struct links *l)
{
	uint64_t format, shard;
	struct db_txn t;
	enum err e;

	e = db_reader_init(l->env, &t);
	if (e)
		return e;
	e = db_reader_renew(&t);
	if (!e)
		e = links_get_number(&t, "format", &format);
	if (!e && format != LINKS_FORMAT)
		e = ERR_VERSION;
	if (!e)
		e = links_get_number(&t, "shard", &shard);
	if (!e && shard != l->shard)
		e = ERR_CONFLICT;
	db_reader_deinit(&t);
	return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
}

/* An environment that was made before tokens were counted begins to count now.
 */
static enum err begin_counting(struct links *l)
{
	uint64_t from;
	struct db_txn t;
	enum err e = db_begin(l->env, &t);

	if (e)
		return e;
	e = links_get_number(&t, "minted_from", &from);
	if (e != ERR_NOT_FOUND) {
		db_abort(&t);
		return e;
	}
	from = db_count(&t, LINKS_BLOCKS) ? clock_wall_ms(&clock_system) : 0;
	links_put_number(&t, "minted_from", from);
	return db_commit(&t);
}

enum err links_open(const char *dir, uint16_t shard, struct links *l)
{
	enum err e;

	*l = (struct links){.shard = shard};
	e = db_create(dir, &options, fill_new, &shard);
	if (e && e != ERR_EXISTS)
		return e;
	e = db_open(dir, &options, &l->env);
	if (e)
		return e;
	e = check_format(l);
	if (!e)
		e = begin_counting(l);
	if (e)
		links_close(l);
	return e;
}

enum err links_open_sealed(const char *dir, struct db_env **env)
{
	return db_open_sealed(dir, &options, env);
}

void links_close(struct links *l)
{
	db_close(l->env);
	l->env = NULL;
}

enum err links_next_id(struct db_txn *t, uint64_t *next)
{
	return links_get_number(t, "next_id", next);
}

enum err links_minted_from(struct db_txn *t, uint64_t *ms)
{
	return links_get_number(t, "minted_from", ms);
}

void links_put_next_id(struct db_txn *t, uint64_t next)
{
	links_put_number(t, "next_id", next);
}

enum err links_next_token(struct db_txn *t, uint16_t shard, uint64_t *next)
{
	/* Not shard + 1, which the last shard does not have. */
	uint64_t last = links_number(shard, LINKS_SEQUENCE_MAX);
	struct db_key64 past = db_key64(last);
	struct db_cursor c;
	uint64_t first;
	enum err e;

	e = links_get_number(t, "first_token", &first);
	if (e)
		return e;
	db_cursor_init(t, LINKS_BLOCKS, &c);
	if (db_seek_before(&c, str_make(past.bytes, sizeof(past.bytes))) &&
		c.key.n == 8 && get_be64(c.key.p) >= first)
		first = get_be64(c.key.p) + 1;
	db_cursor_deinit(&c);
	if (t->err)
		return t->err;
	*next = first;
	return OK;
}
