#include "service/region.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "core/token.h"
#include "unit/service/service_fixture.h"

static struct service s;
static char path[PATH_MAX + 64];

static int setup(void **state)
{
	(void)state;
	service_init(&s);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	service_deinit(&s);
	return 0;
}

static const char *in_data(const char *name)
{
	(void)snprintf(path, sizeof(path), "%s/data/%s", s.temp.path, name);
	return path;
}

static unsigned mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(in_data(name), &st), 0);
	return st.st_mode & 07777;
}

static bool exists(const char *name)
{
	struct stat st;

	return stat(in_data(name), &st) == 0;
}

static void test_modes(void **state)
{
	(void)state;
	assert_int_equal(mode_of(""), 0700);
	assert_int_equal(mode_of("ctio.lock"), 0600);
	assert_int_equal(mode_of("us1"), 0700);
	assert_int_equal(mode_of("us1/token.keys"), 0600);
	assert_true(exists("us1/links") && exists("us1/clicks"));
	assert_true(exists("us1/tally"));
	/* A region that is not served leaves nothing behind. */
	assert_false(exists("eu1"));
	assert_true(regions_free_bytes(s.regions) > 0);
}

/* Opens what setup left, with other settings; *problem says why not. */
static enum err open_again(const char *data_dir,
	const struct region_settings *regions, size_t n,
	struct region_problem *problem)
{
	struct regions_settings settings = {
		.regions = regions,
		.regions_n = n,
		.data_dir = data_dir,
		.clock = &s.clock,
		.clicks_done = service_clicks_done,
	};
	struct regions *opened;
	enum err e = regions_open(&settings, &opened, problem);

	if (!e)
		regions_close(opened);
	return e;
}

static enum err try_open(struct region_problem *problem)
{
	char dir[PATH_MAX + 64];

	(void)snprintf(dir, sizeof(dir), "%s/data", s.temp.path);
	return open_again(dir, s.settings, COUNT_OF(s.settings), problem);
}

static bool says(const struct region_problem *problem, const char *text)
{
	return str_contains(str_from(problem->text), str_from(text));
}

static void test_second_server(void **state)
{
	struct region_problem problem;

	(void)state;
	assert_int_equal(try_open(&problem), ERR_BUSY);
	assert_true(says(&problem, s.temp.path));
	assert_true(says(&problem, "another ctio serves this data folder"));
	/* It has not disturbed the first. */
	(void)service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");
	service_close(&s);
	assert_int_equal(try_open(&problem), OK);
	service_open(&s);
}

static void test_readable_keys(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0660, 0644, 0610};
	struct region_problem problem;

	(void)state;
	service_close(&s);
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		assert_int_equal(chmod(in_data("us1/token.keys"), modes[i]), 0);
		assert_int_equal(try_open(&problem), ERR_DENIED);
		assert_true(says(&problem, "token.keys"));
		assert_true(says(&problem, "chmod 600"));
	}
	assert_int_equal(chmod(in_data("us1/token.keys"), 0400), 0);
	assert_int_equal(try_open(&problem), OK);
	assert_int_equal(chmod(in_data("us1/token.keys"), 0600), 0);
	service_open(&s);
}

/* A store whose keys are gone must not quietly get others. */
static void test_missing_keys(void **state)
{
	struct region_problem problem;
	char keys[sizeof(path)], away[sizeof(path)];

	(void)state;
	service_close(&s);
	(void)snprintf(keys, sizeof(keys), "%s", in_data("us1/token.keys"));
	(void)snprintf(away, sizeof(away), "%s", in_data("away"));
	assert_int_equal(rename(keys, away), 0);
	assert_int_equal(try_open(&problem), ERR_NOT_FOUND);
	assert_true(says(&problem, keys));
	assert_true(says(&problem, "put them back from a backup"));
	assert_false(exists("us1/token.keys"));
	assert_int_equal(rename(away, keys), 0);
	service_open(&s);
}

static void test_damaged_keys(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"", "token.keys:0: "},
		{"# only this\n", "token.keys:0: "},
		{"# two\n0 nonsense 2026-11-23T00:00:00.000Z\n",
			"token.keys:2: "},
	};
	struct region_problem problem;
	char keys[sizeof(path)];
	struct buf good;

	(void)state;
	service_close(&s);
	(void)snprintf(keys, sizeof(keys), "%s", in_data("us1/token.keys"));
	buf_init(&good, TOKEN_KEYS_TEXT_MAX);
	assert_int_equal(file_read(keys, &good), OK);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(
			file_write(keys, str_from(rows[i].text), 0600), OK);
		assert_int_equal(try_open(&problem), ERR_INVALID);
		assert_true(says(&problem, rows[i].says));
	}
	assert_int_equal(file_write(keys, buf_view(&good), 0600), OK);
	buf_deinit(&good);
	service_open(&s);
}

