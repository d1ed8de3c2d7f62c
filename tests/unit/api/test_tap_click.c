#include "api/tap_click.h"

#include <string.h>

#include "core/verdict.h"
#include "support/cmocka.h"
#include "support/fault.h"

enum {
	SLABS = 3,
	SLOTS = SLABS * TAP_SLAB
};

static char text[8192];

static void test_pool_is_bounded(void **state)
{
	static struct tap *taken[SLOTS];
	const struct click click = {.token = 1};
	struct tap_pool pool;

	(void)state;
	tap_pool_init(&pool, SLOTS);
	for (size_t i = 0; i < SLOTS; i++) {
		taken[i] = tap_take(&pool, &click, STR("l"), STR("b"));
		assert_non_null(taken[i]);
		for (size_t n = i > 8 ? i - 8 : 0; n < i; n++)
			assert_true(taken[n] != taken[i]);
	}
	assert_null(tap_take(&pool, &click, STR("l"), STR("b")));
	tap_give(&pool, taken[5]);
	assert_ptr_equal(tap_take(&pool, &click, STR("l"), STR("b")), taken[5]);
	assert_null(tap_take(&pool, &click, STR("l"), STR("b")));
	for (size_t i = 0; i < SLOTS; i++)
		tap_give(&pool, taken[i]);
	tap_pool_deinit(&pool);
}

/* The strings are the slot's own, however long. */
static void test_copies(void **state)
{
	static const size_t sizes[] = {
		0, 1, 100, TAP_ROOM / 6, TAP_ROOM / 6 + 1, TAP_ROOM, 4000};
	struct tap_pool pool;

	(void)state;
	tap_pool_init(&pool, TAP_SLAB);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct str s = str_make(text, sizes[i]);
		struct click click = {.token = 7,
			.agent = s,
			.referer = s,
			.language = s,
			.query = s};
		struct tap *tap;

		memset(text, 'a', sizeof(text));
		tap = tap_take(&pool, &click, s, s);
		assert_non_null(tap);
		memset(text, 'b', sizeof(text));
		{
			const struct str copies[] = {tap->lines, tap->body,
				tap->entry.click.agent,
				tap->entry.click.referer,
				tap->entry.click.language,
				tap->entry.click.query};

			for (size_t n = 0; n < COUNT_OF(copies); n++) {
				assert_int_equal(copies[n].n, sizes[i]);
				assert_int_equal(
					str_find(copies[n], 'b'), sizes[i]);
			}
		}
		assert_true(tap->entry.click.token == 7);
		assert_false(tap->is_early);
		assert_ptr_equal(tap_of_mail(&tap->mail), tap);
		assert_ptr_equal(tap_of_entry(&tap->entry), tap);
		tap->is_early = true;
		tap_give(&pool, tap);
	}
	tap_pool_deinit(&pool);
}

/* Without memory there is no slot, and nothing is lost of the pool. */
static void test_no_memory(void **state)
{
	struct click click = {.token = 1, .query = str_make(text, 2000)};
	struct tap_pool pool;
	struct tap *tap;

	(void)state;
	tap_pool_init(&pool, TAP_SLAB);
	fault_alloc(1); /* the slab */
	assert_null(tap_take(&pool, &click, STR(""), STR("")));
	assert_true(fault_alloc_hit());
	fault_alloc(2); /* the long strings */
	assert_null(tap_take(&pool, &click, STR(""), STR("")));
	assert_true(fault_alloc_hit());
	fault_alloc(0);
	for (int i = 0; i < TAP_SLAB; i++) {
		tap = tap_take(&pool, &click, STR(""), STR(""));
		assert_non_null(tap);
	}
	assert_null(tap_take(&pool, &click, STR(""), STR("")));
	tap_pool_deinit(&pool); /* frees what is still out */
}

static void test_elsewhere(void **state)
{
	static const struct {
		const char *url, *path, *query, *want;
	} rows[] = {
		{"https://ct1.io/{{1}}", "/eAbc", NULL, "https://ct1.io/eAbc"},
		{"https://ct1.io/{{1}}", "/eAbc", "", "https://ct1.io/eAbc?"},
		{"https://ct1.io/{{1}}", "/eAbc", "a=1&b=%20",
			"https://ct1.io/eAbc?a=1&b=%20"},
		{"https://ct1.io/{{1}}", "//eAbc", NULL,
			"https://ct1.io//eAbc"},
		{"https://ct1.io/{{1}}", "/eAbc).", NULL,
			"https://ct1.io/eAbc)."},
		/* No header is split, no URL broken out of. */
		{"https://ct1.io/{{1}}", "/e\r\nX: y", "\r\n\"<>`{|}^\\",
			"https://ct1.io/e%0D%0AX:%20y?"
			"%0D%0A%22%3C%3E%60%7B%7C%7D%5E%5C"},
		{"https://ct1.io/{{1}}", "/e\xc3\xa4\x7f", NULL,
			"https://ct1.io/e%C3%A4%7F"},
		{"http://127.0.0.1:8080/{{1}}", "/e1", NULL,
			"http://127.0.0.1:8080/e1"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct region region = {.settings.url = str_from(rows[i].url)};
		struct http_request request = {.path = str_from(rows[i].path),
			.has_query = rows[i].query != NULL};
		struct buf b;

		if (rows[i].query)
			request.query = str_from(rows[i].query);
		buf_init(&b, 4096);
		tap_elsewhere_put(&b, &region, &request);
		assert_string_equal(buf_cstr(&b), rows[i].want);
		buf_deinit(&b);
	}
}

static void test_fill(void **state)
{
	const struct resolution r = {.token = 1,
		.nonce = 2,
		.account = 3,
		.link = 4,
		.campaign = 5,
		.link_revision = 6,
		.outcome = CLICK_REDIRECTED,
		.target = CLICK_TARGET_CAMPAIGN,
		.target_revision = 7,
		.forward_query = true,
		.track = true};
	struct http_request request = {.method = HTTP_GET};
	struct click c;

	(void)state;
	memset(text, 'x', sizeof(text));
	request.query = request.known[HTTP_USER_AGENT] =
		request.known[HTTP_REFERER] =
			request.known[HTTP_ACCEPT_LANGUAGE] =
				str_make(text, 2000);
	tap_click_fill(&c, &r, &request, true, 1234);
	assert_int_equal(click_check(&c), OK); /* cut to what is kept */
	assert_int_equal(c.agent.n, CLICK_AGENT_MAX);
	assert_int_equal(c.referer.n, CLICK_REFERER_MAX);
	assert_int_equal(c.language.n, CLICK_LANGUAGE_MAX);
	assert_int_equal(c.query.n, CLICK_QUERY_MAX);
	assert_true(c.at_ms == 1234 && c.token == 1 && c.nonce == 2);
	assert_true(c.account == 3 && c.link == 4 && c.campaign == 5);
	assert_true(c.link_revision == 6 && c.target_revision == 7);
	assert_int_equal(c.target, CLICK_TARGET_CAMPAIGN);
	assert_true(c.misfilled && c.forwarded_query);
	/* That is judged when it is written. */
	assert_false(c.head || c.test || c.unique || c.counted);
	assert_int_equal(c.signals, 0);
	request.method = HTTP_HEAD;
	request.known[HTTP_SEC_PURPOSE] = STR("prefetch;prerender");
	request.known[HTTP_X_MOZ] = STR("prefetch");
	tap_click_fill(&c, &r, &request, true, 1234);
	assert_true(c.head);
	assert_int_equal(
		c.signals, VERDICT_SIGNAL_SEC_PURPOSE | VERDICT_SIGNAL_X_MOZ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pool_is_bounded),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
