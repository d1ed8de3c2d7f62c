#include "service/link_edit.h"

#include "unit/service/service_fixture.h"

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

static struct link find(const char *name)
{
	struct link l;

	assert_int_equal(
		lookup_link_name(s.view, s.account, str_from(name), &l), OK);
	return l;
}

static enum err edit(enum link_edit_kind kind, const char *name,
	const char *body, struct link_edit *to)
{
	return service_edit_link(&s, s.account, kind, name, body, to);
}

#define FULL                                                                   \
	"{\"name\":\"full\",\"destination\":\"https://a.example/{a}?{b}\","    \
	"\"defaults\":{\"a\":\"1\"},\"campaign\":\"c\",\"ttl\":\"90d\","       \
	"\"expires_at\":\"2027-01-01T00:00:00.5Z\",\"fallback\":"              \
	"\"https://a.example/f\",\"forward_query\":true,\"track\":false,"      \
	"\"state\":\"disabled\"}"

static void test_put(void **state)
{
	struct campaign campaign;
	struct link_edit d;
	struct link l;

	(void)state;
	assert_int_equal(edit(LINK_PUT, "full", FULL, &d), OK);
	assert_true(d.created);
	l = find("full");
	assert_true(str_is(l.destination, "https://a.example/{a}?{b}"));
	assert_int_equal(l.defaults_n, 1);
	assert_true(str_is(link_default_of(&l, STR("a")), "1"));
	assert_true(l.ttl_ms == 90ull * MS_PER_DAY);
	assert_true(l.expires_ms == 1798761600500);
	assert_true(str_is(l.fallback, "https://a.example/f"));
	assert_true(l.forward_query && !l.track && !l.active);
	assert_true(l.revision == 1 && l.created_ms == service_now());
	assert_int_equal(
		lookup_campaign_name(s.view, s.account, STR("c"), &campaign),
		OK);
	assert_true(l.campaign == campaign.id);
	/* A PUT replaces all of it, and keeps whose it is. */
	atomic_fetch_add(&service_wall, 1000);
	assert_int_equal(
		edit(LINK_PUT, "full",
			"{\"destination\":\"https://b.example/\"}", &d),
		OK);
	assert_false(d.created);
	{
		struct link now = find("full");

		assert_true(now.id == l.id && now.revision == 2);
		assert_true(now.created_ms + 1000 == now.updated_ms);
		assert_true(now.defaults_n == 0 && now.campaign == 0);
		assert_true(now.ttl_ms == 0 && now.expires_ms == 0);
		assert_true(now.fallback.n == 0 && !now.forward_query);
		assert_true(now.track && now.active);
	}
}

struct patch {
	const char *body;
	bool (*holds)(const struct link *l);
};

static bool ttl_gone(const struct link *l)
{
	return l->ttl_ms == 0 && l->expires_ms != 0;
}
static bool end_gone(const struct link *l)
{
	return l->expires_ms == 0;
}
static bool fallback_gone(const struct link *l)
{
	return l->fallback.n == 0;
}
static bool is_default(const struct link *l)
{
	return !l->forward_query && l->track && l->active;
}
static bool campaign_gone(const struct link *l)
{
	return l->campaign == 0;
}
static bool has_two_defaults(const struct link *l)
{
	return l->defaults_n == 2 &&
	       str_is(link_default_of(l, STR("a")), "2") &&
	       str_is(link_default_of(l, STR("b")), "");
}
static bool has_default_b(const struct link *l)
{
	return l->defaults_n == 1 && link_default_of(l, STR("b")).p;
}
static bool has_new_campaign(const struct link *l)
{
	/* All else survives the making of a campaign. */
	return l->campaign != 0 && str_is(l->name, "full") &&
	       str_is(l->destination, "https://a.example/{a}?{b}") &&
	       link_default_of(l, STR("b")).p;
}
static bool is_same(const struct link *l)
{
	return has_new_campaign(l);
}

/* RFC 7396, one after the other. */
static const struct patch patches[] = {
	{"{\"ttl\":null}", ttl_gone},
	{"{\"expires_at\":null}", end_gone},
	{"{\"fallback\":null}", fallback_gone},
	{"{\"forward_query\":null,\"track\":null,\"state\":null}", is_default},
	{"{\"campaign\":null}", campaign_gone},
	{"{\"defaults\":{\"a\":\"2\",\"b\":\"\"}}", has_two_defaults},
	{"{\"defaults\":{\"zz\":null}}", has_two_defaults},
	{"{\"destination\":\"https://a.example/x?{b}\",\"defaults\":{\"a\":"
	 "null}}",
		has_default_b},
	{"{\"destination\":\"https://a.example/{a}?{b}\",\"defaults\":{\"a\":"
	 "\"3\"},\"campaign\":\"quite-new\"}",
		has_new_campaign},
	{"{}", is_same},
};

