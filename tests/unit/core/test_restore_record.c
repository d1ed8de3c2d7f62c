#include "core/restore_record.h"

#include "base/bytes.h"
#include "support/cmocka.h"

static const struct restore example = {
	.first_click = 1000,
	.last_click = 9,
	.first_token = 2000,
	.last_token = 8,
	.first_id = 3000,
	.copied_ms = 1795412520000,
	.restored_ms = 1795412530000,
};

static void test_round_trip(void **state)
{
	char bytes[8] = {0};
	struct str key = str_make(bytes, sizeof(bytes));
	struct restore got;
	struct buf b;

	(void)state;
	put_be64(bytes, example.first_click);
	buf_init(&b, 256);
	restore_record_put(&b, key, &example);
	assert_int_equal(restore_record_get(buf_view(&b), key, &got), OK);
	assert_memory_equal(&got, &example, sizeof(got));
	/* Another key's, a part, a byte that differs. */
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(
			restore_record_get(str_make(b.p, n), key, &got),
			ERR_CORRUPT);
	for (size_t i = 0; i < b.n; i++) {
		b.p[i] ^= 1;
		assert_int_not_equal(
			restore_record_get(buf_view(&b), key, &got), OK);
		b.p[i] ^= 1;
	}
	bytes[7] ^= 1;
	assert_int_equal(
		restore_record_get(buf_view(&b), key, &got), ERR_CORRUPT);
	assert_int_equal(restore_record_get(buf_view(&b), STR("short"), &got),
		ERR_CORRUPT);
	buf_deinit(&b);
}

/* Numbers that do not go on. */
static void test_backwards(void **state)
{
	struct restore click = example, token = example, got;
	char bytes[8] = {0};
	struct str key = str_make(bytes, sizeof(bytes));
	struct buf b;

	(void)state;
	put_be64(bytes, example.first_click);
	click.last_click = example.first_click;
	token.last_token = example.first_token;
	buf_init(&b, 256);
	restore_record_put(&b, key, &click);
	assert_int_equal(
		restore_record_get(buf_view(&b), key, &got), ERR_CORRUPT);
	buf_reset(&b);
	restore_record_put(&b, key, &token);
	assert_int_equal(
		restore_record_get(buf_view(&b), key, &got), ERR_CORRUPT);
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_backwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
