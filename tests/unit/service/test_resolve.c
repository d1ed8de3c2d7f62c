#include "service/resolve.h"

#include "unit/service/service_fixture.h"

enum {
	LOCATION_MAX = 16384
};

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

/* What is done before the tap. */
enum {
	LINK_FALLBACK = 1,
	ACCOUNT_FALLBACK = 2,
	REGION_FALLBACK = 4,
	REVOKED = 8,
	EXPIRED = 16, /* the token's ttl is over */
	LINK_DISABLED = 32,
	LINK_EXPIRED = 64,
	CAMPAIGN_DISABLED = 128,
	CAMPAIGN_OVERRIDE = 256,
	ACCOUNT_DISABLED = 512,
	NO_LINK = 1024, /* minted by destination */
	NO_CAMPAIGN = 2048,
	END_MOVED = 4096, /* expires_at in the future again */
};

#define OWN        "https://shop.example/own"
#define OVERRIDE   "https://shop.example/override"
#define BY_LINK    "https://shop.example/by-link"
#define BY_ACCOUNT "https://shop.example/by-account"
#define BY_REGION  "https://shop.example/by-region"

struct row {
	unsigned before;
	enum click_outcome outcome;
	enum click_target target;
	const char *location;
};

static const struct row states[] = {
	{0, CLICK_REDIRECTED, CLICK_TARGET_OWN, OWN},
	{LINK_FALLBACK | ACCOUNT_FALLBACK | REGION_FALLBACK, CLICK_REDIRECTED,
		CLICK_TARGET_OWN, OWN},
	{NO_LINK, CLICK_REDIRECTED, CLICK_TARGET_OWN, OWN},
	{NO_LINK | NO_CAMPAIGN, CLICK_REDIRECTED, CLICK_TARGET_OWN, OWN},
	{CAMPAIGN_OVERRIDE, CLICK_REDIRECTED, CLICK_TARGET_CAMPAIGN, OVERRIDE},
	{CAMPAIGN_OVERRIDE | NO_LINK, CLICK_REDIRECTED, CLICK_TARGET_CAMPAIGN,
		OVERRIDE},
	{REVOKED, CLICK_GONE, CLICK_TARGET_NONE, ""},
	{EXPIRED, CLICK_GONE, CLICK_TARGET_NONE, ""},
	{EXPIRED | END_MOVED, CLICK_REDIRECTED, CLICK_TARGET_OWN, OWN},
	{REVOKED | END_MOVED, CLICK_GONE, CLICK_TARGET_NONE, ""},
	{LINK_DISABLED, CLICK_GONE, CLICK_TARGET_NONE, ""},
	{LINK_EXPIRED, CLICK_GONE, CLICK_TARGET_NONE, ""},
	{CAMPAIGN_DISABLED, CLICK_GONE, CLICK_TARGET_NONE, ""},
	{CAMPAIGN_DISABLED | NO_LINK, CLICK_GONE, CLICK_TARGET_NONE, ""},
	{CAMPAIGN_DISABLED | CAMPAIGN_OVERRIDE, CLICK_GONE, CLICK_TARGET_NONE,
		""},
	{ACCOUNT_DISABLED, CLICK_GONE, CLICK_TARGET_NONE, ""},
	{ACCOUNT_DISABLED | CAMPAIGN_OVERRIDE, CLICK_GONE, CLICK_TARGET_NONE,
		""},
	{REVOKED | LINK_FALLBACK | ACCOUNT_FALLBACK | REGION_FALLBACK,
		CLICK_FALLBACK, CLICK_TARGET_LINK_FALLBACK, BY_LINK},
	{EXPIRED | ACCOUNT_FALLBACK | REGION_FALLBACK, CLICK_FALLBACK,
		CLICK_TARGET_ACCOUNT_FALLBACK, BY_ACCOUNT},
	{LINK_DISABLED | REGION_FALLBACK, CLICK_FALLBACK,
		CLICK_TARGET_REGION_FALLBACK, BY_REGION},
	{LINK_EXPIRED | LINK_FALLBACK, CLICK_FALLBACK,
		CLICK_TARGET_LINK_FALLBACK, BY_LINK},
	{CAMPAIGN_DISABLED | LINK_FALLBACK, CLICK_FALLBACK,
		CLICK_TARGET_LINK_FALLBACK, BY_LINK},
	{ACCOUNT_DISABLED | LINK_FALLBACK | ACCOUNT_FALLBACK, CLICK_FALLBACK,
		CLICK_TARGET_LINK_FALLBACK, BY_LINK},
	{NO_LINK | REVOKED | LINK_FALLBACK | ACCOUNT_FALLBACK, CLICK_FALLBACK,
		CLICK_TARGET_ACCOUNT_FALLBACK, BY_ACCOUNT},
	{NO_LINK | NO_CAMPAIGN | EXPIRED | REGION_FALLBACK, CLICK_FALLBACK,
		CLICK_TARGET_REGION_FALLBACK, BY_REGION},
};

