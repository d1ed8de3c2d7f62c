#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/cmocka.h"
#include "support/fault.h"
#include "support/temp.h"

enum {
	READ_MAX = 1 << 20,
	ROUNDS = 200
};

static struct temp temp;

static int setup(void **state)
{
	(void)state;
	temp_init(&temp);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	temp_deinit(&temp);
	return 0;
}

static bool exists(const char *name)
{
	struct stat st;

	return lstat(temp_file(&temp, name), &st) == 0;
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(temp_file(&temp, name), &st), 0);
	return st.st_mode & 07777;
}

static void put(const char *name, const char *text, mode_t mode)
{
	assert_int_equal(
		file_write(temp_file(&temp, name), str_from(text), mode), OK);
}

static void check_content(const char *name, const char *want)
{
	struct buf b;

	buf_init(&b, READ_MAX);
	assert_int_equal(file_read(temp_file(&temp, name), &b), OK);
	assert_string_equal(buf_cstr(&b), want);
	buf_deinit(&b);
}

static void test_write(void **state)
{
	mode_t old = umask(077);

	(void)state;
	put("a", "one", 0644);
	(void)umask(old);
	check_content("a", "one");
	/* The mode is what was asked for, whatever the umask. */
	assert_int_equal(mode_of("a"), 0644);
	put("a", "", 0600);
	check_content("a", "");
	assert_int_equal(mode_of("a"), 0600);
	assert_false(exists("a.new"));
}

/* What a process that died before left under the temporary name does no harm,
 * and does not lend its mode or its target to the new file. */
static void test_write_over_leftover(void **state)
{
	const char *victim;
	char link[PATH_MAX];

	(void)state;
	put("b.new", "left behind", 0666);
	put("b", "good", 0600);
	check_content("b", "good");
	assert_int_equal(mode_of("b"), 0600);
	put("victim", "kept", 0600);
	(void)snprintf(link, sizeof(link), "%s", temp_file(&temp, "b.new"));
	victim = temp_file(&temp, "victim");
	assert_int_equal(symlink(victim, link), 0);
	put("b", "better", 0600);
	check_content("b", "better");
	check_content("victim", "kept");
	assert_false(exists("b.new"));
}

static void test_write_fails(void **state)
{
	char long_path[PATH_MAX + 10];

	(void)state;
	assert_int_equal(
		file_write(temp_file(&temp, "no/file"), STR("x"), 0600),
		ERR_NOT_FOUND);
	memset(long_path, 'x', sizeof(long_path));
	long_path[sizeof(long_path) - 1] = '\0';
	assert_int_equal(file_write(long_path, STR("x"), 0600), ERR_TOO_LONG);
	/* A folder cannot be replaced: nothing is left behind. */
	assert_int_equal(file_make_dir(temp_file(&temp, "dir"), 0700), OK);
	assert_int_equal(file_write(temp_file(&temp, "dir"), STR("x"), 0600),
		ERR_SYSTEM);
	assert_int_equal(errno, EISDIR);
	assert_false(exists("dir.new"));
}

struct reader {
	atomic_bool stop;
	atomic_uint reads;
	size_t torn;
};

static void *read_again_and_again(void *arg)
{
	struct reader *r = arg;
	char path[PATH_MAX];
	struct buf b;

	(void)snprintf(path, sizeof(path), "%s", temp_file(&temp, "swapped"));
	buf_init(&b, READ_MAX);
	while (!atomic_load(&r->stop)) {
		buf_reset(&b);
		if (file_read(path, &b) || b.n < 1000 ||
			b.n != 1000u + (size_t)(b.p[0] - 'a') ||
			memcmp(b.p, b.p + 1, b.n - 1) != 0)
			r->torn++;
		atomic_fetch_add(&r->reads, 1);
	}
	buf_deinit(&b);
	return NULL;
}

