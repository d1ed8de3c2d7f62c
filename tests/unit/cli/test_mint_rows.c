#include "support/cmocka.h"

#include <string.h>

#include "cli/mint_json.h"
#include "cli/mint_rows.h"
#include "support/fault.h"

enum {
	TEXT_MAX = 4 << 20
};

/* `{cart}` and `{a b}` are variables of the link. */
static const struct mint_vars vars = {
	.n = 2, .name = {{"cart", 4}, {"size", 4}}};

/* Everything that comes of an input: the request's lines, and the rows with
 * their prefix, error, and a result where the server would be asked. */
struct result {
	struct buf lines;
	struct buf rows;
	enum err err;
	char problem[MINT_PROBLEM_MAX];
};

static void result_free(struct result *r)
{
	buf_deinit(&r->lines);
	buf_deinit(&r->rows);
}

static void take(
	enum mint_format format, const struct mint_row *row, struct result *r)
{
	buf_str(&r->lines, row->line);
	buf_str(&r->rows, row->prefix);
	if (!row->number)
		return;
	assert_true((row->line.n == 0) == (row->error.n > 0));
	if (row->line.n)
		mint_rows_put_result(
			format, &r->rows, STR("T"), STR("U"), STR(""));
	else
		mint_rows_put_result(
			format, &r->rows, STR(""), STR(""), row->error);
}

/* The input comes in pieces of `step` bytes. */
static void transform(enum mint_format format, struct str input, size_t step,
	const struct mint_vars *with, struct result *r)
{
	struct mint_rows rows;
	struct mint_row row;
	struct str in = {NULL, 0};

	*r = (struct result){.err = OK};
	buf_init(&r->lines, TEXT_MAX);
	buf_init(&r->rows, TEXT_MAX);
	mint_rows_init(&rows, format, with);
	for (;;) {
		r->err = mint_rows_next(&rows, &in, input.n == 0, &row);
		if (r->err == OK) {
			take(format, &row, r);
			continue;
		}
		assert_int_equal(rows.problem[0] != 0, r->err == ERR_INVALID);
		if (r->err != ERR_AGAIN)
			break;
		assert_int_equal(in.n, 0);
		in = str_make(input.p, input.n < step ? input.n : step);
		input = str_skip(input, in.n);
	}
	memcpy(r->problem, rows.problem, sizeof(r->problem));
	assert_int_equal(buf_err(&r->lines), OK);
	assert_int_equal(buf_err(&r->rows), OK);
	mint_rows_deinit(&rows);
}

struct example {
	enum mint_format format;
	const char *in;
	const char *lines;
	const char *rows;
};

