#include "store/db_scrub.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/store/db_fixture.h"

/* Records of many sizes, each full of its own secret; some are overwritten or
 * deleted while others are written, and then nothing of those may be left. */
enum {
	RECORDS = 3000,
	SIZES = 7,
	SCRUB_MAP = 512 << 20,
};

static const size_t sizes[SIZES] = {40, 300, 1500, 2022, 3000, 4080, 10000};
static const struct db_options scrub_options = {SCRUB_MAP, names, 2};
static char record[16384];

static size_t size_of(uint64_t i)
{
	return sizes[i % SIZES];
}

/* "secret-00000123-secret-00000123-..." */
static struct str text_of(const char *word, uint64_t i)
{
	size_t n = size_of(i);

	for (size_t at = 0; at < n;) {
		char one[32];
		int len = snprintf(
			one, sizeof(one), "%s-%08u-", word, (unsigned)i);
		size_t take = (size_t)len < n - at ? (size_t)len : n - at;

		memcpy(record + at, one, take);
		at += take;
	}
	return str_make(record, n);
}

static bool is_secret(uint64_t i)
{
	return i % 3 == 1;
}

/* Nobody cuts the power here. */
static struct db_env *make_unflushed(void)
{
	struct db_env *env;

	assert_int_equal(db_create(dir, &scrub_options, NULL, NULL), OK);
	assert_int_equal(db_open_unflushed(dir, &scrub_options, &env), OK);
	return env;
}

/* How often the word is in the file. */
static size_t count_in_file(const char *word)
{
	char path[PATH_MAX + 16];
	size_t found = 0, n = strlen(word);
	struct stat st;
	const char *p;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/data.mdb", dir);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_true(p != MAP_FAILED);
	for (const char *at = p, *end = p + st.st_size;
		(at = memmem(at, (size_t)(end - at), word, n)); at++)
		found++;
	assert_int_equal(munmap((void *)(uintptr_t)p, (size_t)st.st_size), 0);
	assert_int_equal(close(fd), 0);
	return found;
}

static void put(struct db_txn *t, unsigned table, const char *word, uint64_t i)
{
	db_put(t, table, DB_KEY64(i), text_of(word, i));
}

static void put_all(struct db_env *env, const char *word, unsigned table,
	uint64_t from, uint64_t to, uint64_t step)
{
	struct db_txn t;

	for (uint64_t i = from; i < to;) {
		begin(env, &t);
		for (uint64_t n = 0; n < step && i < to; n++, i++)
			put(&t, table,
				is_secret(i) && table == ONE ? "secret" : word,
				i);
		assert_int_equal(db_commit(&t), OK);
	}
}

/* Secrets go: overwritten by what has the same size, or deleted. */
static void erase_all(struct db_env *env, uint64_t step)
{
	struct db_txn t;

	for (uint64_t i = 0; i < RECORDS;) {
		begin(env, &t);
		for (uint64_t n = 0; n < step && i < RECORDS; n++, i++) {
			if (!is_secret(i))
				continue;
			if (i % 2)
				put(&t, ONE, "erased", i);
			else
				db_delete(&t, ONE, DB_KEY64(i));
		}
		assert_int_equal(db_commit(&t), OK);
	}
}

static void check_records(struct db_env *env)
{
	struct str value;
	struct db_txn t;

	renewed(env, &t);
	for (uint64_t i = 0; i < RECORDS; i++) {
		bool there = db_get(&t, ONE, DB_KEY64(i), &value);

		assert_int_equal(there, !is_secret(i) || i % 2);
		if (there)
			assert_true(str_eq(value,
				text_of(is_secret(i) ? "erased" : "kept", i)));
	}
	db_reader_deinit(&t);
}

static void wash(struct db_env *env)
{
	for (unsigned pass = 0; pass < DB_WASH_PASSES; pass++) {
		size_t pages;

		assert_int_equal(db_wash(env, pass, &pages), OK);
		assert_true(pages > 0);
	}
}

/* Other transactions come between its calls. */
static void scrub(struct db_env *env, bool beside_others)
{
	struct db_scrub s;
	uint64_t i = 0;
	enum err e;

	assert_int_equal(db_scrub_init(env, &s), OK);
	while ((e = db_scrub_some(&s)) == ERR_AGAIN)
		if (beside_others && i < RECORDS) {
			put_all(env, "more", TWO, i, i + 30, 10);
			i += 30;
		}
	assert_int_equal(e, OK);
	assert_int_equal(db_scrub_flush(&s), OK);
	db_scrub_deinit(&s);
}

