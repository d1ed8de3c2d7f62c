#include "core/secret.h"

#include <string.h>

#include "base/num.h"
#include "support/cmocka.h"
#include "support/dies.h"

#define ID     "00112233445566ff"
#define SECRET "000102030405060708090a0b0c0d0e0f1011121314151617"

static void test_round_trip(void **state)
{
	uint8_t secret[SECRET_BYTES];
	char text[API_KEY_TEXT_MAX];
	struct api_key_text key;

	(void)state;
	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)i;
	api_key_put(text, STR("us1"), 0x00112233445566ff, secret);
	assert_string_equal(text, "ctio_us1_" ID "_" SECRET);
	assert_int_equal(api_key_parse(str_from(text), &key), OK);
	assert_true(str_is(key.region, "us1"));
	assert_true(key.id == 0x00112233445566ff);
	assert_true(str_is(key.secret, SECRET));
}

static void test_longest_region(void **state)
{
	static const char region[] = "abcdefghijklmnopqrstuvwxyz012345";
	uint8_t secret[SECRET_BYTES] = {0};
	char text[API_KEY_TEXT_MAX];
	struct api_key_text key;

	(void)state;
	assert_int_equal(sizeof(region) - 1, API_KEY_REGION_MAX);
	api_key_put(text, str_from(region), UINT64_MAX, secret);
	assert_int_equal(api_key_parse(str_from(text), &key), OK);
	assert_true(str_is(key.region, region));
	assert_true(key.id == UINT64_MAX);
}

static void put_with_long_region(void *arg)
{
	static const char region[] = "abcdefghijklmnopqrstuvwxyz0123456";
	uint8_t secret[SECRET_BYTES] = {0};

	api_key_put(arg, str_from(region), 1, secret);
}

static void test_too_long_a_region_is_a_bug(void **state)
{
	char text[API_KEY_TEXT_MAX];

	(void)state;
	assert_true(dies(put_with_long_region, text));
}

static void test_refusals(void **state)
{
	static const char *const rows[] = {
		"",
		"ctio",
		"ctio_",
		"ctio_us1",
		"ctio_us1_" ID,
		"ctio_us1_" ID "_",
		"ctio__" ID "_" SECRET,
		"CTIO_us1_" ID "_" SECRET,
		"ctio_us1_" ID "_" SECRET "0",
		"ctio_us1_" ID "_" SECRET "_",
		"ctio_us1_" ID "_" SECRET " ",
		" ctio_us1_" ID "_" SECRET,
		"ctio_us1_0" ID "_" SECRET,
		"ctio_us1_0112233445566ff_" SECRET,
		"ctio_us1_00112233445566FF_" SECRET,
		"ctio_us1_0011223344556zff_" SECRET,
		"ctio_us1_" ID
		"_0001020304050607080900A0b0c0d0e0f1011121314151617",
		"ctio_us1_" ID
		"_000102030405060708090A0b0c0d0e0f1011121314151617",
		"ctio_us1_" ID
		"_00010203040506070809gg0b0c0d0e0f1011121314151617",
		"ctio_us1_" ID
		"_0001020304050607080_0a0b0c0d0e0f1011121314151617",
		"ctio_us_1_" ID "_" SECRET,
		"ctio_abcdefghijklmnopqrstuvwxyz0123456_" ID "_" SECRET,
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct api_key_text key = {.id = 7};

		assert_int_equal(
			api_key_parse(str_from(rows[i]), &key), ERR_INVALID);
		assert_true(key.id == 7 && key.region.p == NULL);
	}
}

static void test_ids(void **state)
{
	static const struct {
		const char *text;
		enum err err;
		uint64_t id;
	} rows[] = {
		{"0000000000000000", OK, 0},
		{"ffffffffffffffff", OK, UINT64_MAX},
		{"0123456789abcdef", OK, 0x0123456789abcdef},
		{"0123456789ABCDEF", ERR_INVALID, 0},
		{"0123456789abcde", ERR_INVALID, 0},
		{"0123456789abcdef0", ERR_INVALID, 0},
		{"", ERR_INVALID, 0},
		{"0123456789abcde ", ERR_INVALID, 0},
		{"-123456789abcdef", ERR_INVALID, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[API_KEY_ID_MAX];
		uint64_t id = 77;

		assert_int_equal(api_key_id_parse(str_from(rows[i].text), &id),
			rows[i].err);
		if (rows[i].err) {
			assert_true(id == 77);
			continue;
		}
		assert_true(id == rows[i].id);
		api_key_id_put(text, id);
		assert_string_equal(text, rows[i].text);
	}
}

/* FIPS 180-4's examples. */
static void test_hash(void **state)
{
	static const struct {
		const char *text;
		const char *hex;
	} rows[] = {
		{"abc", "ba7816bf8f01cfea414140de5dae2223"
			"b00361a396177a9cb410ff61f20015ad"},
		{"", "e3b0c44298fc1c149afbf4c8996fb924"
		     "27ae41e4649b934ca495991b7852b855"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint8_t got[SECRET_HASH_BYTES], want[SECRET_HASH_BYTES];

		secret_hash(str_from(rows[i].text), got);
		assert_int_equal(num_parse_hex(str_from(rows[i].hex), want,
					 sizeof(want)),
			OK);
		assert_true(secret_hash_eq(got, want));
		for (size_t at = 0; at < sizeof(got); at++) {
			got[at] ^= 1;
			assert_false(secret_hash_eq(got, want));
			got[at] ^= 1;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_longest_region),
		cmocka_unit_test(test_too_long_a_region_is_a_bug),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
