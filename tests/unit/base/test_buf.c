#include "base/buf.h"

#include "support/cmocka.h"
#include "support/dies.h"
#include "support/fault.h"

static void test_append(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_string_equal(buf_cstr(&b), "");
	assert_int_equal(buf_view(&b).n, 0);
	assert_null(b.p);
	buf_add(&b, "ab", 2);
	buf_add(&b, NULL, 0);
	buf_str(&b, STR("cd"));
	buf_text(&b, "ef");
	buf_byte(&b, 'g');
	buf_u64(&b, UINT64_MAX);
	buf_i64(&b, INT64_MIN);
	buf_i64(&b, 0);
	buf_printf(&b, "%s", "");
	buf_printf(&b, " %d-%s", 7, "x");
	assert_int_equal(buf_err(&b), OK);
	assert_string_equal(buf_cstr(&b),
		"abcdefg18446744073709551615-92233720368547758080 7-x");
	assert_int_equal(buf_view(&b).n, strlen(buf_cstr(&b)));
	buf_deinit(&b);
	buf_deinit(&b);
	buf_text(&b, "again");
	assert_string_equal(buf_cstr(&b), "again");
	buf_deinit(&b);
}

static void add_3(struct buf *b)
{
	buf_add(b, "xyz", 3);
}

static void str_3(struct buf *b)
{
	buf_str(b, STR("xyz"));
}

static void text_3(struct buf *b)
{
	buf_text(b, "xyz");
}

static void u64_3(struct buf *b)
{
	buf_u64(b, 123);
}

static void i64_3(struct buf *b)
{
	buf_i64(b, -12);
}

static void printf_3(struct buf *b)
{
	buf_printf(b, "%d!", 42);
}

static void reserve_3(struct buf *b)
{
	char *to = buf_reserve(b, 3);

	if (!to)
		return;
	memset(to, 'x', 3);
	buf_wrote(b, 3);
}

static void (*const adders[])(struct buf *) = {
	add_3, str_3, text_3, u64_3, i64_3, printf_3, reserve_3};

/* At every fill around the maximum: what fits is there whole, what does not
 * changes nothing, and the error stays. */
static void test_maximum(void **state)
{
	(void)state;
	for (size_t max = 0; max < 300; max += max < 8 ? 1 : 97)
		for (size_t i = 0; i < COUNT_OF(adders); i++) {
			struct buf b;
			size_t n = 0;

			buf_init(&b, max);
			while (n + 3 <= max) {
				adders[i](&b);
				n += 3;
				assert_int_equal(b.err, OK);
				assert_int_equal(b.n, n);
			}
			/* i64 writes its sign first, and that may fit. */
			adders[i](&b);
			assert_int_equal(b.err, ERR_TOO_LONG);
			assert_true(b.n >= n && b.n <= max && b.size <= max);
			n = b.n;
			buf_byte(&b, 'q');
			assert_int_equal(buf_err(&b), ERR_TOO_LONG);
			assert_int_equal(b.n, n);
			assert_null(buf_reserve(&b, 0));
			assert_string_equal(buf_cstr(&b), "");
			buf_reset(&b);
			assert_int_equal(buf_err(&b), OK);
			assert_int_equal(b.n, 0);
			buf_deinit(&b);
		}
}

static void test_too_long(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, SIZE_MAX / 4);
	buf_text(&b, "some");
	assert_null(buf_reserve(&b, SIZE_MAX));
	assert_int_equal(buf_err(&b), ERR_TOO_LONG);
	buf_reset(&b);
	buf_text(&b, "some");
	assert_null(buf_reserve(&b, SIZE_MAX / 4 - 3));
	assert_int_equal(buf_err(&b), ERR_TOO_LONG);
	buf_deinit(&b);
}

/* The nth allocation fails, for every n that there is. */
static void test_no_memory(void **state)
{
	unsigned nth = 0;
	bool hit;

	(void)state;
	do {
		struct buf b;
		size_t n;

		buf_init(&b, 100000);
		fault_alloc(++nth);
		for (int i = 0; i < 5000 && !b.err; i++)
			buf_text(&b, "0123456789");
		n = b.n;
		hit = fault_alloc_hit();
		fault_alloc(0);
		assert_int_equal(buf_err(&b), hit ? ERR_NOMEM : OK);
		assert_int_equal(n % 10, 0);
		buf_byte(&b, 'x');
		assert_int_equal(b.n, hit ? n : n + 1);
		if (n)
			assert_memory_equal(b.p, "0123456789", 10);
		buf_reset(&b);
		buf_text(&b, "on");
		assert_string_equal(buf_cstr(&b), "on");
		buf_deinit(&b);
	} while (hit);
	assert_in_range(nth, 5, 20);
}

static void test_consume(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_consume(&b, 0);
	buf_text(&b, "abcdef");
	buf_consume(&b, 0);
	assert_string_equal(buf_cstr(&b), "abcdef");
	buf_consume(&b, 2);
	assert_string_equal(buf_cstr(&b), "cdef");
	buf_consume(&b, 4);
	assert_string_equal(buf_cstr(&b), "");
	buf_text(&b, "g");
	assert_string_equal(buf_cstr(&b), "g");
	buf_deinit(&b);
}

static void init_without_end(void *arg)
{
	buf_init(arg, SIZE_MAX);
}

static void wrote_too_much(void *arg)
{
	buf_wrote(arg, 1);
}

static void consume_too_much(void *arg)
{
	buf_consume(arg, 1);
}

static void test_invariants(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_true(dies(init_without_end, &b));
	assert_true(dies(wrote_too_much, &b));
	assert_true(dies(consume_too_much, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_maximum),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_consume),
		cmocka_unit_test(test_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
