#include "store/token_store.h"

#include "store/block_builder.h"
#include "unit/store/links_store.h"

enum {
	MINTED_MS = 1000,
	TTL_MS = 500
};

static struct links_store s;
static struct block_builder builder;
static struct token_places places;

/* Numbers 10 to 19: every third one refused; odd ones have a ttl. Then, after
 * a gap, 30. */
static int setup(void **state)
{
	struct token_shape shape = {
		.account = 5, .link = 6, .names_n = 1, .names = {STR("cart")}};
	struct token_tail tail = {.recipient = STR("user"),
		.ref = STR(""),
		.values = {STR("A7")}};
	struct buf plain, with_ttl, bytes;

	(void)state;
	links_store_init(&s, 0);
	block_builder_init(&builder);
	buf_init(&plain, SHAPE_BYTES_MAX);
	buf_init(&with_ttl, SHAPE_BYTES_MAX);
	buf_init(&bytes, SHAPE_BYTES_MAX);
	token_shape_put(&plain, &shape);
	shape.ttl_ms = TTL_MS;
	token_shape_put(&with_ttl, &shape);
	token_tail_put(&bytes, &tail, 1);
	block_builder_begin(&builder, links_store_begin(&s), 10, 1, MINTED_MS);
	for (uint64_t n = 10; n < 20; n++) {
		if (n % 3 == 0)
			(void)block_builder_refuse(&builder, n, STR("{}"));
		else
			(void)block_builder_add(&builder,
				buf_view(n % 2 ? &with_ttl : &plain),
				buf_view(&bytes));
	}
	block_builder_end(&builder);
	block_builder_begin(&builder, &s.writer, 30, 1, MINTED_MS);
	(void)block_builder_add(&builder, buf_view(&plain), buf_view(&bytes));
	block_builder_end(&builder);
	links_store_commit(&s);
	buf_deinit(&plain);
	buf_deinit(&with_ttl);
	buf_deinit(&bytes);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	token_places_deinit(&places);
	block_builder_deinit(&builder);
	links_store_deinit(&s);
	return 0;
}

static void test_by_number(void **state)
{
	struct db_txn *t = links_store_read(&s);

	(void)state;
	for (uint64_t n = 0; n < 40; n++) {
		bool is_token = (n >= 10 && n < 20 && n % 3) || n == 30;
		struct stored_token token;

		assert_int_equal(token_by_number(t, n, &token),
			is_token ? OK : ERR_NOT_FOUND);
		if (!is_token)
			continue;
		assert_true(token.number == n);
		assert_int_equal(token.key_version, 1);
		assert_int_equal(token.minted_ms, MINTED_MS);
		assert_false(token.revoked);
		assert_int_equal(
			token.expires_ms, n % 2 ? MINTED_MS + TTL_MS : 0);
		assert_true(token.shape.account == 5 && token.shape.link == 6);
		assert_true(str_is(token.tail.recipient, "user"));
		assert_true(str_is(token.tail.values[0], "A7"));
	}
}

static void test_entries(void **state)
{
	struct db_txn *t = links_store_read(&s);
	struct block_entry entry;
	struct block block;

	(void)state;
	assert_int_equal(token_entry(t, 12, &block, &entry), OK);
	assert_true(entry.refused && entry.line_hash == 12);
	assert_true(str_is(entry.refusal, "{}"));
	assert_int_equal(token_entry(t, 25, &block, &entry), ERR_NOT_FOUND);
	assert_int_equal(token_entry(t, 31, &block, &entry), ERR_NOT_FOUND);
	/* The walk goes on over gaps. */
	assert_int_equal(token_block_from(t, 0, &block), OK);
	assert_true(block.first == 10 && block.last == 19);
	assert_int_equal(token_block_from(t, 20, &block), OK);
	assert_true(block.first == 30 && block.last == 30);
	assert_int_equal(token_block_from(t, 31, &block), ERR_NOT_FOUND);
	assert_int_equal(
		token_block_from(t, UINT64_MAX, &block), ERR_NOT_FOUND);
}

static void change(uint64_t number, const struct token_change *c)
{
	struct db_key64 key = db_key64(number);
	struct buf b;

	buf_init(&b, 64);
	token_change_put(&b, str_make(key.bytes, sizeof(key.bytes)), c);
	apply_token_change(links_store_begin(&s), number, buf_view(&b));
	links_store_commit(&s);
	buf_deinit(&b);
}

