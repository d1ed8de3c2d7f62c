#include "store/links.h"

#include "core/record.h"
#include "core/token_block.h"
#include "store/block_builder.h"
#include "unit/store/links_store.h"

enum {
	SHARD = 3
};

static struct links_store s;

static int setup(void **state)
{
	(void)state;
	links_store_init(&s, SHARD);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	links_store_deinit(&s);
	return 0;
}

static void test_numbers(void **state)
{
	(void)state;
	assert_true(links_number(0, 1) == 1);
	assert_true(links_number(3, 5) == ((uint64_t)3 << 48 | 5));
	assert_true(links_sequence(links_number(65535, 7)) == 7);
	assert_true(links_number(65535, ((uint64_t)1 << 48) - 1) == UINT64_MAX);
}

static void test_new(void **state)
{
	uint64_t next;

	(void)state;
	assert_int_equal(links_next_id(links_store_read(&s), &next), OK);
	assert_true(next == links_number(SHARD, 1));
	assert_int_equal(
		links_next_token(links_store_read(&s), SHARD, &next), OK);
	assert_true(next == links_number(SHARD, 1));
}

static void test_ids_survive(void **state)
{
	struct db_txn *t = links_store_begin(&s);
	uint64_t next;

	(void)state;
	links_put_next_id(t, links_number(SHARD, 43));
	links_store_commit(&s);
	links_store_reopen(&s);
	assert_int_equal(links_next_id(links_store_read(&s), &next), OK);
	assert_true(next == links_number(SHARD, 43));
}

/* A block of one token, written as the last number. */
static void put_block(struct db_txn *t, uint64_t last)
{
	struct db_key64 key = db_key64(last);
	struct block_draft d;
	struct buf b;

	block_draft_init(&d);
	block_draft_reset(&d, 0, 1);
	assert_int_equal(block_draft_add(&d, STR("s"), 1, STR("t"), 4080), OK);
	buf_init(&b, 4080);
	block_draft_put(&b, &d, str_make(key.bytes, sizeof(key.bytes)));
	apply_block(t, last, buf_view(&b));
	buf_deinit(&b);
	block_draft_deinit(&d);
}

static void test_tokens_survive(void **state)
{
	struct db_txn *t = links_store_begin(&s);
	uint64_t next;

	(void)state;
	put_block(t, links_number(SHARD, 10));
	put_block(t, links_number(SHARD, 17));
	put_block(t, links_number(SHARD, 17)); /* again, if need be */
	/* Other nodes' shards, above and below, do not count. */
	put_block(t, links_number(SHARD + 1, 99));
	put_block(t, links_number(SHARD - 1, 77));
	links_store_commit(&s);
	links_store_reopen(&s);
	t = links_store_read(&s);
	assert_int_equal(links_next_token(t, SHARD, &next), OK);
	assert_true(next == links_number(SHARD, 18));
	assert_int_equal(db_count(t, LINKS_BLOCKS), 4);
}

static void test_last_shard(void **state)
{
	struct links_store last;
	uint64_t next;

	(void)state;
	links_store_init(&last, 65535);
	put_block(links_store_begin(&last), links_number(65535, 5));
	links_store_commit(&last);
	assert_int_equal(
		links_next_token(links_store_read(&last), 65535, &next), OK);
	assert_true(next == links_number(65535, 6));
	links_store_deinit(&last);
}

static void test_blocks_of_others_alone(void **state)
{
	struct db_txn *t = links_store_begin(&s);
	uint64_t next;

	(void)state;
	put_block(t, links_number(SHARD - 1, 77));
	links_store_commit(&s);
	assert_int_equal(
		links_next_token(links_store_read(&s), SHARD, &next), OK);
	assert_true(next == links_number(SHARD, 1));
}

static void put_meta(const char *name, uint8_t version, uint64_t value)
{
	struct writer w;
	struct buf b;

	buf_init(&b, 64);
	record_begin(&w, &b, version);
	writer_be64(&w, value);
	record_seal_keyed(&w, str_from(name));
	db_put(links_store_begin(&s), LINKS_META, str_from(name), buf_view(&b));
	links_store_commit(&s);
	buf_deinit(&b);
}

