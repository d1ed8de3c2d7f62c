#include "store/restores.h"

#include "unit/store/links_store.h"

static struct links_store s;

static const struct restore first = {
	.first_click = 1000,
	.last_click = 99,
	.first_token = 2000,
	.last_token = 199,
	.first_id = 3000,
	.copied_ms = 1,
	.restored_ms = 2,
};
static const struct restore second = {
	.first_click = 10000,
	.last_click = 1099,
	.first_token = 20000,
	.last_token = 2099,
	.first_id = 30000,
	.copied_ms = 3,
	.restored_ms = 4,
};

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

static void put(const struct restore *r)
{
	restore_put(links_store_begin(&s), r);
	links_store_commit(&s);
}

static void check_next(uint64_t id, uint64_t token)
{
	uint64_t next;

	assert_int_equal(links_next_id(links_store_read(&s), &next), OK);
	assert_true(next == id);
	assert_int_equal(links_next_token(links_store_read(&s), 0, &next), OK);
	assert_true(next == token);
}

static void test_kept(void **state)
{
	struct restores r;

	(void)state;
	assert_int_equal(restores_read(links_store_read(&s), &r), OK);
	assert_true(r.n == 0 && restores_first_click(&r) == 0);
	assert_false(restores_cut_off(&r, 5));
	put(&first);
	check_next(3000, 2000);
	put(&second);
	check_next(30000, 20000);
	/* A second time changes nothing, and an older one takes nothing back.
	 */
	put(&first);
	check_next(30000, 20000);
	assert_int_equal(restores_read(links_store_read(&s), &r), OK);
	assert_int_equal(r.n, 2);
	assert_memory_equal(&r.items[0], &first, sizeof(first));
	assert_memory_equal(&r.items[1], &second, sizeof(second));
	assert_true(restores_first_click(&r) == 10000);
	restores_deinit(&r);
}

static const struct {
	uint64_t click;
	bool cut_off;
} places[] = {
	{0, false},
	{99, false},
	{100, true},
	{998, true},
	{999, false}, /* before the first one */
	{1000, false},
	{1099, false},
	{1100, true},
	{9998, true},
	{9999, false},
	{10000, false},
	{UINT64_MAX, false},
};

static void test_cut_off(void **state)
{
	struct restore items[] = {first, second};
	const struct restores r = {items, COUNT_OF(items)};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (restores_cut_off(&r, places[i].click) != places[i].cut_off)
			fail_msg("%zu", i);
	/* 1 to 99, 1000 to 1099, and 10000. */
	assert_true(restores_clicks(&r, 1, 10000) == 99 + 100 + 1);
	assert_true(restores_clicks(&r, 1, 99) == 99);
	assert_true(restores_clicks(&r, 50, 1000) == 50 + 1);
	assert_true(restores_clicks(&r, 1001, 1099) == 99);
	assert_true(restores_clicks(&r, 10000, 10004) == 5);
	assert_true(restores_clicks(&r, 1, 0) == 0);
	assert_true(restores_tokens(&r, 0) == 0);
	assert_true(restores_tokens(&r, 199) == 199);
	assert_true(restores_tokens(&r, 1999) == 199); /* none since */
	assert_true(restores_tokens(&r, 2000) == 200);
	assert_true(restores_tokens(&r, 20005) == 199 + 100 + 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kept, setup, teardown),
		cmocka_unit_test(test_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
