#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "unit/service/erase_fixture.h"

static void test_one(void **state)
{
	uint64_t id;

	(void)state;
	assert_true(erase_is_on_disk(GONE));
	id = erase_order(GONE);
	assert_int_equal(erase_receipt(id).state, ERASURE_WAITING);
	/* Ordered again, it is the same one. */
	assert_true(erase_order(GONE) == id);
	erase_turn_all();
	erase_check(id);
	assert_true(counter_get(&upkeep.metrics.done) == 1 &&
		    counter_get(&upkeep.metrics.tokens_erased) == PERSONS &&
		    counter_get(&upkeep.metrics.clicks_erased) == PERSONS &&
		    counter_get(&upkeep.metrics.pages_scrubbed) > 0);
	/* Nothing comes back by what is written later. */
	for (int i = 0; i < 300; i++)
		other_token = erase_mint(true, "later", i);
	assert_false(erase_is_on_disk("son-to-forget"));
	erase_reopen();
	erase_check(id);
	/* Done: a new order is another one, and finds nothing. */
	assert_true(erase_order(GONE) != id);
	erase_turn_all();
	assert_false(erase_is_on_disk("son-to-forget"));
}

static uint64_t running_again[3];

static void order_again(void *arg, enum upkeep_step step)
{
	(void)arg;
	if (step != UPKEEP_RUNNING || running_again[0])
		return;
	for (size_t i = 0; i < COUNT_OF(running_again); i++)
		running_again[i] = erase_order(GONE);
}

/* Ordered while one is running: one more, however often. */
static void test_ordered_while_running(void **state)
{
	uint64_t id = erase_order(GONE);

	(void)state;
	upkeep.at_step = order_again;
	erase_turn_all();
	upkeep.at_step = NULL;
	assert_true(running_again[0] && running_again[0] != id);
	assert_true(running_again[1] == running_again[0] &&
		    running_again[2] == running_again[0]);
	erase_turn_all();
	assert_int_equal(erase_receipt(running_again[0]).state, ERASURE_DONE);
	erase_check(id);
}

static void test_tokens_are_dead(void **state)
{
	struct token_id id = service_token_id(&s, tokens[0]);
	struct resolution r;
	struct buf location;

	(void)state;
	(void)erase_order(GONE);
	erase_turn_all();
	buf_init(&location, 16384);
	assert_int_equal(resolve_token(s.view, &id, STR(""), STR(""),
				 service_now(), &location, &r),
		OK);
	assert_int_equal(r.outcome, CLICK_GONE);
	assert_int_equal(location.n, 0);
	buf_deinit(&location);
}

/* A tap that has read where its token leads, and is slow to queue its click. */
static struct click late_click;
static pthread_t late_thread;
static uint64_t late_sequence;

static void *tap_late(void *arg)
{
	const struct timespec pause = {.tv_nsec = 300000000};

	(void)arg;
	(void)nanosleep(&pause, NULL);
	late_sequence = feed_log(&s, &late_click);
	gate_leave(&s.region->taps->places[5]);
	return NULL;
}

static void begin_late(void *arg, enum upkeep_step step)
{
	(void)arg;
	if (step == UPKEEP_RUNNING)
		assert_int_equal(
			pthread_create(&late_thread, NULL, tap_late, NULL), 0);
}

static void test_a_tap_on_its_way(void **state)
{
	uint64_t id;

	(void)state;
	gate_enter(&s.region->taps->places[5]);
	late_click = feed_click(&s, tokens[0], STR(""), VERDICT_HUMAN);
	late_click.agent = STR("agent-of-late-" GONE);
	late_click.query = STR(GONE);
	id = erase_order(GONE);
	upkeep.at_step = begin_late;
	erase_turn_all();
	upkeep.at_step = NULL;
	assert_int_equal(pthread_join(late_thread, NULL), 0);
	assert_true(late_sequence > 0);
	assert_int_equal(erase_receipt(id).state, ERASURE_DONE);
	assert_true(erase_receipt(id).clicks == PERSONS + 1);
	assert_false(erase_is_on_disk("son-to-forget"));
}

/* A retry of the request that made a token gets the same, dead one. */
static void test_retry(void **state)
{
	static const char line[] = "{\"link\":\"l\",\"recipient\":\"" GONE
				   "\",\"params\":{\"p\":\"x\"}}";
	struct mint_one one;
	uint64_t token = 0;

	(void)state;
	for (int i = 0; i < 2; i++) {
		service_mint_init(&s, &one, s.account, line);
		one.has_key = true;
		one.key[0] = 7;
		assert_int_equal(service_mint_with(&s, &one),
			i ? MINT_ONE_DONE : MINT_ONE_WAIT);
		assert_true(i == 0 || one.token == token);
		token = one.token;
		mint_one_deinit(&one);
		if (i)
			continue;
		(void)erase_order(GONE);
		erase_turn_all();
	}
}

