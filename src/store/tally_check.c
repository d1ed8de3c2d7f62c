#include "store/tally_check.h"

#include "base/file.h"
#include "store/tally_compare.h"
#include "store/tally_state.h"
#include "store/tally_tables.h"

enum {
	COPY_RECORDS_MAX = 10000, /* of one transaction */
	COPY_KEY_MAX = COUNT_KEY_MAX,
	COPY_VALUE_MAX = DB_VALUE_LEAF_MAX,
};

/* What a recount begins with: it is not in the log. */
static const unsigned copied[] = {
	TALLY_BASE_SEEN, TALLY_BASE_COUNTERS, TALLY_AGENTS};

static bool is_sound(unsigned table, struct str key, struct str value)
{
	struct agent_families families;
	struct tally_chunk postings;
	struct count count;
	struct str bits;

	switch (table) {
	case TALLY_SEEN:
	case TALLY_SEEN_ODD:
	case TALLY_BASE_SEEN:
		return tally_read_chunk(key, value, &bits) == OK;
	case TALLY_COUNTERS:
	case TALLY_COUNTERS_ODD:
	case TALLY_BASE_COUNTERS:
	case TALLY_LOST:
		return count_record_get(key, value, &count) == OK;
	case TALLY_POSTINGS:
		return tally_read_postings(key, value, &postings) == OK;
	case TALLY_AGENTS:
		return tally_read_agent(key, value, &families) == OK;
	default:
		return true;
	}
}

static void check_records(struct db_txn *t, struct check *check)
{
	for (unsigned table = TALLY_META + 1; table < TALLY_TABLES_N; table++) {
		uint64_t damaged = 0, n = 0;
		struct db_cursor c;
		bool there;

		db_cursor_init(t, table, &c);
		for (there = db_first(&c); there; there = db_next(&c), n++)
			damaged += !is_sound(table, c.key, c.value);
		db_cursor_deinit(&c);
		check_looked(check, n);
		if (damaged)
			check_found(check, "tally records",
				"%s: %llu of %llu are damaged",
				tally_table_name(table),
				(unsigned long long)damaged,
				(unsigned long long)n);
	}
}

/* Up to so many records of the cursor's; false at the end. */
static bool copy_some(struct db_cursor *c, struct db_txn *to, unsigned table)
{
	bool there = true;

	for (unsigned n = 0; there && n < COPY_RECORDS_MAX; n++) {
		if (c->key.n <= COPY_KEY_MAX && c->value.n <= COPY_VALUE_MAX)
			db_put(to, table, c->key, c->value);
		there = db_next(c);
	}
	return there;
}

static enum err copy_table(
	struct db_txn *from, struct db_env *env, unsigned table)
{
	struct db_cursor c;
	enum err e = OK;
	bool there;

	db_cursor_init(from, table, &c);
	there = db_first(&c);
	while (!e && there) {
		struct db_txn to;

		e = db_begin(env, &to);
		if (e)
			break;
		there = copy_some(&c, &to, table);
		e = db_commit(&to);
	}
	db_cursor_deinit(&c);
	return e;
}

/* Without a state: opening it counts it anew. */
static enum err copy_state(struct db_txn *from, struct db_env *env)
{
	struct tally_state base = {0};
	struct db_txn to;
	enum err e = tally_get_state(from, true, &base);

	if (e && e != ERR_NOT_FOUND && e != ERR_CORRUPT)
		return e;
	e = db_begin(env, &to);
	if (e)
		return e;
	tally_delete_state(&to, false);
	tally_put_state(&to, true, &base);
	return db_commit(&to);
}

static enum err begin_recount(
	struct db_txn *from, const char *dir, size_t map_bytes)
{
	struct db_env *env = NULL;
	enum err e = tally_create_env(dir, map_bytes, 0);

	if (!e)
		e = tally_open_env(dir, map_bytes, &env);
	for (size_t i = 0; !e && i < sizeof(copied) / sizeof(copied[0]); i++)
		e = copy_table(from, env, copied[i]);
	if (!e)
		e = copy_state(from, env);
	db_close(env);
	return e;
}

static enum err compare_with(struct tally *recount, struct db_txn *t,
	const struct tally_state *state, struct check *check)
{
	struct db_txn again;
	/* One that has counted nothing yet has nowhere to stop. */
	enum err e = state->position ? tally_catch_up(recount) : OK;

	if (e)
		return e;
	e = db_reader_init(tally_env(recount), &again);
	if (e)
		return e;
	e = db_reader_renew(&again);
	if (!e)
		e = tally_compare(t, &again, state, check);
	db_reader_deinit(&again);
	return e;
}

static enum err count_again(const struct tally_options *options,
	const char *temp_dir, struct db_txn *t, const struct tally_state *state,
	struct check *check)
{
	struct tally_options o = *options;
	struct tally *recount = NULL;
	enum err e = file_remove_dir(temp_dir);

	if (e && e != ERR_NOT_FOUND)
		return e;
	o.dir = temp_dir;
	o.stop_at = state->position;
	if (!o.map_bytes)
		o.map_bytes = TALLY_MAP_BYTES;
	e = begin_recount(t, temp_dir, o.map_bytes);
	if (!e)
		e = tally_open(&o, &recount);
	if (!e)
		e = compare_with(recount, t, state, check);
	tally_close(recount);
	/* The finding matters more than what is left behind. */
	(void)!file_remove_dir(temp_dir);
	return e;
}

static enum err check_env(const struct tally_options *options,
	const char *temp_dir, struct db_txn *t, struct check *check,
	struct tally_check *result)
{
	struct tally_state state = {0}, base;
	enum err e = tally_get_state(t, false, &state);

	check_records(t, check);
	if (tally_get_state(t, true, &base) == ERR_CORRUPT)
		check_found(check, "tally records", "base: %s",
			err_text(ERR_CORRUPT));
	result->is_missing = e != OK;
	if (e == ERR_NOT_FOUND)
		return t->err;
	if (e) {
		check_found(check, "tally records", "state: %s", err_text(e));
		return t->err;
	}
	if (state.is_marked)
		check_found(check, "tally",
			"clicks were being judged again when it ended: start "
			"the server, which goes on with that");
	result->position = state.position;
	result->clicks = state.totals.requests;
	return count_again(options, temp_dir, t, &state, check);
}

enum err tally_check(const struct tally_options *options, const char *temp_dir,
	struct check *check, struct tally_check *result)
{
	struct db_env *env;
	struct db_txn t;
	enum err e = tally_open_sealed(options->dir, &env);

	*result = (struct tally_check){.is_missing = e == ERR_NOT_FOUND};
	if (e == ERR_NOT_FOUND)
		return OK;
	if (e == ERR_CORRUPT) {
		check_found(check, "tally records", "it cannot be opened");
		result->is_missing = true;
		return OK;
	}
	if (e)
		return e;
	e = db_reader_init(env, &t);
	if (!e) {
		e = db_reader_renew(&t);
		if (!e)
			e = check_env(options, temp_dir, &t, check, result);
		db_reader_deinit(&t);
	}
	db_close(env);
	return e;
}
