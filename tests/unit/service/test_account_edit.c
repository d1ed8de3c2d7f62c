#include "service/account_edit.h"

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

static struct account find(const char *name)
{
	struct account a;

	assert_int_equal(lookup_account_name(s.view, str_from(name), &a), OK);
	return a;
}

/* A new account has a key, which opens it, and which is kept as a hash. */
static void test_new(void **state)
{
	uint8_t hash[SECRET_HASH_BYTES];
	struct api_key_text text;
	struct account_edit d;
	struct api_key key;
	struct account a;

	(void)state;
	assert_int_equal(service_edit_account(&s, true, "new",
				 "{\"account\":\"new\",\"region\":\"us1\","
				 "\"fallback\":\"https://a.example/\","
				 "\"allowed_hosts\":[\"a.example\","
				 "\"*.b.example\"]}",
				 &d),
		OK);
	a = find("new");
	assert_true(a.active && a.revision == 1);
	assert_true(a.created_ms == service_now());
	assert_true(str_is(a.fallback, "https://a.example/"));
	assert_int_equal(a.hosts_n, 2);
	assert_true(str_is(a.hosts[1], "*.b.example"));
	assert_int_equal(api_key_parse(str_from(d.key), &text), OK);
	assert_true(str_is(text.region, "us1") && text.id == d.key_id);
	assert_int_equal(lookup_api_key(s.view, d.key_id, &key), OK);
	assert_true(key.account == a.id);
	assert_int_equal(key.scopes, SCOPES_ALL);
	assert_true(key.expires_ms == 0 && key.revoked_ms == 0);
	secret_hash(text.secret, hash);
	assert_true(secret_hash_eq(hash, key.hash));
	/* A second one of the name: refused, and no key is left behind. */
	assert_int_equal(
		service_edit_account(&s, true, "new", "{}", &d), ERR_CONFLICT);
	assert_int_equal(d.problem.kind, PROBLEM_CONFLICT);
	assert_string_equal(d.key, "");
	assert_int_equal(lookup_api_key_next(s.view, a.id, 0, &key), OK);
	assert_int_equal(
		lookup_api_key_next(s.view, a.id, key.id, &key), ERR_NOT_FOUND);
}

static void test_refused_new(void **state)
{
	static const struct {
		const char *name, *body, *pointer;
	} rows[] = {
		{"Bad", "{}", "#/account"},
		{"", "{}", "#/account"},
		{"-a", "{}", "#/account"},
		{"good", "[]", "#"},
		{"good", "{\"state\":\"active\"}", "#/state"},
		{"good", "{\"x\":1}", "#/x"},
		{"good", "{\"account\":7}", "#/account"},
		{"good", "{\"fallback\":\"x\"}", "#/fallback"},
		{"good", "{\"fallback\":\"\"}", "#/fallback"},
		{"good", "{\"fallback\":\"https://ct5.io/\"}", "#/fallback"},
		{"good", "{\"allowed_hosts\":\"a.example\"}",
			"#/allowed_hosts"},
		{"good", "{\"allowed_hosts\":[7]}", "#/allowed_hosts"},
		{"good", "{\"allowed_hosts\":[\"a.example\",\"a b\"]}",
			"#/allowed_hosts"},
		{"good", "{\"allowed_hosts\":[\"\"]}", "#/allowed_hosts"},
		/* The fallback is held against the new hosts. */
		{"good",
			"{\"fallback\":\"https://b.example/\",\"allowed_hosts\""
			":[\"a.example\"]}",
			"#/fallback"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct account_edit d;
		struct account a;

		assert_int_equal(service_edit_account(&s, true, rows[i].name,
					 rows[i].body, &d),
			ERR_INVALID);
		assert_int_equal(d.problem.kind, PROBLEM_INVALID);
		assert_string_equal(
			d.problem.findings.items[0].pointer, rows[i].pointer);
		assert_string_equal(d.key, "");
		assert_int_equal(lookup_account_name(s.view, STR("good"), &a),
			ERR_NOT_FOUND);
	}
}

static void test_patches(void **state)
{
	static const struct {
		const char *body;
		bool active;
		const char *fallback;
		size_t hosts;
	} rows[] = {
		{"{}", true, "", 0},
		{"{\"fallback\":\"https://a.example/\"}", true,
			"https://a.example/", 0},
		{"{\"allowed_hosts\":[\"a.example\",\"b.example\"]}", true,
			"https://a.example/", 2},
		{"{\"state\":\"disabled\"}", false, "https://a.example/", 2},
		{"{\"allowed_hosts\":[]}", false, "https://a.example/", 0},
		{"{\"allowed_hosts\":[\"c.example\"],\"fallback\":null}", false,
			"", 1},
		{"{\"allowed_hosts\":null,\"state\":\"active\"}", true, "", 0},
	};
	struct account_edit d;
	uint64_t id = s.account;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct account a;

		assert_int_equal(service_edit_account(
					 &s, false, "acme", rows[i].body, &d),
			OK);
		a = find("acme");
		assert_true(a.id == id);
		assert_int_equal(a.active, rows[i].active);
		assert_true(str_is(a.fallback, rows[i].fallback));
		assert_int_equal(a.hosts_n, rows[i].hosts);
		assert_int_equal(a.revision, i + 2);
		assert_string_equal(d.key, "");
	}
	assert_int_equal(service_edit_account(
				 &s, false, "acme", "{\"state\":\"gone\"}", &d),
		ERR_INVALID);
	assert_string_equal(d.problem.findings.items[0].pointer, "#/state");
	assert_int_equal(
		service_edit_account(&s, false, "nobody", "{}", &d) == OK,
		false);
	assert_int_equal(d.problem.kind, PROBLEM_NOT_FOUND);
}