/* Whoever reads sees an old content or a new one, never a mixture. */
static void test_write_is_atomic(void **state)
{
	struct reader r = {0};
	pthread_t thread;
	char bytes[1026];

	(void)state;
	memset(bytes, 'a', sizeof(bytes));
	assert_int_equal(file_write(temp_file(&temp, "swapped"),
				 str_make(bytes, 1000), 0600),
		OK);
	assert_int_equal(
		pthread_create(&thread, NULL, read_again_and_again, &r), 0);
	for (size_t i = 0; i < ROUNDS || atomic_load(&r.reads) < ROUNDS; i++) {
		size_t n = 1000 + i % 26;

		memset(bytes, (int)('a' + i % 26), n);
		assert_int_equal(file_write(temp_file(&temp, "swapped"),
					 str_make(bytes, n), 0600),
			OK);
	}
	atomic_store(&r.stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(r.torn, 0);
}

static void test_read(void **state)
{
	char big[10000];
	struct buf b;

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_int_equal(file_write(temp_file(&temp, "big"),
				 str_make(big, sizeof(big)), 0600),
		OK);
	/* One byte too little, just enough, one to spare. */
	for (size_t max = sizeof(big) - 1; max <= sizeof(big) + 1; max++) {
		buf_init(&b, max);
		assert_int_equal(file_read(temp_file(&temp, "big"), &b),
			max < sizeof(big) ? ERR_TOO_LONG : OK);
		if (max >= sizeof(big))
			assert_int_equal(b.n, sizeof(big));
		buf_deinit(&b);
	}
	buf_init(&b, 20000);
	buf_text(&b, "before");
	assert_int_equal(file_read(temp_file(&temp, "big"), &b), OK);
	assert_int_equal(b.n, sizeof(big) + 6);
	assert_memory_equal(b.p, "beforexx", 8);
	assert_int_equal(
		file_read(temp_file(&temp, "nothing"), &b), ERR_NOT_FOUND);
	assert_int_equal(file_read(temp.path, &b), ERR_SYSTEM);
	assert_int_equal(errno, EISDIR);
	buf_deinit(&b);
	buf_init(&b, 20000);
	fault_alloc(1);
	assert_int_equal(file_read(temp_file(&temp, "big"), &b), ERR_NOMEM);
	fault_alloc(0);
	buf_deinit(&b);
}

static void test_dirs(void **state)
{
	(void)state;
	assert_int_equal(file_make_dir(temp_file(&temp, "d"), 0700), OK);
	assert_int_equal(mode_of("d"), 0700);
	assert_int_equal(file_make_dir(temp_file(&temp, "d"), 0700), OK);
	assert_int_equal(file_make_dir(temp_file(&temp, "d/e/"), 0700), OK);
	assert_int_equal(
		file_make_dir(temp_file(&temp, "no/e"), 0700), ERR_NOT_FOUND);
	put("plain", "x", 0600);
	assert_int_equal(
		file_make_dir(temp_file(&temp, "plain"), 0700), ERR_EXISTS);
	put("d/e/f", "x", 0600);
	put("d/e/g", "x", 0600);
	/* A folder in it: refused. */
	assert_int_equal(file_remove_dir(temp_file(&temp, "d")), ERR_SYSTEM);
	assert_true(exists("d/e"));
	assert_int_equal(file_remove_dir(temp_file(&temp, "d/e")), OK);
	assert_false(exists("d/e"));
	assert_int_equal(file_remove_dir(temp_file(&temp, "d")), OK);
	assert_int_equal(file_remove_dir(temp_file(&temp, "d")), ERR_NOT_FOUND);
	assert_int_equal(
		file_remove_dir(temp_file(&temp, "plain")), ERR_SYSTEM);
	assert_int_equal(errno, ENOTDIR);
}

static void test_sync_and_rename(void **state)
{
	char from[PATH_MAX];

	(void)state;
	put("from", "moved", 0600);
	put("to", "replaced", 0600);
	(void)snprintf(from, sizeof(from), "%s", temp_file(&temp, "from"));
	assert_int_equal(file_rename(from, temp_file(&temp, "to")), OK);
	assert_false(exists("from"));
	check_content("to", "moved");
	assert_int_equal(
		file_rename(from, temp_file(&temp, "to")), ERR_NOT_FOUND);
	assert_int_equal(file_sync(temp_file(&temp, "to")), OK);
	assert_int_equal(file_sync(temp.path), OK);
	assert_int_equal(file_sync(from), ERR_NOT_FOUND);
}

/* Paths without a folder in front, in the working folder and the root. */
static void test_relative(void **state)
{
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_true(here >= 0);
	assert_int_equal(chdir(temp.path), 0);
	assert_int_equal(file_write("bare", STR("x"), 0600), OK);
	assert_int_equal(file_make_dir("bare_dir", 0700), OK);
	assert_int_equal(file_remove_dir("bare_dir"), OK);
	assert_int_equal(fchdir(here), 0);
	assert_int_equal(close(here), 0);
	assert_true(exists("bare"));
	assert_int_equal(file_make_dir("/", 0700), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_over_leftover),
		cmocka_unit_test(test_write_fails),
		cmocka_unit_test(test_write_is_atomic),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_dirs),
		cmocka_unit_test(test_sync_and_rename),
		cmocka_unit_test(test_relative),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
