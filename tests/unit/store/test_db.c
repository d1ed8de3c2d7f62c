#include "store/db.h"

#include <sys/stat.h>
#include <unistd.h>

#include "support/dies.h"
#include "unit/store/db_fixture.h"

static void fill(struct db_txn *t, void *arg)
{
	db_put(t, ONE, STR("k"), str_from(arg));
}

static void refuse(struct db_txn *t, void *arg)
{
	(void)arg;
	db_fail(t, ERR_INVALID);
}

static void test_create(void **state)
{
	struct db_env *env;
	struct db_txn t;
	struct str v;
	struct stat s;
	char text[] = "v";

	(void)state;
	assert_int_equal(db_open(dir, &options, &env), ERR_NOT_FOUND);
	assert_int_equal(db_create(dir, &options, refuse, NULL), ERR_INVALID);
	assert_int_not_equal(stat(dir, &s), 0);
	/* What the failed one left is in nobody's way. */
	assert_int_equal(db_create(dir, &options, fill, text), OK);
	assert_int_equal(db_create(dir, &options, fill, text), ERR_EXISTS);
	assert_int_not_equal(stat(temp_file(&temp, "env.new"), &s), 0);
	assert_int_equal(db_open(dir, &options, &env), OK);
	renewed(env, &t);
	assert_true(db_get(&t, ONE, STR("k"), &v));
	assert_true(str_is(v, "v"));
	assert_false(db_get(&t, TWO, STR("k"), &v));
	assert_int_equal(t.err, OK);
	db_reader_deinit(&t);
	db_close(env);
	db_close(NULL);
}

static void test_transactions(void **state)
{
	struct db_env *env = make(&options);
	struct db_txn w, r;
	struct str v;

	(void)state;
	renewed(env, &r);
	begin(env, &w);
	db_put(&w, ONE, STR("a"), STR("1"));
	assert_true(db_get(&w, ONE, STR("a"), &v));
	assert_int_equal(db_commit(&w), OK);
	/* A snapshot does not move. */
	assert_false(db_get(&r, ONE, STR("a"), &v));
	db_reader_reset(&r);
	db_reader_reset(&r);
	assert_int_equal(db_reader_renew(&r), OK);
	assert_true(db_get(&r, ONE, STR("a"), &v));
	db_reader_reset(&r);

	begin(env, &w);
	db_put(&w, ONE, STR("a"), STR("2"));
	db_delete(&w, ONE, STR("not there"));
	db_abort(&w);
	begin(env, &w);
	db_put(&w, ONE, STR("a"), STR("3"));
	db_fail(&w, ERR_CONFLICT);
	db_fail(&w, ERR_NOMEM); /* the first one stays */
	db_put(&w, ONE, STR("b"), STR("4"));
	assert_false(db_get(&w, ONE, STR("a"), &v));
	assert_int_equal(db_commit(&w), ERR_CONFLICT);
	assert_false(db_is_failed(env));
	assert_int_equal(db_reader_renew(&r), OK);
	assert_true(db_get(&r, ONE, STR("a"), &v));
	assert_true(str_is(v, "1"));
	assert_int_equal(db_count(&r, ONE), 1);
	db_reader_deinit(&r);
	db_reader_deinit(&r);
	db_close(env);
}

static void test_append_and_clear(void **state)
{
	struct db_env *env = make(&options);
	struct db_txn t;

	(void)state;
	begin(env, &t);
	for (uint64_t i = 1; i <= 1000; i++)
		assert_int_equal(
			db_append(&t, ONE, DB_KEY64(i), STR("value")), OK);
	assert_int_equal(
		db_append(&t, ONE, DB_KEY64(1000), STR("x")), ERR_EXISTS);
	assert_int_equal(db_append(&t, ONE, DB_KEY64(5), STR("x")), ERR_EXISTS);
	assert_int_equal(db_append(&t, ONE, DB_KEY64(2000), STR("x")), OK);
	assert_int_equal(db_count(&t, ONE), 1001);
	assert_int_equal(db_commit(&t), OK);
	begin(env, &t);
	db_put(&t, TWO, STR("stays"), STR("x"));
	db_clear(&t, ONE);
	assert_int_equal(db_count(&t, ONE), 0);
	assert_int_equal(db_count(&t, TWO), 1);
	assert_int_equal(db_commit(&t), OK);
	db_close(env);
}