static uint64_t mint_for(uint64_t account, unsigned before)
{
	struct link_edit link;

	assert_int_equal(service_edit_link(&s, account, LINK_PUT, "shop",
				 before & LINK_FALLBACK
					 ? "{\"destination\":\"" OWN
					   "\",\"fallback\":\"" BY_LINK "\"}"
					 : "{\"destination\":\"" OWN "\"}",
				 &link),
		OK);
	if (before & NO_LINK)
		return service_mint(&s, account,
			before & NO_CAMPAIGN
				? "{\"destination\":\"" OWN "\",\"ttl\":\"1h\"}"
				: "{\"destination\":\"" OWN "\",\"ttl\":\"1h\","
				  "\"campaign\":\"camp\"}");
	return service_mint(&s, account,
		before & NO_CAMPAIGN ? "{\"link\":\"shop\",\"ttl\":\"1h\"}"
				     : "{\"link\":\"shop\",\"ttl\":\"1h\","
				       "\"campaign\":\"camp\"}");
}

static void change(
	uint64_t account, const char *name, uint64_t token, unsigned before)
{
	struct campaign_patch campaign;
	struct account_edit edit;
	struct token_edit end;
	struct link_edit link;

	if (before & ACCOUNT_FALLBACK)
		assert_int_equal(
			service_edit_account(&s, false, name,
				"{\"fallback\":\"" BY_ACCOUNT "\"}", &edit),
			OK);
	if (before & REVOKED)
		assert_int_equal(service_edit_token(&s, token, NULL, &end), OK);
	if (before & END_MOVED)
		assert_int_equal(
			service_edit_token(&s, token,
				"{\"expires_at\":\"2027-01-01T00:00:00Z\"}",
				&end),
			OK);
	if (before & LINK_DISABLED)
		assert_int_equal(service_edit_link(&s, account, LINK_DISABLE,
					 "shop", NULL, &link),
			OK);
	if (before & LINK_EXPIRED)
		assert_int_equal(
			service_edit_link(&s, account, LINK_PATCH, "shop",
				"{\"expires_at\":\"2026-11-23T05:42:00.000Z\"}",
				&link),
			OK);
	if (before & CAMPAIGN_DISABLED)
		assert_int_equal(service_edit_campaign(&s, account, "camp",
					 "{\"state\":\"disabled\"}", &campaign),
			OK);
	if (before & CAMPAIGN_OVERRIDE)
		assert_int_equal(
			service_edit_campaign(&s, account, "camp",
				"{\"override\":\"" OVERRIDE "\"}", &campaign),
			OK);
	if (before & ACCOUNT_DISABLED)
		assert_int_equal(service_edit_account(&s, false, name,
					 "{\"state\":\"disabled\"}", &edit),
			OK);
}

static void test_states(void **state)
{
	struct buf location;

	(void)state;
	buf_init(&location, LOCATION_MAX);
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		const struct row *row = &states[i];
		struct resolution r = {0};
		struct token_id id;
		uint64_t account, token, now = service_now();
		char name[32];

		(void)snprintf(name, sizeof(name), "account-%zu", i);
		account = service_account(&s, name);
		token = mint_for(account, row->before);
		change(account, name, token, row->before);
		s.region->settings.fallback = row->before & REGION_FALLBACK
						      ? STR(BY_REGION)
						      : str_make(NULL, 0);
		if (row->before & EXPIRED)
			now += 3600000;
		id = service_token_id(&s, token);
		buf_reset(&location);
		assert_int_equal(resolve_token(s.view, &id, str_make(NULL, 0),
					 str_make(NULL, 0), now, &location, &r),
			OK);
		assert_int_equal(r.outcome, row->outcome);
		assert_int_equal(r.target, row->target);
		assert_true(str_is(buf_view(&location), row->location));
		assert_true(r.token == token && r.account == account);
		assert_int_equal(r.nonce, id.nonce);
		assert_int_equal(r.link == 0, !!(row->before & NO_LINK));
		assert_int_equal(
			r.campaign == 0, !!(row->before & NO_CAMPAIGN));
		assert_true(r.track && !r.test && !r.forward_query);
	}
	buf_deinit(&location);
}