static enum err open_again(uint16_t shard)
{
	struct links links;
	enum err e;

	db_reader_deinit(&s.reader);
	links_close(&s.links);
	s.links.env = NULL;
	e = links_open(s.dir, shard, &links);
	if (!e)
		links_close(&links);
	else
		assert_null(links.env);
	return e;
}

/* Leaves it closed: teardown copes. */
static void test_another_shard_is_refused(void **state)
{
	(void)state;
	assert_int_equal(open_again(SHARD + 1), ERR_CONFLICT);
}

static void test_newer_format_is_refused(void **state)
{
	(void)state;
	put_meta("format", 1, 3);
	assert_int_equal(open_again(SHARD), ERR_VERSION);
}

static void test_older_format_is_refused(void **state)
{
	(void)state;
	put_meta("format", 1, 1);
	assert_int_equal(open_again(SHARD), ERR_VERSION);
}

static void test_newer_record_is_refused(void **state)
{
	(void)state;
	put_meta("format", 2, 2);
	assert_int_equal(open_again(SHARD), ERR_VERSION);
}

/* As a version made it that had no more tables than these. */
static void make_older(struct db_txn *t, void *arg)
{
	static const char *const names[] = {
		"format", "shard", "next_id", "first_token"};

	(void)arg;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct str record;

		assert_true(db_get(links_store_read(&s), LINKS_META,
			str_from(names[i]), &record));
		db_put(t, 0, str_from(names[i]), record);
	}
}

static void test_tables_of_later_are_made(void **state)
{
	static const char *const tables[] = {"meta", "accounts"};
	const struct db_options options = {
		.map_bytes = 1 << 24, .tables = tables, .tables_n = 2};
	char dir[PATH_MAX + 32];
	struct links older;
	struct db_txn t;

	(void)state;
	(void)snprintf(dir, sizeof(dir), "%s/older", s.temp.path);
	assert_int_equal(db_create(dir, &options, make_older, NULL), OK);
	assert_int_equal(links_open(dir, SHARD, &older), OK);
	assert_int_equal(db_begin(older.env, &t), OK);
	for (unsigned table = 0; table < LINKS_TABLES_N; table++)
		if (table != LINKS_META)
			assert_int_equal(db_count(&t, table), 0);
	db_put(&t, LINKS_WEBHOOKS, STR("k"), STR("v"));
	assert_int_equal(db_commit(&t), OK);
	links_close(&older);
}

static void test_missing_meta_is_corrupt(void **state)
{
	(void)state;
	db_delete(links_store_begin(&s), LINKS_META, STR("shard"));
	links_store_commit(&s);
	assert_int_equal(open_again(SHARD), ERR_CORRUPT);
}

static void test_damaged_meta_is_corrupt(void **state)
{
	(void)state;
	db_put(links_store_begin(&s), LINKS_META, STR("format"),
		STR("\x01\0\0\0\0\0\0\0\x01seedless"));
	links_store_commit(&s);
	assert_int_equal(open_again(SHARD), ERR_CORRUPT);
}

static void test_damaged_next_id_is_told(void **state)
{
	uint64_t next = 7;

	(void)state;
	db_put(links_store_begin(&s), LINKS_META, STR("next_id"), STR("x"));
	links_store_commit(&s);
	assert_int_equal(
		links_next_id(links_store_read(&s), &next), ERR_CORRUPT);
	assert_int_equal(next, 7);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		WITH_STORE(test_new),
		WITH_STORE(test_ids_survive),
		WITH_STORE(test_tokens_survive),
		cmocka_unit_test(test_last_shard),
		WITH_STORE(test_blocks_of_others_alone),
		WITH_STORE(test_another_shard_is_refused),
		WITH_STORE(test_newer_format_is_refused),
		WITH_STORE(test_older_format_is_refused),
		WITH_STORE(test_newer_record_is_refused),
		WITH_STORE(test_tables_of_later_are_made),
		WITH_STORE(test_missing_meta_is_corrupt),
		WITH_STORE(test_damaged_meta_is_corrupt),
		WITH_STORE(test_damaged_next_id_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
