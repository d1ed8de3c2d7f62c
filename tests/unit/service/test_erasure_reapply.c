#include "service/erasure_reapply.h"

#include "service/erasure_list.h"
#include "unit/service/erase_fixture.h"

enum {
	EXPORT_MAX = 1 << 20,
	LINES_MAX = 64,
};

/* What `ctio restore` will do with an older backup: here the store as it was
 * before the erasure, put back afterwards. */
static void copy_data(const char *from, const char *to)
{
	char command[4 * PATH_MAX];

	(void)snprintf(command, sizeof(command),
		"rm -rf '%s/%s' && cp -r '%s/%s' '%s/%s'", s.temp.path, to,
		s.temp.path, from, s.temp.path, to);
	assert_int_equal(system(command), 0);
}

static void export_all(struct buf *out)
{
	struct erased_export x = {0};
	enum err e;

	views_reset(&s.views);
	while ((e = erased_export_line(&x, s.view, out)) == OK)
		;
	assert_int_equal(e, ERR_NOT_FOUND);
	assert_int_equal(buf_err(out), OK);
	views_reset(&s.views);
}

static void reapply_all(struct str lines, size_t want)
{
	size_t n, total = 0;

	while (lines.n) {
		struct str line = str_split(&lines, '\n');

		if (!line.n)
			continue;
		assert_int_equal(erasure_reapply_line(&upkeep, line, &n), OK);
		total += n;
	}
	assert_int_equal(total, want);
}

static void test_older_copy(void **state)
{
	struct erasure e = {0};
	struct buf lines;
	enum err err;

	(void)state;
	upkeep_deinit(&upkeep);
	service_close(&s);
	copy_data("data", "backup");
	service_open(&s);
	erase_begin();
	(void)erase_order(GONE);
	(void)erase_order("other-40");
	erase_turn_all();
	buf_init(&lines, EXPORT_MAX);
	export_all(&lines);
	assert_false(str_contains(buf_view(&lines), STR("to-forget")));
	assert_true(str_contains(buf_view(&lines), STR("\"acme\"")));

	upkeep_deinit(&upkeep);
	service_close(&s);
	copy_data("backup", "data");
	service_open(&s);
	erase_begin();
	assert_true(erase_is_on_disk(GONE));
	reapply_all(buf_view(&lines), PERSONS + 1);
	erase_turn_all();
	assert_false(erase_is_on_disk("son-to-forget"));
	assert_false(erase_is_on_disk("other-40-"));
	assert_true(erase_is_on_disk("ref-other-41"));
	/* Each has a receipt, and the same can be exported again. */
	assert_int_equal(
		erasure_next(view_links(s.view, &err), s.account, 0, &e), OK);
	assert_int_equal(e.state, ERASURE_DONE);
	assert_true(e.tokens == PERSONS && e.clicks == PERSONS);
	{
		struct buf again;

		buf_init(&again, EXPORT_MAX);
		export_all(&again);
		assert_true(str_eq(buf_view(&again), buf_view(&lines)));
		buf_deinit(&again);
	}
	/* Twice does no harm. */
	reapply_all(buf_view(&lines), 0);
	erase_turn_all();
	buf_deinit(&lines);
}

static void test_bad_lines(void **state)
{
	static const struct {
		const char *line;
		enum err want;
	} rows[] = {
		{"", ERR_INVALID},
		{"{}", ERR_INVALID},
		{"{\"region\":\"us1\",\"account\":\"acme\",\"tokens\":[]}",
			ERR_INVALID},
		{"{\"region\":\"us1\",\"account\":\"acme\",\"tokens\":[1]}",
			ERR_INVALID},
		{"{\"region\":\"us1\",\"account\":\"acme\",\"tokens\":"
		 "[\"2\",\"1\"]}",
			ERR_INVALID},
		{"{\"region\":\"us1\",\"account\":\"acme\",\"tokens\":[\"1\"],"
		 "\"x\":1}",
			ERR_INVALID},
		{"{\"region\":\"eu1\",\"account\":\"acme\",\"tokens\":["
		 "\"1\"]}",
			ERR_CONFLICT},
		{"{\"region\":\"us1\",\"account\":\"nobody\",\"tokens\":["
		 "\"1\"]}",
			ERR_NOT_FOUND},
		/* A token that is not there. */
		{"{\"region\":\"us1\",\"account\":\"acme\",\"tokens\":["
		 "\"999999999\"]}",
			OK},
	};
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(erasure_reapply_line(
					 &upkeep, str_from(rows[i].line), &n),
			rows[i].want);
	erase_turn_all();
}

/* Another account's tokens are not touched. */
static void test_of_the_account_alone(void **state)
{
	uint64_t other = service_account(&s, "other");
	struct stored_token token;
	char line[256];
	enum err e;
	size_t n;

	(void)state;
	(void)other;
	(void)snprintf(line, sizeof(line),
		"{\"region\":\"us1\",\"account\":\"other\",\"tokens\":["
		"\"%llu\"]}",
		(unsigned long long)tokens[0]);
	assert_int_equal(erasure_reapply_line(&upkeep, str_from(line), &n), OK);
	views_reset(&s.views);
	assert_int_equal(
		token_by_number(view_links(s.view, &e), tokens[0], &token), OK);
	assert_false(token.erased);
	erase_turn_all();
	{
		struct click click;

		assert_int_equal(
			click_reader_get(&s.view->clicks, clicks_at[0], &click),
			OK);
		assert_false(click.erased);
	}
}

#define ERASE(f) cmocka_unit_test_setup_teardown(f, erase_setup, erase_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ERASE(test_older_copy),
		ERASE(test_bad_lines),
		ERASE(test_of_the_account_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
