#include "service/verify.h"

#include <unistd.h>

#include "base/file.h"
#include "service/mint_job.h"
#include "store/name_index.h"
#include "store/segment.h"
#include "unit/service/feed_fixture.h"

enum {
	KINDS_MAX = 16,
	KEY_MAX = 512,
	WAIT_MS = 60000
};

#define MAP ((size_t)64 << 20)

static struct service s;
static struct region_settings us1;
static char data_dir[PATH_MAX];
static size_t kinds_n;
static const char *kinds[KINDS_MAX];

static void on_found(void *arg, const char *kind, const char *text)
{
	size_t i = 0;

	(void)arg;
	assert_true(text[0] != '\0');
	while (i < kinds_n && strcmp(kinds[i], kind) != 0)
		i++;
	if (i == kinds_n && i < KINDS_MAX)
		kinds[kinds_n++] = kind;
}

static bool found(const char *kind)
{
	for (size_t i = 0; i < kinds_n; i++)
		if (strcmp(kinds[i], kind) == 0)
			return true;
	return false;
}

/* One of each that there may be in a store. */
static void fill(void)
{
	struct campaign_patch patch;
	struct token_edit edit;
	uint64_t token;

	service_put_link(&s, "shop",
		"{\"destination\":\"https://a.example/\",\"campaign\":\"c\"}");
	assert_int_equal(service_edit_campaign(&s, s.account, "c",
				 "{\"state\":\"active\"}", &patch),
		OK);
	token = service_mint(&s, s.account, "{\"link\":\"shop\"}");
	(void)service_mint(&s, s.account,
		"{\"destination\":\"https://a.example/\",\"ref\":\"r\"}");
	assert_int_equal(service_edit_token(&s, token, NULL, &edit), OK);
	for (int i = 0; i < 20; i++) {
		struct click click =
			feed_click(&s, token, STR(""), VERDICT_HUMAN);

		click.agent = i % 2 ? STR("Agent") : STR("Other");
		(void)feed_log(&s, &click);
	}
}

static int setup_with(bool wait)
{
	uint64_t oldest, newest;

	service_init(&s);
	fill();
	if (wait) {
		segments_range(s.region->segments, &oldest, &newest);
		assert_int_equal(
			tally_wait(s.region->tally, newest, WAIT_MS), OK);
	}
	us1 = s.settings[0];
	(void)snprintf(
		data_dir, sizeof(data_dir), "%s", temp_file(&s.temp, "data"));
	service_close(&s);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	return setup_with(true);
}

/* The tally may have counted nothing yet. */
static int setup_at_once(void **state)
{
	(void)state;
	return setup_with(false);
}

static int teardown(void **state)
{
	(void)state;
	temp_deinit(&s.temp);
	return 0;
}

static struct verify_result verify(void)
{
	const struct regions_settings settings = {
		.data_dir = data_dir, .clock = &s.clock};
	struct check check = {.found = on_found};
	struct region_problem problem = {{0}};
	struct verify_result result;

	kinds_n = 0;
	assert_int_equal(
		verify_region(&settings, &us1, &check, &result, &problem), OK);
	assert_int_equal(check.found_n > 0, kinds_n > 0);
	return result;
}

static void test_sound(void **state)
{
	struct verify_result result = verify();

	(void)state;
	assert_int_equal(kinds_n, 0);
	assert_int_equal(result.clicks, 20);
	assert_true(result.has_tally);
	us1.name = STR("in1");
	result = verify();
	assert_true(result.is_absent);
	assert_int_equal(kinds_n, 0);
}

static void with_links(
	void (*change)(struct db_txn *t, unsigned table), unsigned table)
{
	char path[PATH_MAX + 16];
	struct links links;
	struct db_txn t;

	(void)snprintf(path, sizeof(path), "%s/us1/links", data_dir);
	assert_int_equal(links_open(path, 0, &links), OK);
	assert_int_equal(db_begin(links.env, &t), OK);
	change(&t, table);
	assert_int_equal(db_commit(&t), OK);
	links_close(&links);
}

/* Turns the byte in the middle of the table's last record, and back. */
static void flip(struct db_txn *t, unsigned table)
{
	char key[KEY_MAX], value[DB_VALUE_PAGE_MAX];
	struct db_cursor c;
	size_t key_n, n;

	db_cursor_init(t, table, &c);
	assert_true(db_last(&c));
	assert_true(c.key.n <= sizeof(key) && c.value.n <= sizeof(value));
	key_n = c.key.n;
	n = c.value.n;
	memcpy(key, c.key.p, key_n);
	memcpy(value, c.value.p, n);
	db_cursor_deinit(&c);
	value[n / 2] = (char)(value[n / 2] ^ 1);
	db_put(t, table, str_make(key, key_n), str_make(value, n));
}

