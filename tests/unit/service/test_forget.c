#include "unit/service/erase_fixture.h"

static uint64_t short_lived, long_lived, by_link, for_ever;

static int setup(void **state)
{
	(void)state;
	service_init(&s);
	service_put_link(&s, "l",
		"{\"destination\":\"https://shop.example/{p}\","
		"\"expires_at\":\"2026-11-24T00:00:00Z\"}");
	service_put_link(
		&s, "m", "{\"destination\":\"https://shop.example/{p}\"}");
	short_lived = service_mint(&s, s.account,
		"{\"link\":\"m\",\"recipient\":\"short-lived-one\",\"ref\":"
		"\"ref-of-short-lived-one\",\"ttl\":\"1d\","
		"\"params\":{\"p\":\"param-of-short-lived-one\"}}");
	long_lived = service_mint(&s, s.account,
		"{\"link\":\"m\",\"recipient\":\"long-lived\",\"ttl\":\"90d\","
		"\"params\":{\"p\":\"x\"}}");
	by_link = service_mint(&s, s.account,
		"{\"link\":\"l\",\"recipient\":\"short-lived-one-too\","
		"\"params\":{\"p\":\"x\"}}");
	for_ever = service_mint(&s, s.account,
		"{\"link\":\"m\",\"recipient\":\"for-ever\","
		"\"params\":{\"p\":\"x\"}}");
	erase_begin();
	return 0;
}

static bool is_forgotten(uint64_t number)
{
	struct stored_token token;
	enum err e;

	views_reset(&s.views);
	assert_int_equal(
		token_by_number(view_links(s.view, &e), number, &token), OK);
	assert_int_equal(token.erased, token.tail.recipient.n == 0);
	return token.erased;
}

static void test_long_after_their_end(void **state)
{
	(void)state;
	erase_turn_all();
	assert_false(is_forgotten(short_lived));
	s.region->settings.forget_after_ms = 30 * (uint64_t)MS_PER_DAY;
	atomic_fetch_add(&service_wall,
		30 * (uint64_t)MS_PER_DAY + 20 * (uint64_t)3600000);
	erase_turn_all();
	assert_false(is_forgotten(short_lived));
	assert_true(is_forgotten(by_link));
	/* Once a day. */
	atomic_fetch_add(&service_wall, MS_PER_DAY);
	erase_turn_all();
	assert_true(is_forgotten(short_lived));
	assert_false(is_forgotten(long_lived));
	assert_false(is_forgotten(for_ever));
	assert_false(erase_is_on_disk("hort-lived-one"));
	assert_true(erase_is_on_disk("long-lived"));
	assert_true(counter_get(&upkeep.metrics.tokens_forgotten) == 2);
	atomic_fetch_add(&service_wall, 100 * (uint64_t)MS_PER_DAY);
	erase_reopen();
	s.region->settings.forget_after_ms = 30 * (uint64_t)MS_PER_DAY;
	erase_turn_all();
	assert_true(is_forgotten(long_lived));
	assert_false(is_forgotten(for_ever));
	assert_false(erase_is_on_disk("long-lived"));
}

static enum err put_damage(struct links_job *job, struct links_batch *batch)
{
	struct db_key64 key = db_key64(short_lived);

	(void)job;
	db_put(batch->txn, LINKS_BLOCKS, str_make(key.bytes, sizeof(key.bytes)),
		STR("damaged"));
	return OK;
}

/* What cannot be read is passed by, and said. */
static void test_damage(void **state)
{
	struct links_job job = {.run = put_damage, .done = service_job_done};

	(void)state;
	service_finish(&s, links_writer_push(s.region->links_writer, &job));
	s.region->settings.forget_after_ms = 30 * (uint64_t)MS_PER_DAY;
	atomic_fetch_add(&service_wall, 60 * (uint64_t)MS_PER_DAY);
	erase_turn_all();
	assert_true(counter_get(&upkeep.metrics.forget_unsure) > 0);
	assert_true(is_forgotten(by_link));
}

static void die(void *arg, enum upkeep_step step)
{
	(void)arg;
	if (step == UPKEEP_WASHED)
		(void)kill(getpid(), SIGKILL);
}

/* Killed before the disk was cleared, that is done at the next start. */
static void test_kill(void **state)
{
	int status;
	pid_t child;

	(void)state;
	atomic_fetch_add(&service_wall, 90 * (uint64_t)MS_PER_DAY);
	upkeep_deinit(&upkeep);
	service_close(&s);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		uint64_t due_ms;

		service_open(&s);
		erase_begin();
		s.region->settings.forget_after_ms = MS_PER_DAY;
		upkeep.at_step = die;
		_exit(upkeep_turn(&upkeep, &due_ms) ? 1 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	service_open(&s);
	erase_begin();
	assert_true(is_forgotten(short_lived));
	assert_true(erase_is_on_disk("hort-lived-one"));
	s.region->settings.forget_after_ms = MS_PER_DAY;
	erase_turn_all();
	assert_false(erase_is_on_disk("hort-lived-one"));
}

#define FORGET(f) cmocka_unit_test_setup_teardown(f, setup, erase_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FORGET(test_long_after_their_end),
		FORGET(test_damage),
		FORGET(test_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