static void test_many_at_once(void **state)
{
	uint64_t ids[OTHERS];
	char word[64];

	(void)state;
	for (int i = 0; i < OTHERS; i++) {
		(void)snprintf(word, sizeof(word), "other-%d", i);
		ids[i] = erase_order(word);
	}
	for (uint64_t due_ms = 0; due_ms != UINT64_MAX;) {
		views_reset(&s.views);
		assert_int_equal(upkeep_turn(&upkeep, &due_ms), OK);
	}
	for (int i = 0; i < OTHERS; i++) {
		struct erasure e = erase_receipt(ids[i]);

		assert_int_equal(e.state, ERASURE_DONE);
		assert_true(e.tokens == 1 && e.clicks == (i % 40 == 0));
	}
	assert_false(erase_is_on_disk("ref-other"));
	assert_false(erase_is_on_disk("agent-of-other"));
	assert_true(erase_is_on_disk("agent-of-" GONE));
}

/* Young data waits, and says for how long. */
static void test_retention_min(void **state)
{
	uint64_t id, due_ms;

	(void)state;
	s.region->settings.retention_min_ms = 10 * (uint64_t)MS_PER_DAY;
	id = erase_order(GONE);
	views_reset(&s.views);
	assert_int_equal(upkeep_turn(&upkeep, &due_ms), OK);
	assert_int_equal(erase_receipt(id).state, ERASURE_WAITING);
	assert_true(erase_receipt(id).due_ms ==
		    SERVICE_WALL_MS + 10 * (uint64_t)MS_PER_DAY);
	assert_true(due_ms == erase_receipt(id).due_ms);
	atomic_fetch_add(&service_wall, 9 * (uint64_t)MS_PER_DAY);
	erase_turn_all();
	assert_int_equal(erase_receipt(id).state, ERASURE_WAITING);
	atomic_fetch_add(&service_wall, (uint64_t)MS_PER_DAY);
	erase_turn_all();
	erase_check(id);
	/* What is old enough does not wait. */
	atomic_fetch_add(&service_wall, 5 * (uint64_t)MS_PER_DAY);
	id = erase_order("other-9");
	erase_turn_all();
	assert_int_equal(erase_receipt(id).state, ERASURE_DONE);
}

static void test_feed_of_erased_clicks(void **state)
{
	struct feed_filter filter = {.revisions = true};
	struct feed_page page;
	struct feed_join *join;
	struct feed_row row;
	size_t again = 0;

	(void)state;
	(void)erase_order(GONE);
	erase_turn_all();
	assert_int_equal(feed_page_init(&page, s.account, 0, 10000), OK);
	assert_int_equal(feed_page_gather(&page, s.view, SIZE_MAX), OK);
	assert_int_equal(feed_join_new(s.view, &join), OK);
	feed_join_begin(join, &page, FEED_NDJSON);
	for (size_t i = 0; i < page.n; i++) {
		assert_int_equal(feed_join_read(join, i, &filter, &row), OK);
		assert_int_equal(row.click.erased, !row.recipient.p);
		assert_int_equal(row.click.erased, !row.destination.p);
		assert_true(row.click.erased || row.ref.p);
		again += row.click_sequence != row.sequence;
	}
	assert_int_equal(again, PERSONS);
	feed_join_end(join);
	feed_join_free(join);
	feed_page_deinit(&page);
}

/* A record that nobody can read, with the person's name in it. */
static enum err put_damage(struct links_job *job, struct links_batch *batch)
{
	struct db_key64 key = db_key64(tokens[3]);
	struct str k = str_make(key.bytes, sizeof(key.bytes)), record;
	char copy[BLOCK_BYTES_MAX];

	(void)job;
	assert_true(db_get(batch->txn, LINKS_BLOCKS, k, &record));
	memcpy(copy, record.p, record.n);
	copy[record.n - 1] ^= 1;
	db_put(batch->txn, LINKS_BLOCKS, k, str_make(copy, record.n));
	return OK;
}

static enum err delete_damage(struct links_job *job, struct links_batch *batch)
{
	(void)job;
	db_delete(batch->txn, LINKS_BLOCKS, DB_KEY64(tokens[3]));
	return OK;
}

