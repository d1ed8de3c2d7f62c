#include "service/mint_one.h"

#include "unit/service/stream_fixture.h"

static struct service s;

static int setup(void **state)
{
	(void)state;
	service_init(&s);
	service_put_link(&s, "l",
		"{\"destination\":\"https://a.example/\",\"ttl\":\"1h\"}");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	service_deinit(&s);
	return 0;
}

static enum mint_one_step mint(
	const char *line, const char *key, struct mint_one *one)
{
	service_mint_init(&s, one, s.account, line);
	one->has_key = key != NULL;
	if (key)
		hash128(str_from(key), one->key);
	return service_mint_with(&s, one);
}

static void test_two_mints_are_two_tokens(void **state)
{
	struct mint_one a, b;

	(void)state;
	assert_int_equal(mint("{\"link\":\"l\"}", NULL, &a), MINT_ONE_WAIT);
	assert_int_equal(mint("{\"link\":\"l\"}", NULL, &b), MINT_ONE_WAIT);
	assert_true(a.token != b.token);
	assert_int_equal(stream_table_size(&s, LINKS_STREAMS), 0);
	mint_one_deinit(&a);
	mint_one_deinit(&b);
}

static void test_answer(void **state)
{
	struct mint_one one;
	struct buf out;

	(void)state;
	assert_int_equal(mint("{\"link\":\"l\"}", NULL, &one), MINT_ONE_WAIT);
	buf_init(&out, 1000);
	assert_int_equal(mint_answer_token(s.view, one.token, &out), OK);
	assert_true(str_starts(buf_view(&out), STR("{\"token\":\"u")));
	assert_true(str_ends(buf_view(&out),
		STR("\",\"expires_at\":\"2026-11-23T06:42:00.000Z\"}")));
	assert_true(str_contains(
		buf_view(&out), STR("\",\"url\":\"https://ct5.io/u")));
	buf_reset(&out);
	assert_int_equal(
		mint_answer_token(s.view, one.token + 1, &out), ERR_NOT_FOUND);
	assert_int_equal(out.n, 0);
	mint_one_deinit(&one);
	assert_int_equal(mint("{\"link\":\"l\",\"ttl\":null}", NULL, &one),
		MINT_ONE_WAIT);
	assert_int_equal(mint_answer_token(s.view, one.token, &out), OK);
	assert_true(str_ends(buf_view(&out), STR("\",\"expires_at\":null}")));
	mint_one_deinit(&one);
	buf_deinit(&out);
}

static void test_new_campaign(void **state)
{
	struct campaign campaign;
	struct stored_token token;
	struct mint_one one;
	enum err e;

	(void)state;
	assert_int_equal(
		mint("{\"link\":\"l\",\"campaign\":\"new\"}", "camp", &one),
		MINT_ONE_WAIT);
	assert_int_equal(
		lookup_campaign_name(s.view, s.account, STR("new"), &campaign),
		OK);
	assert_int_equal(
		token_by_number(view_links(s.view, &e), one.token, &token), OK);
	assert_true(token.shape.campaign == campaign.id);
	mint_one_deinit(&one);
}

