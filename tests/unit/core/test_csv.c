#include "core/csv.h"

#include <string.h>

#include "support/cmocka.h"
#include "support/fault.h"

enum {
	ROW_MAX = 1000
};

/* Rows as "field|field;" so that a table can hold them. */
static void show_row(struct buf *out, const struct csv_reader *r)
{
	for (size_t i = 0; i < r->fields_n; i++) {
		if (i)
			buf_byte(out, '|');
		buf_str(out, r->fields[i]);
	}
	buf_byte(out, ';');
}

/* Reads the text in chunks of the given size, to the end or an error. */
static enum err read_all(
	struct csv_reader *r, struct str text, size_t chunk, struct buf *out)
{
	while (text.n) {
		struct str in =
			str_make(text.p, chunk < text.n ? chunk : text.n);
		enum err e = OK;

		text = str_skip(text, in.n);
		while (e != ERR_AGAIN) {
			e = csv_read(r, &in);
			if (e == OK)
				show_row(out, r);
			else if (e != ERR_AGAIN)
				return e;
		}
		assert_int_equal(in.n, 0);
	}
	switch (csv_finish(r)) {
	case OK:
		show_row(out, r);
		break;
	case ERR_NOT_FOUND:
		break;
	default:
		return r->err;
	}
	assert_int_equal(csv_finish(r), ERR_NOT_FOUND);
	return OK;
}

static void test_rows(void **state)
{
	static const struct {
		const char *text;
		const char *rows;
	} rows[] = {
		{"", ""},
		{"a", "a;"},
		{"a,b\r\nc,d\r\n", "a|b;c|d;"},
		{"a,b\nc,d", "a|b;c|d;"},
		{"a,b\r\n\nc\n", "a|b;;c;"},
		{"\n", ";"},
		{",\n", "|;"},
		{",,", "||;"},
		{"a,", "a|;"},
		{"\"a\",\"b\"\r\n", "a|b;"},
		{"\"\"", ";"},
		{"\"\"\r\n", ";"},
		{"\"a,b\",c\n", "a,b|c;"},
		{"\"a\r\nb\nc\"\n", "a\r\nb\nc;"},
		{"\"a\"\"b\",\"\"\"\"\n", "a\"b|\";"},
		{" a , b \n", " a | b ;"},
		{"caf\xc3\xa9\n", "caf\xc3\xa9;"},
		/* byte order marks */
		{"\xef\xbb\xbf", ""},
		{"\xef\xbb\xbf"
		 "a,b\n",
			"a|b;"},
		{"\xef\xbb\xbf\"a\"\n", "a;"},
		{"\xef\xbb\xbf\xef\xbb\xbf"
		 "a\n",
			"\xef\xbb\xbf"
			"a;"},
		{"\xef\xbb"
		 "a\n",
			"\xef\xbb"
			"a;"},
		{"\xef\xbb", "\xef\xbb;"},
		{"\xef,b\n", "\xef|b;"},
		{"a\n\xef\xbb\xbf"
		 "b\n",
			"a;\xef\xbb\xbf"
			"b;"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (size_t chunk = 1; chunk < 30; chunk++) {
			struct csv_reader r;
			struct buf out;

			buf_init(&out, ROW_MAX);
			csv_reader_init(&r, ROW_MAX);
			assert_int_equal(read_all(&r, str_from(rows[i].text),
						 chunk, &out),
				OK);
			assert_string_equal(buf_cstr(&out), rows[i].rows);
			csv_reader_deinit(&r);
			buf_deinit(&out);
		}
	}
}

static void test_errors(void **state)
{
	static const struct {
		const char *text;
		uint64_t line, column;
	} rows[] = {
		{"a\"b\n", 1, 2},
		{"a,b\nc,d\"\n", 2, 4},
		{"\"a\"b\n", 1, 4},
		{"\"a\" ,b\n", 1, 4},
		{"a\rb\n", 1, 3},
		{"\"a\"\rb\n", 1, 5},
		{"a,\"b\n", 2, 1},
		{"a\r", 1, 3},
		{"\"x\ny\",z\nq\"", 3, 2},
		{"\xef\xbb\"", 1, 3},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (size_t chunk = 1; chunk < 30; chunk++) {
			struct str more = STR("a\n");
			struct csv_reader r;
			struct buf out;

			buf_init(&out, ROW_MAX);
			csv_reader_init(&r, ROW_MAX);
			assert_int_equal(read_all(&r, str_from(rows[i].text),
						 chunk, &out),
				ERR_INVALID);
			assert_int_equal(r.line, rows[i].line);
			assert_int_equal(r.column, rows[i].column);
			assert_true(r.problem[0]);
			/* It stays so. */
			assert_int_equal(csv_read(&r, &more), ERR_INVALID);
			assert_int_equal(csv_finish(&r), ERR_INVALID);
			csv_reader_deinit(&r);
			buf_deinit(&out);
		}
	}
}

static void test_row_lines(void **state)
{
	struct str in = STR("a\n\"b\nb\"\n\nc\n");
	static const uint64_t lines[] = {1, 2, 4, 5};
	struct csv_reader r;

	(void)state;
	csv_reader_init(&r, ROW_MAX);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(csv_read(&r, &in), OK);
		assert_int_equal(r.row_line, lines[i]);
	}
	csv_reader_deinit(&r);
}

