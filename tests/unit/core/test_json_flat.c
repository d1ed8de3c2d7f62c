#include "core/json_flat.h"

#include <string.h>

#include "base/buf.h"
#include "support/cmocka.h"

enum {
	OUT_MAX = 4096,
	TEXT_MAX = 4096
};

/* `name=text`, `name=true`, `name={...}`, with blanks between. */
static void put(struct buf *out, const struct json_flat_member *m)
{
	static const char *const words[] = {[JSON_FLAT_TRUE] = "true",
		[JSON_FLAT_FALSE] = "false",
		[JSON_FLAT_NULL] = "null"};

	buf_str(out, m->name);
	buf_byte(out, '=');
	if (m->kind == JSON_FLAT_STR)
		buf_str(out, m->text);
	else if (m->kind != JSON_FLAT_OBJECT)
		buf_text(out, words[m->kind]);
	else
		buf_printf(out, "{%zu}", m->members_n);
	buf_byte(out, ' ');
}

struct row {
	const char *text;
	const char *members;
};

static const struct row plain[] = {
	{"{}", ""},
	{" \t\r\n{ \t\r\n} \t\r\n", ""},
	{"{\"\":\"\"}", "= "},
	{"{\"link\":\"shop\",\"recipient\":\"u-1\",\"params\":{\"cart\":"
	 "\"C1\",\"u\":\"\"},\"ref\":null,\"test\":true,\"x\":false}",
		"link=shop recipient=u-1 params={2} cart=C1 u= ref=null "
		"test=true x=false "},
	{" { \"a\" : \"b\" , \"c\" : { \"d\" : \"e\" } , \"f\" : { } } ",
		"a=b c={1} d=e f={0} "},
	/* A name may come again in another object. */
	{"{\"a\":{\"b\":\"1\"},\"b\":{\"a\":\"2\",\"b\":\"3\"}}",
		"a={1} b=1 b={2} a=2 b=3 "},
	{"{\"a\":\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\x7f/\"}",
		"a=\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\x7f/ "},
};

static void test_plain(void **state)
{
	struct json_flat flat;
	struct buf out;

	(void)state;
	buf_init(&out, OUT_MAX);
	for (size_t i = 0; i < COUNT_OF(plain); i++) {
		assert_true(json_flat_read(str_from(plain[i].text), &flat));
		buf_reset(&out);
		for (size_t j = 0; j < flat.n; j++)
			put(&out, &flat.members[j]);
		assert_string_equal(buf_cstr(&out), plain[i].members);
	}
	buf_deinit(&out);
}

/* Cut anywhere, none of them is whole. */
static void test_cut(void **state)
{
	struct json_flat flat;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(plain); i++) {
		size_t n = strlen(plain[i].text);

		while (plain[i].text[n - 1] != '}')
			n--;
		while (n-- > 0)
			assert_false(json_flat_read(
				str_make(plain[i].text, n), &flat));
	}
}

static void test_not_plain(void **state)
{
	static const char *const rows[] = {"", " ", "x", "[]", "\"a\"", "null",
		"{,}", "{\"a\"}", "{\"a\":}", "{\"a\":\"b\",}", "{a:\"b\"}",
		"{\"a\":\"b\"}}", "{\"a\":\"b\"}x", "{\"a\":\"b\"\"c\":\"d\"}",
		"{\"a\":\"b\" \"c\":\"d\"}", "{\"a\" \"b\"}", "{\"a\":1}",
		"{\"a\":[]}", "{\"a\":True}", "{\"a\":nul}", "{\"a\":truex}",
		"{\"a\":\"\\n\"}", "{\"\\u0061\":\"b\"}", "{\"a\":\"b\tc\"}",
		"{\"a\":\"\x01\"}", "{\"a\":\"\xff\"}", "{\"a\":\"\xc3\"}",
		"{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"b\",\"a\":\"b\"}",
		"{\"a\":{\"b\":\"1\"},\"c\":\"d\",\"a\":{}}",
		"{\"a\":{\"b\":\"1\",\"b\":\"2\"}}", "{\"a\":{\"b\":true}}",
		"{\"a\":{\"b\":{}}}", "{\"a\":{\"b\":\"c\",}}",
		"{\"a\":{\"b\":\"c\"}", "{\"a\":'b'}", "\xef\xbb\xbf{}"};
	struct json_flat flat;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_false(json_flat_read(str_from(rows[i]), &flat));
	assert_false(json_flat_read(str_make("{\"a\":\"\0\"}", 9), &flat));
	assert_false(json_flat_read(str_make(NULL, 0), &flat));
}

