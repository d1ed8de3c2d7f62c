#include "support/cmocka.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/export_file.h"
#include "cli/export_query.h"
#include "cli/export_rows.h"
#include "support/temp.h"

enum {
	TEXT_MAX = 1 << 20
};

static struct temp temp;

static const char csv_page[] = "cursor,id,agent\r\n"
			       "c1,1,\"a \"\"b\"\"\r\n,c\"\r\n"
			       "c2,2,\r\n"
			       "\"c,3\",3,x\r\n";
static const char ndjson_page[] = "{\"cursor\":\"c1\",\"id\":1}\n"
				  "{\"cursor\":\"c2\",\"id\":2}\n"
				  "{\"cursor\":\"c,3\",\"id\":3}\n";

static void put_file(struct str bytes)
{
	assert_int_equal(file_write(temp_file(&temp, "f"), bytes, 0600), OK);
}

static void get_file(struct buf *to)
{
	buf_init(to, TEXT_MAX);
	assert_int_equal(file_read(temp_file(&temp, "f"), to), OK);
}

static void assert_file(const char *expected, size_t n)
{
	struct buf got;

	get_file(&got);
	assert_int_equal(got.n, n);
	if (n)
		assert_memory_equal(got.p, expected, n);
	buf_deinit(&got);
}

/* The page comes in pieces; the header only once, however many pages. */
static void write_pages(const char *page, enum export_format format,
	size_t step, size_t cut, struct buf *cursor)
{
	struct export_rows rows;
	struct str rest = str_make(page, cut);
	struct out out;

	(void)unlink(temp_file(&temp, "f"));
	assert_int_equal(out_open(&out, temp_file(&temp, "f")), OK);
	export_rows_init(&rows, &out, format, false);
	for (size_t i = 0; i < 2; i++) {
		export_rows_begin(&rows);
		rest = str_make(page, i ? cut : strlen(page));
		while (rest.n) {
			size_t n = rest.n < step ? rest.n : step;

			assert_int_equal(
				export_rows_push(&rows, str_make(rest.p, n)),
				OK);
			rest = str_skip(rest, n);
		}
	}
	assert_int_equal(out_flush(&out), OK);
	assert_int_equal(rows.rows, 3 + rows.page_rows);
	if (rows.page_rows)
		assert_int_equal(
			export_cursor_of(format, buf_view(&rows.last), cursor),
			OK);
	export_rows_deinit(&rows);
	out_close(&out);
}

/* Where a page's whole rows end, at or before cut; rows: how many. */
static size_t whole(const char *page, size_t cut, size_t *rows)
{
	bool quoted = false;
	size_t end = 0;

	*rows = 0;
	for (size_t i = 0; i < cut; i++) {
		quoted = quoted != (page[i] == '"' && page[0] == 'c');
		if (page[i] != '\n' || quoted)
			continue;
		++*rows;
		end = i + 1;
	}
	return end;
}

static void test_rows_in_pieces(void **state)
{
	static const char *const cursors[] = {"c1", "c2", "c,3"};
	static const char *const pages[] = {ndjson_page, csv_page};

	(void)state;
	for (size_t k = 0; k < 2 * 40; k++) {
		const char *page = pages[k % 2];
		size_t header = k % 2 ? strcspn(page, "\n") + 1 : 0;
		size_t n = strlen(page);

		for (size_t cut = header; cut <= n; cut++) {
			char expected[512];
			struct buf cursor;
			size_t rows, end = whole(page, cut, &rows);

			rows -= header > 0;
			buf_init(&cursor, EXPORT_CURSOR_MAX);
			write_pages(page, k % 2 ? EXPORT_CSV : EXPORT_NDJSON,
				1 + k / 2, cut, &cursor);
			(void)snprintf(expected, sizeof(expected), "%s%.*s",
				page, (int)(end - header), page + header);
			assert_file(expected, strlen(expected));
			assert_string_equal(buf_cstr(&cursor),
				rows ? cursors[rows - 1] : "");
			buf_deinit(&cursor);
		}
	}
}

/* Interrupted after every byte, the file is gone on with behind its last whole
 * row. */