static const struct example examples[] = {
	/* CSV */
	{MINT_CSV, "recipient\nu1\nu2\n",
		"{\"recipient\":\"u1\"}\n{\"recipient\":\"u2\"}\n",
		"recipient,token,url,error\r\nu1,T,U,\r\nu2,T,U,\r\n"},
	{MINT_CSV, "\xef\xbb\xbfrecipient\r\nu1", "{\"recipient\":\"u1\"}\n",
		"recipient,token,url,error\r\nu1,T,U,\r\n"},
	{MINT_CSV, "name,cart,ref,recipient,size\nAnn,A7,r1,u1,\n",
		"{\"recipient\":\"u1\",\"ref\":\"r1\",\"params\":{\"cart\":"
		"\"A7\"}}\n",
		"name,cart,ref,recipient,size,token,url,error\r\n"
		"Ann,A7,r1,u1,,T,U,\r\n"},
	{MINT_CSV, "cart,size\na,b\n,\n",
		"{\"params\":{\"cart\":\"a\",\"size\":\"b\"}}\n{}\n",
		"cart,size,token,url,error\r\na,b,T,U,\r\n,,T,U,\r\n"},
	{MINT_CSV, "recipient,n\n\"a,\"\"b\nc\",\"x\"\n",
		"{\"recipient\":\"a,\\\"b\\nc\"}\n",
		"recipient,n,token,url,error\r\n\"a,\"\"b\nc\",x,T,U,\r\n"},
	{MINT_CSV, "recipient,n\n\nu1,1\n\n\nu2,2\n\n",
		"{\"recipient\":\"u1\"}\n{\"recipient\":\"u2\"}\n",
		"recipient,n,token,url,error\r\nu1,1,T,U,\r\nu2,2,T,U,\r\n"},
	{MINT_CSV, "recipient,n\nu1\nu2,2,3\nu3,3\n",
		"{\"recipient\":\"u3\"}\n",
		"recipient,n,token,url,error\r\n"
		"u1,,,,\"the row has 1 fields, the header 2\"\r\n"
		"u2,2,,,\"the row has 3 fields, the header 2\"\r\n"
		"u3,3,T,U,\r\n"},
	{MINT_CSV, "recipient,n\nu\xff,1\nu2,2\n", "{\"recipient\":\"u2\"}\n",
		"recipient,n,token,url,error\r\n"
		"u\xff,1,,,field 1 is not UTF-8 text\r\nu2,2,T,U,\r\n"},
	{MINT_CSV, "recipient,n\nu1,\"\"\n", "{\"recipient\":\"u1\"}\n",
		"recipient,n,token,url,error\r\nu1,,T,U,\r\n"},
	{MINT_CSV, "recipient\n", "", "recipient,token,url,error\r\n"},
	{MINT_CSV, "", "", ""},
	/* NDJSON */
	{MINT_NDJSON, "{\"recipient\":\"u1\"}\n", "{\"recipient\":\"u1\"}\n",
		"{\"recipient\":\"u1\",\"token\":\"T\",\"url\":\"U\","
		"\"error\":null}\n"},
	{MINT_NDJSON,
		"\xef\xbb\xbf {\"recipient\":\"u1\" , \"x\" : [1, {}] } \r\n",
		"{\"recipient\":\"u1\"}\n",
		"{\"recipient\":\"u1\" , \"x\" : [1, {}],\"token\":\"T\","
		"\"url\":\"U\",\"error\":null}\n"},
	{MINT_NDJSON, "\n{}\n\n", "{}\n",
		"{\"token\":\"T\",\"url\":\"U\",\"error\":null}\n"},
	{MINT_NDJSON,
		"{\"c\\u0061rt\":\"\\u0041\",\"size\":12.50,\"ref\":7,"
		"\"recipient\":null}",
		"{\"ref\":\"7\",\"params\":{\"cart\":\"\\u0041\",\"size\":"
		"\"12.50\"}}\n",
		"{\"c\\u0061rt\":\"\\u0041\",\"size\":12.50,\"ref\":7,"
		"\"recipient\":null,\"token\":\"T\",\"url\":\"U\",\"error\":"
		"null}\n"},
	{MINT_NDJSON,
		"{\"params\":{\"cart\":\"A\"},\"cart\":\"B\",\"recipient\":"
		"\"u\"}",
		"{\"recipient\":\"u\",\"params\":{\"cart\":\"A\"}}\n",
		"{\"params\":{\"cart\":\"A\"},\"cart\":\"B\",\"recipient\":"
		"\"u\",\"token\":\"T\",\"url\":\"U\",\"error\":null}\n"},
	{MINT_NDJSON, "{\"recipient\":[]}\n{\"size\":true}\n",
		"{\"params\":{\"size\":\"true\"}}\n",
		"{\"recipient\":[],\"token\":null,\"url\":null,\"error\":"
		"\"\\\"recipient\\\": expected a text or a number\"}\n"
		"{\"size\":true,\"token\":\"T\",\"url\":\"U\",\"error\":"
		"null}\n"},
	{MINT_NDJSON, "\r{\"ref\":\"r\" \r}\r\r\n\r\n", "{\"ref\":\"r\"}\n",
		"{\"ref\":\"r\",\"token\":\"T\",\"url\":\"U\","
		"\"error\":null}\n"},
	{MINT_NDJSON, "[1]\n", "",
		"{\"line\":1,\"token\":null,\"url\":null,\"error\":"
		"\"no JSON object: another kind\"}\n"},
};

