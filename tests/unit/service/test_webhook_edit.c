#include "service/webhook_edit.h"

#include "unit/service/webhook_fixture.h"

#define URL    "\"url\":\"https://crm.example/hook\""
#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OTHER  "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"

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

static enum err put(const char *body, struct webhook_edit *edit)
{
	return webhook_edit_as(&s, WEBHOOK_PUT, "crm", body, edit);
}

static uint64_t tap_one(void)
{
	uint64_t token = service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");

	return feed_tap(&s, token, STR(""), VERDICT_HUMAN);
}

static struct webhook_secret secret_of(const char *text)
{
	struct webhook_secret secret;

	assert_int_equal(webhook_secret_read(str_from(text), &secret), OK);
	return secret;
}

static bool is_secret(const struct webhook_secret *s1, const char *text)
{
	struct webhook_secret want = secret_of(text);

	return memcmp(s1, &want, sizeof(want)) == 0;
}

static void test_made(void **state)
{
	uint64_t newest = tap_one();
	struct webhook_edit d;
	struct webhook w;

	(void)state;
	assert_int_equal(put("{" URL "}", &d), OK);
	assert_true(d.created && d.generated);
	w = webhook_find(&s, "crm");
	assert_true(str_is(w.url, "https://crm.example/hook"));
	assert_true(w.account == s.account && w.active);
	assert_int_equal(w.revision, 1);
	assert_int_equal(w.epoch, 1);
	/* It begins with the next click. */
	assert_true(w.start == newest);
	assert_true(w.created_ms == service_now());
	assert_true(w.secret.n > 0 && w.old_secret.n == 0);
	assert_memory_equal(&w.secret, &d.secret, sizeof(w.secret));
}

static void test_changed(void **state)
{
	struct webhook_edit d;
	struct webhook w, before;

	(void)state;
	assert_int_equal(put("{" URL ",\"secret\":\"" SECRET
			     "\",\"after\":null,\"state\":\"disabled\"}",
				 &d),
		OK);
	assert_true(d.created && !d.generated);
	before = webhook_find(&s, "crm");
	assert_true(!before.active && before.start == 0);
	assert_true(is_secret(&before.secret, SECRET));
	atomic_fetch_add(&service_wall, 1000);
	/* What is not said stays, but for the state of a PUT. */
	assert_int_equal(
		put("{\"url\":\"https://b.example/\",\"name\":\"crm\"}", &d),
		OK);
	assert_true(!d.created && !d.generated);
	w = webhook_find(&s, "crm");
	assert_true(str_is(w.url, "https://b.example/") && w.active);
	assert_true(w.id == before.id && w.revision == 2 && w.epoch == 1);
	assert_true(is_secret(&w.secret, SECRET) && w.old_secret.n == 0);
	assert_true(w.created_ms + 1000 == w.updated_ms);
	/* And of a PATCH all that is not said. */
	assert_int_equal(webhook_edit_as(&s, WEBHOOK_PATCH, "crm",
				 "{\"state\":\"disabled\"}", &d),
		OK);
	w = webhook_find(&s, "crm");
	assert_true(str_is(w.url, "https://b.example/") && !w.active);
	assert_int_equal(
		webhook_edit_as(&s, WEBHOOK_PATCH, "crm", "{}", &d), OK);
	w = webhook_find(&s, "crm");
	assert_true(!w.active && w.revision == 4);
}

/* What a new secret replaces signs a day longer. */
static void test_secrets(void **state)
{
	struct webhook_edit d;
	struct webhook w;

	(void)state;
	assert_int_equal(put("{" URL ",\"secret\":\"" SECRET "\"}", &d), OK);
	assert_int_equal(put("{" URL ",\"secret\":\"" SECRET "\"}", &d), OK);
	assert_int_equal(webhook_find(&s, "crm").old_secret.n, 0);
	assert_int_equal(put("{" URL ",\"secret\":\"" OTHER "\"}", &d), OK);
	assert_false(d.generated);
	w = webhook_find(&s, "crm");
	assert_true(is_secret(&w.secret, OTHER));
	assert_true(is_secret(&w.old_secret, SECRET));
	assert_true(w.old_until_ms == service_now() + WEBHOOK_OLD_SECRET_MS);
	assert_int_equal(webhook_edit_as(&s, WEBHOOK_PATCH, "crm",
				 "{\"secret\":null}", &d),
		OK);
	assert_true(d.generated);
	w = webhook_find(&s, "crm");
	assert_memory_equal(&w.secret, &d.secret, sizeof(w.secret));
	assert_true(is_secret(&w.old_secret, OTHER));
}

