/* Mint streams under load: many lines, failing jobs, accounts that end. */
#include <malloc.h>

#include "unit/service/stream_fixture.h"

enum {
	LINES = 60000,
	BAD_EACH = 97, /* every so manyth line is refused */
	MEMORY_MAX = 8 << 20,
};

static struct service s;

static int setup(void **state)
{
	(void)state;
	service_init(&s);
	service_put_link(&s, "l", "{\"destination\":\"https://a.example/\"}");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	service_deinit(&s);
	return 0;
}

static void put_lines(struct buf *b, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		buf_printf(b,
			i % BAD_EACH ? "{\"link\":\"l\",\"recipient\":\"user-"
				       "%zu\"}\n"
				     : "{\"link\":\"m\",\"recipient\":\"user-"
				       "%zu\"}\n",
			i);
	assert_int_equal(buf_err(b), OK);
}

static size_t memory(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void check_answers(struct str out)
{
	uint64_t last = 0;
	size_t i = 0;

	for (; out.n; i++) {
		struct str line = str_split(&out, '\n');
		struct stored_token token;
		uint64_t number;
		char want[32];
		enum err e;

		assert_int_equal(
			stream_line_kind(line), i % BAD_EACH ? 't' : 'e');
		if (i % BAD_EACH == 0)
			continue;
		number = stream_token(&s, line);
		assert_true(number > last);
		last = number;
		(void)snprintf(want, sizeof(want), "user-%zu", i);
		assert_int_equal(
			token_by_number(view_links(s.view, &e), number, &token),
			OK);
		assert_true(str_is(token.tail.recipient, want));
	}
	assert_int_equal(i, LINES);
}

/* A client that writes all of its body before it reads a byte is served, in
 * bounded memory. */
static void test_many_lines(void **state)
{
	struct problem problem;
	struct stream_run r;
	struct buf body;
	size_t before;

	(void)state;
	buf_init(&body, STREAM_ANSWER_MAX);
	put_lines(&body, 0, LINES);
	stream_run_init(&r, &s, "many");
	r.late = true;
	r.pull_max = 32768;
	before = memory();
	assert_int_equal(stream_begin(&r, &problem), OK);
	for (size_t at = 0; at < body.n; at += 16384) {
		struct str rest = str_skip(buf_view(&body), at);

		stream_feed(
			&r, str_make(rest.p, rest.n < 16384 ? rest.n : 16384));
		assert_true(memory() <= before + MEMORY_MAX);
	}
	assert_true(r.waits > 0);
	assert_int_equal(stream_end(&r), MINT_PULL_END);
	check_answers(buf_view(&r.out));
	/* Its ranges are few: numbers go on where they can. */
	assert_true(stream_table_size(&s, LINKS_RANGES) <= 2);
	buf_deinit(&body);
	stream_run_deinit(&r);
}

/* A job that holds the writer until it is let go, and one that spoils the
 * transaction it is in. */
struct closed_gate {
	struct links_job job;
	atomic_bool reached, open;
};

static enum err hold(struct links_job *job, struct links_batch *batch)
{
	struct closed_gate *g = (struct closed_gate *)job;

	(void)batch;
	atomic_store(&g->reached, true);
	while (!atomic_load(&g->open))
		(void)sched_yield();
	return OK;
}

static enum err spoil(struct links_job *job, struct links_batch *batch)
{
	(void)job;
	db_fail(batch->txn, ERR_DISK_FULL);
	return OK;
}

/* Feeds lines whose job fails; they may not all be taken. */
static void fail_job(struct stream_run *r, struct str bytes)
{
	struct closed_gate gate = {
		.job = {.run = hold, .done = service_job_done}};
	struct links_job spoiler = {.run = spoil, .done = service_job_done};

	assert_int_equal(
		links_writer_push(s.region->links_writer, &gate.job), OK);
	while (!atomic_load(&gate.reached))
		(void)sched_yield();
	(void)mint_stream_feed(r->m, bytes);
	assert_false(mint_stream_is_idle(r->m));
	assert_int_equal(
		links_writer_push(s.region->links_writer, &spoiler), OK);
	atomic_store(&gate.open, true);
	service_wait(3);
	views_reset(&s.views);
	mint_stream_job_done(r->m);
}

/* Those that were on disk are answered; the rest was never done; a retry goes
 * on. */
static void test_failed_job(void **state)
{
	struct stream_run r, again;
	struct problem problem;
	char kinds[64];
	struct buf body;
	size_t half;

	(void)state;
	buf_init(&body, 4096);
	put_lines(&body, 1, 6);
	half = body.n;
	put_lines(&body, 6, 11);
	stream_run_init(&r, &s, "failed");
	assert_int_equal(stream_begin(&r, &problem), OK);
	stream_feed(&r, str_make(body.p, half));
	stream_job(&r);
	fail_job(&r, str_skip(buf_view(&body), half));
	assert_null(mint_stream_failed_first(r.m));
	assert_int_equal(stream_end(&r), MINT_PULL_ABORT);
	stream_kinds(&r.out, kinds, sizeof(kinds));
	assert_string_equal(kinds, "ttttt!");
	assert_true(
		str_contains(buf_view(&r.out), STR("/problems/unavailable\"")));
	assert_true(str_ends(buf_view(&r.out), STR(",\"line\":6}\n")));
	stream_run_init(&again, &s, "failed");
	assert_int_equal(
		stream_all(&again, buf_view(&body), 7, 7), MINT_PULL_END);
	stream_kinds(&again.out, kinds, sizeof(kinds));
	assert_string_equal(kinds, "tttttttttt");
	/* The first five are the same ones. */
	for (size_t at = 0, lines = 0; lines < 5; at++) {
		assert_int_equal(r.out.p[at], again.out.p[at]);
		lines += r.out.p[at] == '\n';
	}
	stream_run_deinit(&r);
	stream_run_deinit(&again);
	buf_deinit(&body);
}

/* The very first job: the status line may still say so. */
static void test_failed_first(void **state)
{
	const struct problem *failed;
	struct problem problem;
	struct stream_run r;

	(void)state;
	stream_run_init(&r, &s, NULL);
	assert_int_equal(stream_begin(&r, &problem), OK);
	fail_job(&r, STR("{\"link\":\"l\"}\n"));
	assert_true(mint_stream_has_answer(r.m));
	failed = mint_stream_failed_first(r.m);
	assert_non_null(failed);
	assert_int_equal(failed->kind, PROBLEM_UNAVAILABLE);
	assert_int_equal(stream_end(&r), MINT_PULL_ABORT);
	stream_run_deinit(&r);
}

/* The campaign that a line needs cannot be made: the line is named. */
static void test_failed_campaign(void **state)
{
	static const char *const bodies[] = {
		"\n\n{\"link\":\"l\",\"campaign\":\"doomed\"}\n",
		"\n\n{\"link\":\"l\",\"campaign\":\"doomed\"}\n{}\n{}\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		for (size_t first = 2; first < 20; first += 7) {
			struct problem problem;
			struct stream_run r;
			struct str body = str_from(bodies[i]);

			stream_run_init(&r, &s, NULL);
			assert_int_equal(stream_begin(&r, &problem), OK);
			assert_int_equal(
				mint_stream_feed(r.m, str_make(body.p, first)),
				first);
			fail_job(&r, str_skip(body, first));
			assert_int_equal(stream_end(&r), MINT_PULL_ABORT);
			assert_true(str_contains(buf_view(&r.out),
				STR("/problems/unavailable\"")));
			assert_true(str_ends(
				buf_view(&r.out), STR(",\"line\":3}\n")));
			stream_run_deinit(&r);
		}
	}
}

