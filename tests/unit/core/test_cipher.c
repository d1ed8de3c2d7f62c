#include "core/cipher.h"

#include <pthread.h>

#include "base/num.h"
#include "base/str.h"
#include "support/cmocka.h"

/* FIPS 197, appendix C.1. */
static const char key_hex[] = "000102030405060708090a0b0c0d0e0f";
static const char plain_hex[] = "00112233445566778899aabbccddeeff";
static const char sealed_hex[] = "69c4e0d86a7b0430d8cdb78070b4c55a";

static void from_hex(const char *hex, uint8_t to[16])
{
	assert_int_equal(num_parse_hex(str_from(hex), to, 16), OK);
}

static void test_fips_197(void **state)
{
	uint8_t key[16], plain[16], sealed[16], got[16];
	struct cipher c;

	(void)state;
	from_hex(key_hex, key);
	from_hex(plain_hex, plain);
	from_hex(sealed_hex, sealed);
	assert_int_equal(cipher_init(&c, key), OK);
	/* Twice: no state is carried from block to block. */
	for (int i = 0; i < 2; i++) {
		cipher_encrypt(&c, plain, got);
		assert_memory_equal(got, sealed, 16);
		cipher_decrypt(&c, sealed, got);
		assert_memory_equal(got, plain, 16);
	}
	cipher_encrypt(&c, got, got);
	assert_memory_equal(got, sealed, 16);
	cipher_deinit(&c);
	cipher_deinit(&c);
}

static void test_many_blocks(void **state)
{
	static uint8_t all[CIPHER_BLOCKS_MAX][CIPHER_BLOCK];
	static const size_t sizes[] = {1, 2, 3, 7, 8, 9, 32, CIPHER_BLOCKS_MAX};
	uint8_t key[16];
	struct cipher c;

	(void)state;
	from_hex(key_hex, key);
	assert_int_equal(cipher_init(&c, key), OK);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		for (size_t n = 0; n < sizes[i]; n++)
			memset(all[n], (int)n, CIPHER_BLOCK);
		cipher_encrypt_all(&c, all, sizes[i]);
		for (size_t n = 0; n < sizes[i]; n++) {
			uint8_t one[CIPHER_BLOCK];

			memset(one, (int)n, CIPHER_BLOCK);
			cipher_encrypt(&c, one, one);
			assert_memory_equal(all[n], one, CIPHER_BLOCK);
		}
	}
	cipher_deinit(&c);
}

/* HMAC-SHA256 as Python's hmac computes it. */
static void test_derived_keys(void **state)
{
	static const struct {
		const char *purpose;
		const char *hex;
	} rows[] = {
		{"click id", "b3ef79dab23186210e15ccf6c2f220eb"},
		{"cursor", "4de016e67ac42f802fbbd329edd3ca43"},
		{"", "3a0243021321f4c18112f983b291e682"},
	};
	uint8_t secret[16], want[16], got[16];

	(void)state;
	from_hex(key_hex, secret);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		from_hex(rows[i].hex, want);
		assert_int_equal(
			cipher_derive_key(secret, rows[i].purpose, got), OK);
		assert_memory_equal(got, want, 16);
	}
}

enum {
	THREADS = 4,
	ROUNDS = 1000
};

static void *use_own_cipher(void *arg)
{
	uint8_t key[16] = {0}, block[16] = {0}, was[16] = {0};
	struct cipher c;

	key[0] = *(const uint8_t *)arg;
	if (cipher_init(&c, key))
		return arg;
	for (int i = 0; i < ROUNDS; i++) {
		block[0] = was[0] = (uint8_t)i;
		cipher_encrypt(&c, block, block);
		cipher_decrypt(&c, block, block);
		if (memcmp(block, was, sizeof(was)) != 0)
			break;
	}
	cipher_deinit(&c);
	return memcmp(block, was, sizeof(was)) == 0 ? NULL : arg;
}

static void test_a_cipher_per_thread(void **state)
{
	pthread_t threads[THREADS];
	uint8_t numbers[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = (uint8_t)i;
		assert_int_equal(pthread_create(&threads[i], NULL,
					 use_own_cipher, &numbers[i]),
			0);
	}
	for (int i = 0; i < THREADS; i++) {
		void *failed;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fips_197),
		cmocka_unit_test(test_many_blocks),
		cmocka_unit_test(test_derived_keys),
		cmocka_unit_test(test_a_cipher_per_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