static void test_places(void **state)
{
	char cursor[CURSOR_LEN + 1], body[256];
	struct webhook_edit d;
	struct webhook w;
	uint64_t first;

	(void)state;
	first = tap_one();
	(void)tap_one();
	webhook_cursor(&s, first, cursor);
	(void)snprintf(
		body, sizeof(body), "{" URL ",\"after\":\"%s\"}", cursor);
	assert_int_equal(put(body, &d), OK);
	w = webhook_find(&s, "crm");
	assert_true(w.start == first && w.epoch == 1);
	/* Without `after` a change leaves it where it is. */
	assert_int_equal(put("{" URL "}", &d), OK);
	assert_int_equal(webhook_find(&s, "crm").epoch, 1);
	/* A replay begins anew, at the oldest for null, and changes nothing
	 * else. */
	assert_int_equal(webhook_edit_as(&s, WEBHOOK_REPLAY, "crm",
				 "{\"after\":null}", &d),
		OK);
	w = webhook_find(&s, "crm");
	assert_true(w.epoch == 2 && w.start == first - 1 && w.active);
	assert_int_equal(put(body, &d), OK);
	w = webhook_find(&s, "crm");
	assert_true(w.epoch == 3 && w.start == first);
}

static void test_deleted(void **state)
{
	struct webhook_edit d;
	struct webhook w;

	(void)state;
	assert_int_equal(put("{" URL "}", &d), OK);
	assert_int_equal(
		webhook_edit_as(&s, WEBHOOK_DELETE, "crm", NULL, &d), OK);
	assert_int_equal(lookup_webhook_name(s.view, s.account, STR("crm"), &w),
		ERR_NOT_FOUND);
	assert_int_equal(webhook_edit_as(&s, WEBHOOK_DELETE, "crm", NULL, &d),
		ERR_NOT_FOUND);
	assert_int_equal(d.problem.kind, PROBLEM_NOT_FOUND);
	assert_int_equal(webhook_edit_as(&s, WEBHOOK_PATCH, "crm", "{}", &d),
		ERR_NOT_FOUND);
	assert_int_equal(webhook_edit_as(&s, WEBHOOK_REPLAY, "crm",
				 "{\"after\":null}", &d),
		ERR_NOT_FOUND);
}

