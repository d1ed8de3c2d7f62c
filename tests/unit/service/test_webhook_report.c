#include "service/webhook_report.h"

#include "unit/service/webhook_fixture.h"

static struct service s;

static int setup(void **state)
{
	struct webhook_edit d;

	(void)state;
	service_init(&s);
	assert_int_equal(
		webhook_edit_as(&s, WEBHOOK_PUT, "crm",
			"{\"url\":\"https://crm.example/\",\"after\":null}",
			&d),
		OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	service_deinit(&s);
	return 0;
}

CHECKED static enum err report(struct webhook_report *r)
{
	r->job.done = service_job_done;
	service_finish(&s, webhook_report_submit(r, s.region->links_writer));
	return r->job.result;
}

static struct webhook_report about(void)
{
	struct webhook w = webhook_find(&s, "crm");

	return (struct webhook_report){.webhook = w.id,
		.epoch = w.epoch,
		.result = WEBHOOK_OK,
		.status = 200,
		.sequence = 50,
		.delivered = 40,
		.skipped = 2,
		.behind = 7,
		.counted_at = 60};
}

static void test_success_and_failure(void **state)
{
	struct webhook_report r = about();
	struct webhook_progress p;
	uint64_t then = service_now();

	(void)state;
	assert_int_equal(report(&r), OK);
	p = webhook_progress_now(&s, "crm");
	assert_true(p.sequence == 50 && p.delivered == 40 && p.skipped == 2);
	assert_true(p.behind == 7 && p.counted_at == 60);
	assert_true(p.result == WEBHOOK_OK && p.status == 200);
	assert_true(p.success_ms == then && p.failure_ms == 0);
	atomic_fetch_add(&service_wall, 1000);
	r.result = WEBHOOK_STATUS;
	r.status = 503;
	r.failures = 1;
	r.delivered = r.skipped = 0;
	assert_int_equal(report(&r), OK);
	p = webhook_progress_now(&s, "crm");
	assert_true(p.sequence == 50 && p.delivered == 40 && p.failures == 1);
	assert_true(p.result == WEBHOOK_STATUS && p.status == 503);
	assert_true(p.success_ms == then && p.failure_ms == then + 1000);
	/* Only the place moves. */
	r.result = WEBHOOK_NEVER;
	r.sequence = 55;
	r.skipped = 5;
	assert_int_equal(report(&r), OK);
	p = webhook_progress_now(&s, "crm");
	assert_true(p.sequence == 55 && p.skipped == 7 && p.failures == 1);
	assert_true(p.result == WEBHOOK_STATUS);
	assert_true(webhook_find(&s, "crm").active);
}

static void test_gone(void **state)
{
	struct webhook_report r = about();
	struct webhook w;

	(void)state;
	r.result = WEBHOOK_GONE;
	r.status = 410;
	r.sequence = 0;
	assert_int_equal(report(&r), OK);
	w = webhook_find(&s, "crm");
	assert_true(!w.active && w.revision == 2);
	assert_true(str_is(w.url, "https://crm.example/"));
	assert_true(webhook_progress_now(&s, "crm").status == 410);
}

/* What changed meanwhile is not overwritten. */
static void test_too_late(void **state)
{
	struct webhook_report r = about();
	struct webhook_edit d;

	(void)state;
	assert_int_equal(webhook_edit_as(&s, WEBHOOK_REPLAY, "crm",
				 "{\"after\":null}", &d),
		OK);
	assert_int_equal(report(&r), ERR_CONFLICT);
	assert_true(webhook_progress_now(&s, "crm").sequence == 0);
	r.epoch = 2;
	assert_int_equal(report(&r), OK);
	assert_true(webhook_progress_now(&s, "crm").sequence == 50);
	assert_int_equal(
		webhook_edit_as(&s, WEBHOOK_DELETE, "crm", NULL, &d), OK);
	assert_int_equal(report(&r), ERR_NOT_FOUND);
}

int main(void)
{
#define WITH_SERVICE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(test_success_and_failure),
		WITH_SERVICE(test_gone),
		WITH_SERVICE(test_too_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