/* Tokens, accounts and clicks are there again after a restart. */
static void test_restart(void **state)
{
	uint64_t token = service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");
	struct token_id id = service_token_id(&s, token), got;
	struct stored_token stored;
	char text[TOKEN_LEN];

	(void)state;
	token_write(&s.view->codec, &id, text);
	service_close(&s);
	service_open(&s);
	assert_int_equal(
		token_read(&s.view->codec, str_make(text, TOKEN_LEN), &got),
		OK);
	assert_int_equal(lookup_token(s.view, &got, &stored), OK);
	assert_true(stored.number == token);
	assert_true(
		service_mint(&s, s.account,
			"{\"destination\":\"https://a.example/\"}") > token);
}

static void test_lookups(void **state)
{
	struct region *us1 = region_by_name(s.regions, STR("us1"));
	struct region *eu1 = region_by_name(s.regions, STR("eu1"));

	(void)state;
	assert_true(us1 && eu1 && us1 != eu1);
	assert_null(region_by_name(s.regions, STR("us")));
	assert_true(region_by_tag(s.regions, 'u') == us1);
	assert_true(region_by_tag(s.regions, 'e') == eu1);
	assert_null(region_by_tag(s.regions, 'U'));
	assert_null(region_by_tag(s.regions, '\0'));
	for (int tag = 128; tag < 256; tag++)
		assert_null(region_by_tag(s.regions, (char)tag));
	assert_true(region_by_host(s.regions, STR("CT5.io")) == us1);
	assert_true(region_by_host(s.regions, STR("ct1.io")) == eu1);
	assert_true(region_by_host(s.regions, STR("go.ACME.example")) == us1);
	assert_null(region_by_host(s.regions, STR("acme.example")));
	assert_null(region_by_host(s.regions, STR("")));
	assert_true(str_is(
		domain_by_host(s.regions, STR("GO.acme.example"))->account,
		"acme"));
	assert_null(domain_by_host(s.regions, STR("ct5.io")));
	assert_int_equal(s.regions->own_domains_n, 3);
}

static void test_bad_data_folder(void **state)
{
	struct region_problem problem;
	char dir[PATH_MAX + 64];

	(void)state;
	(void)snprintf(dir, sizeof(dir), "%s", temp_file(&s.temp, "file"));
	assert_int_equal(file_write(dir, STR("x"), 0600), OK);
	assert_int_equal(open_again(dir, s.settings, 1, &problem), ERR_EXISTS);
	assert_true(says(&problem, dir));
	(void)snprintf(dir, sizeof(dir), "%s/no/parent", s.temp.path);
	assert_true(open_again(dir, s.settings, 1, &problem) != OK);
	assert_true(says(&problem, dir));
}

/* When the second region cannot be opened, the first is closed again. */
static void test_nothing_stays_open(void **state)
{
	struct region_settings both[2] = {s.settings[0], s.settings[1]};
	struct region_problem problem;
	char dir[PATH_MAX + 64];

	(void)state;
	both[1].serve = true;
	service_close(&s);
	(void)snprintf(dir, sizeof(dir), "%s/data", s.temp.path);
	assert_int_equal(file_write(in_data("eu1"), STR("x"), 0600), OK);
	assert_true(open_again(dir, both, 2, &problem) != OK);
	assert_true(says(&problem, "eu1"));
	assert_int_equal(unlink(in_data("eu1")), 0);
	assert_int_equal(open_again(dir, both, 2, &problem), OK);
	assert_true(exists("eu1/token.keys"));
	service_open(&s);
}

int main(void)
{
#define WITH_SERVICE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(test_modes),
		WITH_SERVICE(test_second_server),
		WITH_SERVICE(test_readable_keys),
		WITH_SERVICE(test_missing_keys),
		WITH_SERVICE(test_damaged_keys),
		WITH_SERVICE(test_restart),
		WITH_SERVICE(test_lookups),
		WITH_SERVICE(test_bad_data_folder),
		WITH_SERVICE(test_nothing_stays_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
