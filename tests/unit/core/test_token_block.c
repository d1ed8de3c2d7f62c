#include "core/token_block.h"

#include "core/record.h"
#include "support/damage.h"
#include "unit/core/token_block_fixture.h"

enum {
	LEAF_MAX = 2022,
};

static void check_shape(const struct token_shape *s)
{
	struct token_shape got;
	struct buf b;

	buf_init(&b, SHAPE_BYTES_MAX);
	token_shape_put(&b, s);
	assert_int_equal(buf_err(&b), OK);
	assert_int_equal(token_shape_get(buf_view(&b), &got), OK);
	assert_true(got.account == s->account && got.link == s->link);
	assert_true(str_eq(got.destination, s->destination));
	assert_true(got.campaign == s->campaign && got.ttl_ms == s->ttl_ms);
	assert_int_equal(got.test, s->test);
	assert_int_equal(got.names_n, s->names_n);
	for (size_t i = 0; i < s->names_n; i++)
		assert_true(str_eq(got.names[i], s->names[i]));
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(
			token_shape_get(str_make(b.p, n), &got), ERR_CORRUPT);
	buf_byte(&b, 0);
	assert_int_equal(token_shape_get(buf_view(&b), &got), ERR_CORRUPT);
	buf_deinit(&b);
}

static void test_shapes(void **state)
{
	struct token_shape many = {.account = UINT64_MAX,
		.link = UINT64_MAX - 1,
		.campaign = UINT64_MAX - 2,
		.ttl_ms = UINT64_MAX - 3,
		.test = true,
		.names_n = TOKEN_PARAMS_MAX};
	const struct token_shape rows[] = {
		{.account = 1, .link = 2},
		{.account = 1, .destination = STR("https://a.example/")},
		{.account = 1, .destination = some(2000)},
		{.account = 1, .link = 2, .campaign = 3},
		{.account = 1, .link = 2, .ttl_ms = 5},
		{.account = 1, .link = 2, .test = true},
		{.account = 1,
			.link = 2,
			.names_n = 2,
			.names = {STR("a"), STR("b")}},
	};

	(void)state;
	for (size_t i = 0; i < TOKEN_PARAMS_MAX; i++)
		many.names[i] = some(40);
	check_shape(&many);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_shape(&rows[i]);
}

static void test_too_many_names_are_corrupt(void **state)
{
	struct token_shape got;
	struct writer w;
	struct buf b;

	(void)state;
	buf_init(&b, 512);
	writer_init(&w, &b);
	writer_u8(&w, 1);
	writer_varint(&w, 1);
	writer_varint(&w, 2);
	writer_varint(&w, TOKEN_PARAMS_MAX + 1);
	for (int i = 0; i <= TOKEN_PARAMS_MAX; i++)
		writer_bytes(&w, STR("n"));
	assert_int_equal(token_shape_get(buf_view(&b), &got), ERR_CORRUPT);
	buf_deinit(&b);
}

static void test_tails(void **state)
{
	struct token_tail t = {.recipient = some(TOKEN_RECIPIENT_MAX),
		.ref = some(TOKEN_REF_MAX)};
	struct token_tail got;
	struct buf b;

	(void)state;
	for (size_t i = 0; i < TOKEN_PARAMS_MAX; i++)
		t.values[i] = some(i % 3);
	buf_init(&b, BLOCK_BYTES_MAX);
	for (size_t n = 0; n <= TOKEN_PARAMS_MAX; n++) {
		buf_reset(&b);
		token_tail_put(&b, &t, n);
		assert_int_equal(token_tail_get(buf_view(&b), n, &got), OK);
		assert_true(str_eq(got.recipient, t.recipient));
		assert_true(str_eq(got.ref, t.ref));
		for (size_t i = 0; i < n; i++) {
			assert_true(str_eq(got.values[i], t.values[i]));
			assert_non_null(got.values[i].p);
		}
		if (n < TOKEN_PARAMS_MAX)
			assert_int_equal(
				token_tail_get(buf_view(&b), n + 1, &got),
				ERR_CORRUPT);
		if (n > 0)
			assert_int_equal(
				token_tail_get(buf_view(&b), n - 1, &got),
				ERR_CORRUPT);
	}
	buf_deinit(&b);
}