static void test_limits(void **state)
{
	struct str fits = STR("12345,6789\n12345,67890\n");
	struct csv_reader r;
	char commas[CSV_FIELDS_MAX + 2];
	struct str in;

	(void)state;
	csv_reader_init(&r, 9);
	assert_int_equal(csv_read(&r, &fits), OK);
	assert_int_equal(csv_read(&r, &fits), ERR_TOO_LONG);
	assert_int_equal(r.line, 2);
	csv_reader_deinit(&r);

	memset(commas, ',', sizeof(commas));
	commas[CSV_FIELDS_MAX - 1] = '\n';
	in = str_make(commas, CSV_FIELDS_MAX);
	csv_reader_init(&r, 9);
	assert_int_equal(csv_read(&r, &in), OK);
	assert_int_equal(r.fields_n, CSV_FIELDS_MAX);
	commas[CSV_FIELDS_MAX - 1] = ',';
	in = str_make(commas, CSV_FIELDS_MAX + 1);
	assert_int_equal(csv_read(&r, &in), ERR_TOO_LONG);
	csv_reader_deinit(&r);
}

static void test_out_of_memory(void **state)
{
	unsigned nth = 0;
	bool hit = true;

	(void)state;
	while (hit) {
		struct csv_reader r;
		struct buf out;
		enum err e;

		buf_init(&out, ROW_MAX);
		assert_non_null(buf_reserve(&out, ROW_MAX));
		csv_reader_init(&r, ROW_MAX);
		fault_alloc(++nth);
		e = read_all(&r, STR("\xef\xbb,b\r\n\"c\",d\n"), 3, &out);
		hit = fault_alloc_hit();
		fault_alloc(0);
		assert_int_equal(e, hit ? ERR_NOMEM : OK);
		csv_reader_deinit(&r);
		buf_deinit(&out);
	}
	assert_true(nth > 1);
}

static void test_writer(void **state)
{
	struct csv_writer w;
	struct buf b;

	(void)state;
	buf_init(&b, ROW_MAX);
	csv_writer_init(&w, &b);
	csv_put_str(&w, STR("plain"));
	csv_put_str(&w, STR(""));
	csv_put_str(&w, STR("a,b"));
	csv_put_str(&w, STR("say \"hi\""));
	csv_put_str(&w, STR("\""));
	csv_put_str(&w, STR("two\nlines"));
	csv_put_str(&w, STR("\r"));
	csv_put_u64(&w, 42);
	csv_row_end(&w);
	csv_put_str(&w, STR(""));
	csv_row_end(&w);
	csv_put_str(&w, STR(""));
	csv_put_str(&w, STR(""));
	csv_row_end(&w);
	assert_string_equal(buf_cstr(&b),
		"plain,,\"a,b\",\"say \"\"hi\"\"\",\"\"\"\",\"two\nlines\","
		"\"\r\",42\r\n\"\"\r\n,\r\n");
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_row_lines),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
