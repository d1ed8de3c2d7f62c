#include "core/uri_template.h"

#include <string.h>

#include "support/cmocka.h"

struct value {
	const char *name;
	struct str value;
};

/* The variables of RFC 6570, sections 1.2 and 3.2.2, and some of ours. */
static const struct value values[] = {
	{"var", {"value", 5}},
	{"hello", {"Hello World!", 12}},
	{"half", {"50%", 3}},
	{"empty", {"", 0}},
	{"undef", {NULL, 0}},
	{"who", {"fred", 4}},
	{"base", {"http://example.com/home/", 24}},
	{"path", {"/foo/bar", 8}},
	{"dub", {"me/too", 6}},
	{"v", {"6", 1}},
	{"x", {"1024", 4}},
	{"y", {"768", 3}},
	{"a.b", {"dot", 3}},
	{"_u", {"under", 5}},
	{"%41b", {"escaped", 7}},
	{"u", {"caf\xc3\xa9 \xf0\x9f\x9b\x92", 10}},
	{"all", {"-._~!$&'()*+,;=:@/?#[]\"<>\\^`{|}", 31}},
	{"ctl", {"\x00\x01\x7f\x80\xff\r\n", 7}},
};

static struct str value_of(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(values); i++)
		if (str_is(name, values[i].name))
			return values[i].value;
	fail_msg("no value for %.*s", STR_FMT(name));
	return STR("");
}

static void expand(struct buf *out, const char *text)
{
	struct str aligned[URI_TEMPLATE_VARS_MAX];
	struct uri_template_problem problem;
	struct uri_template t;

	assert_int_equal(
		uri_template_compile(str_from(text), &t, &problem), OK);
	for (size_t i = 0; i < t.vars_n; i++)
		aligned[i] = value_of(t.vars[i]);
	uri_template_expand(out, &t, aligned);
	assert_int_equal(buf_err(out), OK);
}

static void test_expansions(void **state)
{
	static const struct {
		const char *template;
		const char *expansion;
	} rows[] = {
		/* RFC 6570, section 1.2, level 1 */
		{"{var}", "value"},
		{"{hello}", "Hello%20World%21"},
		/* section 3.2.2, those of level 1 */
		{"{half}", "50%25"},
		{"O{empty}X", "OX"},
		{"O{undef}X", "OX"},
		{"{who}", "fred"},
		{"{base}index", "http%3A%2F%2Fexample.com%2Fhome%2Findex"},
		{"{path}/here", "%2Ffoo%2Fbar/here"},
		{"map?{x}", "map?1024"},
		/* ours */
		{"", ""},
		{"https://shop.example/", "https://shop.example/"},
		{"https://shop.example/{x}/{y}?q={hello}&r={x}#{v}",
			"https://shop.example/1024/768"
			"?q=Hello%20World%21&r=1024#6"},
		{"{a.b}{_u}{%41b}", "dotunderescaped"},
		{"{u}", "caf%C3%A9%20%F0%9F%9B%92"},
		{"{all}", "-._~%21%24%26%27%28%29%2A%2B%2C%3B%3D%3A%40%2F%3F"
			  "%23%5B%5D%22%3C%3E%5C%5E%60%7B%7C%7D"},
		{"{ctl}", "%00%01%7F%80%FF%0D%0A"},
		{"a%20b%2f'[1]", "a%20b%2f'[1]"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf out;

		buf_init(&out, 1000);
		expand(&out, rows[i].template);
		assert_string_equal(buf_cstr(&out), rows[i].expansion);
		buf_deinit(&out);
	}
}

static const struct {
	const char *template;
	size_t at;
} refused[] = {
	/* RFC 6570, section 1.2: level 2 and above */
	{"{+var}", 1},
	{"{+path}/here", 1},
	{"{#var}", 1},
	{"X{#hello}", 2},
	{"map?{x,y}", 6},
	{"{x,hello,y}", 2},
	{"{+x,hello,y}", 1},
	{"X{.var}", 2},
	{"{/var}", 1},
	{"{;x,y}", 1},
	{"{?x,y}", 1},
	{"{&x,y,empty}", 1},
	{"{var:3}", 4},
	{"{list*}", 5},
	{"{|var}", 1},
	{"{=var}", 1},
	{"{!var}", 1},
	{"{@var}", 1},
	/* names */
	{"{}", 0},
	{"a{}", 1},
	{"{a", 0},
	{"ab{cd", 2},
	{"{a b}", 2},
	{"{a-b}", 2},
	{"{.a}", 1},
	{"{a.}", 2},
	{"{a..b}", 2},
	{"{%4}", 1},
	{"{a%zz}", 2},
	{"{{1}}", 1},
	{"{\xc3\xa9}", 1},
	{"{x2345678901234567890123456789012345678901234567890123456"
	 "789012345}",
		1},
	/* literals */
	{"a}", 1},
	{"{x}}", 3},
	{"a b", 1},
	{"a\tb", 1},
	{"a\"b", 1},
	{"a<b", 1},
	{"a>b", 1},
	{"a\\b", 1},
	{"a^b", 1},
	{"a`b", 1},
	{"a|b", 1},
	{"100%", 3},
	{"%2", 0},
	{"%zz", 0},
	{"caf\xc3\xa9", 3},
	{"\x7f", 0},
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct uri_template_problem problem = {99, NULL};
		struct uri_template t;

		assert_int_equal(
			uri_template_compile(
				str_from(refused[i].template), &t, &problem),
			ERR_INVALID);
		if (problem.at != refused[i].at)
			fail_msg("%s: at %zu, not %zu", refused[i].template,
				problem.at, refused[i].at);
		assert_non_null(problem.text);
	}
}

