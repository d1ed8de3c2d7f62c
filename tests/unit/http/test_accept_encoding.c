#include "http/accept_encoding.h"

#include "support/cmocka.h"

/* The values of one field each; NULL: no more. */
static const struct {
	const char *fields[3];
	bool want;
} rows[] = {
	{{"gzip"}, true},
	{{"GZip"}, true},
	{{"x-gzip"}, true},
	{{"deflate, gzip;q=1.0, *;q=0.5"}, true},
	{{"gzip;q=0.001"}, true},
	{{"gzip ; q=0.5"}, true},
	{{"gzip;Q=0.5"}, true},
	{{"gzip;q = 0.5"}, true},
	{{" gzip\t"}, true},
	{{"gzip;q=1."}, true},
	{{"gzip;q=1.000"}, true},
	{{"*"}, true},
	{{"*;q=0.1"}, true},
	{{"br, gzip, zstd"}, true},
	{{",,gzip,"}, true},
	{{"br", "gzip"}, true},
	{{"identity;q=0.5, gzip;q=0.5"}, true},
	{{"identity;q=0, gzip;q=0.1"}, true},
	{{"identity;q=0, *"}, true},
	/* Not wanted, or not more than plain bytes. */
	{{""}, false},
	{{"gzip;q=0"}, false},
	{{"gzip;q=0.000"}, false},
	{{"gzip;q=0, *"}, false},
	{{"*, gzip;q=0"}, false},
	{{"*;q=0"}, false},
	{{"identity"}, false},
	{{"br, deflate"}, false},
	{{"identity, gzip;q=0.9"}, false},
	{{"gzip;q=0.5, identity;q=0.6"}, false},
	{{"identity;q=0"}, false},
	/* The first that is said of a coding. */
	{{"gzip;q=0, gzip"}, false},
	{{"gzip;q=0", "gzip"}, false},
	{{"gzip, gzip;q=0"}, true},
	/* What breaks the grammar says nothing. */
	{{"gzip;q=2"}, false},
	{{"gzip;q=1.001"}, false},
	{{"gzip;q=0.1234"}, false},
	{{"gzip;q=-1"}, false},
	{{"gzip;q=.5"}, false},
	{{"gzip;q=1x"}, false},
	{{"gzip;q="}, false},
	{{"gzip;q"}, false},
	{{"gzip;"}, false},
	{{"gzip;level=9"}, false},
	{{"gzip;q=0.5;q=0.5"}, false},
	{{"gzip x"}, false},
	{{"gzip;q=2, gzip"}, true},
	{{"gzipped"}, false},
	{{";q=1"}, false},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct accepted_codings c = ACCEPTED_NONE;

		for (size_t k = 0; rows[i].fields[k]; k++)
			accepted_codings_read(&c, str_from(rows[i].fields[k]));
		if (accepted_codings_want_gzip(&c) != rows[i].want)
			fail_msg("row %zu: %s", i, rows[i].fields[0]);
	}
}

static void test_request(void **state)
{
	struct http_request r = {.fields_n = 3,
		.fields = {{STR("accept-encoding"), STR("br")},
			{STR("Accept"), STR("gzip")},
			{STR("Accept-Encoding"), STR("gzip")}}};

	(void)state;
	/* Its fields are only looked at where the parser saw one. */
	assert_false(http_wants_gzip(&r));
	r.known[HTTP_ACCEPT_ENCODING] = STR("br");
	assert_true(http_wants_gzip(&r));
	r.fields_n = 2;
	assert_false(http_wants_gzip(&r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
