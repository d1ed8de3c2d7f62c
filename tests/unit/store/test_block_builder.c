#include "store/block_builder.h"

#include <stdlib.h>

#include "store/token_store.h"
#include "support/fault.h"
#include "unit/store/links_store.h"

enum {
	MANY = 100000,
	TAIL = 40
};

static struct links_store s;
static struct block_builder builder;
static char text[BLOCK_BYTES_MAX];

static int setup(void **state)
{
	(void)state;
	links_store_init(&s, 0);
	block_builder_init(&builder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	block_builder_deinit(&builder);
	links_store_deinit(&s);
	return 0;
}

static void begin(uint64_t next)
{
	block_builder_begin(&builder, links_store_begin(&s), next, 2, 1000);
}

static void commit(void)
{
	block_builder_end(&builder);
	links_store_commit(&s);
}

/* A token's tail is its number, padded to n bytes. */
static struct str tail_of(uint64_t number, size_t n)
{
	put_be64(text, number);
	return str_make(text, n);
}

static void check_token(
	struct db_txn *t, uint64_t number, const char *shape, size_t tail_n)
{
	struct block_entry entry;
	struct block block;

	assert_int_equal(token_entry(t, number, &block, &entry), OK);
	assert_false(entry.refused);
	assert_true(str_is(entry.shape, shape));
	assert_int_equal(entry.tail.n, tail_n);
	assert_true(get_be64(entry.tail.p) == number);
	assert_int_equal(block.key_version, 2);
	assert_true(block.minted_ms == 1000);
}

/* Blocks in order, without gaps or overlaps, from first on; the number of
 * numbers in them. */
static uint64_t check_chain(
	struct db_txn *t, uint64_t first, size_t *blocks, size_t *largest)
{
	struct db_cursor c;
	uint64_t next = first;
	bool more;

	*blocks = *largest = 0;
	db_cursor_init(t, LINKS_BLOCKS, &c);
	for (more = db_first(&c); more; more = db_next(&c)) {
		struct block block;

		assert_int_equal(block_open(c.value, c.key, &block), OK);
		assert_true(block.first == next);
		next = block.last + 1;
		++*blocks;
		if (c.value.n > *largest)
			*largest = c.value.n;
	}
	db_cursor_deinit(&c);
	return next - first;
}

static void test_nothing(void **state)
{
	(void)state;
	begin(1);
	commit();
	assert_int_equal(db_count(links_store_read(&s), LINKS_BLOCKS), 0);
}

static void test_many(void **state)
{
	size_t blocks, largest;
	uint64_t bytes = db_file_bytes(s.links.env);
	struct db_txn *t;

	(void)state;
	begin(1);
	for (uint64_t n = 1; n <= MANY; n++)
		assert_true(block_builder_add(&builder,
				    n % 2 ? STR("odd") : STR("even"),
				    tail_of(n, TAIL)) == n);
	assert_int_equal(builder.minted, MANY);
	commit();
	t = links_store_read(&s);
	assert_int_equal(check_chain(t, 1, &blocks, &largest), MANY);
	assert_true(largest <= DB_VALUE_PAGE_MAX);
	/* What the file grew by: LMDB's nodes, pages and all. */
	bytes = db_file_bytes(s.links.env) - bytes;
	assert_true(bytes <= (uint64_t)MANY * (TAIL + 40));
	for (uint64_t n = 1; n <= MANY; n++)
		check_token(t, n, n % 2 ? "odd" : "even", TAIL);
}

/* Nonces are drawn by the thousand, and never twice the same ones. */
static void test_nonces_differ(void **state)
{
	size_t same = 0;
	struct db_txn *t;

	(void)state;
	begin(1);
	for (uint64_t n = 1; n <= 4ull * BLOCK_NONCES; n++)
		(void)block_builder_add(&builder, STR("s"), tail_of(n, 8));
	commit();
	t = links_store_read(&s);
	for (uint64_t n = 1; n <= 3ull * BLOCK_NONCES; n++) {
		struct block_entry a, b;
		struct block block;

		assert_int_equal(token_entry(t, n, &block, &a), OK);
		assert_int_equal(
			token_entry(t, n + BLOCK_NONCES, &block, &b), OK);
		same += a.nonce == b.nonce;
	}
	assert_true(same < 4); /* 3,072 chances of one in 2^32 */
}

/* Whatever a commit brings is resolvable; what is left is packed so that it
 * wastes little: below 3,600 bytes in blocks that share a leaf. */
static void test_remainders(void **state)
{
	uint64_t next = 1;

	(void)state;
	for (size_t tail = 8; tail <= 1500; tail += 373) {
		for (size_t count = 1; count <= 140; count += 3) {
			struct db_txn *t;

			begin(next);
			for (size_t i = 0; i < count; i++)
				assert_true(block_builder_add(&builder,
						    STR("shape"),
						    tail_of(next + i, tail)) ==
					    next + i);
			commit();
			t = links_store_read(&s);
			for (size_t i = 0; i < count; i++)
				check_token(t, next + i, "shape", tail);
			next += count;
		}
	}
	{
		size_t blocks, largest;

		assert_int_equal(
			check_chain(links_store_read(&s), 1, &blocks, &largest),
			next - 1);
	}
}

/* The sizes of the blocks of one commit that would take about `bytes`. */
static size_t values_between(size_t low, size_t high)
{
	struct db_txn *t = links_store_read(&s);
	struct db_cursor c;
	size_t n = 0;
	bool more;

	db_cursor_init(t, LINKS_BLOCKS, &c);
	for (more = db_first(&c); more; more = db_next(&c))
		n += c.value.n >= low && c.value.n <= high;
	db_cursor_deinit(&c);
	return n;
}

static void add_bytes(uint64_t first, size_t tokens, size_t tail)
{
	begin(first);
	for (size_t i = 0; i < tokens; i++)
		(void)block_builder_add(
			&builder, STR("s"), tail_of(first + i, tail));
	commit();
}

static void test_splitting(void **state)
{
	(void)state;
	/* Fits a leaf as it is. */
	add_bytes(1, 10, 180);
	assert_int_equal(values_between(0, DB_VALUE_LEAF_MAX), 1);
	/* About 3,000: two leaf-sized ones, none of a page. */
	add_bytes(11, 16, 180);
	assert_int_equal(values_between(0, DB_VALUE_LEAF_MAX), 3);
	assert_int_equal(values_between(DB_VALUE_LEAF_MAX + 1, 9999), 0);
	/* About 3,800: a page of its own. */
	add_bytes(27, 20, 180);
	assert_int_equal(values_between(0, DB_VALUE_LEAF_MAX), 3);
	assert_int_equal(values_between(3600, DB_VALUE_PAGE_MAX), 1);
	for (uint64_t n = 1; n < 47; n++)
		check_token(links_store_read(&s), n, "s", 180);
}

/* An entry too large for a leaf keeps the whole block together. */
static void test_unsplittable(void **state)
{
	static char shape[2100];

	(void)state;
	memset(shape, 's', sizeof(shape) - 1);
	begin(1);
	(void)block_builder_add(&builder, STR("tiny"), tail_of(1, 8));
	(void)block_builder_add(
		&builder, str_make(shape, sizeof(shape) - 1), tail_of(2, 300));
	commit();
	assert_int_equal(values_between(DB_VALUE_LEAF_MAX + 1, 3600), 1);
	check_token(links_store_read(&s), 1, "tiny", 8);
	check_token(links_store_read(&s), 2, shape, 300);
}

static void test_refused_lines(void **state)
{
	struct block_entry entry;
	struct block block;
	struct db_txn *t;

	(void)state;
	begin(500);
	for (uint64_t n = 500; n < 1500; n++)
		assert_true(n == (n % 3 ? block_builder_add(&builder, STR("s"),
						  tail_of(n, 60))
					: block_builder_refuse(&builder, n,
						  tail_of(n, 300))));
	assert_int_equal(builder.minted, 1000 - 333);
	commit();
	t = links_store_read(&s);
	for (uint64_t n = 500; n < 1500; n++) {
		assert_int_equal(token_entry(t, n, &block, &entry), OK);
		assert_int_equal(entry.refused, n % 3 == 0);
		assert_true(entry.line_hash == (n % 3 ? 0 : n));
		assert_true(
			get_be64(n % 3 ? entry.tail.p : entry.refusal.p) == n);
	}
}

/* What was put into a transaction that fails leaves nothing, and the builder
 * goes on. */
static void test_failed_transaction(void **state)
{
	(void)state;
	begin(1);
	for (uint64_t n = 1; n <= 200; n++)
		(void)block_builder_add(&builder, STR("s"), tail_of(n, TAIL));
	db_fail(builder.txn, ERR_DISK_FULL);
	for (uint64_t n = 201; n <= 400; n++)
		(void)block_builder_add(&builder, STR("s"), tail_of(n, TAIL));
	block_builder_end(&builder);
	assert_int_equal(db_commit(&s.writer), ERR_DISK_FULL);
	assert_int_equal(db_count(links_store_read(&s), LINKS_BLOCKS), 0);
	add_bytes(1, 5, 20);
	for (uint64_t n = 1; n <= 5; n++)
		check_token(links_store_read(&s), n, "s", 20);
}

/* Whichever allocation fails, the transaction does, and nothing else. */
static void test_no_memory(void **state)
{
	bool is_hit = true;

	(void)state;
	for (unsigned nth = 1; is_hit; nth++) {
		block_builder_deinit(&builder);
		block_builder_init(&builder);
		begin(1);
		fault_alloc(nth);
		for (uint64_t n = 1; n <= 1500; n++) {
			char shape[16] = {0};

			put_be64(shape, n);
			(void)block_builder_add(&builder,
				str_make(shape, nth % 2 ? 8 : 16),
				tail_of(n, TAIL));
		}
		block_builder_end(&builder);
		is_hit = fault_alloc_hit();
		fault_alloc(0);
		assert_int_equal(db_commit(&s.writer), is_hit ? ERR_NOMEM : OK);
	}
}

static void test_apply_twice(void **state)
{
	struct db_key64 key = db_key64(5);
	uint64_t records;
	struct block block;
	struct str value;
	char copy[BLOCK_BYTES_MAX];
	size_t n;

	(void)state;
	add_bytes(1, 5, 20);
	records = links_store_records(&s);
	assert_true(db_get(links_store_read(&s), LINKS_BLOCKS,
		str_make(key.bytes, 8), &value));
	n = value.n;
	memcpy(copy, value.p, n);
	for (int i = 0; i < 2; i++)
		apply_block(links_store_begin(&s), 5, str_make(copy, n)),
			links_store_commit(&s);
	assert_int_equal(links_store_records(&s), records);
	assert_int_equal(token_block_from(links_store_read(&s), 1, &block), OK);
	assert_int_equal(block.count, 5);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_nothing),
		WITH_STORE(test_many),
		WITH_STORE(test_nonces_differ),
		WITH_STORE(test_remainders),
		WITH_STORE(test_splitting),
		WITH_STORE(test_unsplittable),
		WITH_STORE(test_refused_lines),
		WITH_STORE(test_failed_transaction),
		WITH_STORE(test_no_memory),
		WITH_STORE(test_apply_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