static void test_nothing_is_left(void **state)
{
	static const uint64_t steps[] = {1, 7, 150, RECORDS};

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct db_env *env = make_unflushed();

		put_all(env, "kept", ONE, 0, RECORDS, steps[i]);
		assert_true(count_in_file("secret") > RECORDS);
		erase_all(env, steps[i]);
		/* Why all this is needed. */
		assert_true(count_in_file("secret-0000") > 0);
		wash(env);
		scrub(env, i % 2);
		assert_int_equal(count_in_file("secret"), 0);
		assert_int_equal(count_in_file("cret-000"), 0);
		check_records(env);
		/* Memory that was written from before is written from again. */
		put_all(env, "later", TWO, RECORDS, 3 * RECORDS, 1);
		put_all(env, "later", TWO, 3 * RECORDS, 5 * RECORDS, 997);
		for (uint64_t k = 0; k < RECORDS; k += 5) {
			struct db_txn t;

			begin(env, &t);
			db_delete(&t, TWO, DB_KEY64(RECORDS + k));
			assert_int_equal(db_commit(&t), OK);
		}
		assert_int_equal(count_in_file("cret-000"), 0);
		check_records(env);
		db_close(env);
		assert_int_equal(db_open(dir, &scrub_options, &env), OK);
		check_records(env);
		db_close(env);
		teardown(NULL);
		setup(NULL);
	}
}

/* What the pages in memory hold does come to the disk otherwise. */
static void test_washing_is_needed(void **state)
{
	struct db_env *env = make_unflushed();

	(void)state;
	put_all(env, "kept", ONE, 0, RECORDS, RECORDS);
	erase_all(env, 5);
	scrub(env, false);
	assert_int_equal(count_in_file("cret-000"), 0);
	put_all(env, "later", TWO, RECORDS, 3 * RECORDS, 100);
	assert_true(count_in_file("cret-000") > 0);
	db_close(env);
}

static void test_readers_are_waited_for(void **state)
{
	struct db_env *env = make_unflushed();
	struct db_scrub s;
	struct db_txn t;
	struct str value;
	enum err e;

	(void)state;
	put_all(env, "kept", ONE, 0, RECORDS, 100);
	renewed(env, &t);
	erase_all(env, 100);
	wash(env);
	assert_int_equal(db_scrub_init(env, &s), OK);
	assert_int_equal(db_scrub_some(&s), ERR_BUSY);
	for (uint64_t i = 0; i < RECORDS; i++) {
		assert_true(db_get(&t, ONE, DB_KEY64(i), &value));
		assert_true(str_eq(
			value, text_of(is_secret(i) ? "secret" : "kept", i)));
	}
	db_reader_reset(&t);
	assert_int_equal(db_reader_renew(&t), OK);
	/* One that has seen the erasure holds nothing up, but what is freed
	 * after it stays as it is. */
	put_all(env, "more", TWO, 0, 100, 10);
	while ((e = db_scrub_some(&s)) == ERR_AGAIN)
		put_all(env, "more", TWO, 0, 100, 10);
	assert_int_equal(e, OK);
	for (uint64_t i = 0; i < RECORDS; i++)
		if (db_get(&t, ONE, DB_KEY64(i), &value))
			assert_true(str_eq(value,
				text_of(is_secret(i) ? "erased" : "kept", i)));
	assert_int_equal(t.err, OK);
	db_reader_deinit(&t);
	assert_true(s.freed_n > 0 && s.slack_n > 0);
	db_scrub_deinit(&s);
	assert_int_equal(count_in_file("cret-000"), 0);
	db_close(env);
}

/* Twice in a row, the second finds little: what was cleared stays clear. */
static void test_again_costs_nothing(void **state)
{
	struct db_env *env = make_unflushed();
	struct db_scrub s;
	size_t pages;

	(void)state;
	put_all(env, "kept", ONE, 0, RECORDS, 100);
	erase_all(env, 100);
	wash(env);
	scrub(env, false);
	assert_int_equal(db_wash(env, 0, &pages), OK);
	assert_int_equal(db_scrub_init(env, &s), OK);
	while (db_scrub_some(&s) == ERR_AGAIN)
		;
	assert_true(s.freed_n == 0 && s.slack_n == 0);
	db_scrub_deinit(&s);
	db_close(env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_is_left),
		TEST(test_washing_is_needed),
		TEST(test_readers_are_waited_for),
		TEST(test_again_costs_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