/* As many members as there is room for, and one more. */
static void test_members_max(void **state)
{
	struct json_flat flat;
	struct buf text;

	(void)state;
	buf_init(&text, TEXT_MAX);
	for (size_t n = JSON_FLAT_MEMBERS_MAX; n <= JSON_FLAT_MEMBERS_MAX + 1;
		n++) {
		buf_reset(&text);
		buf_text(&text, "{\"o\":{");
		for (size_t i = 1; i < n; i++)
			buf_printf(
				&text, "%s\"%zu\":\"\"", i > 1 ? "," : "", i);
		buf_text(&text, "}}");
		assert_int_equal(json_flat_read(buf_view(&text), &flat),
			n == JSON_FLAT_MEMBERS_MAX);
	}
	buf_deinit(&text);
}

struct fields {
	struct str name;
	bool test;
	uint64_t limit;
	const struct json_flat_member *params;
	enum json_state name_state, test_state;
};

static bool read(const char *text, struct fields *f)
{
	const struct json_field table[] = {
		{"name", JSON_FIELD_STR, JSON_REQUIRED | JSON_NONEMPTY, 3,
			&f->name, &f->name_state},
		{"test", JSON_FIELD_BOOL, JSON_NULLABLE, 0, &f->test,
			&f->test_state},
		{"limit", JSON_FIELD_U64, 0, 0, &f->limit, NULL},
		{"params", JSON_FIELD_OBJECT, JSON_NONEMPTY, 2, &f->params,
			NULL},
	};
	static struct json_flat flat; /* params points into it */

	*f = (struct fields){0};
	assert_true(json_flat_read(str_from(text), &flat));
	return json_flat_read_fields(&flat, table, COUNT_OF(table));
}

static void test_fields(void **state)
{
	struct fields f;

	(void)state;
	assert_true(read("{\"name\":\"abc\"}", &f));
	assert_true(str_is(f.name, "abc") && !f.params && !f.test);
	assert_int_equal(f.name_state, JSON_PRESENT);
	assert_int_equal(f.test_state, JSON_ABSENT);
	assert_true(read("{\"test\":null,\"name\":\"a\"}", &f));
	assert_int_equal(f.test_state, JSON_IS_NULL);
	assert_true(read("{\"params\":{\"name\":\"x\",\"z\":\"y\"},\"name\":"
			 "\"a\",\"test\":true}",
		&f));
	assert_true(str_is(f.name, "a") && f.test);
	assert_int_equal(f.test_state, JSON_PRESENT);
	assert_int_equal(f.params->members_n, 2);
}

/* All of which have a finding, or need the other reader. */
static void test_fields_refused(void **state)
{
	static const char *const rows[] = {
		"{}",
		"{\"test\":true}",
		"{\"name\":null}",
		"{\"name\":\"\"}",
		"{\"name\":\"abcd\"}",
		"{\"name\":true}",
		"{\"name\":{}}",
		"{\"name\":\"a\",\"x\":\"\"}",
		"{\"name\":\"a\",\"Test\":true}",
		"{\"name\":\"a\",\"test\":\"true\"}",
		"{\"name\":\"a\",\"limit\":\"1\"}",
		"{\"name\":\"a\",\"params\":{}}",
		"{\"name\":\"a\",\"params\":null}",
		"{\"name\":\"a\",\"params\":\"b\"}",
		"{\"name\":\"a\",\"params\":{\"a\":\"\",\"b\":\"\",\"c\":\"\"}}",
	};
	struct fields f;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_false(read(rows[i], &f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_not_plain),
		cmocka_unit_test(test_members_max),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_fields_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
