#include "service/webhook_batch.h"

#include "service/cursor.h"
#include "service/feed_format.h"
#include "unit/service/feed_fixture.h"

enum {
	CLICKS = 5,
	/* Enough of the longest queries to pass the body's bound. */
	LONG_CLICKS = 400,
	LONG_QUERY = CLICK_QUERY_MAX,
};

static struct service s;
static struct feed_join *join;
static uint64_t sequences[LONG_CLICKS];
static uint64_t token;
static struct buf body;

static int setup(void **state)
{
	(void)state;
	service_init(&s);
	token = service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");
	assert_int_equal(feed_join_new(s.view, &join), OK);
	buf_init(&body, WEBHOOK_BODY_MAX);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_deinit(&body);
	feed_join_free(join);
	service_deinit(&s);
	return 0;
}

static struct feed_page page_of(size_t n)
{
	return (struct feed_page){
		.account = s.account, .n = n, .sequences = sequences};
}

static enum err put(size_t n, uint64_t end, struct webhook_batch *b)
{
	struct feed_page page = page_of(n);

	buf_reset(&body);
	views_reset(&s.views);
	return webhook_batch_put(join, s.view, &page, false, end, &body, b);
}

static struct json_t *parsed(void)
{
	struct json_findings findings = {0};
	struct json_t *root = NULL;

	assert_int_equal(
		json_parse(buf_view(&body), body.n, &root, &findings), OK);
	return root;
}

static struct str member_of(const struct json_t *object, const char *name)
{
	return json_str_of(json_member(object, str_from(name)));
}

/* The envelope, with these clicks, first and last by index. */
static void check_body(size_t first, size_t last)
{
	struct json_t *root = parsed();
	const struct json_t *data = json_member(root, STR("data"));
	const struct json_t *clicks = json_member(data, STR("clicks"));
	struct cursor cursor;

	assert_int_equal(json_object_length(root), 3);
	assert_true(str_is(member_of(root, "type"), "clicks"));
	assert_int_equal(member_of(root, "timestamp").n, 24);
	assert_int_equal(json_array_length(clicks), last - first + 1);
	for (size_t i = first; i <= last; i++) {
		const struct json_t *click = json_array_at(clicks, i - first);

		assert_int_equal(cursor_read(s.view, s.account,
					 member_of(click, "cursor"), &cursor),
			OK);
		assert_true(cursor.sequence == sequences[i]);
	}
	/* The place behind them, and when the last one was. */
	assert_true(str_eq(member_of(data, "cursor"),
		member_of(json_array_at(clicks, last - first), "cursor")));
	assert_true(str_eq(member_of(root, "timestamp"),
		member_of(json_array_at(clicks, last - first), "at")));
	json_free(root);
}

static void test_envelope(void **state)
{
	struct webhook_batch b;

	(void)state;
	for (size_t i = 0; i < CLICKS; i++) {
		atomic_fetch_add(&service_wall, 10);
		sequences[i] = feed_tap(&s, token, STR("a=\"b\""), 0);
	}
	assert_int_equal(put(CLICKS, 0, &b), OK);
	assert_true(b.end == sequences[CLICKS - 1] && !b.is_cut);
	assert_int_equal(b.clicks, CLICKS);
	assert_int_equal(b.missing, 0);
	check_body(0, CLICKS - 1);
	assert_int_equal(put(1, 0, &b), OK);
	check_body(0, 0);
	/* An end that is given holds. */
	assert_int_equal(put(CLICKS, sequences[2], &b), OK);
	assert_true(b.end == sequences[2]);
	assert_int_equal(b.clicks, 3);
	check_body(0, 2);
}

/* For its size, at a whole row; the same end then gives the same rows. */
static void test_cut(void **state)
{
	static char query[LONG_QUERY];
	struct webhook_batch b, again;
	struct buf first;

	(void)state;
	memset(query, '\"', sizeof(query));
	for (size_t i = 0; i < LONG_CLICKS; i++)
		sequences[i] =
			feed_tap(&s, token, str_make(query, sizeof(query)), 0);
	assert_int_equal(put(LONG_CLICKS, 0, &b), OK);
	assert_true(b.is_cut && b.clicks > 10 && b.clicks < LONG_CLICKS);
	assert_true(b.end == sequences[b.clicks - 1]);
	assert_true(body.n <= WEBHOOK_BODY_MAX);
	/* There was room for no other one, whatever it were. */
	assert_true(body.n > WEBHOOK_BODY_MAX - FEED_ROW_BYTES_MAX);
	check_body(0, b.clicks - 1);
	buf_init(&first, WEBHOOK_BODY_MAX);
	buf_str(&first, buf_view(&body));
	assert_int_equal(put(LONG_CLICKS, b.end, &again), OK);
	assert_true(str_eq(buf_view(&first), buf_view(&body)));
	assert_true(!again.is_cut && again.end == b.end);
	/* One that does not fit any more. */
	assert_int_equal(put(LONG_CLICKS, sequences[LONG_CLICKS - 1], &again),
		ERR_TOO_LONG);
	buf_deinit(&first);
}

/* Numbers of clicks that are not there: before the log's first they are
 * missing, others were nobody's. */
static void test_missing(void **state)
{
	struct webhook_batch b;
	uint64_t first;

	(void)state;
	first = feed_tap(&s, token, STR(""), 0);
	sequences[0] = first - 1;
	sequences[1] = first;
	sequences[2] = first + 10;
	assert_int_equal(put(3, 0, &b), OK);
	assert_int_equal(b.clicks, 1);
	assert_int_equal(b.missing, 1);
	assert_true(b.end == first + 10);
	assert_int_equal(put(1, 0, &b), OK);
	assert_int_equal(b.clicks, 0);
	assert_int_equal(b.missing, 1);
	assert_true(b.end == first - 1);
}

int main(void)
{
#define WITH_SERVICE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(test_envelope),
		WITH_SERVICE(test_cut),
		WITH_SERVICE(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