static void compile_repeated(
	size_t n, bool same, enum err want, size_t want_vars)
{
	struct uri_template_problem problem;
	struct uri_template t;
	struct buf b;

	buf_init(&b, 10000);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "{v%zu}/", same ? 0 : i);
	assert_int_equal(
		uri_template_compile(buf_view(&b), &t, &problem), want);
	if (!want)
		assert_int_equal(t.vars_n, want_vars);
	buf_deinit(&b);
}

static void test_limits(void **state)
{
	static char text[URI_TEMPLATE_MAX + 1];
	struct uri_template_problem problem;
	struct uri_template t;

	(void)state;
	compile_repeated(32, false, OK, 32);
	compile_repeated(33, false, ERR_INVALID, 0);
	compile_repeated(64, true, OK, 1);
	compile_repeated(65, true, ERR_INVALID, 0);
	memset(text, 'a', sizeof(text));
	assert_int_equal(uri_template_compile(str_make(text, URI_TEMPLATE_MAX),
				 &t, &problem),
		OK);
	assert_int_equal(uri_template_compile(
				 str_make(text, sizeof(text)), &t, &problem),
		ERR_TOO_LONG);
	/* A name of 64 bytes. */
	text[0] = '{';
	text[65] = '}';
	assert_int_equal(
		uri_template_compile(str_make(text, 66), &t, &problem), OK);
	assert_int_equal(t.vars[0].n, 64);
}

static void test_find(void **state)
{
	struct uri_template_problem problem;
	struct uri_template t;

	(void)state;
	assert_int_equal(
		uri_template_compile(STR("{a}{b}{a}"), &t, &problem), OK);
	assert_int_equal(t.vars_n, 2);
	assert_int_equal(uri_template_find(&t, STR("a")), 0);
	assert_int_equal(uri_template_find(&t, STR("b")), 1);
	assert_int_equal(uri_template_find(&t, STR("c")), 2);
	assert_int_equal(uri_template_find(&t, STR("")), 2);
}

static void test_authority(void **state)
{
	static const struct {
		const char *template;
		enum err err;
		size_t at;
	} rows[] = {
		{"https://shop.example/{x}", OK, 0},
		{"https://shop.example?{x}", OK, 0},
		{"https://shop.example#{x}", OK, 0},
		{"https://shop.example", OK, 0},
		{"https://shop.example:8080/a{x}", OK, 0},
		{"https://{x}/", ERR_INVALID, 8},
		{"https://shop{x}/", ERR_INVALID, 12},
		{"https://shop.example{x}", ERR_INVALID, 20},
		{"https://shop.example:{x}/", ERR_INVALID, 21},
		{"https://a@{x}/", ERR_INVALID, 10},
		{"{x}://shop.example/", ERR_INVALID, 0},
		{"ht{x}://shop.example/", ERR_INVALID, 2},
		{"https:{x}//shop.example/", ERR_INVALID, 0},
		{"{x}", ERR_INVALID, 0},
		{"/path/{x}", ERR_INVALID, 0},
		{"", ERR_INVALID, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct uri_template_problem problem = {0};
		struct uri_template t;

		assert_int_equal(
			uri_template_compile(
				str_from(rows[i].template), &t, &problem),
			OK);
		assert_int_equal(uri_template_check_authority(&t, &problem),
			rows[i].err);
		assert_int_equal(problem.at, rows[i].at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expansions),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_authority),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