static void test_account_ends(void **state)
{
	struct account_edit edit;
	struct problem problem;
	struct stream_run r;
	char kinds[64];

	(void)state;
	stream_run_init(&r, &s, NULL);
	assert_int_equal(stream_begin(&r, &problem), OK);
	stream_feed(&r, STR("{\"link\":\"l\"}\n"));
	stream_job(&r);
	assert_int_equal(service_edit_account(&s, false, "acme",
				 "{\"state\":\"disabled\"}", &edit),
		OK);
	stream_feed(&r, STR("\n{\"link\":\"l\"}\n"));
	assert_int_equal(stream_end(&r), MINT_PULL_ABORT);
	stream_kinds(&r.out, kinds, sizeof(kinds));
	assert_string_equal(kinds, "t!");
	assert_true(
		str_contains(buf_view(&r.out), STR("/problems/forbidden\"")));
	stream_run_deinit(&r);
	assert_int_equal(service_edit_account(&s, false, "acme",
				 "{\"state\":\"active\"}", &edit),
		OK);
}

/* Many campaigns, each new: a job each, and no line lost or twice. */
static void test_new_campaigns(void **state)
{
	struct stream_run r;
	struct buf body;
	char kinds[256];

	(void)state;
	buf_init(&body, 65536);
	for (int i = 0; i < 60; i++)
		buf_printf(&body,
			"{\"link\":\"l\",\"campaign\":\"c-%d\"}\n"
			"{\"link\":\"l\",\"recipient\":\"%d\"}\n",
			i / 2, i);
	stream_run_init(&r, &s, "campaigns");
	assert_int_equal(
		stream_all(&r, buf_view(&body), 500, 33), MINT_PULL_END);
	stream_kinds(&r.out, kinds, sizeof(kinds));
	assert_int_equal(strlen(kinds), 120);
	assert_int_equal(strspn(kinds, "t"), 120);
	assert_int_equal(stream_table_size(&s, LINKS_CAMPAIGNS), 30);
	stream_run_deinit(&r);
	buf_deinit(&body);
}

/* The last bytes of a body may bring a campaign and then nothing more: the line
 * is committed all the same, whole body or not. */
static void test_last_line_makes_campaign(void **state)
{
	static const char *const rows[] = {
		"{\"link\":\"l\",\"campaign\":\"last-1\"}",
		"{\"link\":\"l\",\"campaign\":\"last-2\"}\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (size_t part = 1; part < 60; part += 13) {
			struct stream_run r;
			char kinds[16];

			stream_run_init(&r, &s, NULL);
			assert_int_equal(
				stream_all(&r, str_from(rows[i]), part, part),
				MINT_PULL_END);
			stream_kinds(&r.out, kinds, sizeof(kinds));
			assert_string_equal(kinds, "t");
			stream_run_deinit(&r);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_lines),
		cmocka_unit_test(test_failed_job),
		cmocka_unit_test(test_failed_first),
		cmocka_unit_test(test_failed_campaign),
		cmocka_unit_test(test_new_campaigns),
		cmocka_unit_test(test_last_line_makes_campaign),
		cmocka_unit_test(test_account_ends),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
