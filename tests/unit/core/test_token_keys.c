#include "core/token_keys.h"

#include "base/str.h"
#include "support/cmocka.h"

#define KEY_A "000102030405060708090a0b0c0d0e0f"
#define KEY_B "ffeeddccbbaa99887766554433221100"
#define TIME  "2026-11-23T05:30:00.123Z"

static void test_print_and_parse(void **state)
{
	static const uint8_t random[2][CIPHER_KEY] = {{1, 2, 3}, {4, 5, 6}};
	struct token_keys_problem problem;
	struct token_keys keys, got;
	struct buf b;

	(void)state;
	buf_init(&b, TOKEN_KEYS_TEXT_MAX);
	token_keys_generate(&keys, 'i', random[0], 1795411800123);
	token_keys_print(&b, &keys);
	assert_int_equal(
		token_keys_parse(buf_view(&b), 'i', &got, &problem), OK);
	assert_memory_equal(&got, &keys, sizeof(got));
	for (int i = 1; i < TOKEN_KEY_VERSIONS; i++)
		assert_int_equal(
			token_keys_rotate(&keys, random[1], 1795411900000), OK);
	assert_int_equal(token_keys_rotate(&keys, random[1], 0), ERR_FULL);
	assert_int_equal(keys.current, 6);
	buf_reset(&b);
	token_keys_print(&b, &keys);
	assert_int_equal(
		token_keys_parse(buf_view(&b), 'i', &got, &problem), OK);
	assert_int_equal(got.tag, 'i');
	assert_int_equal(got.current, 6);
	assert_memory_equal(got.keys, keys.keys, sizeof(got.keys));
	buf_deinit(&b);
}

static void test_accepted(void **state)
{
	struct token_keys_problem problem;
	struct token_keys keys;

	(void)state;
	/* The first version was dropped; no newline at the end. */
	assert_int_equal(token_keys_parse(STR("# c\n\n1 " KEY_A " " TIME "\n#\n"
					      "4 " KEY_B " " TIME),
				 'u', &keys, &problem),
		OK);
	assert_false(keys.keys[0].present);
	assert_true(keys.keys[1].present);
	assert_int_equal(keys.keys[1].bytes[15], 15);
	assert_int_equal(keys.keys[4].created_ms, 1795411800123);
	assert_int_equal(keys.current, 4);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *text;
		size_t line;
	} rows[] = {
		{"", 0},
		{"# only a comment\n", 0},
		{"0 " KEY_A "\n", 1},
		{"0 " KEY_A " \n", 1},
		{"0  " KEY_A " " TIME "\n", 1},
		{" 0 " KEY_A " " TIME "\n", 1},
		{"# c\n7 " KEY_A " " TIME "\n", 2},
		{"00 " KEY_A " " TIME "\n", 1},
		{"-1 " KEY_A " " TIME "\n", 1},
		{"x " KEY_A " " TIME "\n", 1},
		{"0 " KEY_A "0 " TIME "\n", 1},
		{"0 0102 " TIME "\n", 1},
		{"0 " KEY_A "g " TIME "\n", 1},
		{"0 g00102030405060708090a0b0c0d0e0f " TIME "\n", 1},
		{"0 " KEY_A " 2026-11-23\n", 1},
		{"0 " KEY_A " " TIME " \n", 1},
		{"0 " KEY_A " " TIME "\r\n", 1},
		{"0 " KEY_A " " TIME "\n0 " KEY_B " " TIME "\n", 2},
		{"1 " KEY_A " " TIME "\n0 " KEY_B " " TIME "\n", 2},
		{"0 " KEY_A " " TIME "\n\n#\nrubbish\n", 4},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct token_keys_problem problem = {.line = 99};
		struct token_keys keys = {.tag = '!'};

		assert_int_equal(token_keys_parse(str_from(rows[i].text), 'u',
					 &keys, &problem),
			ERR_INVALID);
		assert_int_equal(problem.line, rows[i].line);
		assert_true(problem.text[0]);
		assert_false(str_contains(
			str_from(problem.text), STR("0102030405")));
		assert_int_equal(keys.tag, '!');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print_and_parse),
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
