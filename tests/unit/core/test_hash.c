#include "core/hash.h"

#include "base/num.h"
#include "support/cmocka.h"

struct row {
	const char *input;
	uint64_t seed;
	uint64_t hash64;
	const char *hash128;
};

/* From libxxhash 0.8.1. Stored records depend on these values. */
static const struct row rows[] = {
	{"", 0x0, 0x2d06800538d394c2, "99aa06d3014798d86001c324468d497f"},
	{"", 0x6374696f6b657931, 0x9c32bd14ea0c8224,
		"a17d424a56e5a5f03db3a2436d68ba48"},
	{"a", 0x0, 0xe6c632b61e964e1f, "a96faf705af16834e6c632b61e964e1f"},
	{"a", 0x6374696f6b657931, 0x0ce9cdf2e05ee6f6,
		"07ae1f1be3ee4a6d0ce9cdf2e05ee6f6"},
	{"ctio", 0x0, 0x2a6b317e20327d12, "48f5749fa69308412aa3e672c7630f3c"},
	{"ctio", 0x6374696f6b657931, 0xc450960007c9405b,
		"87195c684a2464c61f2d38fbe70ebc13"},
	{"https://shop.example/cart/A7?u=user-1", 0x0, 0x4e6dee8de0ba118b,
		"7a0a35e4f1ff18c0079055bced51d729"},
	{"https://shop.example/cart/A7?u=user-1", 0x6374696f6b657931,
		0xc690fe1a12dad965, "743a575c85995d3d2105d69fa60c0720"},
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		struct str input = str_from(row->input);
		uint8_t got[HASH128_BYTES], want[HASH128_BYTES];

		assert_int_equal(
			num_parse_hex(str_from(row->hash128), want, 16), OK);
		assert_int_equal(hash64_seeded(input, row->seed), row->hash64);
		hash128_seeded(input, row->seed, got);
		assert_memory_equal(got, want, sizeof(got));
		if (row->seed)
			continue;
		assert_int_equal(hash64(input), row->hash64);
		hash128(input, got);
		assert_memory_equal(got, want, sizeof(got));
	}
}

static void test_empty_without_pointer(void **state)
{
	struct str none = {0};

	(void)state;
	assert_int_equal(hash64(none), hash64(STR("")));
}

/* Long inputs are hashed by other code, chosen by the processor. */
static void test_lengths(void **state)
{
	static char bytes[5000];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31 + i / 256);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		struct str input = str_make(bytes, n);

		assert_true(hash64(input) == hash64_seeded(input, 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_empty_without_pointer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
