/* Cursors that are kept: over many snapshots, and for many appends. */
#include "support/dies.h"
#include "unit/store/db_fixture.h"

static void commit_key(struct db_env *env, unsigned table, uint64_t key)
{
	struct db_txn t;

	begin(env, &t);
	db_put(&t, table, DB_KEY64(key), STR("value"));
	assert_int_equal(db_commit(&t), OK);
}

/* One that was never made, then the same again and again: it sees what its
 * snapshot sees, and no more. */
static void test_renew(void **state)
{
	struct db_env *env = make(&options);
	struct db_cursor c = {0};
	struct MDB_cursor *first = NULL;
	struct db_txn t;

	(void)state;
	assert_int_equal(db_reader_init(env, &t), OK);
	for (uint64_t n = 1; n <= 500; n++) {
		assert_int_equal(db_reader_renew(&t), OK);
		db_cursor_renew(&t, ONE, &c);
		assert_int_equal(t.err, OK);
		commit_key(env, ONE, 10 * n);
		assert_int_equal(db_last(&c), n > 1);
		if (n > 1) {
			assert_true(key_of(&c) == 10 * (n - 1));
			assert_true(db_seek(&c, DB_KEY64(5)));
			assert_true(key_of(&c) == 10);
			assert_true(str_is(c.value, "value"));
			assert_ptr_equal(c.cursor, first);
		}
		assert_false(db_seek(&c, DB_KEY64(10 * n)));
		first = c.cursor;
		assert_non_null(first);
		db_reader_reset(&t);
	}
	/* Between snapshots is as good a time to close it as any. */
	db_cursor_deinit(&c);
	db_cursor_deinit(&c);
	db_reader_deinit(&t);
	db_close(env);
}

/* A position does not outlive its snapshot. */
static void test_renewed_has_no_position(void **state)
{
	struct db_env *env = make(&options);
	struct db_cursor c = {0};
	struct db_txn t;

	(void)state;
	for (uint64_t n = 1; n <= 3; n++)
		commit_key(env, ONE, n);
	renewed(env, &t);
	db_cursor_renew(&t, ONE, &c);
	assert_true(db_last(&c) && key_of(&c) == 3);
	db_reader_reset(&t);
	assert_int_equal(db_reader_renew(&t), OK);
	db_cursor_renew(&t, ONE, &c);
	assert_true(db_next(&c) && key_of(&c) == 1);
	db_cursor_deinit(&c);
	db_reader_deinit(&t);
	db_close(env);
}

/* A snapshot that failed gives none; the next one does. */
static void test_renew_after_an_error(void **state)
{
	struct db_env *env = make(&options);
	struct db_cursor c = {0};
	struct db_txn t;

	(void)state;
	commit_key(env, ONE, 1);
	renewed(env, &t);
	db_fail(&t, ERR_CORRUPT);
	db_cursor_renew(&t, ONE, &c);
	assert_false(db_first(&c) || db_seek(&c, DB_KEY64(1)));
	db_reader_reset(&t);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(db_reader_renew(&t), OK);
		db_cursor_renew(&t, ONE, &c);
		assert_true(db_first(&c) && key_of(&c) == 1);
		/* In the middle of a snapshot it goes no further. */
		db_fail(&t, ERR_CORRUPT);
		assert_false(db_first(&c));
		db_reader_reset(&t);
	}
	db_cursor_deinit(&c);
	db_reader_deinit(&t);
	db_close(env);
}

struct mistake {
	struct db_txn *t;
	unsigned table;
	struct db_cursor *c;
};

static void renew_wrongly(void *arg)
{
	struct mistake *m = arg;

	db_cursor_renew(m->t, m->table, m->c);
}

static void test_renew_of_another_dies(void **state)
{
	struct db_env *env = make(&options);
	struct db_cursor c = {0};
	struct db_txn t, other, asleep;
	struct mistake rows[] = {{&other, ONE, &c}, {&t, TWO, &c}};
	struct mistake reset = {&asleep, ONE, &c};

	(void)state;
	renewed(env, &t);
	renewed(env, &other);
	db_cursor_renew(&t, ONE, &c);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_true(dies(renew_wrongly, &rows[i]));
	db_cursor_deinit(&c);
	assert_int_equal(db_reader_init(env, &asleep), OK);
	assert_true(dies(renew_wrongly, &reset));
	db_reader_deinit(&asleep);
	db_reader_deinit(&other);
	db_reader_deinit(&t);
	db_close(env);
}

