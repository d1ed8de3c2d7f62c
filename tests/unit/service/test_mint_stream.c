#include "service/mint_stream.h"

#include "support/fault.h"
#include "unit/service/stream_fixture.h"

enum {
	KINDS_MAX = 64
};

static struct service s;

static int setup(void **state)
{
	(void)state;
	service_init(&s);
	service_put_link(&s, "l",
		"{\"destination\":\"https://a.example/{p}\",\"defaults\":{"
		"\"p\":\"\"}}");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	service_deinit(&s);
	return 0;
}

/* Long enough for STREAM_LINE_MAX to be passed. */
#define X50  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X400 X50 X50 X50 X50 X50 X50 X50 X50

struct body {
	const char *text;
	const char *kinds;    /* of the answers */
	uint64_t failed_line; /* of the line that ends it */
};

static const struct body bodies[] = {
	{"", "", 0},
	{"\n", "", 0},
	{"\r\n \t\n\n", "", 0},
	{"{\"link\":\"l\"}", "t", 0},
	{"{\"link\":\"l\"}\r", "t", 0},
	{"{\"link\":\"l\"}\n", "t", 0},
	{"{\"link\":\"l\"}\r\n", "t", 0},
	{"\n{\"link\":\"l\"}\n\n{\"link\":\"l\"}\n\n", "tt", 0},
	{"{\"link\":\"l\"}\n{\"link\":\"m\"}\n{\"link\":\"l\"}", "tet", 0},
	{"{\n}\n", "ee", 0},
	{"x", "e", 0},
	{"\xff\n{\"link\":\"l\"}\n", "et", 0},
	{X400 "\n{\"link\":\"l\"}\n", "et", 0},
	{X400 "x\n{\"link\":\"l\"}\n", "et", 0},
	{X400 "xxxxxxxxxx\n{\"link\":\"l\"}\n" X400 "xx\r\n{}", "etee", 0},
	{X400 "x", "e", 0},
};

static void check_body(const struct body *body, size_t first, size_t part)
{
	struct stream_run r;
	char kinds[KINDS_MAX];

	stream_run_init(&r, &s, NULL);
	assert_int_equal(stream_all(&r, str_from(body->text), first, part),
		MINT_PULL_END);
	stream_kinds(&r.out, kinds, sizeof(kinds));
	assert_string_equal(kinds, body->kinds);
	stream_run_deinit(&r);
}

/* However the bytes arrive. */
static void test_bodies(void **state)
{
	static const size_t parts[] = {1, 2, 7, 399, 400, 401, 10000};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		for (size_t part = 0; part < COUNT_OF(parts); part++)
			check_body(&bodies[i], parts[part], parts[part]);
	/* Without a key nothing is left but tokens. */
	while (links_writer_queued(s.region->links_writer))
		(void)sched_yield();
	assert_int_equal(stream_table_size(&s, LINKS_STREAMS), 0);
	assert_int_equal(stream_table_size(&s, LINKS_RANGES), 0);
}

static const char every_kind[] =
	"{\"link\":\"l\",\"recipient\":\"one\"}\n"
	"\r\n"
	"{\"link\":\"l\",\"recipient\":\"two\",\"campaign\":\"first\"}\r\n"
	"{\"link\":\"l\",\"recipient\":3}\n"
	"  \n"
	"{\"link\":\"l\",\"recipient\":\"four\",\"params\":{\"p\":\"/\"}}\n"
	"{\"link\":\"l\",\"campaign\":\"second\"}\n"
	"oops\n"
	"{\"link\":\"l\",\"recipient\":\"seven\"}";

