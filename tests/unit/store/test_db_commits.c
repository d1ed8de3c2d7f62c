/* What is counted of commits, and what a reader may conclude from it. */
#include <pthread.h>
#include <stdatomic.h>

#include "unit/store/db_fixture.h"

static void nothing(struct db_txn *t)
{
	(void)t;
}

static void put(struct db_txn *t)
{
	db_put(t, ONE, STR("a"), STR("1"));
}

static void put_both(struct db_txn *t)
{
	db_put(t, TWO, STR("a"), STR("1"));
	db_put(t, ONE, STR("a"), STR("2"));
	db_put(t, ONE, STR("b"), STR("2"));
}

static void append(struct db_txn *t)
{
	assert_int_equal(db_append(t, TWO, STR("z"), STR("1")), OK);
}

static void remove_one(struct db_txn *t)
{
	db_delete(t, ONE, STR("a"));
}

static void clear(struct db_txn *t)
{
	db_clear(t, TWO);
}

static void cursor_append(struct db_txn *t)
{
	struct db_cursor c;

	db_cursor_init(t, TWO, &c);
	assert_int_equal(db_cursor_append(&c, STR("zz"), STR("1")), OK);
	db_cursor_deinit(&c);
}

static void cursor_delete(struct db_txn *t)
{
	struct db_cursor c;

	db_cursor_init(t, ONE, &c);
	assert_true(db_first(&c));
	db_cursor_delete(&c);
	db_cursor_deinit(&c);
}

static void look(struct db_txn *t)
{
	struct db_cursor c;
	struct str v;

	(void)db_get(t, ONE, STR("a"), &v);
	(void)db_count(t, TWO);
	db_cursor_init(t, TWO, &c);
	(void)db_first(&c);
	(void)db_next(&c);
	db_cursor_deinit(&c);
}

static void fail_late(struct db_txn *t)
{
	put_both(t);
	db_fail(t, ERR_CONFLICT);
}

static void overfill(struct db_txn *t)
{
	char value[DB_VALUE_PAGE_MAX] = {0};

	for (uint64_t i = 0; i < 100; i++)
		db_put(t, TWO, DB_KEY64(i), str_make(value, sizeof(value)));
}

static const struct {
	void (*work)(struct db_txn *t);
	enum err commit;
	unsigned one, two; /* are counted as written */
	bool appends;      /* and not as rewritten */
} rows[] = {
	{nothing, OK, 0, 0},
	{put, OK, 1, 0},
	{put_both, OK, 1, 1},
	{append, OK, 0, 1, true},
	{look, OK, 0, 0},
	{cursor_append, OK, 0, 1, true},
	{cursor_delete, OK, 1, 0},
	{remove_one, OK, 1, 0},
	{fail_late, ERR_CONFLICT, 0, 0},
	{overfill, ERR_FULL, 0, 0},
	{clear, OK, 0, 1},
	{put, OK, 1, 0},
};

static void test_counts(void **state)
{
	const struct db_options small = {SMALL_MAP, names, 2};
	struct db_env *env = make(&small);

	(void)state;
	assert_int_equal(db_commits(env), 0);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t commits = db_commits(env);
		uint64_t one = db_version(env, ONE);
		uint64_t two = db_version(env, TWO);
		uint64_t rewrites =
			db_rewrites(env, ONE) + db_rewrites(env, TWO);
		struct db_txn t;

		begin(env, &t);
		rows[i].work(&t);
		/* Not before its end. */
		assert_true(db_commits(env) == commits);
		assert_int_equal(db_commit(&t), rows[i].commit);
		assert_int_equal(
			db_commits(env) - commits, rows[i].commit == OK);
		assert_int_equal(db_version(env, ONE) - one, rows[i].one);
		assert_int_equal(db_version(env, TWO) - two, rows[i].two);
		assert_int_equal(db_rewrites(env, ONE) + db_rewrites(env, TWO) -
					 rewrites,
			rows[i].appends ? 0 : rows[i].one + rows[i].two);
	}
	db_close(env);
	/* It is of this process alone. */
	assert_int_equal(db_open(dir, &small, &env), OK);
	assert_int_equal(db_commits(env), 0);
	assert_int_equal(db_version(env, ONE), 0);
	db_close(env);
}

static void test_aborted(void **state)
{
	struct db_env *env = make(&options);
	struct db_txn t;

	(void)state;
	begin(env, &t);
	put_both(&t);
	db_abort(&t);
	assert_int_equal(db_commits(env), 0);
	assert_int_equal(db_version(env, ONE) + db_version(env, TWO), 0);
	/* Nor does what it wrote count for the next one. */
	begin(env, &t);
	append(&t);
	assert_int_equal(db_commit(&t), OK);
	assert_int_equal(db_version(env, ONE), 0);
	assert_int_equal(db_version(env, TWO), 1);
	db_close(env);
}

/* A commit that fails itself, at the map's end: nothing failed before. */
static void test_failed_commits(void **state)
{
	static const size_t sizes[] = {500, 1000, 2000, 4000};
	const struct db_options small = {SMALL_MAP, names, 2};
	static char value[4000];
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct db_env *env;
		uint64_t n = 0;
		enum err e;

		temp_deinit(&temp);
		assert_int_equal(setup(NULL), 0);
		env = make(&small);
		do {
			struct db_txn t;

			begin(env, &t);
			db_put(&t, ONE, DB_KEY64(n), str_make(value, sizes[i]));
			failed += t.err == OK;
			e = db_commit(&t);
			failed -= e == OK;
			n += e == OK;
			assert_true(db_commits(env) == n);
			assert_true(db_version(env, ONE) == n);
		} while (!e);
		assert_int_equal(e, ERR_FULL);
		db_close(env);
	}
	assert_true(failed > 0);
}

enum {
	COMMITS = 300
};

static struct db_env *shared;
static atomic_bool over;

static uint64_t value_in(struct db_txn *t)
{
	struct str v;

	return db_get(t, ONE, STR("n"), &v) ? get_be64(v.p) : 0;
}

/* Each commit writes its number: a snapshot must not be older than a count
 * that was read before it, and the tables are counted first. */
static void *watch(void *arg)
{
	struct db_txn t;

	(void)arg;
	assert_int_equal(db_reader_init(shared, &t), OK);
	while (!atomic_load(&over)) {
		uint64_t commits = db_commits(shared);
		uint64_t version = db_version(shared, ONE);

		assert_true(version >= commits);
		assert_int_equal(db_reader_renew(&t), OK);
		assert_true(value_in(&t) >= version);
		db_reader_reset(&t);
	}
	db_reader_deinit(&t);
	return NULL;
}

static void test_a_count_is_in_the_next_snapshot(void **state)
{
	pthread_t threads[2];

	(void)state;
	shared = make(&options);
	atomic_store(&over, false);
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, watch, NULL), 0);
	for (uint64_t n = 1; n <= COMMITS; n++) {
		struct db_txn t;

		begin(shared, &t);
		db_put(&t, ONE, STR("n"), DB_KEY64(n));
		assert_int_equal(db_commit(&t), OK);
		/* Counted when it returns. */
		assert_true(db_commits(shared) == n);
	}
	atomic_store(&over, true);
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	db_close(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_counts),
		TEST(test_aborted),
		TEST(test_failed_commits),
		TEST(test_a_count_is_in_the_next_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
