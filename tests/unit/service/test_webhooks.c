/* The thread that sends, against a peer that answers as it is told. */
#include "service/webhooks.h"

#include <sched.h>

#include "support/http_peer.h"
#include "unit/service/webhook_fixture.h"

enum {
	PACE_FIRST_MS = 5,
	PACE_MAX_MS = 40,
	TIMEOUT_MS = 10000,
	WAIT_MS = 20000,
	TAPS = 50,
};

#define ANSWER(status) "HTTP/1.1 " status "\r\nContent-Length: 0\r\n\r\n"

static struct service s;
static struct webhooks *webhooks;
static struct http_peer peers[2], *peer; /* the one that is asked */
static uint64_t token;

static void start(const struct webhook_rules *rules)
{
	const struct webhooks_options options = {
		.regions = s.regions,
		.clock = &s.clock,
		.rules = *rules,
		.pace = {PACE_FIRST_MS, PACE_MAX_MS},
		.user_agent = "test/1",
		.connect_timeout_ms = TIMEOUT_MS,
		.timeout_ms = TIMEOUT_MS,
	};

	assert_int_equal(webhooks_new(&options, &webhooks), OK);
	assert_int_equal(webhooks_start(webhooks), OK);
}

static void stop(void)
{
	webhooks_stop(webhooks);
	webhooks_free(webhooks);
	webhooks = NULL;
}

static int setup(void **state)
{
	(void)state;
	service_init(&s);
	peer = &peers[0];
	token = service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");
	start(&webhook_any);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	stop();
	http_peer_free(&peers[0]);
	http_peer_free(&peers[1]);
	service_deinit(&s);
	return 0;
}

static uint64_t tap(void)
{
	return feed_tap(&s, token, STR(""), VERDICT_HUMAN);
}

static void edit(enum webhook_edit_kind kind, const char *body)
{
	struct webhook_edit d;

	assert_int_equal(webhook_edit_as(&s, kind, "crm", body, &d), OK);
	webhooks_wake(webhooks);
}

/* A peer with these steps, to which the webhook leads. */
static void begin(const struct http_peer_step *steps, size_t n)
{
	char body[128];

	http_peer_free(peer);
	(void)snprintf(body, sizeof(body), "{\"url\":\"http://127.0.0.1:%u/\"}",
		http_peer_start_tcp(peer, steps, n));
	edit(WEBHOOK_PUT, body);
}

/* Waits for its last step; what it saw stays until the next one begins. */
static void end(void)
{
	http_peer_stop(peer);
}

static struct webhook_progress progress(void)
{
	return webhook_progress_now(&s, "crm");
}

static bool is_late(uint64_t since_ms)
{
	(void)sched_yield();
	return clock_mono_ms(&clock_system) - since_ms > WAIT_MS;
}

static void wait_acknowledged(uint64_t sequence)
{
	uint64_t since = clock_mono_ms(&clock_system);

	while (progress().sequence != sequence)
		if (is_late(since))
			fail_msg("not acknowledged");
}

static void wait_result(enum webhook_result result)
{
	uint64_t since = clock_mono_ms(&clock_system);

	while (progress().result != result)
		if (is_late(since))
			fail_msg("%s instead",
				webhook_result_name(progress().result));
}

static void wait_counter(const struct counter *c, uint64_t at_least)
{
	uint64_t since = clock_mono_ms(&clock_system);

	while (counter_get(c) < at_least)
		if (is_late(since))
			fail_msg("%llu", (unsigned long long)counter_get(c));
}

/* How often the text stands in what the peer saw. */
static size_t seen(const char *text)
{
	const char *at = http_peer_seen(peer);
	size_t n = 0;

	while ((at = strstr(at, text)) != NULL) {
		at += strlen(text);
		n++;
	}
	return n;
}

/* The value of the nth header of this name, from 0; up to its line end. */
static struct str seen_header(const char *name, size_t n)
{
	const char *at = http_peer_seen(peer);

	for (size_t i = 0; i <= n; i++) {
		at = strstr(at, name);
		assert_non_null(at);
		at += strlen(name);
	}
	return str_make(at, strcspn(at, "\r"));
}

static void test_delivers(void **state)
{
	static const struct http_peer_step steps[] = {
		{.answer = ANSWER("200 OK"), .keep = true},
		{.answer = ANSWER("204 No Content")}};
	struct webhook_sight sight;
	uint64_t first, last;

	(void)state;
	begin(steps, 2);
	first = tap();
	wait_acknowledged(first);
	last = tap();
	wait_acknowledged(last);
	assert_true(progress().delivered == 2 && progress().failures == 0);
	assert_true(progress().status == 204);
	wait_counter(&webhooks_metrics(webhooks)->ok, 2);
	assert_true(webhooks_look(
		webhooks, s.region, webhook_find(&s, "crm").id, &sight));
	assert_true(sight.next_try_ms == 0);
	end();
	assert_int_equal(seen("POST / HTTP/1.1\r\n"), 2);
	assert_int_equal(seen("\"outcome\":\"redirected\""), 2);
	assert_int_equal(seen("\r\nUser-Agent: test/1\r\n"), 2);
	assert_false(str_eq(seen_header("webhook-id: ", 0),
		seen_header("webhook-id: ", 1)));
}

