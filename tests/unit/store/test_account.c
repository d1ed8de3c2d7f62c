#include "store/account.h"

#include "unit/store/links_store.h"

static struct links_store s;

static int setup(void **state)
{
	(void)state;
	links_store_init(&s, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	links_store_deinit(&s);
	return 0;
}

static void put(uint64_t id, uint32_t revision, const char *name, bool active)
{
	const struct account a = {.id = id,
		.revision = revision,
		.active = active,
		.name = str_from(name)};
	struct buf b;

	buf_init(&b, 4096);
	account_record_put(&b, &a);
	apply_account(links_store_begin(&s), buf_view(&b));
	links_store_commit(&s);
	buf_deinit(&b);
}

static void put_key(uint64_t id, uint64_t account, uint64_t revoked_ms)
{
	const struct api_key k = {
		.id = id, .account = account, .revoked_ms = revoked_ms};
	struct buf b;

	buf_init(&b, 4096);
	api_key_record_put(&b, &k);
	apply_api_key(links_store_begin(&s), buf_view(&b));
	links_store_commit(&s);
	buf_deinit(&b);
}

static void test_lookups(void **state)
{
	struct account a = {.id = 99};
	struct db_txn *t;

	(void)state;
	put(7, 1, "acme", true);
	put(9, 1, "acme-2", true);
	t = links_store_read(&s);
	assert_int_equal(account_by_id(t, 7, &a), OK);
	assert_true(str_is(a.name, "acme"));
	assert_int_equal(account_by_name(t, STR("acme-2"), &a), OK);
	assert_true(a.id == 9);
	a.id = 99;
	assert_int_equal(account_by_id(t, 8, &a), ERR_NOT_FOUND);
	assert_int_equal(account_by_name(t, STR("acm"), &a), ERR_NOT_FOUND);
	assert_int_equal(account_by_name(t, STR(""), &a), ERR_NOT_FOUND);
	assert_true(a.id == 99);
}

static void test_absurd_name(void **state)
{
	static char name[4000];
	struct account a;

	(void)state;
	memset(name, 'a', sizeof(name));
	for (size_t n = 490; n < 520; n++)
		assert_int_equal(account_by_name(links_store_read(&s),
					 str_make(name, n), &a),
			ERR_NOT_FOUND);
	assert_int_equal(account_by_name(links_store_read(&s),
				 str_make(name, sizeof(name)), &a),
		ERR_NOT_FOUND);
}

static void test_list_in_order(void **state)
{
	static const char *const names[] = {"a", "a-1", "ab", "b", "zz"};
	struct str after = str_make(NULL, 0);
	struct account a;
	struct db_txn *t;

	(void)state;
	assert_int_equal(
		account_next(links_store_read(&s), after, &a), ERR_NOT_FOUND);
	put(5, 1, "b", true);
	put(4, 1, "ab", true);
	put(3, 1, "zz", true);
	put(2, 1, "a-1", true);
	put(1, 1, "a", true);
	t = links_store_read(&s);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_int_equal(account_next(t, after, &a), OK);
		assert_true(str_is(a.name, names[i]));
		after = a.name;
	}
	assert_int_equal(account_next(t, after, &a), ERR_NOT_FOUND);
	/* From between two names. */
	assert_int_equal(account_next(t, STR("aa"), &a), OK);
	assert_true(str_is(a.name, "ab"));
}

static void test_revisions(void **state)
{
	struct account a;
	struct db_txn *t;
	uint64_t records;

	(void)state;
	put(7, 1, "acme", true);
	put(7, 2, "acme", false);
	records = links_store_records(&s);
	put(7, 2, "acme", false); /* a second time changes nothing */
	assert_true(links_store_records(&s) == records);
	t = links_store_read(&s);
	assert_int_equal(account_by_id(t, 7, &a), OK);
	assert_int_equal(a.revision, 2);
	assert_false(a.active);
	assert_int_equal(account_at(t, 7, 1, &a), OK);
	assert_int_equal(a.revision, 1);
	assert_true(a.active);
	assert_int_equal(account_at(t, 7, 3, &a), ERR_NOT_FOUND);
	assert_int_equal(account_at(t, 8, 1, &a), ERR_NOT_FOUND);
}

static void test_api_keys(void **state)
{
	struct api_key k;
	struct db_txn *t;
	uint64_t after = 0;
	size_t n = 0;

	(void)state;
	put_key(1, 10, 0);
	put_key(2, 20, 0);
	put_key(UINT64_MAX, 10, 0);
	put_key((uint64_t)1 << 40, 10, 0);
	t = links_store_read(&s);
	assert_int_equal(api_key_by_id(t, 2, &k), OK);
	assert_true(k.account == 20 && k.revoked_ms == 0);
	assert_int_equal(api_key_by_id(t, 3, &k), ERR_NOT_FOUND);
	while (n < 3 && api_key_next(t, 10, after, &k) == OK) {
		assert_true(k.account == 10 && k.id > after);
		after = k.id;
		n++;
	}
	assert_int_equal(n, 3);
	assert_true(after == UINT64_MAX);
	assert_int_equal(api_key_next(t, 10, after, &k), ERR_NOT_FOUND);
	assert_int_equal(api_key_next(t, 20, 2, &k), ERR_NOT_FOUND);
	assert_int_equal(api_key_next(t, 30, 0, &k), ERR_NOT_FOUND);
	put_key(2, 20, 1234);
	assert_int_equal(api_key_by_id(links_store_read(&s), 2, &k), OK);
	assert_true(k.revoked_ms == 1234);
}

/* A record under another's key, or damaged, is told and never served. */
static void test_corrupt_records(void **state)
{
	struct db_txn *t;
	struct account a;
	struct api_key k;
	struct str value;
	char copy[256];
	size_t n;

	(void)state;
	put(7, 1, "acme", true);
	put_key(7, 7, 0);
	t = links_store_begin(&s);
	assert_true(db_get(t, LINKS_ACCOUNTS, DB_KEY64(7), &value));
	n = value.n;
	memcpy(copy, value.p, n);
	db_put(t, LINKS_ACCOUNTS, DB_KEY64(8), str_make(copy, n));
	copy[5] ^= 1;
	db_put(t, LINKS_ACCOUNTS, DB_KEY64(9), str_make(copy, n));
	assert_true(db_get(t, LINKS_API_KEYS, DB_KEY64(7), &value));
	n = value.n;
	memcpy(copy, value.p, n);
	db_put(t, LINKS_API_KEYS, DB_KEY64(8), str_make(copy, n));
	links_store_commit(&s);
	t = links_store_read(&s);
	assert_int_equal(account_by_id(t, 8, &a), ERR_CORRUPT);
	assert_int_equal(account_by_id(t, 9, &a), ERR_CORRUPT);
	assert_int_equal(account_by_id(t, 7, &a), OK);
	assert_int_equal(api_key_by_id(t, 8, &k), ERR_CORRUPT);
	/* And never applied. */
	apply_account(links_store_begin(&s), str_make(copy, n));
	assert_int_equal(db_commit(&s.writer), ERR_CORRUPT);
	apply_api_key(links_store_begin(&s), str_make(copy, n - 1));
	assert_int_equal(db_commit(&s.writer), ERR_CORRUPT);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_lookups),
		WITH_STORE(test_absurd_name),
		WITH_STORE(test_list_in_order),
		WITH_STORE(test_revisions),
		WITH_STORE(test_api_keys),
		WITH_STORE(test_corrupt_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
