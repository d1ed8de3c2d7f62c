#include "service/campaign_edit.h"

#include "unit/service/service_fixture.h"

static struct service s;

static int setup(void **state)
{
	(void)state;
	service_init(&s);
	service_put_link(&s, "l",
		"{\"destination\":\"https://a.example/\",\"campaign\":"
		"\"diwali\"}");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	service_deinit(&s);
	return 0;
}

static struct campaign find(const char *name)
{
	struct campaign c;

	assert_int_equal(
		lookup_campaign_name(s.view, s.account, str_from(name), &c),
		OK);
	return c;
}

static void test_patches(void **state)
{
	static const struct {
		const char *body;
		bool active;
		const char *override;
	} rows[] = {
		{"{}", true, ""},
		{"{\"state\":\"disabled\"}", false, ""},
		{"{\"override\":\"https://b.example/x\"}", false,
			"https://b.example/x"},
		{"{\"state\":\"active\"}", true, "https://b.example/x"},
		{"{\"state\":\"disabled\",\"override\":null}", false, ""},
		{"{\"override\":null,\"state\":\"active\"}", true, ""},
	};
	struct campaign_patch p;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct campaign c;

		atomic_fetch_add(&service_wall, 1);
		assert_int_equal(service_edit_campaign(&s, s.account, "diwali",
					 rows[i].body, &p),
			OK);
		c = find("diwali");
		assert_int_equal(c.active, rows[i].active);
		assert_true(str_is(c.override, rows[i].override));
		assert_int_equal(c.revision, i + 2);
		assert_true(c.updated_ms == service_now());
		assert_true(c.created_ms == SERVICE_WALL_MS);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *body, *pointer;
	} rows[] = {
		{"[]", "#"},
		{"{\"state\":\"off\"}", "#/state"},
		{"{\"state\":null}", "#/state"},
		{"{\"state\":true}", "#/state"},
		{"{\"override\":\"\"}", "#/override"},
		{"{\"override\":\"/x\"}", "#/override"},
		{"{\"override\":\"https://ct5.io/u\"}", "#/override"},
		{"{\"override\":7}", "#/override"},
		{"{\"name\":\"diwali\"}", "#/name"},
	};
	struct campaign_patch p;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(service_edit_campaign(&s, s.account, "diwali",
					 rows[i].body, &p),
			ERR_INVALID);
		assert_int_equal(p.problem.kind, PROBLEM_INVALID);
		assert_string_equal(
			p.problem.findings.items[0].pointer, rows[i].pointer);
		assert_int_equal(p.problem.findings.n, 1);
	}
	assert_int_equal(find("diwali").revision, 1);
}

static void test_missing(void **state)
{
	struct campaign_patch p;

	(void)state;
	assert_int_equal(service_edit_campaign(&s, s.account, "holi", "{}", &p),
		ERR_NOT_FOUND);
	assert_int_equal(p.problem.kind, PROBLEM_NOT_FOUND);
	assert_int_equal(service_edit_campaign(&s, service_account(&s, "other"),
				 "diwali", "{}", &p),
		ERR_NOT_FOUND);
}

/* Asked for twice, made once. */
static void test_make(void **state)
{
	struct campaign_make makes[3] = {{{{0}}}};
	uint64_t id = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(makes); i++) {
		makes[i].job.done = service_job_done;
		makes[i].account = s.account;
		makes[i].name_n = 4;
		memcpy(makes[i].name, "holi", 4);
		assert_int_equal(
			campaign_make_submit(&makes[i], s.region->links_writer),
			OK);
		if (i == 1)
			continue; /* two at once */
		service_wait(i ? 2 : 1);
		views_reset(&s.views);
		assert_true(id == 0 || id == find("holi").id);
		id = find("holi").id;
	}
	assert_int_equal(find("holi").revision, 1);
	assert_true(find("holi").active);
}

int main(void)
{
#define WITH_SERVICE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(test_patches),
		WITH_SERVICE(test_refused),
		WITH_SERVICE(test_missing),
		WITH_SERVICE(test_make),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
