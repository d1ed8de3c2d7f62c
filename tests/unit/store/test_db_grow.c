/* The file of a large environment grows by holes; nothing else changes. */
#include <sys/stat.h>

#include "unit/store/db_fixture.h"

enum {
	LARGE_PAGE = 2 << 20,
	VALUE = DB_VALUE_PAGE_MAX,
	SMALL_ROWS = 1000,
	AT_ONCE = 500, /* 2 MB */
	ROWS = 18000,  /* 70 MB */
	LARGE_MAP = 192 << 20,
};

static const struct db_options large = {LARGE_MAP, names, 2};

static struct stat file(void)
{
	struct stat s;

	assert_int_equal(stat(temp_file(&temp, "env/data.mdb"), &s), 0);
	return s;
}

static void value_of(uint64_t key, char value[VALUE])
{
	memset(value, (int)('a' + key % 26), VALUE);
}

static enum err write_rows(struct db_env *env, uint64_t from, uint64_t n)
{
	struct db_txn t;
	enum err e = OK;

	db_grow(env);
	begin(env, &t);
	for (uint64_t key = from; !e && key < from + n; key++) {
		char value[VALUE];

		value_of(key, value);
		e = db_append(&t, ONE, DB_KEY64(key), str_make(value, VALUE));
	}
	return db_commit(&t);
}

static void check_rows(struct db_env *env, uint64_t n)
{
	struct db_txn t;

	renewed(env, &t);
	assert_true(db_count(&t, ONE) == n);
	for (uint64_t key = 0; key < n; key++) {
		char want[VALUE];
		struct str v;

		value_of(key, want);
		assert_true(db_get(&t, ONE, DB_KEY64(key), &v));
		assert_true(str_eq(v, str_make(want, VALUE)));
	}
	db_reader_deinit(&t);
}

static void test_small_is_left_alone(void **state)
{
	struct db_env *env = make(&large);

	(void)state;
	assert_int_equal(write_rows(env, 0, SMALL_ROWS), OK);
	db_grow(env);
	assert_true((uint64_t)file().st_size <= db_file_bytes(env));
	db_close(env);
}

static void test_grows(void **state)
{
	struct db_env *env = make(&large);
	uint64_t n, growths = 0;

	(void)state;
	assert_int_equal(write_rows(env, 0, ROWS), OK);
	for (n = ROWS; n < ROWS + 30 * (uint64_t)AT_ONCE; n += AT_ONCE) {
		int64_t before = file().st_size;
		struct stat s;

		assert_int_equal(write_rows(env, n, AT_ONCE), OK);
		s = file();
		growths += s.st_size > before;
		assert_true(s.st_size % LARGE_PAGE == 0);
		assert_true((uint64_t)s.st_size > db_file_bytes(env));
		/* Holes take no place. */
		assert_true((uint64_t)s.st_blocks * 512 <
			    db_file_bytes(env) + LARGE_PAGE);
	}
	assert_true(growths > 1 && growths < 6);
	check_rows(env, n);
	db_close(env);
	assert_int_equal(db_open(dir, &large, &env), OK);
	check_rows(env, n);
	assert_int_equal(write_rows(env, n, 1), OK);
	check_rows(env, n + 1);
	db_close(env);
	assert_int_equal(db_open_sealed(dir, &large, &env), OK);
	check_rows(env, n + 1);
	db_close(env);
}

/* Never behind the map's end. */
static void test_map_ends(void **state)
{
	struct db_env *env = make(&large);
	uint64_t n = 0;

	(void)state;
	while (write_rows(env, n, AT_ONCE) == OK)
		n += AT_ONCE;
	assert_true(n > ROWS && file().st_size <= LARGE_MAP);
	check_rows(env, n);
	db_close(env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_small_is_left_alone),
		TEST(test_grows),
		TEST(test_map_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
