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

static enum err place(uint64_t account, uint64_t sequence, uint16_t history,
	uint64_t *after, struct problem *problem)
{
	const struct cursor c = {.sequence = sequence, .history = history};
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
	assert_int_equal(place(s.account, first - 1, 0, &after, &p), OK);
	assert_true(after == first - 1);
	assert_int_equal(place(s.account, last, 0, &after, &p), OK);
	assert_true(after == last);
	/* One that was just committed. */
	assert_int_equal(place(s.account, last + 1, 0, &after, &p), OK);
	after = 77;
	assert_int_equal(
		place(s.account + 1, last, 0, &after, &p), ERR_INVALID);
	assert_int_equal(p.kind, PROBLEM_NONE);
	assert_int_equal(feed_place(s.view, s.account, STR("x"), &after, &p),
		ERR_INVALID);
	/* Of another history, by its mark or since it is ahead of the log. */
	assert_int_equal(place(s.account, last, 1, &after, &p), ERR_NOT_FOUND);
	assert_int_equal(p.kind, PROBLEM_CURSOR_GONE);
	assert_int_equal(
		place(s.account, last + 1000000, 0, &after, &p), ERR_NOT_FOUND);
	assert_int_equal(p.kind, PROBLEM_CURSOR_GONE);
	assert_int_equal(after, 77);
	/* What it says instead is good. */
	assert_int_equal(feed_place(s.view, s.account,
				 str_from(p.oldest_cursor), &after, &p),
		OK);
	assert_true(after == first - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_places, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
