#include "core/base64.h"

#include <string.h>

#include "support/cmocka.h"

/* RFC 4648 section 10, and every digit. */
static const struct {
	struct str bytes;
	const char *text;
} rows[] = {
	{STR(""), ""},
	{STR("f"), "Zg=="},
	{STR("fo"), "Zm8="},
	{STR("foo"), "Zm9v"},
	{STR("foob"), "Zm9vYg=="},
	{STR("fooba"), "Zm9vYmE="},
	{STR("foobar"), "Zm9vYmFy"},
	{STR("\0\0\0"), "AAAA"},
	{STR("\xff\xff\xff\xff"), "/////w=="},
	{STR("\x00\x10\x83\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f\x41\x14\x93\x51"
	     "\x55\x97\x61\x96\x9b\x71\xd7\x9f\x82\x18\xa3\x92\x59\xa7\xa2\x9a"
	     "\xab\xb2\xdb\xaf\xc3\x1c\xb3\xd3\x5d\xb7\xe3\x9e\xbb\xf3\xdf"
	     "\xbf"),
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
		"+/"},
};

static void test_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str want = str_from(rows[i].text);
		char text[128], bytes[128];
		size_t n = base64_put(text, rows[i].bytes.p, rows[i].bytes.n);

		assert_int_equal(n, BASE64_SIZE(rows[i].bytes.n));
		if (!str_eq(str_make(text, n), want))
			fail_msg("%s", rows[i].text);
		assert_int_equal(
			base64_read(want, bytes, sizeof(bytes), &n), OK);
		assert_true(str_eq(str_make(bytes, n), rows[i].bytes));
	}
}

static const char *const refused[] = {
	"Z",
	"Zg",
	"Zg=",
	"Zm9vYg",
	"=",
	"==",
	"===",
	"====",
	"Z===",
	"Zh==",
	"Zm9=",
	"Zm8==",
	"Zg==Zg==",
	"Zm=v",
	"=m9v",
	"Zm9 ",
	"Zm9v\n",
	" Zm9v",
	"Zm9-",
	"Zm9_",
	"Zm9,",
	"Zm\xc3\xa9",
	"Zm9vY===",
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		char bytes[128];
		size_t n = 77;

		if (base64_read(str_from(refused[i]), bytes, sizeof(bytes),
			    &n) != ERR_INVALID)
			fail_msg("%s", refused[i]);
		assert_int_equal(n, 77);
	}
}

static void test_bound(void **state)
{
	char bytes[3];
	size_t n;

	(void)state;
	assert_int_equal(base64_read(STR("Zm9v"), bytes, 2, &n), ERR_TOO_LONG);
	assert_int_equal(base64_read(STR("Zm9v"), bytes, 3, &n), OK);
	assert_int_equal(base64_read(STR("Zm8="), bytes, 2, &n), OK);
	assert_int_equal(n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
