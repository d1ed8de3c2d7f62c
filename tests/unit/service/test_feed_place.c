#include "service/feed_place.h"

#include "service/cursor.h"
#include "unit/service/feed_fixture.h"

static struct service s;

static int setup(void **state)
{
	(void)state;
	service_init(&s);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	service_deinit(&s);
	return 0;
}

static enum err place(uint64_t account, uint64_t sequence, uint64_t *after,
	struct problem *problem)
{
	const struct cursor c = {.sequence = sequence};
	char text[CURSOR_LEN];

	*problem = (struct problem){0};
	cursor_write(s.view, account, &c, text);
	return feed_place(s.view, s.account, str_make(text, sizeof(text)),
		after, problem);
}

static void test_places(void **state)
{
	uint64_t token = service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");
	uint64_t first = feed_tap(&s, token, STR(""), VERDICT_HUMAN);
	uint64_t last = feed_tap(&s, token, STR(""), VERDICT_HUMAN);
	uint64_t after = 77;
	struct problem p = {0};

	(void)state;
	assert_int_equal(place(s.account, first - 1, &after, &p), OK);
	assert_true(after == first - 1);
	assert_int_equal(place(s.account, last, &after, &p), OK);
	assert_true(after == last);
	/* One that was just committed. */
	assert_int_equal(place(s.account, last + 1, &after, &p), OK);
	after = 77;
	assert_int_equal(place(s.account + 1, last, &after, &p), ERR_INVALID);
	assert_int_equal(p.kind, PROBLEM_NONE);
	assert_int_equal(feed_place(s.view, s.account, STR("x"), &after, &p),
		ERR_INVALID);
	/* Ahead of the log: of another history. */
	assert_int_equal(
		place(s.account, last + 1000000, &after, &p), ERR_NOT_FOUND);
	assert_int_equal(p.kind, PROBLEM_CURSOR_GONE);
	assert_int_equal(after, 77);
	/* What it says instead is good. */
	assert_int_equal(feed_place(s.view, s.account,
				 str_from(p.oldest_cursor), &after, &p),
		OK);
	assert_true(after == first - 1);
}

/* What came after a backup is gone; what was before, and what came since, is
 * not. */
static void test_cut_off(void **state)
{
	uint64_t token = service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");
	uint64_t newest = feed_tap(&s, token, STR(""), VERDICT_HUMAN) + 100;
	struct restore cut = {
		.last_click = newest - 50, .first_click = newest - 20};
	uint64_t after = 0;
	struct problem p;

	(void)state;
	s.region->restores = (struct restores){&cut, 1};
	assert_int_equal(place(s.account, cut.last_click, &after, &p), OK);
	assert_int_equal(place(s.account, cut.last_click + 1, &after, &p),
		ERR_NOT_FOUND);
	assert_int_equal(p.kind, PROBLEM_CURSOR_GONE);
	assert_int_equal(place(s.account, cut.first_click - 2, &after, &p),
		ERR_NOT_FOUND);
	assert_int_equal(place(s.account, cut.first_click - 1, &after, &p), OK);
	assert_int_equal(place(s.account, cut.first_click, &after, &p), OK);
	s.region->restores = (struct restores){0};
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_places, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut_off, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
