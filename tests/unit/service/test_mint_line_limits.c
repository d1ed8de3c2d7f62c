/* How long lines and what stands in them may be. */
#include "support/fault.h"
#include "unit/service/line_fixture.h"

/* "x" n times between the line's beginning and its end. */
static void encode_long_with(const char *begin, size_t n, const char *end,
	enum err err, const char *pointer)
{
	static char text[LINE_BYTES], line[2 * LINE_BYTES];

	memset(text, 'x', n);
	text[n] = '\0';
	(void)snprintf(line, sizeof(line), "%s%s%s", begin, text, end);
	assert_int_equal(encode(line, false), err);
	if (err)
		assert_string_equal(problem.findings.items[0].pointer, pointer);
}

static void encode_long(
	const char *begin, size_t n, enum err err, const char *pointer)
{
	encode_long_with(begin, n, "\"}", err, pointer);
}

static void encode_cart(size_t n, enum err err, const char *pointer)
{
	encode_long_with("{\"link\":\"shop\",\"recipient\":\"u\",\"params\":{"
			 "\"cart\":\"",
		n, "\"}}", err, pointer);
}

static void test_lengths(void **state)
{
	static const char recipient[] = "{\"link\":\"plain\",\"recipient\":\"";
	static const char ref[] = "{\"link\":\"plain\",\"ref\":\"";
	static const char link[] = "{\"link\":\"";
	static const char campaign[] = "{\"link\":\"plain\",\"campaign\":\"";
	static const char destination[] =
		"{\"destination\":\"https://a.example/";

	(void)state;
	encode_long(recipient, TOKEN_RECIPIENT_MAX, OK, NULL);
	encode_long(
		recipient, TOKEN_RECIPIENT_MAX + 1, ERR_INVALID, "#/recipient");
	encode_long(ref, TOKEN_REF_MAX, OK, NULL);
	encode_long(ref, TOKEN_REF_MAX + 1, ERR_INVALID, "#/ref");
	encode_long(link, LINK_NAME_MAX, ERR_INVALID, "#/link");
	encode_long(link, LINK_NAME_MAX + 1, ERR_INVALID, "#/link");
	encode_long(campaign, LINK_NAME_MAX, ERR_AGAIN, "");
	assert_int_equal(encoded.new_campaign.n, LINK_NAME_MAX);
	encode_long(campaign, LINK_NAME_MAX + 1, ERR_INVALID, "#/campaign");
	/* Names count: 1,500 bytes with "u" and "cart". */
	encode_cart(TOKEN_BYTES_MAX - 5, OK, NULL);
	encode_cart(TOKEN_BYTES_MAX - 4, ERR_INVALID, "#");
	encode_long(destination, 2000 - 18, OK, NULL);
	encode_long(destination, 2000 - 17, ERR_INVALID, "#/destination");
}

static void test_line_max(void **state)
{
	static char line[LINE_BYTES + 2];

	(void)state;
	(void)snprintf(
		line, sizeof(line), "%-*s", LINE_BYTES, "{\"link\":\"plain\"}");
	assert_int_equal(encode(line, false), OK);
	(void)snprintf(line, sizeof(line), "%-*s", LINE_BYTES + 1,
		"{\"link\":\"plain\"}");
	assert_int_equal(encode(line, false), ERR_INVALID);
	assert_int_equal(problem.kind, PROBLEM_TOO_LARGE);
}

static void test_too_many_params(void **state)
{
	char line[LINE_BYTES];
	struct buf b;

	(void)state;
	buf_init(&b, LINE_BYTES);
	buf_text(&b, "{\"link\":\"plain\",\"params\":{");
	for (int i = 0; i <= TOKEN_PARAMS_MAX; i++)
		buf_printf(&b, "%s\"p%d\":\"\"", i ? "," : "", i);
	buf_text(&b, "}}");
	(void)snprintf(line, sizeof(line), "%s", buf_cstr(&b));
	buf_deinit(&b);
	assert_int_equal(encode(line, false), ERR_INVALID);
	assert_string_equal(problem.findings.items[0].pointer, "#/params");
}

/* What no redirect could carry is not minted: percent-encoding makes three
 * bytes of one, and a variable may come often. */
static void test_location(void **state)
{
	static const struct {
		const char *value;
		size_t n;
		enum err err;
	} rows[] = {
		{"x", 450, OK},          /* 16 x 450 and the rest */
		{"x", 600, ERR_INVALID}, /* 9,600 */
		{"/", 160, OK},          /* 7,680 */
		{"/", 180, ERR_INVALID}, /* 8,640 */
	};
	struct buf b;

	(void)state;
	buf_init(&b, LINE_BYTES);
	buf_text(&b, "{\"destination\":\"https://a.example/");
	for (int i = 0; i < 16; i++)
		buf_text(&b, "{v}");
	buf_text(&b, "\"}");
	service_put_link(&s, "often", buf_cstr(&b));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buf_reset(&b);
		buf_text(&b, "{\"link\":\"often\",\"params\":{\"v\":\"");
		for (size_t n = 0; n < rows[i].n; n++)
			buf_text(&b, rows[i].value);
		buf_text(&b, "\"}}");
		assert_int_equal(encode(buf_cstr(&b), false), rows[i].err);
		assert_int_equal(problem.findings.n, rows[i].err ? 1 : 0);
		/* A token of then is known again all the same. */
		assert_int_equal(encode(buf_cstr(&b), true), OK);
	}
	buf_deinit(&b);
}

/* Whatever allocation fails, the line is neither taken nor refused for it. */
static void test_no_memory(void **state)
{
	static const char *const rows[] = {
		"{\"link\":\"shop\",\"recipient\":\"u\",\"params\":{\"cart\":"
		"\"1\"},\"campaign\":\"now\"}",
		"{\"destination\":\"https://a.example/\"}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool hit = true;

		for (unsigned nth = 1; hit; nth++) {
			enum err e;

			mint_encoded_deinit(&encoded);
			mint_encoded_init(&encoded);
			assert_true(nth < 100);
			fault_alloc(nth);
			e = encode(rows[i], false);
			hit = fault_alloc_hit();
			fault_alloc(0);
			assert_int_equal(e, hit ? ERR_NOMEM : OK);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_line_max),
		cmocka_unit_test(test_too_many_params),
		cmocka_unit_test(test_location),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