static void test_mixed_block(void **state)
{
	const uint64_t first = ((uint64_t)3 << 48) + 100;
	struct block_draft d;
	struct block block;
	struct key k;
	struct buf b;

	(void)state;
	buf_init(&b, BLOCK_BYTES_MAX);
	block_draft_init(&d);
	block_draft_reset(&d, 5, 1795412520123);
	assert_int_equal(block_draft_add(&d, STR("one"), 0xdeadbeef, STR("x"),
				 BLOCK_BYTES_MAX),
		OK);
	assert_int_equal(
		block_draft_refuse(&d, 77, STR("{\"why\":1}"), BLOCK_BYTES_MAX),
		OK);
	assert_int_equal(
		block_draft_add(&d, STR("two"), 1, STR(""), BLOCK_BYTES_MAX),
		OK);
	assert_int_equal(
		block_draft_add(&d, STR("one"), 2, some(900), BLOCK_BYTES_MAX),
		OK);
	assert_int_equal(d.shapes_n, 2);
	block = reopen(&d, &b, &k, first + 3);
	for (unsigned i = 0; i < 4; i++) {
		static const uint32_t nonces[] = {0xdeadbeef, 0, 1, 2};
		static const char *const shapes[] = {"one", "", "two", "one"};
		static const size_t tails[] = {1, 0, 0, 900};
		struct block_entry entry;

		assert_int_equal(block_entry(&block, first + i, &entry), OK);
		assert_int_equal(entry.refused, i == 1);
		assert_int_equal(entry.nonce, nonces[i]);
		assert_true(str_is(entry.shape, shapes[i]));
		assert_int_equal(entry.tail.n, tails[i]);
		assert_int_equal(entry.line_hash, i == 1 ? 77 : 0);
		assert_true(str_is(entry.refusal, i == 1 ? "{\"why\":1}" : ""));
	}
	block_draft_deinit(&d);
	buf_deinit(&b);
}

static enum err read_block(struct str bytes, void *arg)
{
	struct block block;

	return block_open(bytes, *(struct str *)arg, &block);
}

static void test_damage(void **state)
{
	struct block_draft d;
	struct str key;
	struct key k;
	struct buf b;

	(void)state;
	buf_init(&b, BLOCK_BYTES_MAX);
	block_draft_init(&d);
	block_draft_reset(&d, 0, 1);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(block_draft_add(&d, some(20), i, some(i),
					 BLOCK_BYTES_MAX),
			OK);
	(void)reopen(&d, &b, &k, 5);
	key = key_of(&k, 5);
	check_damage(&b, read_block, &key);
	/* Under another number, or a key that is none. */
	key = key_of(&k, 6);
	assert_int_equal(read_block(buf_view(&b), &key), ERR_CORRUPT);
	key = STR("sevenby");
	assert_int_equal(read_block(buf_view(&b), &key), ERR_CORRUPT);
	block_draft_deinit(&d);
	buf_deinit(&b);
}

/* Adds until it is full; returns the number of entries, after having checked
 * that the block still has all of them. */
static size_t fill(size_t tail, size_t shapes, size_t bytes_max)
{
	struct block_draft d;
	struct block block;
	struct key k;
	struct buf b;
	size_t n = 0, size, count;
	enum err e = OK;

	buf_init(&b, BLOCK_BYTES_MAX);
	block_draft_init(&d);
	block_draft_reset(&d, 0, UINT64_MAX);
	while (!e) {
		char shape[8] = {'s', (char)('A' + n % shapes)};

		e = block_draft_add(&d, str_make(shape, sizeof(shape)),
			(uint32_t)n, some(tail), bytes_max);
		n += e == OK;
		assert_int_equal(d.count, n);
	}
	assert_int_equal(e, ERR_FULL);
	size = block_draft_size(&d);
	assert_true(size <= bytes_max);
	block = reopen(&d, &b, &k, 5000);
	for (size_t i = 0; i < n; i++) {
		struct block_entry entry;

		assert_int_equal(
			block_entry(&block, block.first + i, &entry), OK);
		assert_int_equal(entry.nonce, i);
		assert_int_equal(entry.tail.n, tail);
		assert_int_equal(entry.shape.p[1], (char)('A' + i % shapes));
	}
	count = d.count;
	block_draft_deinit(&d);
	buf_deinit(&b);
	return count;
}