static void test_flipped_bytes(void **state)
{
	static const struct {
		unsigned table;
		const char *kind;
	} rows[] = {
		{LINKS_ACCOUNTS, "accounts"},
		{LINKS_ACCOUNT_NAMES, "account names"},
		{LINKS_LINKS, "links"},
		{LINKS_LINK_NAMES, "link names"},
		{LINKS_CAMPAIGNS, "campaigns"},
		{LINKS_CAMPAIGN_NAMES, "campaign names"},
		{LINKS_REVISIONS, "revisions"},
		{LINKS_BLOCKS, "token blocks"},
		{LINKS_TOKEN_CHANGES, "token changes"},
		{LINKS_MINTED, "minted counts"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		with_links(flip, rows[i].table);
		(void)verify();
		assert_true(found(rows[i].kind));
		with_links(flip, rows[i].table);
		(void)verify();
		assert_int_equal(kinds_n, 0);
	}
}

static void clear(struct db_txn *t, unsigned table)
{
	db_clear(t, table);
}

/* What is named must be there. */
static void test_missing_records(void **state)
{
	static const struct {
		unsigned table;
		const char *kind;
	} rows[] = {
		{LINKS_LINK_NAMES, "links"},
		{LINKS_REVISIONS, "accounts"},
		{LINKS_CAMPAIGNS, "links"},
		{LINKS_LINKS, "tokens"},
		{LINKS_BLOCKS, "token changes"},
		{LINKS_ACCOUNTS, "account names"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		with_links(clear, rows[i].table);
		(void)verify();
		assert_true(found(rows[i].kind));
	}
}

static void with_segment(
	void (*change)(struct db_txn *t, unsigned table), unsigned table)
{
	char path[PATH_MAX + 64];
	struct db_env *env;
	struct db_txn t;

	(void)snprintf(
		path, sizeof(path), "%s/us1/clicks/2026-11-23", data_dir);
	assert_int_equal(segment_open(path, MAP, false, &env), OK);
	assert_int_equal(db_begin(env, &t), OK);
	change(&t, table);
	assert_int_equal(db_commit(&t), OK);
	db_close(env);
}

static void test_clicks(void **state)
{
	static const struct {
		unsigned table;
		const char *kind;
	} rows[] = {
		{SEGMENT_CLICKS, "clicks"},
		{SEGMENT_AGENTS, "agents"},
		{SEGMENT_AGENT_IDS, "agents"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		with_segment(flip, rows[i].table);
		(void)verify();
		assert_true(found(rows[i].kind));
		with_segment(flip, rows[i].table);
		(void)verify();
		assert_int_equal(kinds_n, 0);
	}
	with_segment(clear, SEGMENT_AGENTS);
	(void)verify();
	assert_true(found("clicks"));
	with_segment(clear, SEGMENT_META);
	(void)verify();
	assert_true(found("segments"));
}

static void test_missing_folders(void **state)
{
	static const struct {
		const char *name, *kind;
	} rows[] = {{"token.keys", "token keys"}, {"links", "links"},
		{"clicks", "segments"}};
	char path[PATH_MAX + 32], aside[PATH_MAX + 64];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		(void)snprintf(path, sizeof(path), "%s/us1/%s", data_dir,
			rows[i].name);
		(void)snprintf(aside, sizeof(aside), "%s.aside", path);
		assert_int_equal(rename(path, aside), 0);
		(void)verify();
		assert_true(found(rows[i].kind));
		assert_int_equal(rename(aside, path), 0);
	}
	(void)snprintf(path, sizeof(path), "%s/us1/tally", data_dir);
	assert_int_equal(file_remove_dir(path), OK);
	assert_false(verify().has_tally);
	assert_int_equal(kinds_n, 0);
}

static void test_lock(void **state)
{
	struct region_problem problem;
	int fd = -1, again = -1;

	(void)state;
	assert_int_equal(regions_lock(data_dir, &fd, &problem), OK);
	assert_int_equal(regions_lock(data_dir, &again, &problem), ERR_BUSY);
	assert_int_equal(again, -1);
	assert_int_equal(close(fd), 0);
	assert_int_equal(regions_lock(data_dir, &fd, &problem), OK);
	assert_int_equal(close(fd), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sound),
		cmocka_unit_test_setup_teardown(
			test_sound, setup_at_once, teardown),
		TEST(test_flipped_bytes),
		TEST(test_missing_records),
		TEST(test_clicks),
		TEST(test_missing_folders),
		TEST(test_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
