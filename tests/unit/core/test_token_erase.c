#include "core/token_erase.h"

#include <stdio.h>

#include "unit/core/token_block_fixture.h"

enum {
	COUNT = 30,
	LAST = 1000,
	FIRST = LAST - COUNT + 1,
};

static struct block_draft draft;
static struct buf record, whole;
static struct key key;

static int setup(void **state)
{
	(void)state;
	block_draft_init(&draft);
	buf_init(&record, BLOCK_BYTES_MAX);
	buf_init(&whole, BLOCK_BYTES_MAX);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	block_draft_deinit(&draft);
	buf_deinit(&record);
	buf_deinit(&whole);
	return 0;
}

static bool is_refused(size_t i)
{
	return i % 10 == 9;
}

/* Token i has shape i % 3: a link, or one of two destinations. */
static void add(size_t i)
{
	struct token_shape shape = {.account = 7};
	struct token_tail tail = {0};
	char text[3][32];
	struct buf s, t;

	if (is_refused(i)) {
		assert_int_equal(
			block_draft_refuse(&draft, 42, STR("{\"status\":422}"),
				BLOCK_BYTES_MAX),
			OK);
		return;
	}
	(void)snprintf(text[0], sizeof(text[0]), "secret-recipient-%zu", i);
	(void)snprintf(text[1], sizeof(text[1]), "secret-ref-%zu", i);
	(void)snprintf(text[2], sizeof(text[2]), "secret-param-%zu", i);
	tail.recipient = str_from(text[0]);
	tail.ref = str_from(text[1]);
	if (i % 3 == 0) {
		shape.link = 9;
		shape.names_n = 1;
		shape.names[0] = STR("p");
		tail.values[0] = str_from(text[2]);
	} else {
		shape.destination = i % 3 == 1 ? STR("https://one.example/")
					       : STR("https://two.example/");
	}
	buf_init(&s, SHAPE_BYTES_MAX);
	buf_init(&t, TOKEN_BYTES_MAX);
	token_shape_put(&s, &shape);
	token_tail_put(&t, &tail, shape.names_n);
	assert_int_equal(block_draft_add(&draft, buf_view(&s), (uint32_t)i,
				 buf_view(&t), BLOCK_BYTES_MAX),
		OK);
	buf_deinit(&s);
	buf_deinit(&t);
}

static void fill(size_t count)
{
	block_draft_reset(&draft, 3, 1795412520000);
	for (size_t i = 0; i < count; i++)
		add(i);
	(void)reopen(&draft, &record, &key, LAST);
	buf_reset(&whole);
	buf_str(&whole, buf_view(&record));
}

static size_t erase(const uint64_t *numbers, size_t n)
{
	size_t erased = 99;

	assert_int_equal(block_erase(record.p, record.n, key_of(&key, LAST),
				 numbers, n, &erased),
		OK);
	return erased;
}