static void test_limits(void **state)
{
	(void)state;
	/* The bytes are the limit: next to nothing is left of the page. */
	assert_true(fill(32, 1, BLOCK_BYTES_MAX) >= 90);
	assert_true(fill(32, 1, LEAF_MAX) >= 44);
	assert_int_equal(fill(1500, 1, BLOCK_BYTES_MAX), 2);
	assert_int_equal(fill(1900, 1, LEAF_MAX), 1);
	/* A token costs 11 bytes: the page is full before 1,024 of them. */
	assert_true(fill(0, 1, BLOCK_BYTES_MAX) < BLOCK_TOKENS_MAX);
	assert_int_equal(fill(0, 200, BLOCK_BYTES_MAX), BLOCK_SHAPES_MAX);
}

static void test_nothing_fits(void **state)
{
	struct block_draft d;

	(void)state;
	block_draft_init(&d);
	block_draft_reset(&d, 0, 1);
	assert_int_equal(block_draft_add(&d, some(10), 1,
				 some(BLOCK_BYTES_MAX - 10), BLOCK_BYTES_MAX),
		ERR_FULL);
	assert_int_equal(
		block_draft_add(&d, some(10), 1, some(LEAF_MAX), LEAF_MAX),
		ERR_FULL);
	assert_int_equal(
		block_draft_refuse(&d, 1, some(LEAF_MAX), LEAF_MAX), ERR_FULL);
	assert_int_equal(d.count, 0);
	assert_int_equal(d.shapes_n, 0);
	assert_int_equal(d.shapes.n, 0);
	assert_int_equal(d.entries.n, 0);
	block_draft_deinit(&d);
}

/* The largest token there can be, with the largest shape, fits alone. */
static void test_huge_shape(void **state)
{
	struct token_shape shape = {.account = UINT64_MAX,
		.destination = some(2000),
		.campaign = UINT64_MAX,
		.ttl_ms = UINT64_MAX};
	struct token_tail tail = {.recipient = some(TOKEN_RECIPIENT_MAX),
		.ref = some(TOKEN_REF_MAX)};
	struct block_draft d;
	struct buf s, t;

	(void)state;
	buf_init(&s, SHAPE_BYTES_MAX);
	buf_init(&t, BLOCK_BYTES_MAX);
	token_shape_put(&s, &shape);
	token_tail_put(&t, &tail, 0);
	block_draft_init(&d);
	block_draft_reset(&d, 6, UINT64_MAX);
	assert_int_equal(buf_err(&s), OK);
	assert_int_equal(block_draft_add(&d, buf_view(&s), 1, buf_view(&t),
				 BLOCK_BYTES_MAX),
		OK);
	/* Names and values at their common maximum. */
	buf_reset(&t);
	token_tail_put(&t, &tail, 0);
	block_draft_reset(&d, 6, UINT64_MAX);
	assert_int_equal(block_draft_add(&d, some(SHAPE_BYTES_MAX), 1,
				 some(TOKEN_BYTES_MAX + 4 * TOKEN_PARAMS_MAX),
				 BLOCK_BYTES_MAX),
		OK);
	block_draft_deinit(&d);
	buf_deinit(&s);
	buf_deinit(&t);
}

