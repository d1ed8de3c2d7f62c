#include "core/json.h"

#include <stdlib.h>
#include <string.h>

#include "support/cmocka.h"

enum {
	TEXT_MAX = 10000
};

static void test_accepted(void **state)
{
	static const struct {
		const char *text;
		enum json_kind kind;
	} rows[] = {
		{"{}", JSON_KIND_OBJECT},
		{" [1, 2] \n", JSON_KIND_ARRAY},
		{"\"x\"", JSON_KIND_STR},
		{"\"\\u00e9\\ud83d\\ude00\"", JSON_KIND_STR},
		{"12", JSON_KIND_INTEGER},
		{"-9223372036854775808", JSON_KIND_INTEGER},
		{"1.5e3", JSON_KIND_REAL},
		{"true", JSON_KIND_BOOL},
		{"false", JSON_KIND_BOOL},
		{"null", JSON_KIND_NULL},
		{"{\"a\": {\"a\": 1}, \"b\": \"}]\\\"[[\"}", JSON_KIND_OBJECT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct json_findings findings = {0};
		struct json_t *root;

		if (json_parse(
			    str_from(rows[i].text), TEXT_MAX, &root, &findings))
			fail_msg("%s: %s", rows[i].text,
				findings.items[0].detail);
		assert_int_equal(json_kind_of(root), rows[i].kind);
		assert_int_equal(findings.n, 0);
		json_free(root);
	}
}

#define TEXT(literal)                                                          \
	{                                                                      \
		(literal), sizeof(literal) - 1                                 \
	}

static void test_refused(void **state)
{
	static const struct str rows[] = {
		TEXT(""),
		TEXT("  "),
		TEXT("{"),
		TEXT("{\"a\": 1,}"),
		TEXT("{\"a\": 1} x"),
		TEXT("{\"a\": 1}{}"),
		TEXT("{a: 1}"),
		TEXT("{'a': 1}"),
		TEXT("[1 2]"),
		TEXT("01"),
		TEXT("+1"),
		TEXT(".5"),
		TEXT("NaN"),
		TEXT("9223372036854775808"),
		TEXT("1e999"),
		TEXT("{\"a\": 1, \"a\": 2}"),
		TEXT("{\"a\": 1, \"\\u0061\": 2}"),
		TEXT("{\"o\": {\"a\": 1, \"a\": 2}}"),
		TEXT("\"\\u0000\""),
		TEXT("{\"\\u0000\": 1}"),
		TEXT("\"a\0b\""),
		TEXT("\"a\nb\""),
		TEXT("\"\\x\""),
		TEXT("\"\\ud800\""),
		TEXT("\"\xff\""),
		TEXT("\"\xc3\""),
		TEXT("\"\xed\xa0\x80\""),
		TEXT("\"\xc0\x80\""),
		TEXT("\xef\xbb\xbf{}"),
		TEXT("/* c */ {}"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct json_findings findings = {0};
		struct json_t *root = NULL;

		if (json_parse(rows[i], TEXT_MAX, &root, &findings) !=
			ERR_INVALID)
			fail_msg("%.*s", STR_FMT(rows[i]));
		assert_null(root);
		assert_int_equal(findings.n, 1);
		assert_string_equal(findings.items[0].pointer, "#");
		assert_memory_equal(findings.items[0].detail, "line ", 5);
	}
}

static void nest(char *text, size_t depth)
{
	for (size_t i = 0; i < depth; i++) {
		text[i] = '[';
		text[2 * depth - 1 - i] = ']';
	}
}

static void test_bounds(void **state)
{
	char text[2 * (JSON_DEPTH_MAX + 1)];
	struct json_findings findings = {0};
	struct json_t *root;

	(void)state;
	nest(text, JSON_DEPTH_MAX);
	assert_int_equal(json_parse(str_make(text, 2 * (size_t)JSON_DEPTH_MAX),
				 TEXT_MAX, &root, &findings),
		OK);
	json_free(root);
	nest(text, JSON_DEPTH_MAX + 1);
	assert_int_equal(json_parse(str_make(text, sizeof(text)), TEXT_MAX,
				 &root, &findings),
		ERR_INVALID);
	assert_int_equal(findings.n, 1);
	/* Brackets in a string, behind a quote that is escaped, count not. */
	assert_int_equal(
		json_parse(
			STR("\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\""),
			TEXT_MAX, &root, &findings),
		OK);
	json_free(root);
	assert_int_equal(json_parse(STR("[[]]"), 4, &root, &findings), OK);
	json_free(root);
	assert_int_equal(
		json_parse(STR("[[]]"), 3, &root, &findings), ERR_TOO_LONG);
	assert_int_equal(findings.n, 2);
	assert_string_equal(findings.items[1].detail, "longer than 3 bytes");
}

/* What a table of fields makes of a text. */
struct sample {
	struct str name;
	bool test;
	uint64_t limit;
	int64_t delta;
	const struct json_t *params;
	const struct json_t *list;
	const struct json_t *any;
	enum json_state name_state;
	enum json_state limit_state;
};

static bool read_sample(const char *text, struct sample *s,
	struct json_findings *findings, struct json_t **root)
{
	const struct json_field fields[] = {
		{"name", JSON_FIELD_STR, JSON_REQUIRED | JSON_NONEMPTY, 8,
			&s->name, &s->name_state},
		{"test", JSON_FIELD_BOOL, 0, 0, &s->test, NULL},
		{"limit", JSON_FIELD_U64, JSON_NULLABLE, 100, &s->limit,
			&s->limit_state},
		{"delta", JSON_FIELD_I64, 0, 0, &s->delta, NULL},
		{"params", JSON_FIELD_OBJECT, 0, 2, &s->params, NULL},
		{"list", JSON_FIELD_ARRAY, JSON_NONEMPTY, 2, &s->list, NULL},
		{"any", JSON_FIELD_ANY, 0, 0, &s->any, NULL},
	};

	assert_int_equal(
		json_parse(str_from(text), TEXT_MAX, root, findings), OK);
	return json_read_object(*root, "#", fields, COUNT_OF(fields), findings);
}

static void test_fields(void **state)
{
	struct json_findings findings = {0};
	struct sample s = {0};
	struct json_t *root;

	(void)state;
	assert_true(read_sample(
		"{\"name\": \"caf\\u00e9\", \"test\": true, \"limit\": 100,"
		"\"delta\": -5, \"params\": {\"b\": \"2\", \"a\": \"1\"},"
		"\"list\": [1, \"x\"], \"any\": null}",
		&s, &findings, &root));
	assert_int_equal(findings.n, 0);
	assert_true(str_is(s.name, "caf\xc3\xa9"));
	assert_true(s.test);
	assert_int_equal(s.limit, 100);
	assert_int_equal(s.delta, -5);
	assert_int_equal(s.name_state, JSON_PRESENT);
	assert_int_equal(s.limit_state, JSON_PRESENT);
	assert_int_equal(json_kind_of(s.any), JSON_KIND_NULL);
	assert_int_equal(json_object_length(s.params), 2);
	assert_true(str_is(json_str_of(json_member(s.params, STR("a"))), "1"));
	assert_null(json_member(s.params, STR("c")));
	assert_int_equal(json_array_length(s.list), 2);
	assert_int_equal(json_i64_of(json_array_at(s.list, 0)), 1);
	assert_null(json_array_at(s.list, 2));
	json_free(root);
}

static void test_absent_and_null(void **state)
{
	struct json_findings findings = {0};
	struct sample s = {.limit = 7, .test = true};
	struct json_t *root;

	(void)state;
	assert_true(read_sample(
		"{\"name\": \"x\", \"limit\": null}", &s, &findings, &root));
	assert_int_equal(s.limit, 7);
	assert_true(s.test);
	assert_int_equal(s.limit_state, JSON_IS_NULL);
	json_free(root);
	assert_true(read_sample("{\"name\": \"x\"}", &s, &findings, &root));
	assert_int_equal(s.limit_state, JSON_ABSENT);
	json_free(root);
}

static void test_findings(void **state)
{
	static const struct {
		const char *text;
		const char *pointer;
		const char *detail;
	} rows[] = {
		{"[]", "#", "must be an object"},
		{"{}", "#/name", "is missing"},
		{"{\"name\": null}", "#/name", "must be a string"},
		{"{\"name\": 5}", "#/name", "must be a string"},
		{"{\"name\": \"\"}", "#/name", "must not be empty"},
		{"{\"name\": \"123456789\"}", "#/name",
			"has more than 8 bytes"},
		{"{\"name\": \"x\", \"test\": 1}", "#/test",
			"must be true or false"},
		{"{\"name\": \"x\", \"limit\": 101}", "#/limit",
			"must be at most 100"},
		{"{\"name\": \"x\", \"limit\": -1}", "#/limit",
			"must be a whole number, 0 or more"},
		{"{\"name\": \"x\", \"limit\": 1.0}", "#/limit",
			"must be a whole number, 0 or more"},
		{"{\"name\": \"x\", \"delta\": \"1\"}", "#/delta",
			"must be a whole number"},
		{"{\"name\": \"x\", \"params\": []}", "#/params",
			"must be an object"},
		{"{\"name\": \"x\", \"params\": {\"a\":1,\"b\":1,\"c\":1}}",
			"#/params", "has more than 2 members"},
		{"{\"name\": \"x\", \"list\": {}}", "#/list",
			"must be an array"},
		{"{\"name\": \"x\", \"list\": []}", "#/list",
			"must not be empty"},
		{"{\"name\": \"x\", \"Name\": 1}", "#/Name",
			"is not known here"},
		{"{\"name\": \"x\", \"\": 1}", "#/", "is not known here"},
		{"{\"name\": \"x\", \"a/b~c%d é\\\"#\": 1}",
			"#/a~1b~0c%25d%20%C3%A9%22%23", "is not known here"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct json_findings findings = {0};
		struct sample s = {0};
		struct json_t *root;

		assert_false(read_sample(rows[i].text, &s, &findings, &root));
		assert_int_equal(findings.n, 1);
		assert_string_equal(findings.items[0].pointer, rows[i].pointer);
		assert_string_equal(findings.items[0].detail, rows[i].detail);
		json_free(root);
	}
}

static void test_all_findings_are_collected(void **state)
{
	struct json_findings findings = {0};
	struct sample s = {0};
	struct json_t *root;

	(void)state;
	assert_false(read_sample("{\"nmae\": 1, \"limit\": \"x\", \"any\": 1,"
				 "\"test\": {}}",
		&s, &findings, &root));
	assert_int_equal(findings.n, 4);
	assert_string_equal(findings.items[0].pointer, "#/nmae");
	assert_string_equal(findings.items[1].pointer, "#/limit");
	assert_string_equal(findings.items[2].pointer, "#/test");
	assert_string_equal(findings.items[3].pointer, "#/name");
	json_free(root);
}

static void test_findings_are_bounded(void **state)
{
	struct json_findings findings = {0};
	struct sample s = {0};
	struct json_t *root;

	(void)state;
	assert_false(read_sample(
		"{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,"
		"\"h\":1,\"i\":1,\"j\":1,\"k\":1,\"l\":1,\"m\":1,\"n\":1,"
		"\"o\":1,\"p\":1,\"q\":1}",
		&s, &findings, &root));
	assert_int_equal(findings.n, JSON_FINDINGS_MAX);
	assert_int_equal(findings.more, 2);
	/* Full before: still not all right. */
	assert_false(json_read_object(root, "#", NULL, 0, &findings));
	json_free(root);
}

static void test_pointers_are_cut_whole(void **state)
{
	char to[JSON_POINTER_MAX];
	char at[JSON_POINTER_MAX];
	char long_at[2 * JSON_POINTER_MAX];

	(void)state;
	json_pointer(to, "#/params", STR("x/y"));
	assert_string_equal(to, "#/params/x~1y");
	memset(at, 'a', sizeof(at));
	at[JSON_POINTER_MAX - 4] = '\0';
	json_pointer(to, at, STR("b\xff"));
	assert_int_equal(strlen(to), JSON_POINTER_MAX - 2);
	assert_int_equal(to[JSON_POINTER_MAX - 3], 'b');
	memset(long_at, 'a', sizeof(long_at));
	long_at[sizeof(long_at) - 1] = '\0';
	json_pointer(to, long_at, STR("b"));
	assert_int_equal(strlen(to), JSON_POINTER_MAX - 1);
}

static void test_members_in_order(void **state)
{
	static const char *const names[] = {"z", "a", "m"};
	struct json_findings findings = {0};
	struct json_members m = {0};
	struct json_t *root;
	size_t n = 0;

	(void)state;
	assert_int_equal(json_parse(STR("{\"z\": 0, \"a\": 1, \"m\": 2}"),
				 TEXT_MAX, &root, &findings),
		OK);
	m.object = root;
	for (; n < 3 && json_members_next(&m); n++) {
		assert_true(str_is(m.name, names[n]));
		assert_int_equal(json_i64_of(m.value), n);
	}
	assert_int_equal(n, 3);
	assert_false(json_members_next(&m));
	json_free(root);
	json_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_absent_and_null),
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_all_findings_are_collected),
		cmocka_unit_test(test_findings_are_bounded),
		cmocka_unit_test(test_pointers_are_cut_whole),
		cmocka_unit_test(test_members_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