static bool is_in(const uint64_t *numbers, size_t n, uint64_t number)
{
	for (size_t i = 0; i < n; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

/* Each token as it is to be, found by its own sum. */
static void check(const uint64_t *numbers, size_t n, size_t count)
{
	struct block_entry entry, before;
	struct token_shape shape;
	struct token_tail tail;
	struct block b, was;

	assert_int_equal(
		block_open(buf_view(&record), key_of(&key, LAST), &b), OK);
	assert_int_equal(
		block_open(buf_view(&whole), key_of(&key, LAST), &was), OK);
	for (uint64_t i = b.first; i <= b.last; i++) {
		bool gone = is_in(numbers, n, i);

		assert_int_equal(block_find(buf_view(&record),
					 key_of(&key, LAST), i, &b, &entry),
			OK);
		assert_int_equal(block_entry(&was, i, &before), OK);
		assert_int_equal(entry.refused, before.refused);
		if (entry.refused) {
			assert_true(str_eq(entry.refusal, before.refusal));
			continue;
		}
		assert_true(entry.nonce == before.nonce &&
			    entry.tail.n == before.tail.n);
		assert_int_equal(token_shape_get(entry.shape, &shape), OK);
		assert_true(shape.account == 7);
		assert_int_equal(
			token_tail_get(entry.tail, shape.names_n, &tail), OK);
		assert_int_equal(tail.erased, gone);
		assert_int_equal(tail.recipient.n == 0, gone);
		if (!gone)
			assert_true(str_eq(entry.tail, before.tail));
	}
	assert_true(b.count == count);
}

static void test_some(void **state)
{
	static const uint64_t numbers[] = {FIRST, FIRST + 4, FIRST + 9, LAST};

	(void)state;
	fill(COUNT);
	/* Two of them are refused lines. */
	assert_int_equal(erase(numbers, 4), 2);
	check(numbers, 2, COUNT);
	assert_false(str_contains(buf_view(&record), STR("recipient-0")));
	assert_false(str_contains(buf_view(&record), STR("param-0")));
	assert_false(str_contains(buf_view(&record), STR("ref-4")));
	assert_true(str_contains(buf_view(&record), STR("one.example")));
	assert_int_equal(erase(numbers, 4), 0);
	check(numbers, 2, COUNT);
}

/* A destination goes when the last of its tokens goes. */
static void test_destination(void **state)
{
	uint64_t numbers[COUNT];
	size_t n = 0;

	(void)state;
	fill(COUNT);
	for (size_t i = 1; i < COUNT; i += 3)
		if (!is_refused(i))
			numbers[n++] = FIRST + i;
	assert_int_equal(erase(numbers, n - 1), n - 1);
	assert_true(str_contains(buf_view(&record), STR("one.example")));
	assert_int_equal(erase(numbers + n - 1, 1), 1);
	assert_false(str_contains(buf_view(&record), STR("one.example")));
	assert_true(str_contains(buf_view(&record), STR("two.example")));
	check(numbers, n, COUNT);
}

static void test_all(void **state)
{
	uint64_t numbers[COUNT];

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		numbers[i] = FIRST + i;
	fill(COUNT);
	assert_int_equal(erase(numbers, COUNT), COUNT - 3);
	assert_false(str_contains(buf_view(&record), STR("secret")));
	assert_false(str_contains(buf_view(&record), STR("example")));
	assert_true(str_contains(buf_view(&record), STR("422")));
	check(numbers, COUNT, COUNT);
	/* One alone has the block's sum. */
	numbers[0] = LAST;
	fill(1);
	assert_int_equal(erase(numbers, 1), 1);
	assert_false(str_contains(buf_view(&record), STR("secret")));
	check(numbers, 1, 1);
}

static void test_damage(void **state)
{
	const uint64_t number = FIRST;
	size_t erased;

	(void)state;
	fill(COUNT);
	record.p[100] ^= 1;
	assert_int_equal(block_erase(record.p, record.n, key_of(&key, LAST),
				 &number, 1, &erased),
		ERR_CORRUPT);
}

/* No tail that was ever put is taken for an erased one. */
static void test_mark(void **state)
{
	struct token_tail tail = {0};
	struct buf b;

	(void)state;
	buf_init(&b, TOKEN_BYTES_MAX);
	for (size_t n = 0; n <= TOKEN_RECIPIENT_MAX; n++) {
		buf_reset(&b);
		tail.recipient = some(n);
		token_tail_put(&b, &tail, 0);
		assert_false(token_tail_is_erased(buf_view(&b)));
	}
	buf_deinit(&b);
	assert_false(token_tail_is_erased(str_make("\xff", 1)));
	assert_false(token_tail_is_erased(str_make("\xff\x01", 2)));
	assert_true(token_tail_is_erased(str_make("\xff\x00", 2)));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_some),
		T(test_destination),
		T(test_all),
		T(test_damage),
		T(test_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