static void test_retries(void **state)
{
	static const struct {
		const char *line;
		enum mint_one_step step;
	} rows[] = {
		{"{\"link\":\"l\",\"recipient\":\"u\"}", MINT_ONE_DONE},
		{" {\"recipient\":\"u\", \"link\":\"l\"}\n", MINT_ONE_DONE},
		{"{\"link\":\"l\",\"recipient\":\"v\"}", MINT_ONE_REFUSED},
		{"{\"link\":\"l\"}", MINT_ONE_REFUSED},
		{"{\"link\":\"l\",\"recipient\":\"u\",\"ttl\":null}",
			MINT_ONE_REFUSED},
		{"{\"link\":\"l\",\"recipient\":\"u\",\"campaign\":\"none\"}",
			MINT_ONE_REFUSED},
		{"{", MINT_ONE_REFUSED},
	};
	struct link_edit edit;
	struct mint_one first;

	(void)state;
	assert_int_equal(mint(rows[0].line, "again", &first), MINT_ONE_WAIT);
	assert_int_equal(
		service_edit_link(&s, s.account, LINK_PATCH, "l",
			"{\"ttl\":null,\"state\":\"disabled\"}", &edit),
		OK);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct mint_one one;

		assert_int_equal(
			mint(rows[i].line, "again", &one), rows[i].step);
		if (rows[i].step == MINT_ONE_DONE)
			assert_true(one.token == first.token);
		else
			assert_int_equal(one.problem.kind, PROBLEM_KEY_REUSED);
		mint_one_deinit(&one);
	}
	/* The retry changed nothing, and made no campaign. */
	{
		struct campaign campaign;

		assert_int_equal(lookup_campaign_name(s.view, s.account,
					 STR("none"), &campaign),
			ERR_NOT_FOUND);
	}
	mint_one_deinit(&first);
	assert_int_equal(
		service_edit_link(&s, s.account, LINK_PATCH, "l",
			"{\"ttl\":\"1h\",\"state\":\"active\"}", &edit),
		OK);
}

/* A refused request takes no key: mended, it is minted. */
static void test_refused(void **state)
{
	struct mint_one one;

	(void)state;
	assert_int_equal(mint("{\"link\":\"nowhere\"}", "mended", &one),
		MINT_ONE_REFUSED);
	assert_int_equal(one.problem.kind, PROBLEM_INVALID);
	assert_string_equal(one.problem.findings.items[0].pointer, "#/link");
	mint_one_deinit(&one);
	assert_int_equal(mint("[", "mended", &one), MINT_ONE_REFUSED);
	assert_int_equal(one.problem.kind, PROBLEM_MALFORMED);
	mint_one_deinit(&one);
	assert_int_equal(
		mint("{\"link\":\"l\"}", "mended", &one), MINT_ONE_WAIT);
	mint_one_deinit(&one);
}

static void test_key_of_a_batch(void **state)
{
	struct stream_run r;
	struct mint_one one;

	(void)state;
	stream_run_init(&r, &s, "batch");
	assert_int_equal(
		stream_all(&r, STR("{\"link\":\"l\"}"), 9, 9), MINT_PULL_END);
	assert_int_equal(
		mint("{\"link\":\"l\"}", "batch", &one), MINT_ONE_REFUSED);
	assert_int_equal(one.problem.kind, PROBLEM_KEY_REUSED);
	mint_one_deinit(&one);
	stream_run_deinit(&r);
}

static void test_keys_are_an_accounts_own(void **state)
{
	static const char line[] = "{\"destination\":\"https://a.example/\"}";
	struct mint_one a, b;

	(void)state;
	assert_int_equal(mint(line, "mine", &a), MINT_ONE_WAIT);
	service_mint_init(&s, &b, service_account(&s, "other"), line);
	b.has_key = true;
	hash128(STR("mine"), b.key);
	assert_int_equal(service_mint_with(&s, &b), MINT_ONE_WAIT);
	assert_true(a.token != b.token);
	mint_one_deinit(&a);
	mint_one_deinit(&b);
}

static void test_disabled_account(void **state)
{
	struct account_edit edit;
	struct mint_one one;

	(void)state;
	assert_int_equal(service_edit_account(&s, false, "acme",
				 "{\"state\":\"disabled\"}", &edit),
		OK);
	assert_int_equal(
		mint("{\"link\":\"l\"}", NULL, &one), MINT_ONE_REFUSED);
	assert_int_equal(one.problem.kind, PROBLEM_FORBIDDEN);
	mint_one_deinit(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_mints_are_two_tokens),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_new_campaign),
		cmocka_unit_test(test_retries),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_key_of_a_batch),
		cmocka_unit_test(test_keys_are_an_accounts_own),
		cmocka_unit_test(test_disabled_account),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