static void test_files_cut_anywhere(void **state)
{
	static const char *const cursors[] = {"", "c1", "c2", "c,3"};
	static const char *const pages[] = {ndjson_page, csv_page};

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		const char *page = pages[k];
		size_t n = strlen(page);

		for (size_t cut = 0; cut <= n; cut++) {
			size_t rows, end = whole(page, cut, &rows);
			struct export_file f;
			struct out out;

			put_file(str_make(page, cut));
			assert_int_equal(
				out_open(&out, temp_file(&temp, "f")), OK);
			export_file_init(&f);
			assert_int_equal(export_file_resume(&f, &out), OK);
			assert_int_equal(f.empty, cut == 0);
			assert_int_equal(f.has_header, k && rows > 0);
			assert_string_equal(buf_cstr(&f.cursor),
				cursors[rows - f.has_header]);
			assert_int_equal(out_write(&out, STR("x")), OK);
			assert_int_equal(out_sync(&out), OK);
			out_close(&out);
			export_file_deinit(&f);
			assert_int_equal(
				cut == 0 || f.format == (k ? EXPORT_CSV
							   : EXPORT_NDJSON),
				1);
			{
				char expected[512];

				(void)snprintf(expected, sizeof(expected),
					"%.*sx", (int)end, page);
				assert_file(expected, end + 1);
			}
		}
	}
}

static void test_other_files_are_left_alone(void **state)
{
	static const char *const others[] = {"my notes\n", "{\"a\":1}\n",
		"{\"cursor\":\n", "{\"cursor\":7}\n", "cursor;id\n1;2\n",
		"cursor,id\n\n", "cursor,id\n,2\n", "\n",
		"{\"cursor\":\"x\"}"
		"\nnotes\n"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		struct export_file f;
		struct out out;

		put_file(str_from(others[i]));
		assert_int_equal(out_open(&out, temp_file(&temp, "f")), OK);
		export_file_init(&f);
		assert_int_equal(export_file_resume(&f, &out), ERR_INVALID);
		export_file_deinit(&f);
		out_close(&out);
		assert_file(others[i], strlen(others[i]));
	}
}

static void test_one_writer(void **state)
{
	struct out a, b;

	(void)state;
	assert_int_equal(out_open(&a, temp_file(&temp, "f")), OK);
	assert_int_equal(out_open(&b, temp_file(&temp, "f")), ERR_BUSY);
	out_close(&b);
	out_close(&a);
	assert_int_equal(
		out_open(&a, temp_file(&temp, "none/f")), ERR_NOT_FOUND);
	out_close(&a);
}

static const struct {
	const char *link;
	const char *cursor; /* NULL: none */
} links[] = {
	{"</v1/clicks?after=abc>; rel=\"next\"", "abc"},
	{"<https://x.example/v1/clicks?limit=5&after=a%2Fb%3D&x=1>; "
	 "rel=\"next\"",
		"a/b="},
	{"</a?after=p>; rel=\"prev\", </a?after=n>; rel=\"next\"", "n"},
	{"</a?after=n>;rel=next", "n"},
	{"</a?after=>; rel=\"next\"", NULL},
	{"</a?before=n>; rel=\"next\"", NULL},
	{"</a?after=n>; rel=\"prev\"", NULL},
	{"</a>; rel=\"next\"", NULL},
	{"after=n", NULL},
	{"", NULL},
	{"<</a?after=%zz%4>; rel=\"next\"", "%zz%4"},
};

static void test_links(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(links); i++) {
		struct buf cursor;
		enum err e;

		buf_init(&cursor, EXPORT_CURSOR_MAX);
		e = export_next_of(str_from(links[i].link), &cursor);
		assert_int_equal(e, links[i].cursor ? OK : ERR_INVALID);
		if (!e)
			assert_string_equal(buf_cstr(&cursor), links[i].cursor);
		buf_deinit(&cursor);
	}
}

static void test_targets(void **state)
{
	struct export_filters filters = {{NULL}};
	struct buf target;

	(void)state;
	buf_init(&target, TEXT_MAX);
	export_target(
		&filters, EXPORT_NDJSON, false, str_make(NULL, 0), &target);
	assert_string_equal(
		buf_cstr(&target), "/v1/clicks?limit=10000&format=ndjson");
	assert_false(export_is_filtered(&filters));
	filters.text[EXPORT_RECIPIENT] = "a&b";
	filters.text[EXPORT_FROM] = "2026-11-23T00:00:00Z";
	assert_true(export_is_filtered(&filters));
	buf_reset(&target);
	export_target(&filters, EXPORT_CSV, true, STR("c/1"), &target);
	assert_string_equal(buf_cstr(&target),
		"/v1/clicks?limit=10000&format=csv&wait=25&from=2026-11-23T00%"
		"3A00%3A00Z&recipient=a%26b&after=c%2F1");
	buf_deinit(&target);
}

static int begin(void **state)
{
	(void)state;
	temp_init(&temp);
	return 0;
}

static int end(void **state)
{
	(void)state;
	temp_deinit(&temp);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_in_pieces),
		cmocka_unit_test(test_files_cut_anywhere),
		cmocka_unit_test(test_other_files_are_left_alone),
		cmocka_unit_test(test_one_writer),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_targets),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
