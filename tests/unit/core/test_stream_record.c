#include "core/stream_record.h"

#include <string.h>

#include "base/bytes.h"
#include "core/record.h"
#include "support/cmocka.h"
#include "support/damage.h"

enum {
	RECORD_MAX = 128
};

static const uint8_t name[HASH128_BYTES] = {
	0xf0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* The key's order is the store's: days first, then accounts. */
static void test_stream_key(void **state)
{
	static const uint8_t want[STREAM_KEY_BYTES] = {0, 0, 0x51, 0x2c, 0, 1,
		0, 0, 0, 0, 0, 7, 0xf0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
		13, 14, 15};
	uint8_t got[STREAM_KEY_BYTES];

	(void)state;
	stream_key_put(got, 20780, (uint64_t)1 << 48 | 7, name);
	assert_memory_equal(got, want, sizeof(want));
}

static struct str key_of(uint8_t to[STREAM_KEY_BYTES])
{
	stream_key_put(to, 20780, 7, name);
	return str_make((const char *)to, STREAM_KEY_BYTES);
}

static void test_stream_round_trips(void **state)
{
	static const struct stream rows[] = {
		{1, 0, STREAM_BATCH},
		{UINT64_MAX, UINT64_MAX, STREAM_SINGLE},
	};
	uint8_t bytes[STREAM_KEY_BYTES];
	struct str key = key_of(bytes);
	struct buf b;

	(void)state;
	buf_init(&b, RECORD_MAX);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct stream got;

		buf_reset(&b);
		stream_record_put(&b, key, &rows[i]);
		assert_int_equal(
			stream_record_get(buf_view(&b), key, &got), OK);
		assert_true(got.id == rows[i].id);
		assert_true(got.created_ms == rows[i].created_ms);
		assert_int_equal(got.kind, rows[i].kind);
		/* Found under another key it is not believed. */
		bytes[0] ^= 1;
		assert_int_equal(stream_record_get(buf_view(&b), key, &got),
			ERR_CORRUPT);
		bytes[0] ^= 1;
	}
	buf_deinit(&b);
}

static void test_stream_odd_bodies(void **state)
{
	static const struct {
		uint8_t version, kind;
		enum err err;
	} rows[] = {
		{1, 1, OK},
		{1, 2, OK},
		{1, 0, ERR_CORRUPT},
		{1, 3, ERR_CORRUPT},
		{1, 255, ERR_CORRUPT},
		{2, 1, ERR_VERSION},
	};
	uint8_t bytes[STREAM_KEY_BYTES];
	struct str key = key_of(bytes);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct stream got;
		struct writer w;
		struct buf b;

		buf_init(&b, RECORD_MAX);
		record_begin(&w, &b, rows[i].version);
		writer_be64(&w, 1);
		writer_varint(&w, 2);
		writer_u8(&w, rows[i].kind);
		record_seal_keyed(&w, key);
		assert_int_equal(stream_record_get(buf_view(&b), key, &got),
			rows[i].err);
		buf_deinit(&b);
	}
}

static void test_range_round_trips(void **state)
{
	static const struct range rows[] = {
		{0, 1, 1},
		{4096, 4096, (uint64_t)1 << 48 | 77},
		{UINT64_MAX, UINT64_MAX, UINT64_MAX},
	};
	uint8_t bytes[RANGE_KEY_BYTES] = {0};
	struct str key = str_make((const char *)bytes, sizeof(bytes));
	struct range got;
	struct buf b;

	(void)state;
	buf_init(&b, RECORD_MAX);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		range_key_put(bytes, 99, rows[i].line);
		assert_true(get_be64(bytes) == 99);
		assert_true(get_be64(bytes + 8) == rows[i].line);
		buf_reset(&b);
		range_record_put(&b, key, &rows[i]);
		assert_int_equal(range_record_get(buf_view(&b), key, &got), OK);
		assert_true(got.line == rows[i].line);
		assert_true(got.count == rows[i].count);
		assert_true(got.token == rows[i].token);
		bytes[15] ^= 1; /* another line's */
		assert_int_equal(
			range_record_get(buf_view(&b), key, &got), ERR_CORRUPT);
		bytes[15] ^= 1;
	}
	/* A key of another length is none of ours. */
	assert_int_equal(range_record_get(buf_view(&b), STR("short"), &got),
		ERR_CORRUPT);
	buf_deinit(&b);
}

static void test_change_round_trips(void **state)
{
	static const struct token_change rows[] = {
		{false, false, 0, 0},
		{true, false, 0, 1795412520123},
		{false, true, UINT64_MAX, UINT64_MAX},
		{true, true, 0, 5},
	};
	char bytes[8] = {0};
	struct str key = str_make(bytes, sizeof(bytes));
	struct buf b;

	(void)state;
	put_be64(bytes, 31415926);
	buf_init(&b, RECORD_MAX);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct token_change got;

		buf_reset(&b);
		token_change_put(&b, key, &rows[i]);
		assert_int_equal(token_change_get(buf_view(&b), key, &got), OK);
		assert_int_equal(got.revoked, rows[i].revoked);
		assert_int_equal(got.has_expires, rows[i].has_expires);
		assert_true(got.expires_ms == rows[i].expires_ms);
		assert_true(got.changed_ms == rows[i].changed_ms);
		bytes[7] ^= 1;
		assert_int_equal(
			token_change_get(buf_view(&b), key, &got), ERR_CORRUPT);
		bytes[7] ^= 1;
	}
	buf_deinit(&b);
}

/* For check_damage(): a key, which the records lie under. */
static enum err read_stream(struct str bytes, void *arg)
{
	struct stream got;

	return stream_record_get(bytes, *(struct str *)arg, &got);
}

static enum err read_range(struct str bytes, void *arg)
{
	struct range got;

	return range_record_get(bytes, *(struct str *)arg, &got);
}

static enum err read_change(struct str bytes, void *arg)
{
	struct token_change got;

	return token_change_get(bytes, *(struct str *)arg, &got);
}

static void test_damage(void **state)
{
	const struct stream stream = {1, 1795412520123, STREAM_BATCH};
	const struct range range = {3, 70000, 5};
	const struct token_change change = {true, true, 300, 400};
	uint8_t bytes[STREAM_KEY_BYTES] = {0};
	struct str key = key_of(bytes);
	struct buf b;

	(void)state;
	buf_init(&b, RECORD_MAX);
	stream_record_put(&b, key, &stream);
	check_damage(&b, read_stream, &key);
	buf_reset(&b);
	key.n = RANGE_KEY_BYTES;
	range_record_put(&b, key, &range);
	check_damage(&b, read_range, &key);
	buf_reset(&b);
	key.n = 8;
	token_change_put(&b, key, &change);
	check_damage(&b, read_change, &key);
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stream_key),
		cmocka_unit_test(test_stream_round_trips),
		cmocka_unit_test(test_stream_odd_bodies),
		cmocka_unit_test(test_range_round_trips),
		cmocka_unit_test(test_change_round_trips),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
