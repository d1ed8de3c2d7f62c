#include "support/cmocka.h"

#include "base/buf.h"
#include "cli/json_text.h"
#include "cli/problem.h"

static const struct {
	const char *text;
	const char *values; /* each in brackets */
} rows[] = {
	{"[]", ""},
	{"{}", ""},
	{" [ 1 , 2.50,-3e4,true , null ] ", "<1><2.50><-3e4><true><null>"},
	{"[[1,[2]],{\"a\":[3]}]", "<[1,[2]]><{\"a\":[3]}>"},
	{"[\"a,]\",\"\\\"]\",\"\\\\\"]", "<\"a,]\"><\"\\\"]\"><\"\\\\\">"},
	{"{\"a\":1,\"b:,\" : \"x\" ,\"\":{}}", "<1><\"x\"><{}>"},
	{"{\"\\\"\":[\"}\"]}", "<[\"}\"]>"},
	{"[\"\"]", "<\"\">"},
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct json_text t;
		struct str value;
		struct buf got;

		buf_init(&got, 1024);
		json_text_init(&t, str_from(rows[i].text));
		while (json_text_next(&t, &value))
			buf_printf(&got, "<%.*s>", STR_FMT(value));
		assert_string_equal(buf_cstr(&got), rows[i].values);
		buf_deinit(&got);
	}
}

static const struct {
	unsigned status;
	const char *body;
	const char *text;
} problems[] = {
	{404, "{\"title\":\"Not found\",\"status\":404}", "Not found"},
	{409, "{\"title\":\"Conflict\",\"detail\":\"There is one.\"}",
		"There is one."},
	{422,
		"{\"detail\":\"2 findings: see errors.\",\"errors\":[{"
		"\"detail\":\"a\",\"pointer\":\"#/x\"},{\"detail\":\"b\"},7]}",
		"#/x: a; b"},
	{422,
		"{\"detail\":\"No account was made.\",\"errors\":[{\"detail\":"
		"\"a\"}]}",
		"No account was made: a"},
	{400, "{\"detail\":\"two\\nlines\\u001b[31m\",\"errors\":[]}",
		"two lines [31m"},
	{502, "<html>", "the server answered 502"},
	{500, "", "the server answered 500"},
	{500, "[]", "the server answered 500"},
	{500, "{\"detail\":7}", "the server answered 500"},
};

static void test_problems(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(problems); i++) {
		struct buf got;

		buf_init(&got, 1024);
		problem_of_answer(
			problems[i].status, str_from(problems[i].body), &got);
		assert_string_equal(buf_cstr(&got), problems[i].text);
		buf_deinit(&got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_problems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
