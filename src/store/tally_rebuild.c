#include <string.h>

#include "base/assert.h"
#include "base/buf.h"
#include "store/tally_state.h"
#include "store/tally_tables.h"

enum {
	COPY_RECORDS_MAX = 10000, /* of one transaction */
	KEY_MAX = COUNT_KEY_MAX,
};

/* A table of the base and the one that it is copied into. */
struct copy {
	unsigned from, to;
	bool (*is_sound)(struct str key, struct str value);
	char key[KEY_MAX]; /* the last one copied */
	size_t key_n;
	bool lost;
};

static bool is_sound_chunk(struct str key, struct str value)
{
	struct str bits;

	return tally_read_chunk(key, value, &bits) == OK;
}

static bool is_sound_counter(struct str key, struct str value)
{
	struct count count;

	return count_record_get(key, value, &count) == OK;
}

static void clear(struct db_txn *txn)
{
	tally_delete_state(txn, false);
	db_clear(txn, TALLY_SEEN);
	db_clear(txn, TALLY_COUNTERS);
	db_clear(txn, TALLY_SEEN_ODD);
	db_clear(txn, TALLY_COUNTERS_ODD);
	db_clear(txn, TALLY_POSTINGS);
}

/* Behind the last key copied. */
static bool go_on(struct copy *c, struct db_cursor *cursor)
{
	struct str key = str_make(c->key, c->key_n);

	if (!c->key_n)
		return db_first(cursor);
	if (!db_seek(cursor, key))
		return false;
	return str_eq(cursor->key, key) ? db_next(cursor) : true;
}

/* The record under the cursor; false if its key cannot be one of ours. */
static bool copy_one(
	struct copy *c, struct db_txn *txn, const struct db_cursor *cursor)
{
	char value[DB_VALUE_LEAF_MAX];
	struct str v = cursor->value;

	if (cursor->key.n > sizeof(c->key)) {
		c->lost = true;
		return false;
	}
	memcpy(c->key, cursor->key.p, cursor->key.n);
	c->key_n = cursor->key.n;
	if (v.n > sizeof(value) ||
		!c->is_sound(str_make(c->key, c->key_n), v)) {
		c->lost = true;
		return true;
	}
	memcpy(value, v.p, v.n); /* a write may move what a view shows */
	db_put(txn, c->to, str_make(c->key, c->key_n), str_make(value, v.n));
	return true;
}

static bool copy_some(struct copy *c, struct db_txn *txn)
{
	struct db_cursor cursor;
	unsigned n = 0;
	bool there;

	db_cursor_init(txn, c->from, &cursor);
	there = go_on(c, &cursor);
	while (there && n < COPY_RECORDS_MAX) {
		n += copy_one(c, txn, &cursor);
		there = db_next(&cursor);
	}
	db_cursor_deinit(&cursor);
	return there;
}

static enum err copy_all(struct db_env *env, struct copy *c)
{
	bool more = true;

	while (more) {
		struct db_txn txn;
		enum err e = db_begin(env, &txn);

		if (e)
			return e;
		more = copy_some(c, &txn);
		e = db_commit(&txn);
		if (e)
			return e;
	}
	return OK;
}

static enum err clear_all(struct db_env *env)
{
	struct db_txn txn;
	enum err e = db_begin(env, &txn);

	if (e)
		return e;
	clear(&txn);
	return db_commit(&txn);
}

enum err tally_copy_base(
	struct db_env *env, const struct tally_target *to, bool *lost)
{
	struct copy copies[] = {
		{TALLY_BASE_SEEN, to->seen, is_sound_chunk},
		{TALLY_BASE_COUNTERS, to->counters, is_sound_counter},
	};
	enum err e = OK;

	for (size_t i = 0; i < 2 && !e; i++) {
		e = copy_all(env, &copies[i]);
		*lost |= copies[i].lost;
	}
	return e;
}

/* A base whose state is lost is no base: its tables go too. */
static enum err set_state(struct db_env *env, uint64_t complete_from_ms,
	const struct tally_state *keep, bool *lost)
{
	struct tally_state state = {0};
	struct db_txn txn;
	enum err e = db_begin(env, &txn);

	if (e)
		return e;
	e = tally_get_state(&txn, true, &state);
	if (e == ERR_NOT_FOUND || e == ERR_CORRUPT) {
		*lost = true;
		state = (struct tally_state){0};
		clear(&txn);
		db_clear(&txn, TALLY_BASE_SEEN);
		db_clear(&txn, TALLY_BASE_COUNTERS);
	} else if (e) {
		db_fail(&txn, e);
	}
	if (*lost) {
		state.complete_from_ms = complete_from_ms;
		tally_put_state(&txn, true, &state);
	}
	state.generation = keep->generation;
	state.is_marked = keep->is_marked;
	tally_put_state(&txn, false, &state);
	return db_commit(&txn);
}

enum err tally_rebuild(struct db_env *env, uint64_t complete_from_ms,
	const struct tally_state *keep, bool *lost)
{
	const struct tally_target to = tally_target(keep->generation);
	enum err e = clear_all(env);

	if (!e)
		e = tally_copy_base(env, &to, lost);
	return e ? e : set_state(env, complete_from_ms, keep, lost);
}