/* Allowed hosts bind what is minted and linked from then on. */
static void test_hosts_bind(void **state)
{
	struct account_edit d;
	struct link_edit link;
	struct mint_one one;

	(void)state;
	assert_int_equal(service_edit_account(&s, false, "acme",
				 "{\"allowed_hosts\":[\"*.a.example\"]}", &d),
		OK);
	assert_int_equal(
		service_edit_link(&s, s.account, LINK_PUT, "l",
			"{\"destination\":\"https://b.example/\"}", &link),
		ERR_INVALID);
	assert_int_equal(
		service_edit_link(&s, s.account, LINK_PUT, "l",
			"{\"destination\":\"https://x.a.example/\"}", &link),
		OK);
	service_mint_init(&s, &one, s.account,
		"{\"destination\":\"https://a.example/\"}");
	assert_int_equal(service_mint_with(&s, &one), MINT_ONE_REFUSED);
	mint_one_deinit(&one);
}

static enum err edit_key(const char *body, struct api_key_edit *d)
{
	struct json_t *root = body ? service_json(body) : NULL;

	d->job.done = service_job_done;
	d->region = s.region;
	d->is_new = body != NULL;
	if (root && !api_key_edit_read(d, root)) {
		json_free(root);
		return ERR_INVALID;
	}
	json_free(root);
	service_finish(&s, api_key_edit_submit(d, s.region->links_writer));
	return d->job.result;
}

static void test_keys(void **state)
{
	static const struct {
		const char *body;
		enum err err;
		uint8_t scopes;
		uint64_t ttl_ms;
	} rows[] = {
		{"{}", OK, SCOPES_ALL, 0},
		{"{\"scopes\":null,\"ttl\":null}", OK, SCOPES_ALL, 0},
		{"{\"scopes\":[\"read\",\"mint\"]}", OK,
			SCOPE_READ | SCOPE_MINT, 0},
		{"{\"scopes\":[\"read\",\"read\"],\"ttl\":\"90d\"}", OK,
			SCOPE_READ, 90ull * MS_PER_DAY},
		{"{\"scopes\":[]}", ERR_INVALID, 0, 0},
		{"{\"scopes\":[\"admin\"]}", ERR_INVALID, 0, 0},
		{"{\"scopes\":[1]}", ERR_INVALID, 0, 0},
		{"{\"scopes\":\"read\"}", ERR_INVALID, 0, 0},
		{"{\"ttl\":\"0\"}", ERR_INVALID, 0, 0},
		{"{\"ttl\":\"soon\"}", ERR_INVALID, 0, 0},
		{"{\"ttl\":7}", ERR_INVALID, 0, 0},
		{"{\"x\":7}", ERR_INVALID, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct api_key_edit d = {.account = s.account};
		struct api_key_text text;
		struct api_key key;

		assert_int_equal(edit_key(rows[i].body, &d), rows[i].err);
		if (rows[i].err) {
			assert_int_equal(d.problem.kind, PROBLEM_INVALID);
			assert_true(d.problem.findings.n > 0);
			continue;
		}
		assert_int_equal(api_key_parse(str_from(d.key), &text), OK);
		assert_int_equal(lookup_api_key(s.view, text.id, &key), OK);
		assert_true(d.key_id == text.id);
		assert_int_equal(key.scopes, rows[i].scopes);
		assert_true(
			key.expires_ms ==
			(rows[i].ttl_ms ? service_now() + rows[i].ttl_ms : 0));
		assert_true(d.expires_ms == key.expires_ms);
	}
}

static void test_revoke(void **state)
{
	struct api_key_edit made = {.account = s.account};
	struct api_key_edit d = {.account = s.account};
	struct api_key key;
	uint64_t when = service_now();

	(void)state;
	assert_int_equal(edit_key("{}", &made), OK);
	d.key_id = made.key_id;
	assert_int_equal(edit_key(NULL, &d), OK);
	atomic_fetch_add(&service_wall, 5000);
	assert_int_equal(edit_key(NULL, &d), OK); /* again: as it was */
	assert_int_equal(lookup_api_key(s.view, made.key_id, &key), OK);
	assert_true(key.revoked_ms == when);
	/* Nobody else's. */
	d = (struct api_key_edit){
		.account = s.account + 1, .key_id = made.key_id};
	assert_int_equal(edit_key(NULL, &d), ERR_NOT_FOUND);
	assert_int_equal(d.problem.kind, PROBLEM_NOT_FOUND);
	d = (struct api_key_edit){.account = s.account, .key_id = 1};
	assert_int_equal(edit_key(NULL, &d), ERR_NOT_FOUND);
}

int main(void)
{
#define WITH_SERVICE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(test_new),
		WITH_SERVICE(test_refused_new),
		WITH_SERVICE(test_patches),
		WITH_SERVICE(test_hosts_bind),
		WITH_SERVICE(test_keys),
		WITH_SERVICE(test_revoke),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
