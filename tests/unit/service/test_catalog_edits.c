/* Edits by one thread, and the taps of another. */
#include "service/resolve.h"

#include "unit/service/service_fixture.h"

enum {
	LOCATION_MAX = 16384,
	RECORD_MAX = 8192,
};

#define OWN      "https://shop.example/own"
#define MOVED    "https://shop.example/moved"
#define OVERRIDE "https://shop.example/override"

static struct service s;
static struct views taps; /* of the thread that taps */
static struct view *tap;
static struct buf location;

static int setup(void **state)
{
	(void)state;
	service_init(&s);
	assert_int_equal(views_init(s.regions, &taps), OK);
	tap = view_of(&taps, s.region);
	buf_init(&location, LOCATION_MAX);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_deinit(&location);
	views_deinit(&taps);
	service_deinit(&s);
	return 0;
}

static enum click_outcome resolve(const struct token_id *id)
{
	struct resolution r;

	buf_reset(&location);
	assert_int_equal(resolve_token(tap, id, STR(""), STR(""), service_now(),
				 &location, &r),
		OK);
	return r.outcome;
}

enum edited {
	ACCOUNT,
	LINK,
	CAMPAIGN
};

static void edit(enum edited what, const char *body)
{
	struct campaign_patch campaign;
	struct account_edit account;
	struct link_edit link;

	switch (what) {
	case ACCOUNT:
		assert_int_equal(
			service_edit_account(&s, false, "acme", body, &account),
			OK);
		return;
	case LINK:
		assert_int_equal(service_edit_link(&s, s.account, LINK_PATCH,
					 "shop", body, &link),
			OK);
		return;
	case CAMPAIGN:
		assert_int_equal(service_edit_campaign(&s, s.account, "camp",
					 body, &campaign),
			OK);
	}
}

/* Edited by one thread, tapped by another, which has its snapshot open and has
 * seen the token a moment ago. */
static void test_edits_hold_for_the_next_tap(void **state)
{
	static const struct {
		enum edited what;
		enum click_outcome outcome;
		const char *body;
		const char *location;
	} rows[] = {
		{LINK, CLICK_REDIRECTED, "{\"destination\":\"" MOVED "\"}",
			MOVED},
		{CAMPAIGN, CLICK_REDIRECTED, "{\"override\":\"" OVERRIDE "\"}",
			OVERRIDE},
		{CAMPAIGN, CLICK_REDIRECTED, "{\"override\":null}", MOVED},
		{ACCOUNT, CLICK_GONE, "{\"state\":\"disabled\"}", ""},
		{ACCOUNT, CLICK_REDIRECTED, "{\"state\":\"active\"}", MOVED},
		{CAMPAIGN, CLICK_GONE, "{\"state\":\"disabled\"}", ""},
		{CAMPAIGN, CLICK_REDIRECTED, "{\"state\":\"active\"}", MOVED},
		{LINK, CLICK_GONE, "{\"state\":\"disabled\"}", ""},
		{LINK, CLICK_REDIRECTED,
			"{\"state\":\"active\",\"destination\":\"" OWN "\"}",
			OWN},
	};
	enum click_outcome before = CLICK_REDIRECTED;
	const char *led_to = OWN;
	struct token_id id;

	(void)state;
	service_put_link(&s, "shop",
		"{\"destination\":\"" OWN "\",\"campaign\":\"camp\"}");
	id = service_token_id(
		&s, service_mint(&s, s.account, "{\"link\":\"shop\"}"));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(resolve(&id), before);
		assert_true(str_is(buf_view(&location), led_to));
		edit(rows[i].what, rows[i].body);
		/* This snapshot is from before. */
		assert_int_equal(resolve(&id), before);
		assert_true(str_is(buf_view(&location), led_to));
		view_refresh_links(tap);
		before = rows[i].outcome;
		led_to = rows[i].location;
	}
	assert_int_equal(resolve(&id), before);
	assert_true(str_is(buf_view(&location), led_to));
}

/* A link that cannot be expanded is damage, unless something leads past it. */
static void test_no_template(void **state)
{
	struct resolution r;
	struct token_id id;
	struct db_txn w;
	struct link link;
	struct buf record;

	(void)state;
	service_put_link(&s, "shop",
		"{\"destination\":\"" OWN "\",\"campaign\":\"camp\"}");
	id = service_token_id(
		&s, service_mint(&s, s.account, "{\"link\":\"shop\"}"));
	assert_int_equal(
		lookup_link_name(s.view, s.account, STR("shop"), &link), OK);
	link.destination = STR("https://shop.example/{");
	buf_init(&record, RECORD_MAX);
	link_record_put(&record, &link);
	assert_int_equal(db_begin(s.region->links.env, &w), OK);
	db_put(&w, LINKS_LINKS, DB_KEY64(link.id), buf_view(&record));
	assert_int_equal(db_commit(&w), OK);
	buf_deinit(&record);
	assert_int_equal(resolve_token(tap, &id, STR(""), STR(""),
				 service_now(), &location, &r),
		ERR_CORRUPT);
	edit(CAMPAIGN, "{\"override\":\"" OVERRIDE "\"}");
	view_refresh_links(tap);
	assert_int_equal(resolve(&id), CLICK_REDIRECTED);
	assert_true(str_is(buf_view(&location), OVERRIDE));
}

int main(void)
{
#define WITH_SERVICE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(test_edits_hold_for_the_next_tap),
		WITH_SERVICE(test_no_template),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