/* A millisecond decides. */
static void test_ends(void **state)
{
	static const struct {
		const char *line;
		int64_t left_ms;
		enum click_outcome outcome;
	} rows[] = {
		{"{\"link\":\"shop\",\"ttl\":\"90s\"}", 1, CLICK_REDIRECTED},
		{"{\"link\":\"shop\",\"ttl\":\"90s\"}", 0, CLICK_GONE},
		{"{\"link\":\"shop\",\"ttl\":\"90s\"}", -1, CLICK_GONE},
		/* The link's ttl is fixed at minting; null is none. */
		{"{\"link\":\"short\"}", 1, CLICK_REDIRECTED},
		{"{\"link\":\"short\"}", 0, CLICK_GONE},
		{"{\"link\":\"short\",\"ttl\":null}", -1, CLICK_REDIRECTED},
		{"{\"link\":\"short\",\"ttl\":\"91s\"}", 0, CLICK_REDIRECTED},
	};
	struct buf location;

	(void)state;
	service_put_link(&s, "shop", "{\"destination\":\"" OWN "\"}");
	service_put_link(
		&s, "short", "{\"destination\":\"" OWN "\",\"ttl\":\"90s\"}");
	buf_init(&location, LOCATION_MAX);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t token = service_mint(&s, s.account, rows[i].line);
		struct token_id id = service_token_id(&s, token);
		struct resolution r;

		assert_int_equal(resolve_token(s.view, &id, str_make(NULL, 0),
					 str_make(NULL, 0),
					 (uint64_t)((int64_t)service_now() +
						    90000 - rows[i].left_ms),
					 &location, &r),
			OK);
		assert_int_equal(r.outcome, rows[i].outcome);
	}
	buf_deinit(&location);
}

#define TEMPLATE "https://shop.example/{a}/{b}?u={recipient}&r={ref}&d={d}#{a}"

static void test_variables(void **state)
{
	static const struct {
		const char *line, *location;
	} rows[] = {
		{"{\"link\":\"t\",\"params\":{\"a\":\"1\",\"b\":\"2\"}}",
			"https://shop.example/1/2?u=&r=none&d=D%20%2F#1"},
		{"{\"link\":\"t\",\"recipient\":\"u 1\",\"ref\":\"r&1\","
		 "\"params\":{\"b\":\"2\",\"a\":\"\xc3\xa4/?\",\"d\":\"x\"}}",
			"https://shop.example/%C3%A4%2F%3F/2?u=u%201&r=r%261"
			"&d=x#%C3%A4%2F%3F"},
		/* An empty value is a value: the default does not stand in. */
		{"{\"link\":\"t\",\"params\":{\"a\":\"\",\"b\":\"\","
		 "\"d\":\"\"}}",
			"https://shop.example//?u=&r=none&d=#"},
		{"{\"destination\":\"https://shop.example/%7Ba%7D?x#y\"}",
			"https://shop.example/%7Ba%7D?x#y"},
	};
	struct buf location;

	(void)state;
	service_put_link(&s, "t",
		"{\"destination\":\"" TEMPLATE
		"\",\"defaults\":{\"d\":\"D /\",\"recipient\":\"\","
		"\"ref\":\"none\"}}");
	buf_init(&location, LOCATION_MAX);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t token = service_mint(&s, s.account, rows[i].line);
		struct token_id id = service_token_id(&s, token);
		struct resolution r;

		buf_reset(&location);
		assert_int_equal(
			resolve_token(s.view, &id, STR("acme"),
				STR("ignored=1"), service_now(), &location, &r),
			OK);
		assert_true(str_is(buf_view(&location), rows[i].location));
		assert_false(r.forward_query);
	}
	buf_deinit(&location);
}

static void test_forward_query(void **state)
{
	static const struct {
		const char *query, *location;
		bool forwarded;
	} rows[] = {
		{"", "https://shop.example/p?own=1#f", false},
		{"click_id=7", "https://shop.example/p?own=1&click_id=7#f",
			true},
		/* The destination's own names win. */
		{"own=2&b=3", "https://shop.example/p?own=1&b=3#f", true},
	};
	uint64_t token;
	struct token_id id;
	struct buf location;

	(void)state;
	service_put_link(&s, "f",
		"{\"destination\":\"https://shop.example/p?own=1#f\","
		"\"forward_query\":true,\"track\":false}");
	token = service_mint(&s, s.account, "{\"link\":\"f\",\"test\":true}");
	id = service_token_id(&s, token);
	buf_init(&location, LOCATION_MAX);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct resolution r;

		/* The location is appended to. */
		buf_reset(&location);
		buf_text(&location, "before ");
		assert_int_equal(resolve_token(s.view, &id, str_make(NULL, 0),
					 str_from(rows[i].query), service_now(),
					 &location, &r),
			OK);
		assert_true(str_is(
			str_skip(buf_view(&location), 7), rows[i].location));
		assert_int_equal(r.forward_query, rows[i].forwarded);
		assert_true(r.test && !r.track);
	}
	buf_deinit(&location);
}

