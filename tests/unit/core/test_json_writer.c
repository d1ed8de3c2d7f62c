#include "core/json_writer.h"

#include "support/cmocka.h"
#include "support/dies.h"

static void test_structure(void **state)
{
	struct json_writer w;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	json_writer_init(&w, &b);
	json_object_begin(&w);
	json_key(&w, "token");
	json_put_str(&w, STR("u1"));
	json_key(&w, "n");
	json_put_u64(&w, UINT64_MAX);
	json_key(&w, "i");
	json_put_i64(&w, INT64_MIN);
	json_key(&w, "empty");
	json_object_begin(&w);
	json_object_end(&w);
	json_key(&w, "list");
	json_array_begin(&w);
	json_put_bool(&w, true);
	json_put_bool(&w, false);
	json_put_null(&w);
	json_array_begin(&w);
	json_array_end(&w);
	json_object_begin(&w);
	json_key_str(&w, STR("a\"b"));
	json_put_raw(&w, STR("[1,2]"));
	json_object_end(&w);
	json_array_end(&w);
	json_key(&w, "none");
	json_put_str_or_null(&w, (struct str){0});
	json_key(&w, "some");
	json_put_str_or_null(&w, STR(""));
	json_object_end(&w);
	json_line_end(&w);
	json_put_u64(&w, 1);
	json_line_end(&w);
	assert_string_equal(buf_cstr(&b),
		"{\"token\":\"u1\",\"n\":18446744073709551615,"
		"\"i\":-9223372036854775808,\"empty\":{},"
		"\"list\":[true,false,null,[],{\"a\\\"b\":[1,2]}],"
		"\"none\":null,\"some\":\"\"}\n1\n");
	buf_deinit(&b);
}

#define TEXT(literal)                                                          \
	{                                                                      \
		(literal), sizeof(literal) - 1                                 \
	}

static void test_strings(void **state)
{
	static const struct {
		struct str s;
		const char *json;
	} rows[] = {
		{TEXT(""), "\"\""},
		{TEXT("plain /?<>&'"), "\"plain /?<>&'\""},
		{TEXT("\"\\"), "\"\\\"\\\\\""},
		{TEXT("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
		{TEXT("\0\x01\x1f\x7f"), "\"\\u0000\\u0001\\u001f\x7f\""},
		{TEXT("caf\xc3\xa9 \xf0\x9f\x9b\x92"),
			"\"caf\xc3\xa9 \xf0\x9f\x9b\x92\""},
		{TEXT("a\xff"
		      "b"),
			"\"a\xef\xbf\xbd"
			"b\""},
		{TEXT("\xc3"), "\"\xef\xbf\xbd\""},
		{TEXT("\xc0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\""},
		{TEXT("\xed\xa0\x80"),
			"\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
		{TEXT("\xe2\x80\xa8"), "\"\xe2\x80\xa8\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct json_writer w;
		struct buf b;

		buf_init(&b, 1000);
		json_writer_init(&w, &b);
		json_put_str(&w, rows[i].s);
		assert_string_equal(buf_cstr(&b), rows[i].json);
		buf_deinit(&b);
	}
}

static void test_full_buffer(void **state)
{
	struct json_writer w;
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	json_writer_init(&w, &b);
	json_put_str(&w, STR("hello"));
	assert_int_equal(buf_err(&b), ERR_TOO_LONG);
	buf_deinit(&b);
}

static void end_too_much(void *arg)
{
	struct json_writer w;

	json_writer_init(&w, arg);
	json_object_end(&w);
}

static void end_too_early(void *arg)
{
	struct json_writer w;

	json_writer_init(&w, arg);
	json_object_begin(&w);
	json_line_end(&w);
}

static void test_unbalanced(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_true(dies(end_too_much, &b));
	assert_true(dies(end_too_early, &b));
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_full_buffer),
		cmocka_unit_test(test_unbalanced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