/* Cut in two at every place; and each retry says the same, byte by byte. */
static void test_every_split(void **state)
{
	struct str body = STR(every_kind);

	(void)state;
	for (size_t at = 0; at <= body.n; at++) {
		struct stream_run r, again;
		char key[32], kinds[KINDS_MAX];
		uint64_t minted = stream_table_size(&s, LINKS_BLOCKS);

		(void)snprintf(key, sizeof(key), "split-%zu", at);
		stream_run_init(&r, &s, key);
		assert_int_equal(stream_all(&r, body, at ? at : body.n, body.n),
			MINT_PULL_END);
		stream_kinds(&r.out, kinds, sizeof(kinds));
		assert_string_equal(kinds, "ttettet");
		assert_true(stream_table_size(&s, LINKS_BLOCKS) > minted);
		minted = stream_table_size(&s, LINKS_BLOCKS);
		stream_run_init(&again, &s, key);
		again.late = true;
		assert_int_equal(stream_all(&again, body, body.n - at, 3),
			MINT_PULL_END);
		assert_true(str_eq(buf_view(&r.out), buf_view(&again.out)));
		assert_true(stream_table_size(&s, LINKS_BLOCKS) == minted);
		stream_run_deinit(&r);
		stream_run_deinit(&again);
	}
}

static void check_recipient(struct str line, const char *recipient)
{
	struct stored_token token;
	enum err e;

	assert_int_equal(token_by_number(view_links(s.view, &e),
				 stream_token(&s, line), &token),
		OK);
	assert_true(str_is(token.tail.recipient, recipient));
}

static void test_answers(void **state)
{
	static const char *const recipients[] = {
		"one", "two", NULL, "four", "", NULL, "seven"};
	struct stream_run r;
	struct str rest;

	(void)state;
	stream_run_init(&r, &s, "answers");
	assert_int_equal(
		stream_all(&r, STR(every_kind), 50, 50), MINT_PULL_END);
	rest = buf_view(&r.out);
	for (size_t i = 0; i < COUNT_OF(recipients); i++) {
		struct str line = str_split(&rest, '\n');

		if (recipients[i])
			check_recipient(line, recipients[i]);
		else
			assert_true(str_contains(
				line, i == 2 ? STR("#/recipient")
					     : STR("/problems/malformed")));
	}
	assert_int_equal(rest.n, 0);
	stream_run_deinit(&r);
}

/* What was answered stands, and a retry goes on where it broke off. */
static void test_broken_body(void **state)
{
	struct str body = STR(every_kind);

	(void)state;
	for (size_t at = 0; at <= body.n; at += 5) {
		struct stream_run r, again;
		struct problem problem;
		char key[32], kinds[KINDS_MAX];
		size_t lines;

		(void)snprintf(key, sizeof(key), "broken-%zu", at);
		stream_run_init(&r, &s, key);
		assert_int_equal(stream_begin(&r, &problem), OK);
		stream_feed(&r, str_make(body.p, at));
		stream_job(&r);
		(void)stream_pull(&r);
		stream_drop(&r);
		stream_kinds(&r.out, kinds, sizeof(kinds));
		lines = strlen(kinds);
		assert_memory_equal(kinds, "ttettet", lines);
		stream_run_init(&again, &s, key);
		assert_int_equal(stream_all(&again, body, body.n, body.n),
			MINT_PULL_END);
		assert_true(str_starts(buf_view(&again.out), buf_view(&r.out)));
		stream_kinds(&again.out, kinds, sizeof(kinds));
		assert_string_equal(kinds, "ttettet");
		stream_run_deinit(&r);
		stream_run_deinit(&again);
	}
}

static void test_break_says_why(void **state)
{
	struct problem problem;
	const struct problem *failed;
	struct stream_run r;

	(void)state;
	stream_run_init(&r, &s, NULL);
	assert_int_equal(stream_begin(&r, &problem), OK);
	stream_feed(&r, STR("{\"link\":\"l\"}\n{\"li"));
	stream_job(&r);
	assert_true(mint_stream_has_answer(r.m));
	assert_null(mint_stream_failed_first(r.m));
	mint_stream_break(r.m, PROBLEM_TIMEOUT, "Too slow.");
	mint_stream_break(r.m, PROBLEM_INTERNAL, "Never said.");
	assert_int_equal(stream_pull(&r), MINT_PULL_ABORT);
	assert_true(str_contains(buf_view(&r.out), STR("Too slow.")));
	assert_true(str_ends(buf_view(&r.out), STR(",\"line\":2}\n")));
	/* Everything is taken, and dropped. */
	assert_int_equal(mint_stream_feed(r.m, STR("abc\n")), 4);
	assert_true(mint_stream_finish(r.m));
	mint_stream_free(r.m);
	stream_run_deinit(&r);

	stream_run_init(&r, &s, NULL);
	assert_int_equal(stream_begin(&r, &problem), OK);
	assert_false(mint_stream_has_answer(r.m));
	mint_stream_break(r.m, PROBLEM_TIMEOUT, "Too slow.");
	failed = mint_stream_failed_first(r.m);
	assert_non_null(failed);
	assert_int_equal(failed->kind, PROBLEM_TIMEOUT);
	mint_stream_free(r.m);
	stream_run_deinit(&r);
}