static void test_cursor(void **state)
{
	static const struct {
		uint64_t at;
		uint64_t seek, before; /* 0: none */
	} rows[] = {
		{0, 10, 0},
		{10, 10, 0},
		{11, 20, 10},
		{20, 20, 10},
		{1000, 1000, 990},
		{1001, 0, 1000},
	};
	struct db_env *env = make(&options);
	struct db_cursor c;
	struct db_txn t;
	uint64_t n = 0;

	(void)state;
	begin(env, &t);
	db_cursor_init(&t, ONE, &c);
	assert_false(db_first(&c) || db_last(&c) || db_seek(&c, STR("a")) ||
		     db_seek_before(&c, STR("a")));
	db_cursor_deinit(&c);
	for (uint64_t i = 10; i <= 1000; i += 10)
		db_put(&t, ONE, DB_KEY64(i), STR("value"));
	assert_int_equal(db_commit(&t), OK);
	renewed(env, &t);
	db_cursor_init(&t, ONE, &c);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool found = db_seek(&c, DB_KEY64(rows[i].at));

		assert_int_equal(found ? key_of(&c) : 0, rows[i].seek);
		found = db_seek_before(&c, DB_KEY64(rows[i].at));
		assert_int_equal(found ? key_of(&c) : 0, rows[i].before);
	}
	assert_true(db_first(&c));
	do
		n++;
	while (db_next(&c));
	assert_int_equal(n, 100);
	assert_true(db_last(&c) && key_of(&c) == 1000);
	assert_true(db_prev(&c) && key_of(&c) == 990);
	assert_int_equal(t.err, OK);
	db_cursor_deinit(&c);
	db_reader_deinit(&t);
	db_close(env);
}

static void test_cursor_delete(void **state)
{
	struct db_env *env = make(&options);
	struct db_cursor c;
	struct db_txn t;
	uint64_t n = 0;
	bool there;

	(void)state;
	begin(env, &t);
	for (uint64_t i = 1; i <= 2000; i++)
		db_put(&t, ONE, DB_KEY64(i), STR("a value of some bytes"));
	assert_int_equal(db_commit(&t), OK);
	begin(env, &t);
	db_cursor_init(&t, ONE, &c);
	for (there = db_first(&c); there; there = db_next(&c)) {
		assert_int_equal(key_of(&c), ++n);
		if (n % 3)
			db_cursor_delete(&c);
	}
	assert_int_equal(n, 2000);
	db_cursor_deinit(&c);
	assert_int_equal(db_count(&t, ONE), 2000 / 3);
	assert_int_equal(db_commit(&t), OK);
	db_close(env);
}

/* The map's end loses the transaction, never the environment. */
static void test_full_map(void **state)
{
	const struct db_options small = {SMALL_MAP, names, 2};
	struct db_env *env = make(&small);
	char value[DB_VALUE_PAGE_MAX] = {0};
	struct db_txn t;
	struct str v;

	(void)state;
	begin(env, &t);
	for (uint64_t i = 0; i < 100; i++)
		db_put(&t, ONE, DB_KEY64(i), str_make(value, sizeof(value)));
	assert_int_equal(db_commit(&t), ERR_FULL);
	assert_false(db_is_failed(env));
	begin(env, &t);
	db_put(&t, ONE, STR("a"), STR("b"));
	assert_int_equal(db_commit(&t), OK);
	renewed(env, &t);
	assert_true(db_get(&t, ONE, STR("a"), &v));
	assert_int_equal(db_count(&t, ONE), 1);
	db_reader_deinit(&t);
	db_close(env);
}

static void test_bad_keys_stick(void **state)
{
	struct db_env *env = make(&options);
	char key[DB_KEY_MAX + 1] = {0};
	struct db_txn t;

	(void)state;
	begin(env, &t);
	db_put(&t, ONE, str_make(key, DB_KEY_MAX), STR("v"));
	assert_int_equal(t.err, OK);
	db_put(&t, ONE, str_make(key, DB_KEY_MAX + 1), STR("v"));
	assert_int_not_equal(t.err, OK);
	assert_int_not_equal(db_commit(&t), OK);
	db_close(env);
}