/* A batch that fails comes again with the same id and the same clicks, though
 * there are more by then; the next one has those. */
static void test_retries(void **state)
{
	static const struct http_peer_step steps[] = {
		{.answer = ANSWER("500 No")},
		{.answer = NULL},
		{.answer = ANSWER("302 Found")},
		{.answer = ANSWER("200 OK")},
		{.answer = ANSWER("200 OK")},
	};
	uint64_t last = 0;

	(void)state;
	begin(steps, 5);
	(void)tap();
	wait_counter(&webhooks_metrics(webhooks)->failed, 1);
	for (unsigned i = 0; i < 3; i++)
		last = tap();
	wait_acknowledged(last);
	assert_true(progress().delivered == 4 && progress().failures == 0);
	end();
	for (size_t i = 1; i < 4; i++)
		assert_true(str_eq(seen_header("webhook-id: ", 0),
			seen_header("webhook-id: ", i)));
	assert_false(str_eq(seen_header("webhook-id: ", 0),
		seen_header("webhook-id: ", 4)));
	for (size_t i = 1; i < 4; i++)
		assert_true(str_eq(seen_header("Content-Length: ", 0),
			seen_header("Content-Length: ", i)));
	assert_int_equal(seen("\"outcome\""), 4 + 3);
	assert_true(counter_get(&webhooks_metrics(webhooks)->failed) == 3);
}

static void test_gone(void **state)
{
	static const struct http_peer_step steps[] = {
		{.answer = ANSWER("410 Gone")}, {.answer = ANSWER("200 OK")}};
	struct webhook_sight sight;
	uint64_t last;

	(void)state;
	begin(steps, 2);
	last = tap();
	wait_result(WEBHOOK_GONE);
	assert_false(webhook_find(&s, "crm").active);
	assert_true(progress().sequence < last);
	/* Nothing more, until it is asked for again. */
	wait_counter(&webhooks_metrics(webhooks)->gone, 1);
	edit(WEBHOOK_PATCH, "{\"state\":\"active\"}");
	wait_acknowledged(last);
	assert_true(webhooks_look(
		webhooks, s.region, webhook_find(&s, "crm").id, &sight));
	end();
}

/* One that may not be connected to is not. */
static void test_refused(void **state)
{
	static const struct webhook_rules strict = {.allow_http = true};
	struct webhook_edit d;

	(void)state;
	stop();
	start(&strict);
	assert_int_equal(webhook_edit_as(&s, WEBHOOK_PUT, "crm",
				 "{\"url\":\"http://localhost:1/\"}", &d),
		OK);
	webhooks_wake(webhooks);
	(void)tap();
	wait_result(WEBHOOK_REFUSED);
	wait_counter(&webhooks_metrics(webhooks)->refused, 2);
	assert_true(counter_get(&webhooks_metrics(webhooks)->failed) == 0);
}

static void wait_sending(void)
{
	wait_counter(&webhooks_metrics(webhooks)->sending, 1);
}

/* What is under way is taken back when it is to go elsewhere, to begin anew, or
 * to go nowhere. */
static void test_changes_under_way(void **state)
{
	static const struct http_peer_step hangs[] = {{.hold = true}};
	static const struct http_peer_step answers[] = {
		{.answer = ANSWER("200 OK")}, {.answer = ANSWER("200 OK")}};
	struct webhook w;
	uint64_t last;

	(void)state;
	begin(hangs, 1);
	last = tap();
	wait_sending();
	peer = &peers[1];
	begin(answers, 2);
	wait_acknowledged(last);
	edit(WEBHOOK_REPLAY, "{\"after\":null}");
	end();
	assert_int_equal(seen("\"outcome\""), 2);
	assert_false(str_eq(seen_header("webhook-id: ", 0),
		seen_header("webhook-id: ", 1)));
	wait_acknowledged(last);
	http_peer_stop(&peers[0]);
	begin(hangs, 1);
	(void)tap();
	wait_sending();
	edit(WEBHOOK_DELETE, NULL);
	assert_int_equal(lookup_webhook_name(s.view, s.account, STR("crm"), &w),
		ERR_NOT_FOUND);
	end();
	assert_int_equal(seen("\"outcome\""), 1);
}

/* Nothing of a disabled account is sent. */
static void test_disabled_account(void **state)
{
	static const struct http_peer_step steps[] = {
		{.answer = ANSWER("200 OK")}};
	struct account_edit account;
	uint64_t last, wakes;

	(void)state;
	begin(steps, 1);
	assert_int_equal(service_edit_account(&s, false, "acme",
				 "{\"state\":\"disabled\"}", &account),
		OK);
	last = tap();
	wakes = counter_get(&webhooks_metrics(webhooks)->wakes);
	wait_counter(&webhooks_metrics(webhooks)->wakes, wakes + 4);
	assert_true(progress().sequence < last);
	assert_int_equal(service_edit_account(&s, false, "acme",
				 "{\"state\":\"active\"}", &account),
		OK);
	wait_acknowledged(last);
	end();
}

