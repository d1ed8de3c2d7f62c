#include "unit/service/line_fixture.h"

static const char *const good_lines[] = {
	"{\"link\":\"shop\",\"recipient\":\"u\",\"params\":{\"cart\":"
	"\"A7\"}}",
	"{\"link\":\"shop\",\"recipient\":\"u\",\"ref\":\"m\","
	"\"params\":{\"cart\":\"\",\"u\":\"y\"},\"test\":true,"
	"\"ttl\":\"90d\",\"campaign\":\"now\"}",
	" {\"link\" : \"plain\" , \"recipient\" : null, \"ref\":null,"
	"\"params\":null,\"campaign\":null,\"ttl\":null} ",
	"{\"link\":\"plain\",\"params\":{}}",
	"{\"destination\":\"https://a.example/x?y#z\"}",
	"{\"destination\":\"https://a.example/\",\"campaign\":\"now\","
	"\"recipient\":\"\"}",
};

static void test_good_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(good_lines); i++) {
		assert_int_equal(encode(good_lines[i], false), OK);
		assert_int_equal(problem.kind, PROBLEM_NONE);
		assert_true(encoded.shape.n > 0 && encoded.tail.n > 0);
		assert_int_equal(encoded.new_campaign.n, 0);
	}
}

struct bad {
	const char *line;
	enum problem_kind kind;
	const char *pointers[4]; /* each of a finding, in any order */
};