static void test_patches(void **state)
{
	struct link_edit d;
	uint32_t revision;

	(void)state;
	assert_int_equal(edit(LINK_PUT, "full", FULL, &d), OK);
	revision = find("full").revision;
	for (size_t i = 0; i < COUNT_OF(patches); i++) {
		struct link l;

		assert_int_equal(
			edit(LINK_PATCH, "full", patches[i].body, &d), OK);
		l = find("full");
		assert_true(patches[i].holds(&l));
		assert_int_equal(l.revision, ++revision);
	}
}

static const struct {
	enum link_edit_kind kind;
	const char *body;
	const char *pointer;
} refused[] = {
	{LINK_PUT, "{}", "#/destination"},
	{LINK_PUT, "[]", "#"},
	{LINK_PUT, "{\"destination\":null}", "#/destination"},
	{LINK_PUT, "{\"destination\":\"\"}", "#/destination"},
	{LINK_PUT, "{\"destination\":\"a.example\"}", "#/destination"},
	{LINK_PUT, "{\"destination\":\"ftp://a.example/\"}", "#/destination"},
	{LINK_PUT, "{\"destination\":\"https://{host}/\"}", "#/destination"},
	{LINK_PUT, "{\"destination\":\"https://a.example{p}/\"}",
		"#/destination"},
	{LINK_PUT, "{\"destination\":\"https://a.example/{+p}\"}",
		"#/destination"},
	{LINK_PUT, "{\"destination\":\"https://a.example/{\"}",
		"#/destination"},
	{LINK_PUT, "{\"destination\":\"https://ct5.io/{p}\"}", "#/destination"},
	{LINK_PUT,
		"{\"destination\":\"https://a.example/\",\"name\":\"other\"}",
		"#/name"},
	{LINK_PUT,
		"{\"destination\":\"https://a.example/\",\"defaults\":{\"a\":"
		"\"1\"}}",
		"#/defaults/a"},
	{LINK_PUT,
		"{\"destination\":\"https://a.example/{a}\",\"defaults\":{"
		"\"a\":null}}",
		"#/defaults/a"},
	{LINK_PUT,
		"{\"destination\":\"https://a.example/{a}\",\"defaults\":{"
		"\"a\":1}}",
		"#/defaults/a"},
	{LINK_PUT, "{\"destination\":\"https://a.example/\",\"ttl\":\"0\"}",
		"#/ttl"},
	{LINK_PUT, "{\"destination\":\"https://a.example/\",\"ttl\":\"1\"}",
		"#/ttl"},
	{LINK_PUT,
		"{\"destination\":\"https://a.example/\",\"expires_at\":"
		"\"tomorrow\"}",
		"#/expires_at"},
	{LINK_PUT,
		"{\"destination\":\"https://a.example/\",\"fallback\":\"x\"}",
		"#/fallback"},
	{LINK_PUT,
		"{\"destination\":\"https://a.example/\",\"campaign\":\"a/"
		"b\"}",
		"#/campaign"},
	{LINK_PUT, "{\"destination\":\"https://a.example/\",\"state\":\"off\"}",
		"#/state"},
	{LINK_PUT, "{\"destination\":\"https://a.example/\",\"track\":1}",
		"#/track"},
	{LINK_PUT, "{\"destination\":\"https://a.example/\",\"x\":1}", "#/x"},
	{LINK_PATCH, "{\"destination\":\"https://b.example/{d}{new}\"}",
		"#/defaults/new"},
	{LINK_PATCH, "{\"defaults\":{\"d\":null}}", "#/defaults/d"},
	{LINK_PATCH, "{\"defaults\":{\"zz\":\"1\"}}", "#/defaults/zz"},
	{LINK_PATCH, "{\"destination\":null}", "#/destination"},
	{LINK_PATCH, "{\"ttl\":\"\"}", "#/ttl"},
	{LINK_PATCH, "{\"fallback\":\"https://ct1.io/\"}", "#/fallback"},
};