struct retry {
	const char *body;
	const char *kinds;
	const char *end; /* of the answers; NULL: as the first time */
};

#define FIRST                                                                  \
	"{\"link\":\"l\",\"recipient\":\"a\",\"ttl\":\"1h\"}\nbad\n"           \
	"{\"link\":\"l\",\"recipient\":\"c\"}\n" X400 "y\n"                    \
	"{\"link\":\"l\",\"recipient\":\"e\"}\n"

static const struct retry retries[] = {
	{FIRST, "tetet", NULL},
	/* Blank lines and line ends are nobody's. */
	{"\n{\"link\":\"l\",\"recipient\":\"a\",\"ttl\":\"1h\"}\r\n\nbad\r\n"
	 "{\"link\":\"l\",\"recipient\":\"c\"}\n\n" X400 "y\n"
	 "{\"link\":\"l\",\"recipient\":\"e\"}",
		"tetet", NULL},
	/* The same in other words. */
	{"{\"recipient\":\"a\",\"link\":\"l\",\"ttl\":\"60m\"}\nbad\n", "te",
		""},
	/* Without a ttl it would have had the link's: unknown by now. */
	{"{\"link\":\"l\",\"recipient\":\"a\"}\n", "t", ""},
	/* Without a ttl it would have had the link's: unknown by now. */
	{"{\"link\":\"l\",\"recipient\":\"a\"}\n", "t", ""},
	/* Without a ttl it would have had the link's: unknown by now. */
	{"{\"link\":\"l\",\"recipient\":\"a\"}\n", "t", ""},
	{"", "", ""},
	{FIRST "{\"link\":\"l\"}\n", "tetett", ""},
	{FIRST "{\"link\":\"l\"}\n", "tetett", ""}, /* a retry of that */
	/* Another line, another refused one, a good one for a refused one, a
	 * refused one for a good one; cut off is not the same as ended. */
	{"{\"link\":\"l\",\"recipient\":\"A\",\"ttl\":\"1h\"}\nbad\n", "!",
		",\"line\":1}\n"},
	{"{\"link\":\"l\",\"recipient\":\"a\",\"ttl\":\"2h\"}\n", "!",
		",\"line\":1}\n"},
	{"{\"link\":\"l\",\"recipient\":\"a\",\"ttl\":\"1h\"}\nBAD\n", "t!",
		",\"line\":2}\n"},
	{"{\"link\":\"l\",\"recipient\":\"a\",\"ttl\":\"1h\"}\n\n"
	 "{\"link\":\"l\"}\n",
		"t!", ",\"line\":3}\n"},
	{"bad\n", "!", ",\"line\":1}\n"},
	{"{\"link\":\"l\",\"recipient\":\"a\",\"ttl\":\"1h\"}\nbad\n"
	 "{\"link\":\"l\",\"recipient\":\"c\"}\n" X400 "\n",
		"tet!", ",\"line\":4}\n"},
	{"{\"link\":\"l\",\"recipient\":\"a\",\"ttl\":\"1h\"}\nbad\n"
	 "{\"link\":\"l\",\"recipient\":\"c\",\"campaign\":\"unheard-of\"}\n",
		"te!", ",\"line\":3}\n"},
};

static void check_retry(
	const struct retry *retry, struct str first, size_t part)
{
	struct str body = str_from(retry->body), out;
	char kinds[KINDS_MAX];
	struct stream_run r;

	stream_run_init(&r, &s, "retried");
	assert_int_equal(stream_all(&r, body, part, part),
		str_contains(str_from(retry->kinds), STR("!")) ? MINT_PULL_ABORT
							       : MINT_PULL_END);
	stream_kinds(&r.out, kinds, sizeof(kinds));
	assert_string_equal(kinds, retry->kinds);
	out = buf_view(&r.out);
	if (!retry->end)
		assert_true(str_eq(out, first));
	else
		assert_true(str_ends(out, str_from(retry->end)));
	if (strchr(kinds, '!'))
		assert_true(str_contains(out, STR("/problems/key-reused\"")));
	stream_run_deinit(&r);
}

