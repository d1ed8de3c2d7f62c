#include "base/bytes.h"

#include "support/cmocka.h"

static void test_layout(void **state)
{
	unsigned char to[16];

	(void)state;
	/* Every alignment. */
	for (size_t at = 0; at < 8; at++) {
		memset(to, 0xee, sizeof(to));
		put_be16(to + at, 0x0102);
		assert_memory_equal(to + at, "\x01\x02\xee", 3);
		assert_int_equal(get_be16(to + at), 0x0102);
		put_be32(to + at, 0x01020384);
		assert_memory_equal(to + at, "\x01\x02\x03\x84\xee", 5);
		assert_int_equal(get_be32(to + at), 0x01020384);
		put_be64(to + at, 0xf102030405060788);
		assert_memory_equal(
			to + at, "\xf1\x02\x03\x04\x05\x06\x07\x88", 8);
		assert_true(get_be64(to + at) == 0xf102030405060788);
	}
}

/* Keys must sort as their numbers do. */
static void test_order(void **state)
{
	static const uint64_t ascending[] = {0, 1, 0xff, 0x100, 0xffff, 0x10000,
		0xffffffff, 0x100000000, 1ull << 63, UINT64_MAX};
	unsigned char a[8], b[8];

	(void)state;
	for (size_t i = 0; i + 1 < COUNT_OF(ascending); i++) {
		put_be64(a, ascending[i]);
		put_be64(b, ascending[i + 1]);
		assert_true(memcmp(a, b, sizeof(a)) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
