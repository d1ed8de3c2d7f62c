#include "store/tally_tables.h"

#include <assert.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "core/hash.h"
#include "core/record.h"

enum {
	CHUNK_FORMAT = 1,
	POSTINGS_FORMAT = 1,
	AGENT_FORMAT = 1,
	FORMAT_WITH_DIMENSIONS = 2, /* TALLY_FORMAT since when */
	STATE_RECORD_MAX = 64,
	SHARD_SHIFT = CLICK_SEQUENCE_BITS,
};

static_assert(
	(int)TALLY_CHUNK_BYTES + (int)RECORD_OVERHEAD <= (int)TALLY_RECORD_MAX,
	"a chunk shares its page");
static_assert((int)TALLY_POSTINGS_MAX + 8 + (int)RECORD_OVERHEAD <=
		      (int)TALLY_RECORD_MAX,
	"so do postings");
static_assert((int)TALLY_RECORD_MAX <= (int)DB_VALUE_LEAF_MAX, "all of them");

static const char *const tables[TALLY_TABLES_N] = {
	[TALLY_META] = "meta",
	[TALLY_SEEN] = "seen",
	[TALLY_COUNTERS] = "counters",
	[TALLY_POSTINGS] = "postings",
	[TALLY_BASE_SEEN] = "base_seen",
	[TALLY_BASE_COUNTERS] = "base_counters",
	[TALLY_AGENTS] = "agents",
	[TALLY_LOST] = "lost",
	[TALLY_SEEN_ODD] = "seen_odd",
	[TALLY_COUNTERS_ODD] = "counters_odd",
};

struct tally_target tally_target(uint32_t generation)
{
	bool odd = generation & 1;

	return (struct tally_target){
		.seen = odd ? TALLY_SEEN_ODD : TALLY_SEEN,
		.counters = odd ? TALLY_COUNTERS_ODD : TALLY_COUNTERS,
		.postings = true,
	};
}

struct tally_target tally_target_base(void)
{
	return (struct tally_target){
		.seen = TALLY_BASE_SEEN,
		.counters = TALLY_BASE_COUNTERS,
	};
}

static struct db_options options_of(size_t map_bytes)
{
	return (struct db_options){
		.map_bytes = map_bytes,
		.tables = tables,
		.tables_n = TALLY_TABLES_N,
	};
}

enum err tally_open_env(const char *dir, size_t map_bytes, struct db_env **env)
{
	struct db_options options = options_of(map_bytes);

	return db_open(dir, &options, env);
}

enum err tally_open_sealed(const char *dir, struct db_env **env)
{
	struct db_options options = options_of(0);

	return db_open_sealed(dir, &options, env);
}

const char *tally_table_name(unsigned table)
{
	return tables[table];
}

/* Without a state it asks to be rebuilt; an empty one has nothing to lose. */
static void fill(struct db_txn *t, void *arg)
{
	const uint64_t *complete_from_ms = arg;
	struct tally_state empty = {.complete_from_ms = *complete_from_ms};

	tally_put_state(t, false, &empty);
	tally_put_state(t, true, &empty);
}

enum err tally_create_env(
	const char *dir, size_t map_bytes, uint64_t complete_from_ms)
{
	struct db_options options = options_of(map_bytes);

	return db_create(dir, &options, fill, &complete_from_ms);
}

static struct str state_key(bool is_base)
{
	return is_base ? STR("base") : STR("state");
}

static void get_totals(struct reader *r, struct counts *c)
{
	*c = (struct counts){0};
	c->requests = reader_varint(r);
	c->clicks = reader_varint(r);
	c->unique_clicks = reader_varint(r);
}

enum err tally_get_state(
	struct db_txn *t, bool is_base, struct tally_state *state)
{
	struct str value, key = state_key(is_base);
	struct tally_state found;
	struct reader r;
	uint8_t version;
	enum err e;

	if (!db_get(t, TALLY_META, key, &value))
		return t->err ? t->err : ERR_NOT_FOUND;
	e = record_open_keyed(&r, value, key, TALLY_FORMAT, &version);
	if (e)
		return e;
	found.position = reader_be64(&r);
	get_totals(&r, &found.totals);
	found.complete_from_ms = 0;
	found.generation = 0;
	found.is_marked = false;
	if (version >= FORMAT_WITH_DIMENSIONS) {
		found.complete_from_ms = reader_varint(&r);
		found.generation = (uint32_t)reader_varint_max(&r, UINT32_MAX);
		found.is_marked = reader_u8(&r);
	}
	e = reader_end(&r);
	if (!e && version < FORMAT_WITH_DIMENSIONS &&
		!(is_base && !found.position))
		e = ERR_NOT_FOUND;
	if (!e)
		*state = found;
	return e;
}

/* Seals what is in the buffer and puts it; the buffer is empty again. */
static void finish(struct db_txn *t, unsigned table, struct str key,
	struct writer *w, struct buf *b)
{
	record_seal_keyed(w, key);
	if (writer_err(w))
		db_fail(t, writer_err(w));
	else
		db_put(t, table, key, buf_view(b));
	buf_reset(b);
}

void tally_put_state(
	struct db_txn *t, bool is_base, const struct tally_state *state)
{
	struct writer w;
	struct buf b;

	buf_init(&b, STATE_RECORD_MAX);
	record_begin(&w, &b, TALLY_FORMAT);
	writer_be64(&w, state->position);
	writer_varint(&w, state->totals.requests);
	writer_varint(&w, state->totals.clicks);
	writer_varint(&w, state->totals.unique_clicks);
	writer_varint(&w, state->complete_from_ms);
	writer_varint(&w, state->generation);
	writer_u8(&w, state->is_marked);
	finish(t, TALLY_META, state_key(is_base), &w, &b);
	buf_deinit(&b);
}