/* Where there is no webhook, or none that is active, taps wake nobody. */
static void test_idle(void **state)
{
	const struct webhooks_metrics *m = webhooks_metrics(webhooks);
	struct webhook_edit d;
	uint64_t wakes;

	(void)state;
	wait_counter(&m->wakes, 1);
	for (unsigned i = 0; i < TAPS; i++)
		(void)tap();
	assert_true(counter_get(&m->wakes) == 1);
	assert_int_equal(webhook_edit_as(&s, WEBHOOK_PUT, "crm",
				 "{\"url\":\"http://127.0.0.1:1/\","
				 "\"state\":\"disabled\"}",
				 &d),
		OK);
	webhooks_wake(webhooks);
	wait_counter(&m->wakes, 2);
	wakes = counter_get(&m->wakes);
	for (unsigned i = 0; i < TAPS; i++)
		(void)tap();
	assert_true(counter_get(&m->wakes) == wakes);
}

/* Test deliveries */

static void test_done(struct webhook_test *t)
{
	(void)t;
	service_add_done(1);
}

CHECKED static enum err ask(struct webhook_test *t)
{
	*t = (struct webhook_test){
		.region = s.region,
		.webhook = webhook_find(&s, "crm").id,
		.done = test_done,
	};
	return webhooks_test(webhooks, t);
}

/* To one that is disabled, too; and none of its clicks. */
static void test_tests(void **state)
{
	static const struct http_peer_step steps[] = {
		{.answer = ANSWER("202 Accepted")},
		{.answer = ANSWER("410 Gone")}};
	struct webhook_test t;
	struct webhook_edit d;

	(void)state;
	begin(steps, 2);
	assert_int_equal(ask(&t), OK);
	service_wait(1);
	assert_true(t.result == WEBHOOK_OK && t.status == 202);
	edit(WEBHOOK_PATCH, "{\"state\":\"disabled\"}");
	assert_int_equal(ask(&t), OK);
	service_wait(1);
	assert_true(t.result == WEBHOOK_GONE && t.status == 410);
	assert_true(progress().result == WEBHOOK_NEVER);
	end();
	assert_int_equal(seen("{\"type\":\"test\",\"timestamp\":\""), 2);
	assert_int_equal(seen("\"data\":{\"webhook\":\"crm\"}}"), 2);
	assert_int_equal(seen("webhook-signature: v1,"), 2);
	assert_int_equal(webhook_edit_as(&s, WEBHOOK_PUT, "crm",
				 "{\"url\":\"http://127.0.0.1:1/\"}", &d),
		OK);
	webhooks_wake(webhooks);
	assert_int_equal(ask(&t), OK);
	service_wait(1);
	assert_true(t.result == WEBHOOK_UNREACHABLE && t.status == 0);
	assert_int_equal(ask(&t), OK);
	service_wait(1);
	t.webhook++;
	t.done = test_done;
	assert_int_equal(webhooks_test(webhooks, &t), OK);
	service_wait(1);
	assert_true(t.result == WEBHOOK_NEVER);
}

/* So many at once; the end takes back what hangs. */
static void test_most_tests(void **state)
{
	static const struct http_peer_step hangs[] = {{.hold = true}};
	static struct webhook_test tests[WEBHOOK_TESTS_MAX + 1];

	(void)state;
	begin(hangs, 1);
	for (size_t i = 0; i < WEBHOOK_TESTS_MAX; i++)
		assert_int_equal(ask(&tests[i]), OK);
	assert_int_equal(ask(&tests[WEBHOOK_TESTS_MAX]), ERR_FULL);
	wait_sending();
	webhooks_stop(webhooks);
	service_wait(WEBHOOK_TESTS_MAX);
	for (size_t i = 0; i < WEBHOOK_TESTS_MAX; i++)
		assert_true(tests[i].result == WEBHOOK_UNREACHABLE);
	assert_int_equal(ask(&tests[0]), ERR_CLOSED);
	end();
}

/* What hangs does not keep it from stopping. */
static void test_stops(void **state)
{
	static const struct http_peer_step hangs[] = {{.hold = true}};
	uint64_t last, since;

	(void)state;
	begin(hangs, 1);
	last = tap();
	wait_sending();
	since = clock_mono_ms(&clock_system);
	stop();
	assert_true(clock_mono_ms(&clock_system) - since < WAIT_MS / 2);
	assert_true(progress().sequence < last);
	start(&webhook_any);
	end();
}

int main(void)
{
#define WITH_SERVICE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(test_delivers),
		WITH_SERVICE(test_retries),
		WITH_SERVICE(test_gone),
		WITH_SERVICE(test_refused),
		WITH_SERVICE(test_changes_under_way),
		WITH_SERVICE(test_disabled_account),
		WITH_SERVICE(test_idle),
		WITH_SERVICE(test_tests),
		WITH_SERVICE(test_most_tests),
		WITH_SERVICE(test_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
