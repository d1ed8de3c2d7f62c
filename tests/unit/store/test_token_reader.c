#include "store/token_reader.h"

#include "store/block_builder.h"
#include "store/token_store.h"
#include "unit/store/links_store.h"

enum {
	FIRST = 10,
	TOKENS = 3000, /* of many blocks */
	GAP = 50,
	MINTED_MS = 1000,
};

static struct links_store s;
static struct block_builder builder;
static struct token_reader reader;
static struct db_cursor cursor;

static bool is_refused(uint64_t n)
{
	return n % 7 == 0;
}

/* Refused lines among them, two kinds of shapes, texts of their own. */
static void mint(uint64_t first, uint64_t n)
{
	struct token_shape shape = {
		.account = 5, .link = 6, .names_n = 1, .names = {STR("cart")}};
	struct buf shapes[2], bytes;

	for (size_t i = 0; i < 2; i++) {
		buf_init(&shapes[i], SHAPE_BYTES_MAX);
		shape.campaign = i;
		token_shape_put(&shapes[i], &shape);
	}
	buf_init(&bytes, SHAPE_BYTES_MAX);
	block_builder_begin(
		&builder, links_store_begin(&s), first, 1, MINTED_MS);
	for (uint64_t i = first; i < first + n; i++) {
		char recipient[32], cart[32];
		struct token_tail tail = {0};

		(void)snprintf(
			recipient, sizeof(recipient), "user-%u", (unsigned)i);
		(void)snprintf(cart, sizeof(cart), "cart-%u", (unsigned)i);
		tail.recipient = str_from(recipient);
		tail.values[0] = str_from(cart);
		buf_reset(&bytes);
		token_tail_put(&bytes, &tail, 1);
		if (is_refused(i))
			(void)block_builder_refuse(&builder, i, STR("{}"));
		else
			(void)block_builder_add(&builder,
				buf_view(&shapes[i / 100 % 2]),
				buf_view(&bytes));
	}
	block_builder_end(&builder);
	links_store_commit(&s);
	buf_deinit(&shapes[0]);
	buf_deinit(&shapes[1]);
	buf_deinit(&bytes);
}

static int setup(void **state)
{
	(void)state;
	links_store_init(&s, 0);
	block_builder_init(&builder);
	memset(&reader, 0, sizeof(reader));
	memset(&cursor, 0, sizeof(cursor));
	mint(FIRST, TOKENS);
	mint(FIRST + TOKENS + GAP, TOKENS);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	token_reader_end(&reader);
	db_cursor_deinit(&cursor);
	block_builder_deinit(&builder);
	links_store_deinit(&s);
	return 0;
}

static struct db_txn *begin(void)
{
	struct db_txn *t = links_store_read(&s);

	db_cursor_renew(t, LINKS_BLOCKS, &cursor);
	token_reader_begin(&reader, &cursor);
	return t;
}

/* The same as the store's own way of reading one. */
static void check(struct db_txn *t, uint64_t number)
{
	struct minted_token got;
	struct stored_token want;
	enum err e = token_by_number(t, number, &want);

	assert_int_equal(token_reader_get(&reader, number, &got), e);
	if (e)
		return;
	assert_true(got.number == number);
	assert_int_equal(got.nonce, want.nonce);
	assert_int_equal(got.key_version, want.key_version);
	assert_true(got.shape->account == want.shape.account &&
		    got.shape->link == want.shape.link &&
		    got.shape->campaign == want.shape.campaign);
	assert_int_equal(got.shape->names_n, 1);
	assert_true(str_eq(got.shape->names[0], want.shape.names[0]));
	assert_true(str_eq(got.tail.recipient, want.tail.recipient));
	assert_true(str_eq(got.tail.values[0], want.tail.values[0]));
}

static void test_all(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++) {
		struct db_txn *t = begin();
		uint64_t end = FIRST + 2 * TOKENS + GAP + 5;

		for (uint64_t n = 0; n < end; n++)
			check(t, round == 1 ? end - n : n * 991 % end);
		check(t, UINT64_MAX);
		token_reader_end(&reader);
	}
}

/* A commit in between is seen, and what it damages. */
static void test_commits_are_seen(void **state)
{
	uint64_t late = FIRST + 2 * TOKENS + GAP, before, era;
	struct minted_token token;
	struct block block;
	struct db_txn *t;

	(void)state;
	t = begin();
	before = db_snapshot(t);
	era = reader.era;
	check(t, FIRST);
	check(t, late);
	assert_int_equal(
		token_reader_get(&reader, late, &token), ERR_NOT_FOUND);
	assert_int_equal(token_block_from(t, FIRST, &block), OK);
	token_reader_end(&reader);
	token_reader_end(&reader);

	t = begin();
	assert_true(db_snapshot(t) == before && reader.era == era);
	check(t, FIRST);
	token_reader_end(&reader);
	mint(late, 3);
	db_put(links_store_begin(&s), LINKS_BLOCKS, DB_KEY64(block.last),
		STR("junk"));
	links_store_commit(&s);

	t = begin();
	assert_true(db_snapshot(t) > before && reader.era != era);
	check(t, late);
	check(t, late + 1);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			token_reader_get(&reader, FIRST, &token), ERR_CORRUPT);
	token_reader_end(&reader);
}

/* One token's bytes are damaged: it is refused, by a remembered place too, and
 * those beside it are not. */
static void test_damaged_token(void **state)
{
	uint64_t bad = FIRST + 2;
	struct minted_token token;
	char copy[BLOCK_BYTES_MAX];
	struct block block;
	struct db_txn *t;
	struct str text;
	size_t n, at;

	(void)state;
	t = begin();
	assert_int_equal(token_block_from(t, FIRST, &block), OK);
	assert_int_equal(token_reader_get(&reader, bad, &token), OK);
	assert_true(db_get(t, LINKS_BLOCKS, DB_KEY64(block.last), &text));
	n = text.n;
	memcpy(copy, text.p, n);
	at = (size_t)(token.tail.recipient.p - text.p);
	token_reader_end(&reader);
	copy[at] ^= 1;
	db_put(links_store_begin(&s), LINKS_BLOCKS, DB_KEY64(block.last),
		str_make(copy, n));
	links_store_commit(&s);

	t = begin();
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
			token_reader_get(&reader, bad, &token), ERR_CORRUPT);
		check(t, bad - 1);
		check(t, bad + 1);
	}
	token_reader_end(&reader);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all),
		TEST(test_commits_are_seen),
		TEST(test_damaged_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