static void test_1024_tokens(void **state)
{
	struct block_draft d;
	uint32_t n = 0;

	(void)state;
	block_draft_init(&d);
	block_draft_reset(&d, 0, 1);
	/* Refused lines and tokens never come so small; the count is bounded
	 * all the same. */
	d.count = BLOCK_TOKENS_MAX;
	assert_int_equal(
		block_draft_add(&d, STR("s"), n, STR(""), BLOCK_BYTES_MAX),
		ERR_FULL);
	assert_int_equal(
		block_draft_refuse(&d, 1, STR(""), BLOCK_BYTES_MAX), ERR_FULL);
	d.count = 0;
	block_draft_deinit(&d);
}

/* Sealed rightly, and yet impossible. */
static void test_odd_blocks(void **state)
{
	static const struct {
		uint64_t last, count;
		struct str entries;
		uint16_t offsets[2];
		enum err open, first, second;
	} rows[] = {
		{2, 2, {"\x01nonc\x01nonc", 10}, {0, 5}, OK, OK, OK},
		{2, 2, {"\x01noncX\x01nonc", 11}, {0, 6}, OK, OK, OK},
		{1, 2, {"\x01nonc\x01nonc", 10}, {0, 5}, ERR_CORRUPT, OK, OK},
		{2, 0, {"", 0}, {0, 0}, ERR_CORRUPT, OK, OK},
		{9999, 1025, {"", 0}, {0, 0}, ERR_CORRUPT, OK, OK},
		{2, 2, {"\x01nonc\x01nonc", 10}, {5, 0}, OK, ERR_CORRUPT, OK},
		{2, 2, {"\x01nonc\x01nonc", 10}, {0, 11}, OK, ERR_CORRUPT,
			ERR_CORRUPT},
		{2, 2, {"\x01nonc\x01non", 9}, {0, 5}, OK, OK, ERR_CORRUPT},
		{2, 2, {"\x01nonc\x02nonc", 10}, {0, 5}, OK, OK, ERR_CORRUPT},
		{2, 2, {"\x01nonc\x7fnonc", 10}, {0, 5}, OK, OK, ERR_CORRUPT},
		{2, 2, {"\x01nonc\x00sevenby", 13}, {0, 5}, OK, OK,
			ERR_CORRUPT},
		{2, 2, {"\x01nonc", 5}, {0, 5}, OK, OK, ERR_CORRUPT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct block_entry entry;
		struct block block;
		struct writer w;
		struct key k;
		struct buf b;

		buf_init(&b, BLOCK_BYTES_MAX);
		record_begin(&w, &b, 2);
		writer_u8(&w, 0);
		writer_varint(&w, 5);
		writer_varint(&w, rows[i].count);
		writer_bytes(&w, STR("\x05shape"));
		for (size_t n = 0; n < 2; n++) {
			writer_be16(&w, rows[i].offsets[n]);
			writer_be32(&w, 0);
		}
		writer_raw(&w, rows[i].entries.p, rows[i].entries.n);
		record_seal_keyed(&w, key_of(&k, rows[i].last));
		assert_int_equal(block_open(buf_view(&b),
					 key_of(&k, rows[i].last), &block),
			rows[i].open);
		if (rows[i].open == OK) {
			assert_int_equal(
				block_entry(&block, 1, &entry), rows[i].first);
			assert_int_equal(
				block_entry(&block, 2, &entry), rows[i].second);
		}
		buf_deinit(&b);
	}
}

static void test_newer_version(void **state)
{
	struct block block;
	struct writer w;
	struct key k;
	struct buf b;

	(void)state;
	buf_init(&b, BLOCK_BYTES_MAX);
	record_begin(&w, &b, 3);
	writer_be64(&w, 0);
	record_seal_keyed(&w, key_of(&k, 1));
	assert_int_equal(
		block_open(buf_view(&b), key_of(&k, 1), &block), ERR_VERSION);
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_too_many_names_are_corrupt),
		cmocka_unit_test(test_tails),
		cmocka_unit_test(test_mixed_block),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_nothing_fits),
		cmocka_unit_test(test_huge_shape),
		cmocka_unit_test(test_1024_tokens),
		cmocka_unit_test(test_odd_blocks),
		cmocka_unit_test(test_newer_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
