#include "core/path.h"

#include <stdlib.h>
#include <string.h>

#include "core/token.h"
#include "support/cmocka.h"

#define TOKEN "u7n42DGM5Tflk9n8mt7Fhc7"

struct row {
	const char *path;
	enum path_kind kind;
	bool misfilled;
};

static const struct row rows[] = {
	/* tokens, and what chat programs add */
	{"/" TOKEN, PATH_TOKEN, false},
	{"/" TOKEN "/", PATH_TOKEN, false},
	{"/" TOKEN ".", PATH_TOKEN, false},
	{"/" TOKEN ",", PATH_TOKEN, false},
	{"/" TOKEN ")", PATH_TOKEN, false},
	{"/" TOKEN "%20", PATH_TOKEN, false},
	{"/" TOKEN "%7D%7D", PATH_TOKEN, false},
	{"/" TOKEN "-x", PATH_TOKEN, false},
	{"/" TOKEN "_x", PATH_TOKEN, false},
	{"/" TOKEN "/more/" TOKEN, PATH_TOKEN, false},
	{"/" TOKEN "./x", PATH_TOKEN, false},
	{"/" TOKEN "\xc3\xa9", PATH_TOKEN, false},
	{"/" TOKEN "\\", PATH_TOKEN, false},
	/* misfilled */
	{"//" TOKEN, PATH_TOKEN, true},
	{"///" TOKEN ".", PATH_TOKEN, true},
	{"//" TOKEN "./x", PATH_TOKEN, true},
	{"/%2F" TOKEN, PATH_TOKEN, true},
	{"/https://ct5.io/" TOKEN, PATH_TOKEN, true},
	{"/https:/ct5.io/" TOKEN, PATH_TOKEN, true},
	{"/http://ct5.io/" TOKEN, PATH_TOKEN, true},
	{"/HTTPS://CT5.IO/" TOKEN "/", PATH_TOKEN, true},
	{"/https://ct5.io//" TOKEN, PATH_TOKEN, true},
	{"//https://ct5.io/" TOKEN, PATH_TOKEN, true},
	{"//ct5.io/" TOKEN, PATH_TOKEN, true},
	{"/ct5.io/" TOKEN, PATH_TOKEN, true},
	{"/links.my-brand.example:8080/" TOKEN, PATH_TOKEN, true},
	{"/http://127.0.0.1:8080/" TOKEN, PATH_TOKEN, true},
	{"/http://localhost:8080/" TOKEN, PATH_TOKEN, true},
	{"/https%3A%2F%2Fct5.io%2F" TOKEN, PATH_TOKEN, true},
	{"/https%3a%2f%2fct5.io%2f" TOKEN, PATH_TOKEN, true},
	{"/https:%2F%2Fct5.io/" TOKEN, PATH_TOKEN, true},
	{"/ct5.io%2F" TOKEN, PATH_TOKEN, true},
	{"/https://" TOKEN, PATH_TOKEN, true},
	/* no tokens */
	{"/u7n42DGM5Tflk9n8mt7Fhc", PATH_OTHER, false},
	{"/" TOKEN "x", PATH_OTHER, false},
	{"/" TOKEN "0/", PATH_OTHER, false},
	{"/u7n42DGM5Tflk-9n8mt7Fhc", PATH_OTHER, false},
	{"/%75"
	 "7n42DGM5Tflk9n8mt7Fhc7",
		PATH_OTHER, false},
	{"/x/" TOKEN, PATH_OTHER, false},
	{"/ct5/" TOKEN, PATH_OTHER, false},
	{"/ftp://ct5.io/" TOKEN, PATH_OTHER, false},
	{"/https:ct5.io/" TOKEN, PATH_OTHER, false},
	{"/https://ct5.io/x/" TOKEN, PATH_OTHER, false},
	{"/https://ct5.io/", PATH_OTHER, false},
	{"/https://ct5.io", PATH_OTHER, false},
	{"/https://", PATH_OTHER, false},
	{"/https:", PATH_OTHER, false},
	{"/ct5.io:/", PATH_OTHER, false},
	{"//", PATH_OTHER, false},
	{"/.", PATH_OTHER, false},
	{"", PATH_OTHER, false},
	{TOKEN, PATH_OTHER, false},
	{"*", PATH_OTHER, false},
	/* unfilled */
	{"/{{1}}", PATH_UNFILLED, false},
	{"/{{2}}", PATH_UNFILLED, false},
	{"/{{token}}", PATH_UNFILLED, false},
	{"/{{}}", PATH_UNFILLED, false},
	{"/%7B%7B1%7D%7D", PATH_UNFILLED, false},
	{"/%7b%7B1%7d%7D", PATH_UNFILLED, false},
	{"/%7B{ 1 %7D}", PATH_UNFILLED, false},
	{"/%7B%7B%201%20%7D%7D", PATH_UNFILLED, false},
	{"/{{1}}/x", PATH_UNFILLED, false},
	{"/<<1>>", PATH_UNFILLED, false},
	{"/%3C%3C1%3E%3E", PATH_UNFILLED, false},
	{"/%3c%3ctoken%3e%3e", PATH_UNFILLED, false},
	{"/https://ct5.io/{{1}}", PATH_UNFILLED, false},
	{"//{{1}}", PATH_UNFILLED, false},
	{"/{1}", PATH_OTHER, false},
	{"/{{1}", PATH_OTHER, false},
	{"/{{1", PATH_OTHER, false},
	{"/{{1>>", PATH_OTHER, false},
	{"/<1>", PATH_OTHER, false},
	{"/x{{1}}", PATH_OTHER, false},
	{"/%7B%7B1%7D%7", PATH_OTHER, false},
	/* known */
	{"/", PATH_ROOT, false},
	{"/sample", PATH_ROOT, false},
	{"/sample/", PATH_OTHER, false},
	{"/Sample", PATH_OTHER, false},
	{"/healthz", PATH_HEALTHZ, false},
	{"/healthz/", PATH_OTHER, false},
	{"/robots.txt", PATH_ROBOTS, false},
	{"/favicon.ico", PATH_FAVICON, false},
	{"/apple-touch-icon.png", PATH_FAVICON, false},
	{"/apple-touch-icon-120x120-precomposed.png", PATH_FAVICON, false},
	{"/apple-touch-icon", PATH_OTHER, false},
	{"/.well-known/assetlinks.json", PATH_WELL_KNOWN, false},
	{"/.well-known/", PATH_WELL_KNOWN, false},
	{"/.well-known", PATH_OTHER, false},
	{"/index.html", PATH_OTHER, false},
};

static void test_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct path path = path_classify(str_from(rows[i].path));

		if (path.kind != rows[i].kind ||
			path.misfilled != rows[i].misfilled)
			fail_msg("%s: %d", rows[i].path, path.kind);
		if (path.kind == PATH_TOKEN)
			assert_true(str_is(path.token, TOKEN));
		else
			assert_int_equal(path.token.n, 0);
	}
	assert_int_equal(path_classify((struct str){0}).kind, PATH_OTHER);
}

/* A megabyte of what could make a careless reader quadratic. */
static void test_long_paths(void **state)
{
	static const char *const units[] = {"/", "%2F", "{{", "%7B%7B", "}",
		"a", "a.", "https://", "<<", "%"};
	enum {
		LONG = 1 << 20
	};
	char *text = malloc(LONG);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		size_t n = strlen(units[i]);

		for (size_t k = 0; k < LONG; k++)
			text[k] = units[i][k % n];
		text[0] = '/';
		assert_int_equal(
			path_classify(str_make(text, LONG)).kind, PATH_OTHER);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_long_paths),
	};

	_Static_assert(sizeof(TOKEN) - 1 == TOKEN_LEN, "a token");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