/* Only a table that is there has one. */
static void test_renew_without_table(void **state)
{
	static const char *const more[] = {"one", "two", "three"};
	const struct db_options wider = {MAP, more, 3};
	struct db_env *env = make(&options);
	struct db_cursor c = {0};
	struct db_txn t;

	(void)state;
	db_close(env);
	assert_int_equal(db_open_sealed(dir, &wider, &env), OK);
	assert_int_equal(db_reader_init(env, &t), OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(db_reader_renew(&t), OK);
		db_cursor_renew(&t, 2, &c);
		assert_false(db_first(&c));
		assert_int_equal(t.err, OK);
		db_reader_reset(&t);
	}
	db_cursor_deinit(&c);
	db_reader_deinit(&t);
	db_close(env);
}

static void check_keys(struct db_env *env, uint64_t n)
{
	struct db_cursor c;
	struct db_txn t;
	uint64_t i = 0;
	bool there;

	renewed(env, &t);
	db_cursor_init(&t, ONE, &c);
	for (there = db_first(&c); there; there = db_next(&c)) {
		assert_true(key_of(&c) == 2 * ++i);
		assert_true(get_be64(c.value.p) == i);
	}
	assert_true(i == n);
	assert_int_equal(t.err, OK);
	db_cursor_deinit(&c);
	db_reader_deinit(&t);
}

/* Over many pages and transactions, even keys only. A key that is not greater
 * is refused, changes nothing and is in nobody's way. */
static void test_append(void **state)
{
	struct db_env *env = make(&options);
	uint64_t n = 0;

	(void)state;
	for (uint64_t commit = 0; commit < 20; commit++) {
		struct db_cursor c;
		struct db_txn t;

		begin(env, &t);
		db_cursor_init(&t, ONE, &c);
		for (uint64_t i = 0; i < 10 * commit; i++) {
			n++;
			assert_int_equal(db_cursor_append(&c, DB_KEY64(2 * n),
						 DB_KEY64(n)),
				OK);
			assert_int_equal(db_cursor_append(&c, DB_KEY64(2 * n),
						 STR("again")),
				ERR_EXISTS);
			assert_int_equal(
				db_cursor_append(
					&c, DB_KEY64(2 * n - 1), STR("late")),
				ERR_EXISTS);
			assert_int_equal(
				db_cursor_append(&c, DB_KEY64(2), STR("early")),
				ERR_EXISTS);
		}
		assert_int_equal(t.err, OK);
		assert_true(db_count(&t, ONE) == n);
		db_cursor_deinit(&c);
		assert_int_equal(db_commit(&t), OK);
		check_keys(env, n);
	}
	db_close(env);
}

/* It and others may take turns in one transaction. */
static void test_append_and_others(void **state)
{
	struct db_env *env = make(&options);
	struct db_cursor c;
	struct db_txn t;

	(void)state;
	begin(env, &t);
	db_cursor_init(&t, ONE, &c);
	for (uint64_t n = 1; n <= 1000; n++) {
		assert_int_equal(n % 3 ? db_cursor_append(&c, DB_KEY64(2 * n),
						 DB_KEY64(n))
				       : db_append(&t, ONE, DB_KEY64(2 * n),
						 DB_KEY64(n)),
			OK);
		db_put(&t, TWO, DB_KEY64(n * 7919 % 1000), STR("x"));
	}
	db_cursor_deinit(&c);
	assert_int_equal(db_commit(&t), OK);
	check_keys(env, 1000);
	db_close(env);
}

static void test_append_errors(void **state)
{
	const struct db_options small = {SMALL_MAP, names, 2};
	struct db_env *env = make(&small);
	char value[DB_VALUE_PAGE_MAX] = {0};
	struct db_cursor c;
	struct db_txn t;
	enum err e = OK;

	(void)state;
	begin(env, &t);
	db_cursor_init(&t, ONE, &c);
	for (uint64_t n = 1; !e && n < 100; n++)
		e = db_cursor_append(
			&c, DB_KEY64(n), str_make(value, sizeof(value)));
	assert_int_equal(e, ERR_FULL);
	/* It sticks. */
	assert_int_equal(
		db_cursor_append(&c, DB_KEY64(1000), STR("x")), ERR_FULL);
	db_cursor_deinit(&c);
	assert_int_equal(db_commit(&t), ERR_FULL);
	begin(env, &t);
	db_cursor_init(&t, ONE, &c);
	db_fail(&t, ERR_CONFLICT);
	assert_int_equal(
		db_cursor_append(&c, DB_KEY64(1), STR("x")), ERR_CONFLICT);
	db_cursor_deinit(&c);
	assert_int_equal(db_commit(&t), ERR_CONFLICT);
	check_keys(env, 0);
	db_close(env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_renew),
		TEST(test_renewed_has_no_position),
		TEST(test_renew_after_an_error),
		TEST(test_renew_of_another_dies),
		TEST(test_renew_without_table),
		TEST(test_append),
		TEST(test_append_and_others),
		TEST(test_append_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