static const struct bad bad_lines[] = {
	{"", PROBLEM_MALFORMED, {"#"}},
	{"{", PROBLEM_MALFORMED, {"#"}},
	{"{\"link\":\"plain\"}}", PROBLEM_MALFORMED, {"#"}},
	{"{\"link\":\"plain\",\"link\":\"plain\"}", PROBLEM_MALFORMED, {"#"}},
	{"{\"link\":\"pl\xff\"}", PROBLEM_MALFORMED, {"#"}},
	{"[]", PROBLEM_INVALID, {"#"}},
	{"7", PROBLEM_INVALID, {"#"}},
	{"\"plain\"", PROBLEM_INVALID, {"#"}},
	{"null", PROBLEM_INVALID, {"#"}},
	{"{}", PROBLEM_INVALID, {"#/link"}},
	{"{\"recipient\":\"u\"}", PROBLEM_INVALID, {"#/link"}},
	{"{\"link\":\"\"}", PROBLEM_INVALID, {"#/link"}},
	{"{\"link\":null}", PROBLEM_INVALID, {"#/link"}},
	{"{\"link\":7}", PROBLEM_INVALID, {"#/link"}},
	{"{\"link\":\"nowhere\"}", PROBLEM_INVALID, {"#/link"}},
	{"{\"link\":\"theirs\"}", PROBLEM_INVALID, {"#/link"}},
	{"{\"link\":\"off\"}", PROBLEM_INVALID, {"#/link"}},
	{"{\"link\":\"ended\"}", PROBLEM_INVALID, {"#/link"}},
	{"{\"link\":\"plain\",\"x\":1}", PROBLEM_INVALID, {"#/x"}},
	{"{\"link\":\"plain\",\"Recipient\":\"u\"}", PROBLEM_INVALID,
		{"#/Recipient"}},
	{"{\"link\":\"plain\",\"recipient\":7}", PROBLEM_INVALID,
		{"#/recipient"}},
	{"{\"link\":\"plain\",\"ref\":[]}", PROBLEM_INVALID, {"#/ref"}},
	{"{\"link\":\"plain\",\"test\":\"yes\"}", PROBLEM_INVALID, {"#/test"}},
	{"{\"link\":\"plain\",\"test\":null}", PROBLEM_INVALID, {"#/test"}},
	{"{\"link\":\"plain\",\"ttl\":\"1w\"}", PROBLEM_INVALID, {"#/ttl"}},
	{"{\"link\":\"plain\",\"ttl\":\"0\"}", PROBLEM_INVALID, {"#/ttl"}},
	{"{\"link\":\"plain\",\"ttl\":\"0d\"}", PROBLEM_INVALID, {"#/ttl"}},
	{"{\"link\":\"plain\",\"ttl\":\"\"}", PROBLEM_INVALID, {"#/ttl"}},
	{"{\"link\":\"plain\",\"ttl\":90}", PROBLEM_INVALID, {"#/ttl"}},
	{"{\"link\":\"plain\",\"ttl\":\"200y\"}", PROBLEM_INVALID, {"#/ttl"}},
	{"{\"link\":\"plain\",\"campaign\":\"\"}", PROBLEM_INVALID,
		{"#/campaign"}},
	{"{\"link\":\"plain\",\"campaign\":\"a b\"}", PROBLEM_INVALID,
		{"#/campaign"}},
	{"{\"link\":\"plain\",\"campaign\":\"over\"}", PROBLEM_INVALID,
		{"#/campaign"}},
	{"{\"link\":\"plain\",\"params\":[]}", PROBLEM_INVALID, {"#/params"}},
	{"{\"link\":\"plain\",\"params\":{\"a\":\"1\"}}", PROBLEM_INVALID,
		{"#/params/a"}},
	{"{\"link\":\"shop\",\"recipient\":\"u\"}", PROBLEM_INVALID,
		{"#/params/cart"}},
	{"{\"link\":\"shop\"}", PROBLEM_INVALID,
		{"#/params/cart", "#/recipient"}},
	{"{\"link\":\"shop\",\"recipient\":\"\",\"params\":{\"cart\":\"1\"}}",
		PROBLEM_INVALID, {"#/recipient"}},
	{"{\"link\":\"shop\",\"recipient\":\"u\",\"params\":{\"cart\":7}}",
		PROBLEM_INVALID, {"#/params/cart"}},
	{"{\"link\":\"shop\",\"recipient\":\"u\",\"params\":{\"cart\":null}}",
		PROBLEM_INVALID, {"#/params/cart"}},
	{"{\"link\":\"shop\",\"params\":{\"cart\":\"1\",\"recipient\":"
	 "\"u\"}}",
		PROBLEM_INVALID, {"#/params/recipient"}},
	{"{\"link\":\"shop\",\"recipient\":\"u\",\"params\":{\"a~/b\":\"1\","
	 "\"cart\":\"2\"}}",
		PROBLEM_INVALID, {"#/params/a~0~1b"}},
	{"{\"link\":\"plain\",\"destination\":\"https://a.example/\"}",
		PROBLEM_INVALID, {"#/destination"}},
	{"{\"destination\":\"\"}", PROBLEM_INVALID, {"#/destination"}},
	{"{\"destination\":\"/path\"}", PROBLEM_INVALID, {"#/destination"}},
	{"{\"destination\":\"ftp://a.example/\"}", PROBLEM_INVALID,
		{"#/destination"}},
	{"{\"destination\":\"https://u:p@a.example/\"}", PROBLEM_INVALID,
		{"#/destination"}},
	{"{\"destination\":\"https://a.example/a b\"}", PROBLEM_INVALID,
		{"#/destination"}},
	{"{\"destination\":\"https://a.example/\\n\"}", PROBLEM_INVALID,
		{"#/destination"}},
	{"{\"destination\":\"https://CT5.io/x\"}", PROBLEM_INVALID,
		{"#/destination"}},
	{"{\"destination\":\"https://ct1.io/x\"}", PROBLEM_INVALID,
		{"#/destination"}},
	{"{\"destination\":\"https://go.acme.example/x\"}", PROBLEM_INVALID,
		{"#/destination"}},
	{"{\"destination\":\"https://a.example/\",\"params\":{\"a\":\"1\"}}",
		PROBLEM_INVALID, {"#/params"}},
	{"{\"link\":\"plain\",\"ttl\":\"x\",\"ref\":1,\"test\":2,\"z\":3}",
		PROBLEM_INVALID, {"#/ttl", "#/ref", "#/test", "#/z"}},
};

static void check_bad(const struct bad *bad)
{
	size_t want = 0;

	assert_int_equal(encode(bad->line, false), ERR_INVALID);
	assert_int_equal(problem.kind, bad->kind);
	for (; want < COUNT_OF(bad->pointers) && bad->pointers[want]; want++) {
		bool found = false;

		for (size_t i = 0; i < problem.findings.n; i++)
			found |= strcmp(problem.findings.items[i].pointer,
					 bad->pointers[want]) == 0;
		if (!found)
			print_message("no finding at %s of %s\n",
				bad->pointers[want], bad->line);
		assert_true(found);
	}
	if (problem.findings.n != want)
		print_message("%zu findings of %s, first at %s: %s\n",
			problem.findings.n, bad->line,
			problem.findings.items[0].pointer,
			problem.findings.items[0].detail);
	assert_int_equal(problem.findings.n, want);
}

static void test_bad_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad_lines); i++)
		check_bad(&bad_lines[i]);
}

/* Whatever the order of members and params, the same bytes; whatever differs
 * in meaning, other bytes. */
