#include "core/erasure_record.h"

#include "support/cmocka.h"

static const struct erasure example = {
	.account = 7,
	.id = 9,
	.state = ERASURE_WAITING,
	.requested_ms = 1795412520000,
	.due_ms = 1,
	.running_ms = 2,
	.done_ms = 3,
	.up_to = 4,
	.tokens = 5,
	.clicks = 6,
	.recipient_n = 6,
	.recipient = "user-1",
};

static void test_erasures(void **state)
{
	char bytes[ERASURE_KEY_BYTES] = {0}, other[ERASURE_KEY_BYTES];
	struct str key = str_make(bytes, sizeof(bytes));
	size_t sizes[ERASURE_STATES] = {0};
	struct erasure e, got;
	struct buf b;

	(void)state;
	erasure_key_put(bytes, 7, 9);
	erasure_key_put(other, 7, 10);
	buf_init(&b, ERASURE_RECORD_MAX);
	for (int i = 1; i < ERASURE_STATES; i++) {
		e = example;
		e.state = (enum erasure_state)i;
		if (i >= ERASURE_CLEARING) {
			e.recipient_n = 0;
			e.done_ms = UINT64_MAX;
		}
		buf_reset(&b);
		erasure_record_put(&b, key, &e);
		assert_int_equal(buf_err(&b), OK);
		assert_int_equal(
			erasure_record_get(buf_view(&b), key, &got), OK);
		assert_true(got.account == 7 && got.id == 9 &&
			    got.state == e.state && got.due_ms == 1 &&
			    got.running_ms == 2 && got.done_ms == e.done_ms &&
			    got.up_to == 4 && got.tokens == 5 &&
			    got.clicks == 6 &&
			    got.requested_ms == example.requested_ms);
		assert_true(str_eq(str_make(got.recipient, got.recipient_n),
			str_make(e.recipient, e.recipient_n)));
		assert_int_equal(erasure_record_get(buf_view(&b),
					 str_make(other, sizeof(other)), &got),
			ERR_CORRUPT);
		/* So that it is replaced where it lies. */
		sizes[i] = b.n;
		assert_true(sizes[i] == sizes[1]);
		assert_int_equal(str_contains(buf_view(&b), STR("user-1")),
			i < ERASURE_CLEARING);
		for (size_t n = 0; n < b.n; n++)
			assert_int_equal(
				erasure_record_get(str_make(b.p, n), key, &got),
				ERR_CORRUPT);
	}
	buf_deinit(&b);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(erasure_state_name(ERASURE_WAITING), "waiting");
	assert_string_equal(erasure_state_name(ERASURE_RUNNING), "running");
	assert_string_equal(erasure_state_name(ERASURE_CLEARING), "running");
	assert_string_equal(erasure_state_name(ERASURE_DONE), "done");
	assert_string_equal(erasure_state_name(ERASURE_FAILED), "failed");
}

static void test_erased(void **state)
{
	uint64_t numbers[ERASED_CHUNK_TOKENS], got[ERASED_CHUNK_TOKENS];
	char bytes[ERASED_KEY_BYTES] = {0};
	struct str key = str_make(bytes, sizeof(bytes));
	struct buf b;
	size_t n;

	(void)state;
	for (size_t i = 0; i < ERASED_CHUNK_TOKENS; i++)
		numbers[i] = 5 + i * i * 1000003;
	erased_key_put(bytes, 9, numbers[0]);
	buf_init(&b, ERASED_RECORD_MAX);
	for (size_t count = 1; count <= ERASED_CHUNK_TOKENS; count++) {
		buf_reset(&b);
		erased_record_put(&b, key, numbers, count);
		assert_int_equal(buf_err(&b), OK);
		assert_int_equal(
			erased_record_get(buf_view(&b), key, got, &n), OK);
		assert_true(n == count);
		assert_memory_equal(got, numbers, n * sizeof(got[0]));
	}
	/* The widest numbers still fit. */
	for (size_t i = 0; i < ERASED_CHUNK_TOKENS; i++)
		numbers[i] = 1 + i * (UINT64_MAX / ERASED_CHUNK_TOKENS);
	erased_key_put(bytes, 9, numbers[0]);
	buf_reset(&b);
	erased_record_put(&b, key, numbers, ERASED_CHUNK_TOKENS);
	assert_int_equal(buf_err(&b), OK);
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_erasures),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_erased),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
