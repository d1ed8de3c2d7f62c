#include "core/api_key_record.h"

#include <string.h>

#include "core/record.h"
#include "support/cmocka.h"
#include "support/damage.h"

enum {
	RECORD_MAX = 256
};

static struct api_key full(void)
{
	struct api_key k = {
		.id = UINT64_MAX,
		.account = (uint64_t)1 << 48 | 3,
		.scopes = SCOPE_MINT | SCOPE_ERASE,
		.created_ms = 1795412520123,
		.expires_ms = UINT64_MAX,
		.revoked_ms = 1795412520124,
	};

	for (size_t i = 0; i < sizeof(k.hash); i++)
		k.hash[i] = (uint8_t)(200 + i);
	return k;
}

static void test_round_trips(void **state)
{
	struct api_key rows[] = {full(), {.id = 1, .account = 2}};
	struct api_key got;
	struct buf b;

	(void)state;
	buf_init(&b, RECORD_MAX);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buf_reset(&b);
		api_key_record_put(&b, &rows[i]);
		assert_int_equal(api_key_record_get(buf_view(&b), &got), OK);
		assert_true(got.id == rows[i].id);
		assert_true(got.account == rows[i].account);
		assert_int_equal(got.scopes, rows[i].scopes);
		assert_true(got.created_ms == rows[i].created_ms);
		assert_true(got.expires_ms == rows[i].expires_ms);
		assert_true(got.revoked_ms == rows[i].revoked_ms);
		assert_memory_equal(
			got.hash, rows[i].hash, sizeof(rows[i].hash));
	}
	buf_deinit(&b);
}

static enum err read(struct str bytes, void *arg)
{
	return api_key_record_get(bytes, arg);
}

static void test_damage(void **state)
{
	struct api_key k = full(), got;
	struct buf b;

	(void)state;
	buf_init(&b, RECORD_MAX);
	api_key_record_put(&b, &k);
	check_damage(&b, read, &got);
	buf_deinit(&b);
}

static void test_odd_bodies(void **state)
{
	static const struct {
		size_t version, hash_n;
		enum err err;
	} rows[] = {
		{1, SECRET_HASH_BYTES, OK},
		{2, SECRET_HASH_BYTES, ERR_VERSION},
		{1, SECRET_HASH_BYTES - 1, ERR_CORRUPT},
		{1, SECRET_HASH_BYTES + 1, ERR_CORRUPT},
		{1, 0, ERR_CORRUPT},
	};
	static const uint8_t hash[SECRET_HASH_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct api_key got = {.id = 7};
		struct writer w;
		struct buf b;

		buf_init(&b, RECORD_MAX);
		record_begin(&w, &b, (uint8_t)rows[i].version);
		writer_be64(&w, 1);
		writer_be64(&w, 2);
		writer_u8(&w, SCOPES_ALL);
		for (int n = 0; n < 3; n++)
			writer_varint(&w, 0);
		writer_raw(&w, hash, rows[i].hash_n);
		record_seal(&w);
		assert_int_equal(
			api_key_record_get(buf_view(&b), &got), rows[i].err);
		assert_true(got.id == (rows[i].err ? 7 : 1));
		buf_deinit(&b);
	}
}

/* The bits are stored: they never change. */
static void test_scopes(void **state)
{
	static const struct {
		const char *name;
		uint8_t bit;
	} rows[] = {{"mint", 1}, {"links", 2}, {"read", 4}, {"erase", 8}};
	static const char *const bad[] = {
		"", "Mint", "mints", "min", "admin", "mint,links"};
	uint8_t bit = 77;

	(void)state;
	assert_int_equal(COUNT_OF(rows), SCOPES_N);
	for (unsigned i = 0; i < SCOPES_N; i++) {
		assert_string_equal(api_scope_name(i), rows[i].name);
		assert_int_equal(
			api_scope_parse(str_from(rows[i].name), &bit), OK);
		assert_int_equal(bit, rows[i].bit);
	}
	bit = 77;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(
			api_scope_parse(str_from(bad[i]), &bit), ERR_INVALID);
	assert_int_equal(bit, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_odd_bodies),
		cmocka_unit_test(test_scopes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
