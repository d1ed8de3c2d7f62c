/* The file grows ahead of the pages in use, and nothing else changes. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/store/db_fixture.h"

enum {
	VALUE = 1000,
	ROWS = 2000,
	AT_ONCE = 10, /* fewer pages than are kept ahead */
};

static uint64_t file_bytes(void)
{
	struct stat s;

	assert_int_equal(stat(temp_file(&temp, "env/data.mdb"), &s), 0);
	return (uint64_t)s.st_size;
}

static void value_of(uint64_t key, char value[VALUE])
{
	memset(value, (int)('a' + key % 26), VALUE);
}

static void write_rows(struct db_env *env, uint64_t from, uint64_t n)
{
	struct db_txn t;

	begin(env, &t);
	for (uint64_t key = from; key < from + n; key++) {
		char value[VALUE];

		value_of(key, value);
		assert_int_equal(db_append(&t, ONE, DB_KEY64(key),
					 str_make(value, VALUE)),
			OK);
	}
	assert_int_equal(db_commit(&t), OK);
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

static void check_zeros(uint64_t from, uint64_t to)
{
	FILE *f = fopen(temp_file(&temp, "env/data.mdb"), "r");

	assert_non_null(f);
	assert_int_equal(fseek(f, (long)from, SEEK_SET), 0);
	for (uint64_t i = from; i < to; i++)
		assert_int_equal(fgetc(f), 0);
	assert_int_equal(fgetc(f), EOF);
	assert_int_equal(fclose(f), 0);
}

static void reopen(struct db_env **env)
{
	db_close(*env);
	assert_int_equal(db_open(dir, &options, env), OK);
}

static void test_zeros_behind(void **state)
{
	struct db_env *env = make(&options);
	uint64_t used, size;

	(void)state;
	write_rows(env, 0, AT_ONCE);
	used = db_file_bytes(env);
	assert_true(file_bytes() <= used);
	db_reserve(env);
	size = file_bytes();
	assert_true(size > used + AT_ONCE * (uint64_t)PAGE);
	/* What is in use has not moved. */
	assert_true(db_file_bytes(env) == used);
	check_zeros(used, size);
	/* It is enough. */
	for (int i = 0; i < 3; i++) {
		db_reserve(env);
		assert_true(file_bytes() == size);
	}
	check_rows(env, AT_ONCE);
	db_close(env);
}

/* Commits are written over what was reserved: they do not grow the file, and
 * it grows seldom. */
static void test_grows_ahead(void **state)
{
	struct db_env *env = make(&options);
	uint64_t size = 0;
	size_t growths = 0;

	(void)state;
	for (uint64_t n = 0; n < ROWS; n += AT_ONCE) {
		uint64_t before = file_bytes();

		db_reserve(env);
		size = file_bytes();
		assert_true(size >= before);
		assert_true(size > db_file_bytes(env));
		growths += size > before;
		write_rows(env, n, AT_ONCE);
		assert_true(file_bytes() == size);
		assert_true(db_file_bytes(env) <= size);
	}
	assert_true(growths > 1 && growths < 20);
	check_rows(env, ROWS);
	reopen(&env);
	check_rows(env, ROWS);
	db_close(env);
	assert_int_equal(db_open_sealed(dir, &options, &env), OK);
	check_rows(env, ROWS);
	db_close(env);
}

/* A commit larger than what was reserved grows it as ever. */
static void test_large_commits(void **state)
{
	struct db_env *env = make(&options);

	(void)state;
	db_reserve(env);
	write_rows(env, 0, ROWS / 2);
	db_reserve(env);
	assert_true(file_bytes() > db_file_bytes(env));
	write_rows(env, ROWS / 2, ROWS / 2);
	reopen(&env);
	db_reserve(env);
	assert_true(file_bytes() > db_file_bytes(env));
	check_rows(env, ROWS);
	db_close(env);
}

/* What an earlier process reserved, and did not use up, is still there. */
static void test_reopened(void **state)
{
	struct db_env *env = make(&options);
	uint64_t size, n;

	(void)state;
	write_rows(env, 0, AT_ONCE);
	db_reserve(env);
	size = file_bytes();
	for (n = AT_ONCE; n < UINT64_C(4) * AT_ONCE; n += AT_ONCE) {
		reopen(&env);
		write_rows(env, n, AT_ONCE);
		db_reserve(env);
		assert_true(file_bytes() == size);
	}
	check_rows(env, n);
	db_close(env);
}

/* A map that ends before what was reserved is as good as before. */
static void test_small_map(void **state)
{
	const struct db_options small = {SMALL_MAP, names, 2};
	struct db_env *env = make(&small);
	uint64_t n = 0;
	enum err e;

	(void)state;
	do {
		struct db_txn t;
		char value[VALUE];

		db_reserve(env);
		begin(env, &t);
		value_of(n, value);
		db_put(&t, ONE, DB_KEY64(n), str_make(value, VALUE));
		e = db_commit(&t);
		n += e == OK;
	} while (e == OK);
	assert_int_equal(e, ERR_FULL);
	assert_true(n > 100 && file_bytes() > SMALL_MAP);
	check_rows(env, n);
	db_close(env);
	assert_int_equal(db_open(dir, &small, &env), OK);
	check_rows(env, n);
	db_close(env);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Without room nothing is reserved, or a part; nothing breaks, and it is tried
 * again. */
static void test_no_room(void **state)
{
	static const uint64_t room[] = {0, 1, 1000, PAGE, 3 * PAGE + 7};

	(void)state;
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	for (size_t i = 0; i < COUNT_OF(room); i++) {
		struct db_env *env;
		uint64_t size, n = 0;

		temp_deinit(&temp);
		assert_int_equal(setup(NULL), 0);
		env = make(&options);
		write_rows(env, 0, AT_ONCE);
		size = file_bytes();
		limit_files(size + room[i]);
		db_reserve(env);
		db_reserve(env);
		limit_files(RLIM_INFINITY);
		assert_true(file_bytes() == size + room[i]);
		assert_false(db_is_failed(env));
		check_rows(env, AT_ONCE);
		/* Once it lacks, and there is room again. */
		for (n = AT_ONCE; n < UINT64_C(20) * AT_ONCE; n += AT_ONCE) {
			write_rows(env, n, AT_ONCE);
			db_reserve(env);
		}
		assert_true(file_bytes() > db_file_bytes(env));
		check_rows(env, n);
		reopen(&env);
		check_rows(env, n);
		db_close(env);
	}
}

/* A file that a part was added to is opened like any other. */
static void test_odd_size(void **state)
{
	struct db_env *env = make(&options);

	(void)state;
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	write_rows(env, 0, AT_ONCE);
	limit_files(file_bytes() + 1000);
	db_reserve(env);
	limit_files(RLIM_INFINITY);
	assert_true(file_bytes() % PAGE == 1000);
	db_close(env);
	assert_int_equal(db_open_sealed(dir, &options, &env), OK);
	check_rows(env, AT_ONCE);
	db_close(env);
	assert_int_equal(db_open(dir, &options, &env), OK);
	check_rows(env, AT_ONCE);
	db_reserve(env);
	write_rows(env, AT_ONCE, AT_ONCE);
	reopen(&env);
	check_rows(env, UINT64_C(2) * AT_ONCE);
	db_close(env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_zeros_behind),
		TEST(test_grows_ahead),
		TEST(test_large_commits),
		TEST(test_reopened),
		TEST(test_small_map),
		TEST(test_no_room),
		TEST(test_odd_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
