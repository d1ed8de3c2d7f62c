#include "core/literal_index.h"

#include <stdio.h>

#include "support/cmocka.h"
#include "support/fault.h"

static const struct {
	const char *text;
	bool caseless;
	uint16_t number;
} literals[] = {
	{"Android", false, 0},
	{"android", true, 1},
	{"droid", false, 2},
	{"Build", false, 3},
	{"Build", false, 64},
	{"Build", false, 65},
	{" cfnetwork", true, 66},
	{"aaa", false, 67},
	{"\xc3\xa9t\xc3\xa9", false, 68},
	{"abcdefghijklmnopqrstuvwx", false, 69},
};

static void fill(struct literal_index *x)
{
	assert_int_equal(literal_index_init(x), OK);
	for (size_t i = 0; i < COUNT_OF(literals); i++)
		assert_int_equal(
			literal_index_add(x, str_from(literals[i].text),
				literals[i].caseless, literals[i].number),
			OK);
	literal_index_seal(x);
}

static void test_found(void **state)
{
	static const struct {
		const char *text;
		uint64_t low; /* the first 64 numbers */
		uint64_t high;
	} rows[] = {
		{"", 0, 0},
		{"A", 0, 0},
		{"An", 0, 0},
		{"Android", 1 << 0 | 1 << 1 | 1 << 2, 0},
		{"xAndroidx", 1 << 0 | 1 << 1 | 1 << 2, 0},
		{"ANDROID", 1 << 1, 0},
		{"droid", 1 << 2, 0},
		{"DROID", 0, 0},
		{"Androi", 0, 0},
		{"ndroid", 1 << 2, 0},
		{"Build", 1 << 3, 1 << 0 | 1 << 1},
		{"BuildBuild droid", 1 << 2 | 1 << 3, 1 << 0 | 1 << 1},
		{"x CFNetwork", 0, 1 << 2},
		{"CFNetwork", 0, 0},
		{"aa", 0, 0},
		{"aaa", 0, 1 << 3},
		{"aaaaaaaaaaaa", 0, 1 << 3},
		{"\xc3\xa9t\xc3\xa9", 0, 1 << 4},
		{"abcdefghijklmnopqrstuvwx", 0, 1 << 5},
		{"abcdefghijklmnopqrstuvw", 0, 0},
	};
	struct literal_index x;

	(void)state;
	fill(&x);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t bits[2] = {0, 0};

		print_message("%s\n", rows[i].text);
		literal_index_find(&x, str_from(rows[i].text), bits);
		assert_true(bits[0] == rows[i].low);
		assert_true(bits[1] == rows[i].high);
	}
	literal_index_deinit(&x);
}

/* Bits that are set stay so. */
static void test_added(void **state)
{
	uint64_t bits[2] = {UINT64_C(1) << 63, 0};
	struct literal_index x;

	(void)state;
	fill(&x);
	literal_index_find(&x, STR("Build"), bits);
	assert_true(bits[0] == (UINT64_C(1) << 63 | 1 << 3));
	literal_index_deinit(&x);
}

static void test_full(void **state)
{
	struct literal_index x;
	uint64_t bits[1] = {0};
	char text[16];
	int i;

	(void)state;
	assert_int_equal(literal_index_init(&x), OK);
	for (i = 0; i < LITERAL_INDEX_MAX; i++) {
		int n = snprintf(text, sizeof(text), "%05x", (unsigned)i);

		assert_int_equal(
			literal_index_add(&x, str_make(text, (size_t)n), false,
				(uint16_t)(i % 64)),
			OK);
	}
	assert_int_equal(
		literal_index_add(&x, STR("more"), false, 0), ERR_FULL);
	for (int j = 0; j < LITERAL_INDEX_NUMBERS_MAX - i; j++)
		assert_int_equal(literal_index_add(&x, STR("00000"), false,
					 (uint16_t)(1 + j)),
			OK);
	assert_int_equal(
		literal_index_add(&x, STR("00000"), false, 9), ERR_FULL);
	literal_index_seal(&x);
	literal_index_find(&x, STR("03fff"), bits);
	assert_true(bits[0] == UINT64_C(1) << 63);
	literal_index_deinit(&x);
}

static void test_nomem(void **state)
{
	enum err e = ERR_NOMEM;

	(void)state;
	for (unsigned nth = 1; e; nth++) {
		struct literal_index x;
		char text[16];

		fault_alloc(nth);
		e = literal_index_init(&x);
		for (unsigned i = 0; !e && i < 3000; i++) {
			int n = snprintf(text, sizeof(text), "%05x", i);

			e = literal_index_add(
				&x, str_make(text, (size_t)n), false, 1);
		}
		assert_true(!e == !fault_alloc_hit());
		fault_alloc(0);
		assert_true(e == OK || e == ERR_NOMEM);
		literal_index_deinit(&x);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_added),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_nomem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