/* Ours by the key, and yet no token: another nonce, another key's version, a
 * number never given out, a refused line, another account's domain. */
static void test_strangers(void **state)
{
	uint64_t token =
		service_mint(&s, s.account, "{\"destination\":\"" OWN "\"}");
	struct token_id good = service_token_id(&s, token), id;
	struct resolution r = {.token = 7};
	struct buf location;

	(void)state;
	buf_init(&location, LOCATION_MAX);
#define STRANGER(account, change)                                              \
	do {                                                                   \
		id = good;                                                     \
		change;                                                        \
		assert_int_equal(                                              \
			resolve_token(s.view, &id, account, str_make(NULL, 0), \
				service_now(), &location, &r),                 \
			ERR_NOT_FOUND);                                        \
	} while (0)
	STRANGER(STR(""), id.nonce ^= 1);
	STRANGER(STR(""), id.key_version = 1);
	STRANGER(STR(""), id.seq += 1);
	STRANGER(STR(""), id.seq = 0);
	STRANGER(STR(""), id.seq = TOKEN_SEQ_MAX);
	STRANGER(STR(""), id.shard = 1);
	STRANGER(STR("acm"), (void)0);
	STRANGER(STR("others"), (void)0);
#undef STRANGER
	assert_int_equal(location.n, 0);
	assert_int_equal(r.token, 7);
	buf_deinit(&location);
}

/* The link's campaign counts when the token names none, as it is now. */
static void test_campaign_of_link(void **state)
{
	struct campaign_patch patch;
	struct link_edit edit;
	struct buf location;
	struct resolution r;
	struct token_id id;
	uint64_t own, inherited;

	(void)state;
	service_put_link(&s, "l",
		"{\"destination\":\"" OWN "\",\"campaign\":\"links\"}");
	inherited = service_mint(&s, s.account, "{\"link\":\"l\"}");
	own = service_mint(
		&s, s.account, "{\"link\":\"l\",\"campaign\":\"tokens\"}");
	assert_int_equal(service_edit_campaign(&s, s.account, "links",
				 "{\"state\":\"disabled\"}", &patch),
		OK);
	buf_init(&location, LOCATION_MAX);
	id = service_token_id(&s, inherited);
	assert_int_equal(resolve_token(s.view, &id, STR(""), STR(""),
				 service_now(), &location, &r),
		OK);
	assert_int_equal(r.outcome, CLICK_GONE);
	id = service_token_id(&s, own);
	assert_int_equal(resolve_token(s.view, &id, STR(""), STR(""),
				 service_now(), &location, &r),
		OK);
	assert_int_equal(r.outcome, CLICK_REDIRECTED);
	/* The link leaves the campaign: its tokens do too. */
	assert_int_equal(service_edit_link(&s, s.account, LINK_PATCH, "l",
				 "{\"campaign\":null}", &edit),
		OK);
	id = service_token_id(&s, inherited);
	assert_int_equal(resolve_token(s.view, &id, STR(""), STR(""),
				 service_now(), &location, &r),
		OK);
	assert_int_equal(r.outcome, CLICK_REDIRECTED);
	assert_true(r.campaign == 0 && r.link_revision == 2);
	buf_deinit(&location);
}

/* A location that finds no room is an error, never a cut URL. */
static void test_no_room(void **state)
{
	uint64_t token =
		service_mint(&s, s.account, "{\"destination\":\"" OWN "\"}");
	struct token_id id = service_token_id(&s, token);
	struct resolution r;
	struct buf location;

	(void)state;
	buf_init(&location, sizeof(OWN) - 2);
	assert_int_equal(resolve_token(s.view, &id, STR(""), STR(""),
				 service_now(), &location, &r),
		ERR_TOO_LONG);
	buf_deinit(&location);
}

int main(void)
{
#define WITH_SERVICE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(test_states),
		WITH_SERVICE(test_ends),
		WITH_SERVICE(test_variables),
		WITH_SERVICE(test_forward_query),
		WITH_SERVICE(test_strangers),
		WITH_SERVICE(test_campaign_of_link),
		WITH_SERVICE(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
