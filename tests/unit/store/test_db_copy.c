/* A copy while it is written: as of one moment, and to be opened. */
#include "store/db_copy.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/store/db_fixture.h"

enum {
	VALUE = 3000,
	ROWS = 1000, /* more than a pipe holds */
};

/* Where the copy goes, and what happens on the way. */
struct sink {
	int fd;
	uint64_t bytes;
	uint64_t stop_at;   /* 0: never */
	struct db_env *env; /* written to meanwhile; NULL: not */
	uint64_t next;      /* row */
};

static void write_rows(struct db_env *env, uint64_t from, uint64_t n)
{
	char value[VALUE];
	struct db_txn t;

	begin(env, &t);
	for (uint64_t key = from; key < from + n; key++) {
		memset(value, (int)('a' + key % 26), VALUE);
		assert_int_equal(db_append(&t, ONE, DB_KEY64(key),
					 str_make(value, VALUE)),
			OK);
		/* Pages that are freed, and would be taken again. */
		db_put(&t, TWO, DB_KEY64(key % 7), str_make(value, VALUE));
	}
	assert_int_equal(db_commit(&t), OK);
}

static enum err take(void *arg, struct str bytes)
{
	struct sink *s = arg;

	assert_true(bytes.n > 0);
	if (s->fd >= 0)
		assert_int_equal(
			write(s->fd, bytes.p, bytes.n), (ssize_t)bytes.n);
	s->bytes += bytes.n;
	if (s->env) {
		write_rows(s->env, s->next, 10);
		s->next += 10;
	}
	return s->stop_at && s->bytes >= s->stop_at ? ERR_CLOSED : OK;
}

static void open_sink(struct sink *s)
{
	assert_int_equal(mkdir(temp_file(&temp, "copy"), 0700), 0);
	s->fd = open(
		temp_file(&temp, "copy/data.mdb"), O_WRONLY | O_CREAT, 0600);
	assert_true(s->fd >= 0);
}

static void check_copy(uint64_t rows)
{
	struct db_env *env;
	struct db_txn t;
	struct str v;

	assert_int_equal(db_open(temp_file(&temp, "copy"), &options, &env), OK);
	renewed(env, &t);
	assert_true(db_count(&t, ONE) == rows && db_count(&t, TWO) == 7);
	for (uint64_t key = 0; key < rows; key++) {
		assert_true(db_get(&t, ONE, DB_KEY64(key), &v));
		assert_true(v.n == VALUE && v.p[0] == (char)('a' + key % 26));
	}
	db_reader_deinit(&t);
	db_close(env);
}

static void test_copied(void **state)
{
	struct db_env *env = make(&options);
	struct sink s = {.env = env, .next = ROWS};

	(void)state;
	write_rows(env, 0, ROWS);
	open_sink(&s);
	assert_int_equal(db_copy(env, take, &s), OK);
	(void)close(s.fd);
	assert_true(s.next > ROWS + 10); /* it was written to meanwhile */
	check_copy(ROWS);
	db_close(env);
}

static void test_sealed(void **state)
{
	struct db_env *env = make(&options);
	struct sink s = {0};

	(void)state;
	write_rows(env, 0, ROWS);
	db_close(env);
	assert_int_equal(db_open_sealed(dir, &options, &env), OK);
	open_sink(&s);
	assert_int_equal(db_copy(env, take, &s), OK);
	(void)close(s.fd);
	db_close(env);
	check_copy(ROWS);
}

/* It ends soon, its snapshot with it, and the environment goes on. */
static void test_stopped(void **state)
{
	struct db_env *env = make(&options);
	struct sink s = {.fd = -1, .stop_at = 1};
	uint64_t before;

	(void)state;
	write_rows(env, 0, ROWS);
	assert_int_equal(db_copy(env, take, &s), ERR_CLOSED);
	assert_true(s.bytes < (uint64_t)ROWS * VALUE);
	write_rows(env, ROWS, 10);
	write_rows(env, ROWS + 10, 10);
	before = db_file_bytes(env);
	for (uint64_t i = 0; i < 50; i++) {
		struct db_txn t;

		begin(env, &t);
		db_put(&t, TWO, DB_KEY64(1), STR("x"));
		assert_int_equal(db_commit(&t), OK);
	}
	/* No snapshot keeps freed pages from being used again. */
	assert_true(db_file_bytes(env) <= before + (uint64_t)16 * PAGE);
	db_close(env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_copied),
		TEST(test_sealed),
		TEST(test_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
