/* api/well_known.h */
#include "api/well_known.h"

#include <stdio.h>

#include "base/file.h"
#include "support/cmocka.h"
#include "support/temp.h"

#define ACME "/.well-known/acme-challenge/"

static struct temp temp;
static char acme[PATH_MAX];

static struct domain_settings domain = {
	.host = {"go.brand.example", 16},
	.assetlinks = {"[1]", 3},
	.acme_challenge = acme,
};

static int set_up(void **state)
{
	(void)state;
	temp_init(&temp);
	(void)snprintf(acme, sizeof(acme), "%s", temp_file(&temp, "acme"));
	assert_int_equal(file_make_dir(acme, 0700), OK);
	assert_int_equal(file_write(temp_file(&temp, "acme/a-Z_0"),
				 STR("a-Z_0.thumb"), 0600),
		OK);
	assert_int_equal(
		file_write(temp_file(&temp, "secret"), STR("secret"), 0600),
		OK);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	temp_deinit(&temp);
	return 0;
}

struct row {
	const char *path;
	const char *expected; /* NULL: not found */
	const char *type;
};

static const struct row rows[] = {
	{"/.well-known/assetlinks.json", "[1]", "application/json"},
	{"/.well-known/assetlinks.json/", NULL, NULL},
	{"/.well-known/apple-app-site-association", NULL, NULL},
	{"/.well-known/", NULL, NULL},
	{ACME "a-Z_0", "a-Z_0.thumb", "application/octet-stream"},
	{ACME, NULL, NULL},
	{ACME "other", NULL, NULL},
	{ACME "../secret", NULL, NULL},
	{ACME "..", NULL, NULL},
	{ACME "a-Z_0/", NULL, NULL},
	{ACME "a%2dZ_0", NULL, NULL},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct well_known found;
		struct buf room;
		enum err e;

		buf_init(&room, WELL_KNOWN_BYTES_MAX);
		e = well_known_find(
			&domain, str_from(row->path), &room, &found);
		assert_int_equal(e, row->expected ? OK : ERR_NOT_FOUND);
		if (!e) {
			assert_true(str_is(found.bytes, row->expected));
			assert_string_equal(found.content_type, row->type);
		}
		assert_int_equal(well_known_find(NULL, str_from(row->path),
					 &room, &found),
			ERR_NOT_FOUND);
		buf_deinit(&room);
	}
}

static void test_not_configured(void **state)
{
	struct domain_settings plain = {.host = {"x.example", 9}};
	struct well_known found;
	struct buf room;

	(void)state;
	buf_init(&room, WELL_KNOWN_BYTES_MAX);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(well_known_find(&plain, str_from(rows[i].path),
					 &room, &found),
			ERR_NOT_FOUND);
	buf_deinit(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_not_configured),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