static const struct {
	enum webhook_edit_kind kind;
	const char *body;
	const char *pointer;
} refused[] = {
	{WEBHOOK_PUT, "{}", "#/url"},
	{WEBHOOK_PUT, "[]", "#"},
	{WEBHOOK_PUT, "{\"url\":5}", "#/url"},
	{WEBHOOK_PUT, "{\"url\":null}", "#/url"},
	{WEBHOOK_PUT, "{\"url\":\"\"}", "#/url"},
	{WEBHOOK_PUT, "{\"url\":\"http://10.0.0.1/\"}", "#/url"},
	{WEBHOOK_PUT, "{" URL ",\"x\":1}", "#/x"},
	{WEBHOOK_PUT, "{" URL ",\"name\":\"other\"}", "#/name"},
	{WEBHOOK_PUT, "{" URL ",\"state\":\"off\"}", "#/state"},
	{WEBHOOK_PUT, "{" URL ",\"state\":null}", "#/state"},
	{WEBHOOK_PUT, "{" URL ",\"secret\":\"\"}", "#/secret"},
	{WEBHOOK_PUT, "{" URL ",\"secret\":\"whsec_AAAA\"}", "#/secret"},
	{WEBHOOK_PUT, "{" URL ",\"secret\":7}", "#/secret"},
	{WEBHOOK_PUT, "{" URL ",\"after\":\"x\"}", "#/after"},
	{WEBHOOK_PUT, "{" URL ",\"after\":0}", "#/after"},
	{WEBHOOK_PATCH, "{\"url\":null}", "#/url"},
	{WEBHOOK_PATCH, "{\"url\":\"ftp://a.example/\"}", "#/url"},
	{WEBHOOK_REPLAY, "{}", "#/after"},
	{WEBHOOK_REPLAY, "{\"after\":\"0000000000000000000000\"}", "#/after"},
	{WEBHOOK_REPLAY, "{\"after\":null,\"url\":\"https://a.example/\"}",
		"#/url"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct webhook_edit d;

		assert_int_equal(webhook_edit_as(&s, refused[i].kind, "crm",
					 refused[i].body, &d),
			ERR_INVALID);
		assert_int_equal(d.problem.kind, PROBLEM_INVALID);
		if (d.problem.findings.n != 1)
			fail_msg("row %zu: %zu findings", i,
				d.problem.findings.n);
		assert_string_equal(d.problem.findings.items[0].pointer,
			refused[i].pointer);
	}
}

/* A cursor that is ahead of the log, and one of another account. */
static void test_cursors(void **state)
{
	const struct cursor gone = {.sequence = 1 << 20};
	const struct cursor one = {.sequence = 0};
	char text[CURSOR_LEN], body[64];
	struct webhook_edit d;

	(void)state;
	assert_int_equal(put("{" URL "}", &d), OK);
	cursor_write(s.view, s.account, &gone, text);
	(void)snprintf(
		body, sizeof(body), "{\"after\":\"%.*s\"}", CURSOR_LEN, text);
	assert_int_equal(webhook_edit_as(&s, WEBHOOK_REPLAY, "crm", body, &d),
		ERR_INVALID);
	assert_int_equal(d.problem.kind, PROBLEM_CURSOR_GONE);
	assert_int_equal(strlen(d.problem.oldest_cursor), CURSOR_LEN);
	cursor_write(s.view, s.account + 1, &one, text);
	(void)snprintf(
		body, sizeof(body), "{\"after\":\"%.*s\"}", CURSOR_LEN, text);
	assert_int_equal(webhook_edit_as(&s, WEBHOOK_REPLAY, "crm", body, &d),
		ERR_INVALID);
	assert_int_equal(d.problem.kind, PROBLEM_INVALID);
}

static void test_most(void **state)
{
	uint64_t other = service_account(&s, "other");
	struct webhook_edit d;
	char name[16];

	(void)state;
	for (unsigned i = 0; i < WEBHOOKS_PER_ACCOUNT; i++) {
		(void)snprintf(name, sizeof(name), "w%u", i);
		assert_int_equal(
			webhook_edit_as(&s, WEBHOOK_PUT, name, "{" URL "}", &d),
			OK);
	}
	assert_int_equal(put("{" URL "}", &d), ERR_FULL);
	assert_int_equal(d.problem.kind, PROBLEM_CONFLICT);
	/* What is there can be changed, and others' are others'. */
	assert_int_equal(
		webhook_edit_as(&s, WEBHOOK_PUT, "w3", "{" URL "}", &d), OK);
	assert_int_equal(webhook_edit_with(&s, other, &webhook_any, WEBHOOK_PUT,
				 "w3", "{" URL "}", &d),
		OK);
	assert_int_equal(
		webhook_edit_as(&s, WEBHOOK_DELETE, "w3", NULL, &d), OK);
	assert_int_equal(put("{" URL "}", &d), OK);
}

int main(void)
{
#define WITH_SERVICE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(test_made),
		WITH_SERVICE(test_changed),
		WITH_SERVICE(test_secrets),
		WITH_SERVICE(test_places),
		WITH_SERVICE(test_deleted),
		WITH_SERVICE(test_refused),
		WITH_SERVICE(test_cursors),
		WITH_SERVICE(test_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
