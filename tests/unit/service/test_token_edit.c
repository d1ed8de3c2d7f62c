#include "service/token_edit.h"

#include "unit/service/service_fixture.h"

static struct service s;
static uint64_t token;

static int setup(void **state)
{
	(void)state;
	service_init(&s);
	token = service_mint(&s, s.account,
		"{\"destination\":\"https://a.example/\",\"ttl\":\"1h\"}");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	service_deinit(&s);
	return 0;
}

static struct stored_token find(void)
{
	struct token_id id = service_token_id(&s, token);
	struct stored_token t;

	assert_int_equal(lookup_token(s.view, &id, &t), OK);
	return t;
}

/* One after the other: NULL revokes. */
static void test_changes(void **state)
{
	static const struct {
		const char *body;
		bool revoked;
		uint64_t expires_ms;
	} rows[] = {
		{"{\"expires_at\":\"2027-01-01T00:00:00Z\"}", false,
			1798761600000},
		{"{\"expires_at\":null}", false, 0},
		{"{\"expires_at\":\"2026-11-23T05:42:00.001Z\"}", false,
			SERVICE_WALL_MS + 1},
		{NULL, true, SERVICE_WALL_MS + 1},
		{NULL, true, SERVICE_WALL_MS + 1},
		/* A revoked token stays so. */
		{"{\"expires_at\":null}", true, 0},
	};
	struct token_edit d;

	(void)state;
	assert_true(find().expires_ms == SERVICE_WALL_MS + 3600000);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(
			service_edit_token(&s, token, rows[i].body, &d), OK);
		assert_int_equal(find().revoked, rows[i].revoked);
		assert_true(find().expires_ms == rows[i].expires_ms);
	}
}

static void test_revoked_keeps_its_end(void **state)
{
	struct token_edit d;

	(void)state;
	assert_int_equal(service_edit_token(&s, token, NULL, &d), OK);
	assert_true(find().revoked);
	assert_true(find().expires_ms == SERVICE_WALL_MS + 3600000);
}

static void test_refused(void **state)
{
	static const struct {
		const char *body, *pointer;
	} rows[] = {
		{"{}", "#/expires_at"},
		{"[]", "#"},
		{"{\"expires_at\":7}", "#/expires_at"},
		{"{\"expires_at\":\"\"}", "#/expires_at"},
		{"{\"expires_at\":\"2026-13-01T00:00:00Z\"}", "#/expires_at"},
		{"{\"expires_at\":null,\"ttl\":\"1h\"}", "#/ttl"},
	};
	struct token_edit d;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(
			service_edit_token(&s, token, rows[i].body, &d),
			ERR_INVALID);
		assert_int_equal(d.problem.kind, PROBLEM_INVALID);
		assert_string_equal(
			d.problem.findings.items[0].pointer, rows[i].pointer);
		assert_int_equal(d.problem.findings.n, 1);
	}
	assert_true(find().expires_ms == SERVICE_WALL_MS + 3600000);
}

/* The nonce makes a guessed number worthless. */
static void test_lookup_needs_the_nonce(void **state)
{
	struct token_id good = service_token_id(&s, token), id;
	struct stored_token t;

	(void)state;
	for (unsigned bit = 0; bit < 32; bit++) {
		id = good;
		id.nonce ^= 1u << bit;
		assert_int_equal(lookup_token(s.view, &id, &t), ERR_NOT_FOUND);
	}
	id = good;
	id.key_version++;
	assert_int_equal(lookup_token(s.view, &id, &t), ERR_NOT_FOUND);
	{
		uint64_t n;

		assert_int_equal(lookup_tokens_numbered(s.view, &n), OK);
		assert_int_equal(n, 1);
	}
}

int main(void)
{
#define WITH_SERVICE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(test_changes),
		WITH_SERVICE(test_revoked_keeps_its_end),
		WITH_SERVICE(test_refused),
		WITH_SERVICE(test_lookup_needs_the_nonce),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