static void test_canonical(void **state)
{
	static const char *const same[] = {
		"{\"link\":\"shop\",\"recipient\":\"u\",\"params\":{\"cart\":"
		"\"1\",\"u\":\"2\"}}",
		"{\"params\":{\"u\":\"2\",\"cart\":\"1\"},\"recipient\":\"u\","
		"\"link\":\"shop\"}",
		"{\"link\":\"\\u0073hop\",\"test\":false,\"ref\":null,"
		"\"recipient\":\"u\",\"params\":{\"u\":\"2\",\"cart\":"
		"\"1\"},\"campaign\":null,\"ttl\":null}",
	};
	static const char *const others[] = {
		"{\"link\":\"shop\",\"recipient\":\"v\",\"params\":{\"cart\":"
		"\"1\",\"u\":\"2\"}}",
		"{\"link\":\"shop\",\"recipient\":\"u\",\"params\":{\"cart\":"
		"\"2\",\"u\":\"1\"}}",
		"{\"link\":\"shop\",\"recipient\":\"u\",\"ref\":\"r\","
		"\"params\":{\"cart\":\"1\",\"u\":\"2\"}}",
		"{\"link\":\"shop\",\"recipient\":\"u\",\"test\":true,"
		"\"params\":{\"cart\":\"1\",\"u\":\"2\"}}",
		"{\"link\":\"shop\",\"recipient\":\"u\",\"ttl\":\"1h\","
		"\"params\":{\"cart\":\"1\",\"u\":\"2\"}}",
		"{\"link\":\"shop\",\"recipient\":\"u\",\"campaign\":\"now\","
		"\"params\":{\"cart\":\"1\",\"u\":\"2\"}}",
		"{\"link\":\"shop\",\"recipient\":\"u\",\"params\":{\"cart\":"
		"\"1\"}}",
	};
	struct buf shape, tail;

	(void)state;
	buf_init(&shape, SHAPE_BYTES_MAX);
	buf_init(&tail, LINE_BYTES);
	assert_int_equal(encode(same[0], false), OK);
	buf_str(&shape, buf_view(&encoded.shape));
	buf_str(&tail, buf_view(&encoded.tail));
	for (size_t i = 0; i < COUNT_OF(same); i++) {
		assert_int_equal(encode(same[i], i == 1), OK);
		assert_true(str_eq(buf_view(&shape), buf_view(&encoded.shape)));
		assert_true(str_eq(buf_view(&tail), buf_view(&encoded.tail)));
	}
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		assert_int_equal(encode(others[i], true), OK);
		assert_false(
			str_eq(buf_view(&shape), buf_view(&encoded.shape)) &&
			str_eq(buf_view(&tail), buf_view(&encoded.tail)));
	}
	buf_deinit(&shape);
	buf_deinit(&tail);
}

/* The line with its first letter in quotes escaped, so that it is no longer
 * plain; false if there is none. */
static bool escape_first(const char *line, struct buf *to)
{
	const char *at = strchr(line, '"');

	buf_reset(to);
	if (!at || !ascii_is_alnum(at[1]))
		return false;
	buf_printf(to, "%.*s\\u00%02x%s", (int)(at + 1 - line), line,
		(unsigned)at[1], at + 2);
	return true;
}

/* Plain lines are read in another way than the rest, to the same end. */
static void check_escaped(const char *line, struct buf *escaped)
{
	struct mint_encoded plain;
	struct problem plain_problem;
	enum err e;

	if (!escape_first(line, escaped))
		return;
	mint_encoded_init(&plain);
	e = encode(line, false);
	buf_str(&plain.shape, buf_view(&encoded.shape));
	buf_str(&plain.tail, buf_view(&encoded.tail));
	plain_problem = problem;
	assert_int_equal(encode(buf_cstr(escaped), false), e);
	assert_true(str_eq(buf_view(&plain.shape), buf_view(&encoded.shape)));
	assert_true(str_eq(buf_view(&plain.tail), buf_view(&encoded.tail)));
	assert_int_equal(plain_problem.kind, problem.kind);
	assert_int_equal(plain_problem.findings.n, problem.findings.n);
	for (size_t i = 0; i < problem.findings.n; i++)
		assert_string_equal(plain_problem.findings.items[i].pointer,
			problem.findings.items[i].pointer);
	mint_encoded_deinit(&plain);
}

