#include "core/words.h"

#include <string.h>

#include "base/buf.h"
#include "support/cmocka.h"
#include "support/fault.h"

enum {
	LIST_MAX = 16
};

static struct words *make(const char *const *list, size_t n)
{
	struct str texts[LIST_MAX];
	struct words *words = NULL;

	assert_true(n <= LIST_MAX);
	for (size_t i = 0; i < n; i++)
		texts[i] = str_from(list[i]);
	assert_int_equal(words_new(texts, n, &words), OK);
	return words;
}

/* "word@at " for each. */
static void show(void *arg, size_t word, size_t at)
{
	buf_printf(arg, "%zu@%zu ", word, at);
}

static void test_finds(void **state)
{
	static const struct {
		const char *list[LIST_MAX];
		const char *text;
		const char *found;
	} rows[] = {
		{{"a"}, "", ""},
		{{"a"}, "a", "0@0 "},
		{{"a"}, "bab", "0@1 "},
		{{"a"}, "aA", "0@0 0@1 "},
		{{"BoT"}, "robot Bot BOT/2", "0@2 0@6 0@10 "},
		/* the paper's own example */
		{{"he", "she", "his", "hers"}, "ushers", "1@1 0@2 3@2 "},
		/* words within words, the longest first */
		{{"abcd", "bc", "c", "d"}, "abcd", "1@1 2@2 0@0 3@3 "},
		/* a fail that leads over several nodes */
		{{"aaab", "aab", "ab"}, "aaaab", "0@1 1@2 2@3 "},
		{{"abab"}, "ababab", "0@0 0@2 "},
		{{"abcx", "bcy"}, "abcy", "1@1 "},
		/* the same word twice is two words */
		{{"bot", "BOT"}, "bot", "0@0 1@0 "},
		{{"bot", "robot"}, "robo", ""},
		{{"\xff\x01", " "}, " \xff\x01", "1@0 0@1 "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct words *words;
		struct buf out;
		size_t n = 0;

		while (n < LIST_MAX && rows[i].list[n])
			n++;
		words = make(rows[i].list, n);
		buf_init(&out, 1000);
		words_find(words, str_from(rows[i].text), show, &out);
		assert_string_equal(buf_cstr(&out), rows[i].found);
		buf_deinit(&out);
		words_free(words);
	}
}

static void test_no_words(void **state)
{
	struct words *words = NULL;
	struct buf out;

	(void)state;
	assert_int_equal(words_new(NULL, 0, &words), OK);
	buf_init(&out, 10);
	words_find(words, STR("text"), show, &out);
	assert_int_equal(out.n, 0);
	words_free(words);
	words_free(NULL);
}

static void test_maximums(void **state)
{
	static char text[WORDS_WORD_MAX + 1];
	static struct str list[WORDS_MAX + 1];
	struct words *words = NULL;

	(void)state;
	memset(text, 'x', sizeof(text));
	list[0] = str_make(text, WORDS_WORD_MAX + 1);
	assert_int_equal(words_new(list, 1, &words), ERR_TOO_LONG);
	for (size_t i = 0; i <= WORDS_MAX; i++)
		list[i] = str_make(text, WORDS_WORD_MAX);
	assert_int_equal(words_new(list, WORDS_MAX + 1, &words), ERR_TOO_LONG);
	assert_int_equal(
		words_new(list, WORDS_BYTES_MAX / WORDS_WORD_MAX + 1, &words),
		ERR_TOO_LONG);
	assert_int_equal(
		words_new(list, WORDS_BYTES_MAX / WORDS_WORD_MAX, &words), OK);
	words_free(words);
	for (size_t i = 0; i <= WORDS_MAX; i++)
		list[i] = str_make(text, 1);
	assert_int_equal(words_new(list, WORDS_MAX, &words), OK);
	words_free(words);
}

static void test_without_memory(void **state)
{
	const struct str list[] = {STR("bot"), STR("robot"), STR("spider")};
	struct words *words = NULL;
	unsigned nth = 0;
	enum err e;

	(void)state;
	do {
		fault_alloc(++nth);
		e = words_new(list, COUNT_OF(list), &words);
		fault_alloc(0);
		assert_true(e == OK || e == ERR_NOMEM);
	} while (e);
	assert_true(nth > 3);
	words_free(words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds),
		cmocka_unit_test(test_no_words),
		cmocka_unit_test(test_maximums),
		cmocka_unit_test(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