static void test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(examples); i++) {
		const struct example *e = &examples[i];
		struct str in = str_from(e->in);

		for (size_t step = 1; step <= in.n + 1; step++) {
			struct result r;

			transform(e->format, in, step, &vars, &r);
			assert_int_equal(r.err, ERR_NOT_FOUND);
			assert_string_equal(buf_cstr(&r.lines), e->lines);
			assert_string_equal(buf_cstr(&r.rows), e->rows);
			result_free(&r);
		}
	}
}

/* Lines that are no JSON objects keep their place, and the others are minted.
 */
static void test_broken_lines(void **state)
{
	static const char in[] =
		"{\"recipient\":\"1\"}\n{\"recipient\":\n\"x\"\n"
		"{\"a\":1,\"a\":2}\n{\"recipient\":\"\xff\"}\n"
		"{\"recipient\":\"6\"}\n";
	struct result r;

	(void)state;
	transform(MINT_NDJSON, str_from(in), sizeof(in), &vars, &r);
	assert_int_equal(r.err, ERR_NOT_FOUND);
	assert_string_equal(buf_cstr(&r.lines),
		"{\"recipient\":\"1\"}\n{\"recipient\":\"6\"}\n");
	for (const char *const *p = (const char *const[]){"{\"line\":2,\"tok",
		     "{\"line\":3,\"tok", "{\"line\":4,\"tok",
		     "{\"line\":5,\"tok", NULL};
		*p; p++)
		assert_non_null(strstr(buf_cstr(&r.rows), *p));
	assert_true(str_is_utf8(buf_view(&r.rows)));
	result_free(&r);
}

/* JSON may say it, but the server will not have it. */
static void test_nul_bytes(void **state)
{
	static const char in[] = "recipient,n\nu\0x,1\nu2,\0\nu3,3\n";
	struct result r;

	(void)state;
	transform(MINT_CSV, str_make(in, sizeof(in) - 1), 5, &vars, &r);
	assert_int_equal(r.err, ERR_NOT_FOUND);
	assert_string_equal(buf_cstr(&r.lines), "{\"recipient\":\"u3\"}\n");
	result_free(&r);
}

/* Each allocation fails in turn. */
static void test_no_memory(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(examples); i++) {
		bool hit = true;

		for (unsigned nth = 1; hit; nth++) {
			const struct example *e = &examples[i];
			struct str in = str_from(e->in);
			struct mint_rows rows;
			struct mint_row row;
			enum err err = OK;

			mint_rows_init(&rows, e->format, &vars);
			fault_alloc(nth);
			while (err == OK)
				err = mint_rows_next(&rows, &in, true, &row);
			hit = fault_alloc_hit();
			fault_alloc(0);
			assert_int_equal(err, hit ? ERR_NOMEM : ERR_NOT_FOUND);
			mint_rows_deinit(&rows);
		}
	}
}

struct stopped {
	enum mint_format format;
	const char *in;
	const char *problem;
};

static const struct stopped stopped[] = {
	{MINT_CSV, "recipient,\"a\nu1,1\n",
		"line 3, column 1: the input ends within quotes"},
	{MINT_CSV, "recipient,recipient\n",
		"the header has \"recipient\" twice"},
	{MINT_CSV, "recipient,token\n",
		"the header has \"token\", which is a column that comes out"},
	{MINT_CSV, "u1\nu2\n",
		"the first row names neither recipient nor ref nor a "
		"variable of the link: a header row is needed"},
	{MINT_CSV, "recipient,\xff\n", "the header is not UTF-8"},
	{MINT_NDJSON, "{\"recipient\":\"1\"}\n{\"url\":1}\n",
		"line 2 has one of token, url and error already, which are "
		"what comes out"},
};

static void test_stopped(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(stopped); i++) {
		const struct stopped *s = &stopped[i];
		struct result r;

		transform(s->format, str_from(s->in), 3, &vars, &r);
		assert_int_equal(r.err, ERR_INVALID);
		assert_string_equal(r.problem, s->problem);
		result_free(&r);
	}
}