static void test_escaped(void **state)
{
	struct buf escaped;

	(void)state;
	buf_init(&escaped, LINE_BYTES);
	for (size_t i = 0; i < COUNT_OF(good_lines); i++)
		check_escaped(good_lines[i], &escaped);
	for (size_t i = 0; i < COUNT_OF(bad_lines); i++)
		check_escaped(bad_lines[i].line, &escaped);
	buf_deinit(&escaped);
}

static struct token_shape shape_of_encoded(void)
{
	struct token_shape shape;

	assert_int_equal(token_shape_get(buf_view(&encoded.shape), &shape), OK);
	return shape;
}

static void test_defaults(void **state)
{
	static const struct {
		const char *line;
		uint64_t ttl_ms;
		bool has_link, has_campaign;
	} rows[] = {
		{"{}", 60000, true, true},
		{"{\"ttl\":\"2m\"}", 120000, true, true},
		{"{\"ttl\":null}", 0, true, true},
		{"{\"campaign\":null}", 60000, true, false},
		{"{\"link\":\"late\"}", 60000, true, true},
		{"{\"destination\":\"https://a.example/\"}", 60000, false,
			true},
	};
	struct mint_context c = context();

	(void)state;
	c.defaults = (struct mint_defaults){STR("plain"), STR("now"), 60000};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct token_shape shape;

		assert_int_equal(mint_line_encode(&c, str_from(rows[i].line),
					 false, &encoded, &problem),
			OK);
		shape = shape_of_encoded();
		assert_true(shape.ttl_ms == rows[i].ttl_ms);
		assert_int_equal(shape.link != 0, rows[i].has_link);
		assert_int_equal(shape.campaign != 0, rows[i].has_campaign);
	}
	/* Without a default the link's ttl is taken, and fixed. */
	assert_int_equal(encode("{\"link\":\"late\"}", false), OK);
	assert_true(shape_of_encoded().ttl_ms == 3600000);
	assert_int_equal(encode("{\"link\":\"late\",\"ttl\":null}", false), OK);
	assert_true(shape_of_encoded().ttl_ms == 0);
}

/* A new campaign is to be made; on a retry there can be none. */
static void test_new_campaign(void **state)
{
	(void)state;
	assert_int_equal(
		encode("{\"link\":\"plain\",\"campaign\":\"new\"}", false),
		ERR_AGAIN);
	assert_true(str_is(buf_view(&encoded.new_campaign), "new"));
	/* What is refused makes no campaign. */
	assert_int_equal(
		encode("{\"link\":\"off\",\"campaign\":\"new\"}", false),
		ERR_INVALID);
	assert_int_equal(encoded.new_campaign.n, 0);
}

/* What a token depends on may have ended since it was minted. */
static void test_retry(void **state)
{
	static const char *const rows[] = {
		"{\"link\":\"off\"}",
		"{\"link\":\"ended\"}",
		"{\"link\":\"plain\",\"campaign\":\"over\"}",
		"{\"link\":\"shop\"}",
		"{\"destination\":\"https://ct5.io/x\"}",
	};
	struct mint_context c = context();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(encode(rows[i], true), OK);
	assert_int_equal(encode("{\"link\":\"nowhere\"}", true), ERR_INVALID);
	assert_int_equal(encode("{\"link\":", true), ERR_INVALID);
	/* The ttl that the link had then. */
	c.retry_ttl_ms = 7;
	assert_int_equal(mint_line_encode(&c, STR("{\"link\":\"late\"}"), true,
				 &encoded, &problem),
		OK);
	assert_true(shape_of_encoded().ttl_ms == 7);
	assert_int_equal(
		mint_line_encode(&c, STR("{\"link\":\"late\",\"ttl\":\"1m\"}"),
			true, &encoded, &problem),
		OK);
	assert_true(shape_of_encoded().ttl_ms == 60000);
}

/* The link of the line before is remembered, not taken for another. */
static void test_links_take_turns(void **state)
{
	struct mint_context c = context();
	uint64_t ids[2];

	(void)state;
	for (int i = 0; i < 6; i++) {
		uint64_t id;

		assert_int_equal(
			mint_line_encode(&c,
				str_from(i % 2 ? "{\"link\":\"late\"}"
					       : "{\"link\":\"plain\"}"),
				false, &encoded, &problem),
			OK);
		id = shape_of_encoded().link;
		if (i < 2)
			ids[i] = id;
		assert_true(ids[i % 2] == id);
		assert_int_equal(
			mint_line_encode(&c, STR("{\"link\":\"nowhere\"}"),
				false, &encoded, &problem),
			ERR_INVALID);
	}
	assert_true(ids[0] != ids[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_lines),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_escaped),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_new_campaign),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_links_take_turns),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