static void test_refused(void **state)
{
	struct link_edit d;

	(void)state;
	service_put_link(&s, "kept",
		"{\"destination\":\"https://a.example/{a}/{d}\",\"defaults\":{"
		"\"d\":\"1\"}}");
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct link l;

		assert_int_equal(
			edit(refused[i].kind, "kept", refused[i].body, &d),
			ERR_INVALID);
		assert_int_equal(d.problem.kind, PROBLEM_INVALID);
		assert_string_equal(d.problem.findings.items[0].pointer,
			refused[i].pointer);
		l = find("kept");
		assert_true(l.revision == 1 && l.defaults_n == 1);
	}
	/* A refused link makes no campaign either. */
	assert_int_equal(
		edit(LINK_PUT, "bad",
			"{\"destination\":\"x\",\"campaign\":\"ghost\"}", &d),
		ERR_INVALID);
	{
		struct campaign c;

		assert_int_equal(lookup_campaign_name(
					 s.view, s.account, STR("ghost"), &c),
			ERR_NOT_FOUND);
	}
}

/* Tokens already sent hold values for the variables without a default. */
static void test_variables_of_old_tokens(void **state)
{
	static const struct {
		const char *body;
		enum err err;
	} rows[] = {
		{"{\"destination\":\"https://b.example/{a}\"}", OK},
		{"{\"destination\":\"https://b.example/\"}", OK},
		/* It was gone in between: tokens of then have none. */
		{"{\"destination\":\"https://b.example/{a}\"}", ERR_INVALID},
		{"{\"destination\":\"https://b.example/{a}\",\"defaults\":{"
		 "\"a\":\"\"}}",
			OK},
		{"{\"defaults\":{\"a\":null}}", ERR_INVALID},
		{"{\"defaults\":null}", ERR_INVALID},
		{"{\"destination\":\"https://b.example/{recipient}\"}",
			ERR_INVALID},
	};
	struct link_edit d;

	(void)state;
	service_put_link(
		&s, "v", "{\"destination\":\"https://a.example/{a}\"}");
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(
			edit(LINK_PATCH, "v", rows[i].body, &d), rows[i].err);
}

static void test_disable_and_missing(void **state)
{
	struct link_edit d;

	(void)state;
	service_put_link(&s, "gone",
		"{\"destination\":\"https://a.example/\",\"ttl\":\"1h\"}");
	assert_int_equal(edit(LINK_DISABLE, "gone", NULL, &d), OK);
	assert_false(find("gone").active);
	assert_true(find("gone").ttl_ms == 3600000);
	assert_int_equal(edit(LINK_DISABLE, "gone", NULL, &d), OK);
	assert_int_equal(edit(LINK_DISABLE, "never", NULL, &d), ERR_NOT_FOUND);
	assert_int_equal(d.problem.kind, PROBLEM_NOT_FOUND);
	assert_int_equal(edit(LINK_PATCH, "never", "{}", &d), ERR_NOT_FOUND);
	/* Another account's is not there. */
	assert_int_equal(service_edit_link(&s, service_account(&s, "other"),
				 LINK_PATCH, "gone", "{}", &d),
		ERR_NOT_FOUND);
}

static void test_default_limits(void **state)
{
	struct link_edit d;
	struct buf b;

	(void)state;
	buf_init(&b, 8192);
	for (int n = LINK_DEFAULTS_MAX; n <= LINK_DEFAULTS_MAX + 1; n++) {
		buf_reset(&b);
		buf_text(&b, "{\"destination\":\"https://a.example/x\","
			     "\"defaults\":{");
		for (int i = 0; i < n; i++)
			buf_printf(&b, "%s\"v%d\":\"\"", i ? "," : "", i);
		buf_text(&b, "}}");
		/* No such variables; but the length is found as well. */
		assert_int_equal(
			edit(LINK_PUT, "many", buf_cstr(&b), &d), ERR_INVALID);
		assert_string_equal(d.problem.findings.items[0].pointer,
			n > LINK_DEFAULTS_MAX ? "#/defaults" : "#/defaults/v0");
	}
	for (size_t n = LINK_DEFAULTS_BYTES_MAX - 1;
		n <= LINK_DEFAULTS_BYTES_MAX; n++) {
		buf_reset(&b);
		buf_text(&b, "{\"destination\":\"https://a.example/{a}\","
			     "\"defaults\":{\"a\":\"");
		for (size_t i = 0; i < n; i++)
			buf_byte(&b, 'x');
		buf_text(&b, "\"}}");
		assert_int_equal(edit(LINK_PUT, "long", buf_cstr(&b), &d),
			n < LINK_DEFAULTS_BYTES_MAX ? OK : ERR_INVALID);
	}
	buf_deinit(&b);
}

int main(void)
{
#define WITH_SERVICE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(test_put),
		WITH_SERVICE(test_patches),
		WITH_SERVICE(test_refused),
		WITH_SERVICE(test_variables_of_old_tokens),
		WITH_SERVICE(test_disable_and_missing),
		WITH_SERVICE(test_default_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
