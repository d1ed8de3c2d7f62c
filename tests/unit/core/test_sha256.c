#include "core/sha256.h"

#include "support/cmocka.h"

/* FIPS 180-4's examples, and the empty one. */
static const struct {
	const char *text;
	size_t times;
	const char *sum;
} rows[] = {
	{"", 1,
		"e3b0c44298fc1c149afbf4c8996fb924"
		"27ae41e4649b934ca495991b7852b855"},
	{"abc", 1,
		"ba7816bf8f01cfea414140de5dae2223"
		"b00361a396177a9cb410ff61f20015ad"},
	{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
		"248d6a61d20638b8e5c026930c3e6039"
		"a33ce45964ff2167f6ecedd419db06c1"},
	{"aaaaaaaaaa", 100000,
		"cdc76e5c9914fb9281a1c7e284d73e67"
		"f1809a48a497200e046d39ccc7112cd0"},
};

/* One object for all: each end begins anew. */
static void test_sums(void **state)
{
	char sum[SHA256_TEXT_LEN];
	struct sha256 *s;

	(void)state;
	assert_int_equal(sha256_new(&s), OK);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (size_t k = 0; k < rows[i].times; k++)
			sha256_add(s, str_from(rows[i].text));
		sha256_end(s, sum);
		assert_memory_equal(sum, rows[i].sum, sizeof(sum));
	}
	sha256_free(s);
	sha256_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
