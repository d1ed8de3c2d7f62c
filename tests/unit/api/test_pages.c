#include "api/pages.h"

#include <stdio.h>

#include "support/cmocka.h"

static void put(struct buf *b, enum page page, const char *language)
{
	buf_reset(b);
	page_put(b, page, str_from(language));
	assert_int_equal(buf_err(b), OK);
}

static bool has(const struct buf *b, const char *text)
{
	return str_contains(buf_view(b), str_from(text));
}

static void test_statuses(void **state)
{
	static const int statuses[PAGES_N] = {404, 410, 404, 200, 405, 500};

	(void)state;
	for (unsigned i = 0; i < PAGES_N; i++)
		assert_int_equal(page_status((enum page)i), statuses[i]);
}

static void test_headers(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	page_put_headers(&b);
	assert_true(has(&b, "Content-Security-Policy: default-src 'none'; "
			    "style-src 'unsafe-inline'\r\n"));
	assert_true(has(&b, "Referrer-Policy: no-referrer\r\n"));
	assert_true(has(&b, "Content-Type: text/html; charset=utf-8\r\n"));
	assert_true(str_ends(buf_view(&b), STR("\r\n")));
	buf_deinit(&b);
}

/* The reader's order counts; the region of a language does not. */
static void test_languages(void **state)
{
	static const struct {
		const char *accept, *lang;
	} rows[] = {
		{"", "en"},
		{"en", "en"},
		{"en-IN,en;q=0.9,hi;q=0.8", "en"},
		{"hi-IN,hi;q=0.9,en;q=0.8", "hi"},
		{"HI", "hi"},
		{"es-MX", "es"},
		{"pt-BR,pt;q=0.9", "pt"},
		{"fr-FR", "fr"},
		{"de", "de"},
		{"id-ID", "id"},
		{"xx, de;q=0.5", "de"},
		{" , ,fr ; q=1", "en"},
		{"zh-CN,zh", "en"},
		{"*", "en"},
		{"deu", "en"},
		{"d", "en"},
		{"-de", "en"},
		{";;;,,,---", "en"},
		{"\xff\xfe,de", "de"},
	};
	static const enum page pages[] = {
		PAGE_NOT_FOUND, PAGE_GONE, PAGE_SAMPLE};
	struct buf b;

	(void)state;
	buf_init(&b, 8192);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char want[64];

		(void)snprintf(want, sizeof(want),
			"<!doctype html><html lang=\"%s\">", rows[i].lang);
		for (size_t p = 0; p < COUNT_OF(pages); p++) {
			put(&b, pages[p], rows[i].accept);
			assert_true(str_starts(buf_view(&b), str_from(want)));
		}
	}
	buf_deinit(&b);
}

/* Small and self-contained, in well-formed UTF-8, within what a tap has room
 * for; and never an echo of the request. */
static void test_pages(void **state)
{
	static const char *const accepts[] = {
		"en", "hi", "es", "pt", "fr", "de", "id", "<script>"};
	struct buf b;

	(void)state;
	buf_init(&b, 8192);
	for (unsigned page = 0; page < PAGES_N; page++) {
		for (size_t i = 0; i < COUNT_OF(accepts); i++) {
			put(&b, (enum page)page, accepts[i]);
			assert_true(b.n < 2048);
			assert_true(str_is_utf8(buf_view(&b)));
			assert_false(has(&b, "<script"));
			assert_false(has(&b, "http:"));
			assert_false(has(&b, "https:"));
			assert_false(has(&b, "src="));
			assert_true(has(&b, "<title>"));
			assert_true(has(&b, "name=\"robots\" "
					    "content=\"noindex\""));
		}
	}
	buf_deinit(&b);
}

/* What speaks to senders is English. */
static void test_senders_pages(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8192);
	put(&b, PAGE_UNFILLED, "hi");
	assert_true(has(&b, "lang=\"en\"") && has(&b, "template"));
	put(&b, PAGE_METHOD, "hi");
	assert_true(has(&b, "lang=\"en\"") && has(&b, "GET and HEAD"));
	put(&b, PAGE_ERROR, "de");
	assert_true(has(&b, "lang=\"en\""));
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_languages),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_senders_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