static void test_retries(void **state)
{
	static const size_t parts[] = {10000, 11, 1};
	struct link_edit edit;
	struct stream_run r;

	(void)state;
	stream_run_init(&r, &s, "retried");
	assert_int_equal(stream_all(&r, STR(FIRST), 9, 9), MINT_PULL_END);
	/* What it hangs on may have ended meanwhile. */
	assert_int_equal(service_edit_link(&s, s.account, LINK_PATCH, "l",
				 "{\"ttl\":\"5m\"}", &edit),
		OK);
	for (size_t part = 0; part < COUNT_OF(parts); part++)
		for (size_t i = 0; i < COUNT_OF(retries); i++)
			check_retry(&retries[i], buf_view(&r.out), parts[part]);
	stream_run_deinit(&r);
}

/* Keys live for so many days, and are an account's own. */
static void test_key_ends(void **state)
{
	struct stream_run a, b;
	struct problem problem;
	uint8_t key[HASH128_BYTES];
	struct mint_one one;

	(void)state;
	stream_run_init(&a, &s, "old");
	stream_run_init(&b, &s, "old");
	assert_int_equal(
		stream_all(&a, STR("{\"link\":\"l\"}"), 9, 9), MINT_PULL_END);
	atomic_fetch_add(&service_wall, (STREAM_DAYS_KEPT + 1ull) * MS_PER_DAY);
	assert_int_equal(
		stream_all(&b, STR("{\"link\":\"l\"}"), 9, 9), MINT_PULL_END);
	assert_false(str_eq(buf_view(&a.out), buf_view(&b.out)));
	/* A single mint's key is no batch's. */
	service_mint_init(&s, &one, s.account, "{\"link\":\"l\"}");
	one.has_key = true;
	hash128(STR("single"), key);
	memcpy(one.key, key, sizeof(key));
	assert_int_equal(service_mint_with(&s, &one), MINT_ONE_WAIT);
	mint_one_deinit(&one);
	stream_run_deinit(&b);
	stream_run_init(&b, &s, "single");
	assert_int_equal(stream_begin(&b, &problem), ERR_CONFLICT);
	assert_int_equal(problem.kind, PROBLEM_KEY_REUSED);
	stream_run_deinit(&a);
	stream_run_deinit(&b);
}

/* Without memory a stream is not begun, or ends with 503; nothing is lost or
 * minted twice by the retry. */
static void test_no_memory(void **state)
{
	bool hit = true;

	(void)state;
	for (unsigned nth = 1; hit; nth++) {
		struct stream_run r, again;
		struct problem problem;
		char kinds[KINDS_MAX], key[32];
		enum err e;

		assert_true(nth < 200);
		(void)snprintf(key, sizeof(key), "no-memory-%u", nth);
		stream_run_init(&r, &s, key);
		fault_alloc(nth);
		e = stream_begin(&r, &problem);
		if (!e)
			(void)mint_stream_feed(
				r.m, STR("{\"link\":\"l\"}\n{\"link\":\"l\"}"));
		hit = fault_alloc_hit();
		fault_alloc(0);
		if (!e)
			(void)stream_end(&r);
		else
			assert_int_equal(problem.kind, PROBLEM_UNAVAILABLE);
		stream_run_init(&again, &s, key);
		assert_int_equal(
			stream_all(&again,
				STR("{\"link\":\"l\"}\n{\"link\":\"l\"}"), 99,
				99),
			MINT_PULL_END);
		stream_kinds(&again.out, kinds, sizeof(kinds));
		assert_string_equal(kinds, "tt");
		stream_run_deinit(&r);
		stream_run_deinit(&again);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_every_split),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_broken_body),
		cmocka_unit_test(test_break_says_why),
		cmocka_unit_test(test_retries),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_key_ends),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