static void test_changes(void **state)
{
	static const struct {
		uint64_t number;
		struct token_change change;
		bool revoked;
		uint64_t expires_ms;
	} rows[] = {
		{10, {true, false, 0, 1}, true, 0},
		{11, {true, false, 0, 1}, true, MINTED_MS + TTL_MS},
		{11, {false, true, 77, 1}, false, 77},
		{11, {false, true, 0, 1}, false, 0}, /* null: never */
		{10, {true, true, 99, 1}, true, 99},
		{10, {false, false, 99, 1}, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct stored_token token;
		struct token_change got;
		uint64_t records;

		change(rows[i].number, &rows[i].change);
		records = links_store_records(&s);
		change(rows[i].number, &rows[i].change);
		assert_true(links_store_records(&s) == records);
		assert_int_equal(token_by_number(links_store_read(&s),
					 rows[i].number, &token),
			OK);
		assert_int_equal(token.revoked, rows[i].revoked);
		assert_true(token.expires_ms == rows[i].expires_ms);
		assert_int_equal(
			token_change_of(&s.reader, rows[i].number, &got), OK);
		assert_int_equal(got.changed_ms, 1);
	}
	{
		struct token_change got;

		assert_int_equal(
			token_change_of(&s.reader, 13, &got), ERR_NOT_FOUND);
	}
}

static void check_equal(
	const struct stored_token *a, const struct stored_token *b)
{
	assert_true(a->number == b->number && a->nonce == b->nonce);
	assert_int_equal(a->key_version, b->key_version);
	assert_true(a->minted_ms == b->minted_ms);
	assert_int_equal(a->revoked, b->revoked);
	assert_true(a->expires_ms == b->expires_ms);
	assert_true(a->shape.account == b->shape.account);
	assert_true(a->shape.link == b->shape.link);
	assert_int_equal(a->shape.names_n, b->shape.names_n);
	assert_true(str_eq(a->tail.recipient, b->tail.recipient));
	assert_true(str_eq(a->tail.values[0], b->tail.values[0]));
}

/* Through one cursor, in any order, over several snapshots: the same as by
 * number once the changes are added, and as it was minted before. */
static void test_minted(void **state)
{
	const struct token_change revoked = {true, true, 77, 1};
	struct db_cursor blocks = {0};

	(void)state;
	for (uint64_t pass = 0; pass < 3; pass++) {
		struct db_txn *t;

		if (pass == 1)
			change(16, &revoked);
		db_reader_reset(&s.reader);
		token_places_refresh(&places, s.links.env);
		t = links_store_read(&s);
		db_cursor_renew(t, LINKS_BLOCKS, &blocks);
		for (uint64_t i = 0; i < 40; i++) {
			uint64_t n = i * 17 % 40;
			struct stored_token want, got;
			enum err e = token_by_number(t, n, &want);

			assert_int_equal(
				token_minted(&blocks, &places, n, &got), e);
			if (e)
				continue;
			assert_false(got.revoked);
			assert_true(got.expires_ms ==
				    (n % 2 ? MINTED_MS + TTL_MS : 0));
			assert_int_equal(token_add_change(t, &got), OK);
			check_equal(&got, &want);
			assert_int_equal(got.revoked, pass > 0 && n == 16);
			assert_true(n != 16 || !pass || got.expires_ms == 77);
		}
	}
	assert_int_equal(s.reader.err, OK);
	db_cursor_deinit(&blocks);
}

/* The transaction's own errors are told as such, not as a missing token. */
static void test_minted_errors(void **state)
{
	struct stored_token token;
	struct db_cursor blocks = {0};
	struct db_txn *t = links_store_begin(&s);

	(void)state;
	apply_token_change(t, 10, STR("nonsense that is long enough"));
	db_put(t, LINKS_BLOCKS, DB_KEY64(40), STR("nonsense, long enough"));
	links_store_commit(&s);
	t = links_store_read(&s);
	db_cursor_renew(t, LINKS_BLOCKS, &blocks);
	assert_int_equal(
		token_minted(&blocks, &places, 35, &token), ERR_CORRUPT);
	assert_int_equal(
		token_minted(&blocks, &places, 41, &token), ERR_NOT_FOUND);
	assert_int_equal(token_minted(&blocks, &places, 10, &token), OK);
	assert_int_equal(token_add_change(t, &token), ERR_CORRUPT);
	assert_int_equal(token_minted(&blocks, &places, 11, &token), OK);
	assert_int_equal(token_add_change(t, &token), OK);
	db_fail(t, ERR_NOMEM);
	assert_int_equal(token_minted(&blocks, &places, 11, &token), ERR_NOMEM);
	assert_int_equal(token_add_change(t, &token), ERR_NOMEM);
	db_cursor_deinit(&blocks);
}

/* A damaged change hides nothing: a revoked token must not come back. */
static void test_damage_is_told(void **state)
{
	struct stored_token token;
	struct db_txn *t = links_store_begin(&s);

	(void)state;
	apply_token_change(t, 10, STR("nonsense that is long enough"));
	db_put(t, LINKS_BLOCKS, DB_KEY64(40), STR("nonsense, long enough"));
	links_store_commit(&s);
	t = links_store_read(&s);
	assert_int_equal(token_by_number(t, 10, &token), ERR_CORRUPT);
	assert_int_equal(token_by_number(t, 11, &token), OK);
	assert_int_equal(token_by_number(t, 35, &token), ERR_CORRUPT);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_by_number),
		WITH_STORE(test_entries),
		WITH_STORE(test_changes),
		WITH_STORE(test_minted),
		WITH_STORE(test_minted_errors),
		WITH_STORE(test_damage_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