static void test_sealed(void **state)
{
	static const char *const more[] = {"one", "two", "three"};
	const struct db_options wider = {MAP, more, 3};
	struct db_env *env = make(&options);
	struct db_cursor c;
	struct db_txn t;
	struct stat s;
	struct str v;

	(void)state;
	begin(env, &t);
	db_put(&t, ONE, STR("a"), STR("b"));
	assert_int_equal(db_commit(&t), OK);
	db_close(env);
	assert_int_equal(unlink(temp_file(&temp, "env/lock.mdb")), 0);
	assert_int_equal(db_open_sealed(dir, &wider, &env), OK);
	renewed(env, &t);
	assert_true(db_get(&t, ONE, STR("a"), &v));
	assert_false(db_get(&t, 2, STR("a"), &v));
	assert_int_equal(db_count(&t, 2), 0);
	db_cursor_init(&t, 2, &c);
	assert_false(db_first(&c) || db_last(&c) || db_seek(&c, STR("a")));
	db_cursor_deinit(&c);
	assert_int_equal(t.err, OK);
	db_reader_deinit(&t);
	db_close(env);
	assert_int_not_equal(stat(temp_file(&temp, "env/lock.mdb"), &s), 0);
}

static void test_damaged_files(void **state)
{
	struct db_env *env = make(&options);
	char value[PAGE] = {0};
	struct stat s;
	struct db_txn t;
	FILE *f;

	(void)state;
	begin(env, &t);
	for (uint64_t i = 0; i < 1000; i++)
		db_put(&t, ONE, DB_KEY64(i), str_make(value, sizeof(value)));
	assert_int_equal(db_commit(&t), OK);
	db_close(env);
	assert_int_equal(stat(temp_file(&temp, "env/data.mdb"), &s), 0);
	assert_int_equal(
		truncate(temp_file(&temp, "env/data.mdb"), s.st_size / 2), 0);
	assert_int_equal(db_open(dir, &options, &env), ERR_CORRUPT);
	assert_int_equal(db_open_sealed(dir, &options, &env), ERR_CORRUPT);
	f = fopen(temp_file(&temp, "env/data.mdb"), "r+");
	assert_non_null(f);
	for (int i = 0; i < 2 * PAGE; i++)
		assert_int_equal(fputc(0x55, f), 0x55);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(db_open(dir, &options, &env), ERR_CORRUPT);
	assert_int_equal(db_open_sealed(dir, &options, &env), ERR_CORRUPT);
}

/* A hole in it would be a SIGBUS on a full disk. */
static void test_lock_file_has_no_holes(void **state)
{
	struct db_env *env = make(&options);
	struct db_txn readers[DB_READERS_MAX];
	struct stat s;
	const char *path = temp_file(&temp, "env/lock.mdb");

	(void)state;
	assert_int_equal(stat(path, &s), 0);
	assert_true((uint64_t)s.st_blocks * 512 >= (uint64_t)s.st_size);
	for (size_t i = 0; i < DB_READERS_MAX; i++)
		assert_int_equal(db_reader_init(env, &readers[i]), OK);
	for (size_t i = 0; i < DB_READERS_MAX; i++)
		db_reader_deinit(&readers[i]);
	assert_int_equal(stat(path, &s), 0);
	assert_true((uint64_t)s.st_blocks * 512 >= (uint64_t)s.st_size);
	db_close(env);
}

/* A reader that was reset shows nothing: that is a mistake of ours. */
static void read_after_reset(void *arg)
{
	struct db_txn *t = arg;
	struct str v;

	(void)db_get(t, ONE, STR("a"), &v);
}

static void test_reset_reader_dies(void **state)
{
	struct db_env *env = make(&options);
	struct db_txn t;

	(void)state;
	assert_int_equal(db_reader_init(env, &t), OK);
	assert_true(dies(read_after_reset, &t));
	db_reader_deinit(&t);
	assert_true(db_file_bytes(env) >= (uint64_t)2 * PAGE);
	db_close(env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_create),
		TEST(test_transactions),
		TEST(test_append_and_clear),
		TEST(test_cursor),
		TEST(test_cursor_delete),
		TEST(test_full_map),
		TEST(test_bad_keys_stick),
		TEST(test_sealed),
		TEST(test_damaged_files),
		TEST(test_lock_file_has_no_holes),
		TEST(test_reset_reader_dies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
