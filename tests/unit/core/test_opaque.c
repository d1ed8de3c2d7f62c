#include "core/opaque.h"

#include "base/random.h"
#include "core/token.h"
#include "support/cmocka.h"

static const uint8_t key[CIPHER_KEY] = {1, 2, 3, 4};

static void test_round_trips(void **state)
{
	struct token_keys keys;
	struct cipher c;

	(void)state;
	token_keys_generate(&keys, 'u', key, 0);
	assert_int_equal(opaque_cipher_init(&c, &keys, "cursor"), OK);
	for (int i = 0; i < 10000; i++) {
		struct sealed_id id, got;
		char text[OPAQUE_LEN];

		random_fill(&id, sizeof(id));
		sealed_id_write(&c, &id, text);
		assert_int_equal(
			sealed_id_read(&c, str_make(text, sizeof(text)), &got),
			OK);
		assert_int_equal(got.a, id.a);
		assert_int_equal(got.b, id.b);
	}
	cipher_deinit(&c);
}

/* In steps, for many at once: the same text. */
static void test_steps(void **state)
{
	struct sealed_id id = {7, UINT64_MAX};
	uint8_t block[1][CIPHER_BLOCK];
	char want[OPAQUE_LEN], got[OPAQUE_LEN];
	struct token_keys keys;
	struct cipher c;

	(void)state;
	token_keys_generate(&keys, 'u', key, 0);
	assert_int_equal(opaque_cipher_init(&c, &keys, "cursor"), OK);
	sealed_id_write(&c, &id, want);
	sealed_id_block(&id, block[0]);
	cipher_encrypt_all(&c, block, 1);
	opaque_text(block[0], got);
	assert_memory_equal(got, want, OPAQUE_LEN);
	cipher_deinit(&c);
}

static void test_shape(void **state)
{
	static const char *const bad[] = {
		"",
		"000000000000000000000",
		"00000000000000000000000",
		"000000000000000000000.",
		"7n42DGM5Tflk9n8mt7Fhc8", /* 2^128 */
		"zzzzzzzzzzzzzzzzzzzzzz",
	};
	struct token_keys keys;
	struct cipher c;
	struct sealed_id id = {5, 6};

	(void)state;
	token_keys_generate(&keys, 'u', key, 0);
	assert_int_equal(opaque_cipher_init(&c, &keys, "cursor"), OK);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(
			sealed_id_read(&c, str_from(bad[i]), &id), ERR_INVALID);
	assert_int_equal(id.a, 5);
	assert_int_equal(
		sealed_id_read(&c, STR("7n42DGM5Tflk9n8mt7Fhc7"), &id), OK);
	cipher_deinit(&c);
}

/* Purposes differ, and a rotation changes nothing. */
static void test_keys(void **state)
{
	static const uint8_t next[CIPHER_KEY] = {9};
	struct token_keys keys;
	struct cipher clicks, cursors, later;
	struct sealed_id id = {1, 2}, got;
	char text[OPAQUE_LEN], other[OPAQUE_LEN];

	(void)state;
	token_keys_generate(&keys, 'u', key, 0);
	assert_int_equal(opaque_cipher_init(&clicks, &keys, "click id"), OK);
	assert_int_equal(opaque_cipher_init(&cursors, &keys, "cursor"), OK);
	assert_int_equal(token_keys_rotate(&keys, next, 0), OK);
	assert_int_equal(opaque_cipher_init(&later, &keys, "click id"), OK);
	sealed_id_write(&clicks, &id, text);
	sealed_id_write(&later, &id, other);
	assert_memory_equal(text, other, OPAQUE_LEN);
	sealed_id_write(&cursors, &id, other);
	assert_memory_not_equal(text, other, OPAQUE_LEN);
	assert_int_equal(
		sealed_id_read(&cursors, str_make(text, OPAQUE_LEN), &got), OK);
	assert_int_not_equal(got.a, id.a);
	cipher_deinit(&clicks);
	cipher_deinit(&cursors);
	cipher_deinit(&later);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
