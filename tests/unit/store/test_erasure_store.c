#include "store/erasure_store.h"

#include "unit/store/links_store.h"

static struct links_store s;

static int setup(void **state)
{
	(void)state;
	links_store_init(&s, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	links_store_deinit(&s);
	return 0;
}

static struct erasure make(uint64_t account, uint64_t id,
	enum erasure_state state, const char *recipient)
{
	struct erasure e = {.account = account, .id = id, .state = state};

	e.recipient_n = strlen(recipient);
	memcpy(e.recipient, recipient, e.recipient_n);
	return e;
}

static void put(struct db_txn *t, uint64_t account, uint64_t id,
	enum erasure_state state, const char *recipient)
{
	struct erasure e = make(account, id, state, recipient);

	erasure_put(t, &e);
}

static void test_states(void **state)
{
	struct erasure e;
	struct db_txn t;

	(void)state;
	assert_int_equal(db_begin(s.links.env, &t), OK);
	put(&t, 1, 10, ERASURE_WAITING, "a");
	put(&t, 1, 11, ERASURE_DONE, "");
	put(&t, 1, 12, ERASURE_FAILED, "c");
	put(&t, 2, 13, ERASURE_RUNNING, "a");
	assert_int_equal(erasure_get(&t, 1, 10, &e), OK);
	assert_int_equal(erasure_get(&t, 2, 10, &e), ERR_NOT_FOUND);
	assert_int_equal(erasures_pending_n(&t), 3);
	/* An account's own, in order. */
	assert_int_equal(erasure_next(&t, 1, 0, &e), OK);
	assert_true(e.id == 10);
	assert_int_equal(erasure_next(&t, 1, 11, &e), OK);
	assert_true(e.id == 12);
	assert_int_equal(erasure_next(&t, 1, 12, &e), ERR_NOT_FOUND);
	assert_int_equal(erasure_next(&t, 1, UINT64_MAX, &e), ERR_NOT_FOUND);
	/* All of them, and those that are not done. */
	assert_int_equal(erasure_any_next(&t, 1, 12, &e), OK);
	assert_true(e.account == 2 && e.id == 13);
	assert_int_equal(erasure_pending_next(&t, 1, 10, &e), OK);
	assert_true(e.id == 12);
	assert_int_equal(erasure_pending_next(&t, 2, 13, &e), ERR_NOT_FOUND);
	assert_int_equal(erasure_pending_find(&t, 1, 0, STR("c"), &e), OK);
	assert_true(e.id == 12);
	assert_int_equal(
		erasure_pending_find(&t, 1, 0, STR("b"), &e), ERR_NOT_FOUND);
	assert_int_equal(erasure_pending_find(&t, 2, 0, STR("a"), &e), OK);
	assert_int_equal(
		erasure_pending_find(&t, 1, 12, STR("c"), &e), ERR_NOT_FOUND);
	/* Done, it is pending no more. */
	put(&t, 1, 12, ERASURE_DONE, "");
	assert_int_equal(
		erasure_pending_find(&t, 1, 0, STR("c"), &e), ERR_NOT_FOUND);
	assert_int_equal(erasures_pending_n(&t), 2);
	assert_int_equal(db_commit(&t), OK);
}

static void test_tokens(void **state)
{
	static uint64_t numbers[1000];
	uint64_t got[ERASED_CHUNK_TOKENS], after = 0;
	struct db_txn t;
	size_t n, all = 0;

	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		numbers[i] = 1 + i * i;
	assert_int_equal(db_begin(s.links.env, &t), OK);
	erased_tokens_put(&t, 5, numbers, 0);
	erased_tokens_put(&t, 5, numbers, 450);
	erased_tokens_put(&t, 5, numbers + 450, 550);
	erased_tokens_put(&t, 6, numbers, 1);
	while (erased_tokens_next(&t, 5, after, got, &n) == OK) {
		assert_memory_equal(got, numbers + all, n * sizeof(got[0]));
		all += n;
		after = got[n - 1];
	}
	assert_true(all == 1000);
	assert_int_equal(erased_tokens_next(&t, 6, 1, got, &n), ERR_NOT_FOUND);
	assert_int_equal(erased_tokens_next(&t, 7, 0, got, &n), ERR_NOT_FOUND);
	assert_int_equal(db_commit(&t), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_states, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tokens, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
