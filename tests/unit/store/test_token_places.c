/* What taps remember of where blocks lie is only ever a hint: through mints,
 * rewrites and deletes they read what a search would find. */
#include "store/token_places.h"

#include "store/block_builder.h"
#include "store/token_near.h"
#include "store/token_store.h"
#include "unit/store/links_store.h"

enum {
	FIRST = 100,
	TOKENS = 4000,
	MINTED_MS = 1000,
};

static struct links_store s;
static struct block_builder builder;
static struct token_places places;
static struct db_cursor cursor;

/* Texts of their own, so long that blocks have pages of their own. */
static void mint(uint64_t first, uint64_t n)
{
	struct token_shape shape = {.account = 5, .link = 6};
	struct buf shape_bytes, bytes;

	buf_init(&shape_bytes, SHAPE_BYTES_MAX);
	buf_init(&bytes, SHAPE_BYTES_MAX);
	token_shape_put(&shape_bytes, &shape);
	block_builder_begin(
		&builder, links_store_begin(&s), first, 1, MINTED_MS);
	for (uint64_t i = first; i < first + n; i++) {
		char text[64];
		struct token_tail tail = {0};

		(void)snprintf(text, sizeof(text), "user-%u", (unsigned)i);
		tail.recipient = str_from(text);
		buf_reset(&bytes);
		token_tail_put(&bytes, &tail, 0);
		assert_true(block_builder_add(&builder, buf_view(&shape_bytes),
				    buf_view(&bytes)) == i);
	}
	block_builder_end(&builder);
	links_store_commit(&s);
	buf_deinit(&shape_bytes);
	buf_deinit(&bytes);
}

static int setup(void **state)
{
	(void)state;
	links_store_init(&s, 0);
	block_builder_init(&builder);
	memset(&places, 0, sizeof(places));
	memset(&cursor, 0, sizeof(cursor));
	mint(FIRST, TOKENS);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	db_cursor_deinit(&cursor);
	token_places_deinit(&places);
	block_builder_deinit(&builder);
	links_store_deinit(&s);
	return 0;
}

static struct db_txn *begin(void)
{
	struct db_txn *t;

	db_reader_reset(&s.reader);
	token_places_refresh(&places, s.links.env);
	t = links_store_read(&s);
	db_cursor_renew(t, LINKS_BLOCKS, &cursor);
	return t;
}

static bool is_kept(uint64_t number)
{
	struct str record;
	uint64_t last;

	return token_places_find(&places, number, &last, &record);
}

static void check(struct db_txn *t, uint64_t number)
{
	struct stored_token got, want;
	enum err e = token_by_number(t, number, &want);

	assert_int_equal(token_minted(&cursor, &places, number, &got), e);
	if (e)
		return;
	assert_true(got.number == number && got.nonce == want.nonce);
	assert_true(str_eq(got.tail.recipient, want.tail.recipient));
}

static uint64_t check_all(struct db_txn *t, uint64_t end)
{
	uint64_t kept = 0;

	for (uint64_t i = 0; i < end + 200; i++) {
		uint64_t n = i * 7919 % (end + 200);

		kept += is_kept(n);
		check(t, n);
	}
	return kept;
}

static void test_kept_through_mints(void **state)
{
	uint64_t end = FIRST + TOKENS, kept;

	(void)state;
	(void)check_all(begin(), end);
	for (int round = 0; round < 3; round++) {
		mint(end + 50, 1000);
		kept = check_all(begin(), end + 50);
		/* All but the last block, which is a small one. */
		assert_true(kept >= TOKENS - 600);
		end += 1050;
		(void)check_all(begin(), end);
	}
}

/* Those that are known are found, whatever is around them. */
static void test_near(void **state)
{
	enum {
		AT_ONCE = 16
	};
	uint64_t end = FIRST + TOKENS, found = 0;
	struct token_near tokens[AT_ONCE];
	struct db_txn *t = begin();

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (uint64_t n = 0; n < end + 200; n += AT_ONCE) {
			for (size_t i = 0; i < AT_ONCE; i++)
				tokens[i] = (struct token_near){
					&places, .number = n + i};
			tokens_near(tokens, AT_ONCE);
			for (size_t i = 0; i < AT_ONCE; i++) {
				uint64_t number = n + i;

				assert_true(
					tokens[i].is_known <= is_kept(number));
				found += tokens[i].is_known;
				check(t, number);
			}
		}
		/* At first nothing but what the checks have found. */
		assert_true(
			round == 0 ? found < TOKENS : found >= TOKENS - 600);
		found = 0;
	}
	tokens_near(tokens, 0);
}

static void test_rewritten(void **state)
{
	struct block block;
	struct str record;
	struct buf other;
	uint64_t last;

	(void)state;
	(void)check_all(begin(), FIRST + TOKENS);
	assert_true(token_places_find(&places, FIRST + 500, &last, &record));
	buf_init(&other, BLOCK_BYTES_MAX);
	buf_str(&other, record);
	other.p[other.n / 2] ^= 1;
	db_put(links_store_begin(&s), LINKS_BLOCKS, DB_KEY64(last),
		buf_view(&other));
	links_store_commit(&s);
	buf_deinit(&other);
	/* It is damaged now, and no tap is served from what it was. */
	(void)begin();
	assert_false(is_kept(FIRST + 500));
	assert_int_equal(
		token_block_from(&s.reader, FIRST + 500, &block), ERR_CORRUPT);
	check(&s.reader, FIRST + 500);
	(void)check_all(&s.reader, FIRST + TOKENS);
}

static void test_deleted(void **state)
{
	struct str record;
	uint64_t last;
	struct stored_token token;

	(void)state;
	(void)check_all(begin(), FIRST + TOKENS);
	assert_true(token_places_find(&places, FIRST + 500, &last, &record));
	db_delete(links_store_begin(&s), LINKS_BLOCKS, DB_KEY64(last));
	links_store_commit(&s);
	(void)begin();
	assert_int_equal(
		token_minted(&cursor, &places, last, &token), ERR_NOT_FOUND);
	(void)check_all(&s.reader, FIRST + TOKENS);
}

/* A place that has come to name other bytes is not believed. */
static void test_wrong_hint(void **state)
{
	struct str record;
	uint64_t last;

	(void)state;
	(void)check_all(begin(), FIRST + TOKENS);
	assert_true(token_places_find(&places, FIRST + 500, &last, &record));
	token_places_add(&places, FIRST + 2000, FIRST + 2100, record);
	token_places_add(&places, last - 300, last, record);
	(void)check_all(&s.reader, FIRST + TOKENS);
}

/* Records that share a leaf page move with it. */
static void test_small_is_not_kept(void **state)
{
	(void)state;
	mint(FIRST + TOKENS, 1);
	(void)begin();
	check(&s.reader, FIRST + TOKENS);
	assert_false(is_kept(FIRST + TOKENS));
}

/* Numbers far apart share a place: the last one has it. */
static void test_far_apart(void **state)
{
	const uint64_t far =
		(uint64_t)TOKEN_PLACES_RUNS * TOKEN_PLACES_RUN + FIRST;

	(void)state;
	mint(far, TOKENS);
	(void)begin();
	for (int round = 0; round < 2; round++) {
		for (uint64_t i = 0; i < TOKENS; i += 37) {
			check(&s.reader, FIRST + i);
			check(&s.reader, far + i);
			assert_false(is_kept(FIRST + i) && is_kept(far + i));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_kept_through_mints, setup, teardown),
		cmocka_unit_test_setup_teardown(test_near, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_rewritten, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deleted, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_wrong_hint, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_small_is_not_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_far_apart, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