void tally_delete_state(struct db_txn *t, bool is_base)
{
	db_delete(t, TALLY_META, state_key(is_base));
}

uint64_t tally_chunk_of(uint64_t token, unsigned *bit)
{
	uint64_t shard = token >> SHARD_SHIFT;
	uint64_t sequence = token & (((uint64_t)1 << SHARD_SHIFT) - 1);

	*bit = (unsigned)(sequence % TALLY_CHUNK_TOKENS);
	return shard << SHARD_SHIFT | sequence / TALLY_CHUNK_TOKENS;
}

enum err tally_read_chunk(struct str key, struct str value, struct str *bits)
{
	struct reader r;
	uint8_t version;
	enum err e;

	if (key.n != sizeof(uint64_t))
		return ERR_CORRUPT;
	e = record_open_keyed(&r, value, key, CHUNK_FORMAT, &version);
	if (e)
		return e;
	*bits = reader_raw(&r, TALLY_CHUNK_BYTES);
	return reader_end(&r);
}

enum err tally_get_chunk(
	struct db_txn *t, unsigned table, uint64_t chunk, struct str *bits)
{
	struct db_key64 k = db_key64(chunk);
	struct str value, key = str_make(k.bytes, sizeof(k.bytes));

	if (!db_get(t, table, key, &value))
		return t->err ? t->err : ERR_NOT_FOUND;
	return tally_read_chunk(key, value, bits);
}

void tally_put_chunk(struct db_txn *t, unsigned table, uint64_t chunk,
	const uint8_t bits[TALLY_CHUNK_BYTES], struct buf *scratch)
{
	struct db_key64 k = db_key64(chunk);
	struct writer w;

	record_begin(&w, scratch, CHUNK_FORMAT);
	writer_raw(&w, bits, TALLY_CHUNK_BYTES);
	finish(t, table, str_make(k.bytes, sizeof(k.bytes)), &w, scratch);
}

struct tally_posting_key tally_posting_key(uint64_t account, uint64_t first)
{
	struct tally_posting_key key;

	put_be64(key.bytes, account);
	put_be64(key.bytes + 8, first);
	return key;
}

enum err tally_read_postings(
	struct str key, struct str value, struct tally_chunk *chunk)
{
	struct tally_chunk found;
	struct reader r;
	uint8_t version;
	enum err e;

	if (key.n != TALLY_POSTING_KEY)
		return ERR_CORRUPT;
	e = record_open_keyed(&r, value, key, POSTINGS_FORMAT, &version);
	if (e)
		return e;
	found.account = get_be64(key.p);
	found.first = get_be64(key.p + 8);
	found.last = reader_be64(&r);
	found.differences = reader_raw(&r, reader_left(&r));
	e = reader_end(&r);
	if (!e && (found.last < found.first ||
			  found.differences.n > TALLY_POSTINGS_MAX))
		e = ERR_CORRUPT;
	if (!e)
		*chunk = found;
	return e;
}

void tally_put_postings(
	struct db_txn *t, const struct tally_chunk *chunk, struct buf *scratch)
{
	struct tally_posting_key key =
		tally_posting_key(chunk->account, chunk->first);
	struct writer w;

	record_begin(&w, scratch, POSTINGS_FORMAT);
	writer_be64(&w, chunk->last);
	writer_raw(&w, chunk->differences.p, chunk->differences.n);
	finish(t, TALLY_POSTINGS, str_make(key.bytes, sizeof(key.bytes)), &w,
		scratch);
}

static struct str agent_key(struct str agent, uint8_t to[HASH128_BYTES])
{
	hash128(agent, to);
	return str_make((const char *)to, HASH128_BYTES);
}

static void get_family(struct reader *r, char to[AGENT_FAMILY_SIZE])
{
	struct str s = reader_bytes(r);

	if (s.n >= AGENT_FAMILY_SIZE) {
		reader_fail(r);
		return;
	}
	if (s.n)
		memcpy(to, s.p, s.n);
	to[s.n] = '\0';
}

enum err tally_read_agent(
	struct str key, struct str value, struct agent_families *to)
{
	struct agent_families found;
	struct reader r;
	uint8_t version;
	enum err e;

	if (key.n != HASH128_BYTES)
		return ERR_CORRUPT;
	e = record_open_keyed(&r, value, key, AGENT_FORMAT, &version);
	if (e)
		return e;
	get_family(&r, found.os);
	get_family(&r, found.device);
	get_family(&r, found.browser);
	e = reader_end(&r);
	if (!e)
		*to = found;
	return e;
}

enum err tally_get_agent(
	struct db_txn *t, struct str agent, struct agent_families *to)
{
	uint8_t bytes[HASH128_BYTES];
	struct str value, key = agent_key(agent, bytes);

	if (!db_get(t, TALLY_AGENTS, key, &value))
		return t->err ? t->err : ERR_NOT_FOUND;
	return tally_read_agent(key, value, to);
}

void tally_put_agent(struct db_txn *t, struct str agent,
	const struct agent_families *families, struct buf *scratch)
{
	uint8_t bytes[HASH128_BYTES];
	struct str key = agent_key(agent, bytes);
	struct writer w;

	record_begin(&w, scratch, AGENT_FORMAT);
	writer_bytes(&w, str_from(families->os));
	writer_bytes(&w, str_from(families->device));
	writer_bytes(&w, str_from(families->browser));
	finish(t, TALLY_AGENTS, key, &w, scratch);
}