/* What cannot be read may be of anybody: the receipt does not say done. */
static void test_damage(void **state)
{
	struct links_job job = {.run = put_damage, .done = service_job_done};
	uint64_t id;

	(void)state;
	service_finish(&s, links_writer_push(s.region->links_writer, &job));
	id = erase_order(GONE);
	erase_turn_all();
	assert_int_equal(erase_receipt(id).state, ERASURE_FAILED);
	assert_true(erase_receipt(id).tokens == PERSONS - 1);
	assert_true(counter_get(&upkeep.metrics.failed) == 1);
	assert_true(erase_is_on_disk("son-to-forget"));
	job = (struct links_job){
		.run = delete_damage, .done = service_job_done};
	service_finish(&s, links_writer_push(s.region->links_writer, &job));
	/* Tried again the next day. */
	erase_turn_all();
	assert_int_equal(erase_receipt(id).state, ERASURE_FAILED);
	atomic_fetch_add(&service_wall, MS_PER_DAY);
	erase_turn_all();
	assert_int_equal(erase_receipt(id).state, ERASURE_DONE);
	assert_false(erase_is_on_disk("ref-" GONE));
	assert_false(erase_is_on_disk("param-" GONE));
}

/* A click writer that is stalled, as by a slow disk, for a while. */
struct stall {
	struct click_entry entry, tap;
	atomic_int done;
};

static enum err hold(struct click_entry *entry, struct segment_ref *hot)
{
	const struct timespec ms300 = {.tv_nsec = 300000000};

	(void)entry;
	(void)hot;
	(void)nanosleep(&ms300, NULL);
	return OK;
}

static struct stall stall;

static void on_stall_done(struct click_entry *entry)
{
	assert_int_equal(entry->result, OK);
	atomic_fetch_add(&stall.done, 1);
}

/* A click that waits to be written is erased before the receipt says done. */
static void test_queued_click(void **state)
{
	struct click_writer *w = s.region->click_writer;
	uint64_t late = erase_mint(true, "late-person", 0), id;
	struct erasure e;

	(void)state;
	stall.entry =
		(struct click_entry){.done = on_stall_done, .between = hold};
	stall.tap = (struct click_entry){.done = on_stall_done,
		.click = feed_click(&s, late, STR(""), VERDICT_HUMAN)};
	stall.tap.click.referer = STR("referer-of-the-late");
	atomic_store(&stall.done, 0);
	id = erase_order("late-person");
	views_reset(&s.views);
	assert_int_equal(click_writer_push(w, &stall.entry), OK);
	assert_int_equal(click_writer_push(w, &stall.tap), OK);
	erase_turn_all();
	e = erase_receipt(id);
	while (atomic_load(&stall.done) < 2)
		(void)sched_yield();
	assert_true(e.state == ERASURE_DONE && e.tokens == 1);
	assert_true(e.clicks == 1);
	assert_false(erase_is_on_disk("referer-of-the-late"));
}

static enum upkeep_step die_step;
static unsigned die_after;

static void die(void *arg, enum upkeep_step step)
{
	(void)arg;
	if (step == die_step && die_after-- == 0)
		(void)kill(getpid(), SIGKILL);
}

/* Killed at each step, it goes on at the next start and comes to its end. */
static void test_kill(void **state)
{
	uint64_t id = erase_order(GONE);

	(void)state;
	upkeep_deinit(&upkeep);
	service_close(&s);
	for (int step = 0; step <= UPKEEP_SCRUBBED; step++) {
		int status;
		pid_t child = fork();

		assert_true(child >= 0);
		if (!child) {
			uint64_t due_ms;

			service_open(&s);
			erase_begin();
			die_step = (enum upkeep_step)step;
			die_after = 0;
			upkeep.at_step = die;
			_exit(upkeep_turn(&upkeep, &due_ms) ? 1 : 2);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		/* Steps that are behind it do not come again. */
		assert_true(WIFSIGNALED(status) || step > 0);
	}
	service_open(&s);
	erase_begin();
	assert_int_not_equal(erase_receipt(id).state, ERASURE_DONE);
	erase_turn_all();
	erase_check(id);
}

static bool stop_soon(void *arg)
{
	unsigned *left = arg;

	return *left == 0 || --*left == 0;
}

/* Stopped anywhere, it goes on with the next turn. */
static void test_stop(void **state)
{
	uint64_t id = erase_order(GONE), due_ms;
	enum err e = ERR_CLOSED;

	(void)state;
	upkeep.is_stopping = stop_soon;
	for (unsigned n = 1; e == ERR_CLOSED; n++) {
		unsigned left = n;

		upkeep.stop_arg = &left;
		views_reset(&s.views);
		e = upkeep_turn(&upkeep, &due_ms);
	}
	assert_int_equal(e, OK);
	erase_check(id);
}

#define ERASE(f) cmocka_unit_test_setup_teardown(f, erase_setup, erase_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ERASE(test_one),
		ERASE(test_ordered_while_running),
		ERASE(test_a_tap_on_its_way),
		ERASE(test_tokens_are_dead),
		ERASE(test_retry),
		ERASE(test_many_at_once),
		ERASE(test_retention_min),
		ERASE(test_feed_of_erased_clicks),
		ERASE(test_damage),
		ERASE(test_queued_click),
		ERASE(test_kill),
		ERASE(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