static void test_needed_columns(void **state)
{
	static const struct mint_vars needing = {.n = 1,
		.name = {{"cart", 4}},
		.needed_n = 2,
		.needed = {{"recipient", 9}, {"cart", 4}}};
	struct result r;

	(void)state;
	transform(MINT_CSV, STR("cart\nA\n"), 9, &needing, &r);
	assert_string_equal(r.problem,
		"the link needs \"recipient\", which is no column and has no "
		"default");
	result_free(&r);
	transform(MINT_CSV, STR("cart,recipient\nA,u\n"), 9, &needing, &r);
	assert_int_equal(r.err, ERR_NOT_FOUND);
	result_free(&r);
}

/* A line of NDJSON past the maximum is refused alone; so is what makes a
 * request's line too long. */
static void test_limits(void **state)
{
	struct buf in;
	struct result r;

	(void)state;
	for (size_t step = 1 << 10; step <= 4 << 20; step <<= 6) {
		buf_init(&in, TEXT_MAX);
		buf_text(&in, "{\"x\":\"");
		for (size_t i = 0; i < MINT_ROW_MAX; i++)
			buf_byte(&in, 'x');
		buf_text(&in, "\"}\n{\"recipient\":\"");
		for (size_t i = 0; i < MINT_LINE_MAX; i++)
			buf_byte(&in, 'x');
		buf_text(&in, "\"}\n{\"recipient\":\"u3\"}\n");
		transform(MINT_NDJSON, buf_view(&in), step, &vars, &r);
		assert_int_equal(r.err, ERR_NOT_FOUND);
		assert_string_equal(
			buf_cstr(&r.lines), "{\"recipient\":\"u3\"}\n");
		assert_non_null(strstr(buf_cstr(&r.rows),
			"{\"line\":1,\"token\":null,\"url\":null,\"error\":"
			"\"the line has more than 1048576 bytes\"}\n"));
		assert_non_null(strstr(buf_cstr(&r.rows),
			"\"error\":\"recipient, ref and variables have more "
			"than 16384 bytes\"}\n"));
		result_free(&r);
		buf_deinit(&in);
	}
}

struct answer {
	const char *line;
	enum err err;
	const char *token;
	const char *url;
	const char *error;
	bool last;
	unsigned status;
};

static const struct answer answers[] = {
	{"{\"token\":\"uT\",\"url\":\"https://x/uT\",\"expires_at\":null}", OK,
		"uT", "https://x/uT", "", false, 0},
	{"{\"error\":{\"type\":\"/problems/invalid\",\"title\":\"Bad\","
	 "\"status\":422,\"detail\":\"1 finding: see errors.\",\"errors\":[{"
	 "\"detail\":\"no such variable\",\"pointer\":\"#/params/x\"},{"
	 "\"detail\":\"too long\"}]}}",
		OK, "", "", "#/params/x: no such variable; too long", false,
		422},
	{"{\"error\":{\"title\":\"In\\nflight\",\"status\":409},\"line\":7}",
		OK, "", "", "In flight", true, 409},
	{"{\"error\":\"broken\",\"line\":1}", OK, "", "",
		"the server refused it", true, 0},
	{"{\"token\":\"uT\"}", ERR_INVALID, "uT", "", "", false, 0},
	{"{}", ERR_INVALID, "", "", "", false, 0},
	{"[]", ERR_INVALID, "", "", "", false, 0},
	{"{", ERR_INVALID, "", "", "", false, 0},
};

static void test_answers(void **state)
{
	struct mint_answer a;

	(void)state;
	mint_answer_init(&a);
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		const struct answer *e = &answers[i];

		assert_int_equal(
			mint_answer_read(&a, str_from(e->line)), e->err);
		assert_string_equal(buf_cstr(&a.token), e->token);
		assert_string_equal(buf_cstr(&a.url), e->url);
		assert_string_equal(buf_cstr(&a.error), e->error);
		assert_int_equal(a.last, e->last);
		assert_int_equal(a.status, e->status);
	}
	mint_answer_deinit(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_broken_lines),
		cmocka_unit_test(test_nul_bytes),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_needed_columns),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
