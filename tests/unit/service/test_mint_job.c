#include "service/mint_job.h"

#include "service/mint_forget.h"
#include "unit/service/stream_fixture.h"

static struct service s;
static char text[MINT_JOB_BYTES_MAX];

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

static void submit(struct mint_job *j)
{
	j->job.done = service_job_done;
	service_finish(&s, mint_job_submit(j, s.region->links_writer));
	assert_int_equal(j->job.result, OK);
}

static void test_lines_get_numbers(void **state)
{
	struct block_entry entry;
	struct mint_job j;
	struct block block;
	enum err e;

	(void)state;
	mint_job_init(&j);
	assert_int_equal(mint_job_add(&j, STR("shape"), STR("a")), OK);
	assert_int_equal(mint_job_refuse(&j, 77, STR("{}")), OK);
	assert_int_equal(mint_job_add(&j, STR("shape"), STR("c")), OK);
	assert_int_equal(j.count, 3);
	submit(&j);
	for (uint64_t i = 0; i < 3; i++) {
		assert_int_equal(token_entry(view_links(s.view, &e),
					 j.first_token + i, &block, &entry),
			OK);
		assert_int_equal(entry.refused, i == 1);
		assert_true(str_is(
			i == 1 ? entry.refusal : entry.tail, i == 0   ? "a"
							     : i == 1 ? "{}"
								      : "c"));
	}
	/* No stream was asked for. */
	assert_int_equal(stream_table_size(&s, LINKS_STREAMS), 0);
	assert_int_equal(stream_table_size(&s, LINKS_RANGES), 0);
	/* Emptied, it can be used again. */
	mint_job_reset(&j);
	assert_int_equal(mint_job_add(&j, STR("shape"), STR("d")), OK);
	submit(&j);
	assert_int_equal(token_entry(view_links(s.view, &e), j.first_token,
				 &block, &entry),
		OK);
	assert_true(str_is(entry.tail, "d"));
	mint_job_deinit(&j);
}

static void test_limits(void **state)
{
	struct mint_job j;
	size_t n = 0;
	enum err e;

	(void)state;
	mint_job_init(&j);
	for (; n < MINT_JOB_LINES_MAX; n++)
		assert_int_equal(mint_job_add(&j, STR("s"), STR("t")), OK);
	assert_int_equal(mint_job_add(&j, STR("s"), STR("t")), ERR_FULL);
	assert_int_equal(mint_job_refuse(&j, 1, STR("t")), ERR_FULL);
	assert_int_equal(j.count, MINT_JOB_LINES_MAX);
	mint_job_reset(&j);
	for (n = 0;
		(e = mint_job_add(&j, STR("s"), str_make(text, 3000))) == OK;
		n++)
		assert_true(j.lines.n <= MINT_JOB_BYTES_MAX);
	assert_int_equal(e, ERR_FULL);
	assert_true(n >= MINT_JOB_BYTES_MAX / 3100);
	/* What is full of bytes is submitted as a whole. */
	assert_int_equal(j.count, n);
	submit(&j);
	assert_int_equal(
		counter_get(&links_writer_metrics(s.region->links_writer)
				     ->minted) >= n,
		true);
	mint_job_deinit(&j);
}

static void test_streams(void **state)
{
	uint8_t name[HASH128_BYTES] = {9};
	struct stream stream;
	struct mint_job j;
	struct range range;
	struct db_txn *t;
	uint64_t lines;
	enum err e;

	(void)state;
	mint_job_init(&j);
	j.has_stream = true;
	j.stream_kind = STREAM_BATCH;
	stream_key_put(j.stream_key, 20780, s.account, name);
	for (uint64_t i = 0; i < 4; i++) {
		mint_job_reset(&j);
		for (uint64_t n = 0; n <= i; n++)
			assert_int_equal(
				mint_job_add(&j, STR("s"), STR("t")), OK);
		j.first_line = i * (i + 1) / 2;
		submit(&j);
		assert_true(j.stream != 0);
	}
	t = view_links(s.view, &e);
	assert_int_equal(stream_find(t, 20780, s.account, name, &stream), OK);
	assert_true(stream.id == j.stream);
	assert_int_equal(stream.kind, STREAM_BATCH);
	assert_int_equal(stream_lines(t, j.stream, &lines), OK);
	assert_true(lines == 10);
	assert_int_equal(range_find(t, j.stream, 9, &range), OK);
	assert_true(range.line == 0 && range.count == 10);
	/* Forgotten, its tokens stay. */
	mint_forget(s.region->links_writer, j.stream_key, j.stream);
	while (links_writer_queued(s.region->links_writer))
		(void)sched_yield();
	views_reset(&s.views);
	t = view_links(s.view, &e);
	assert_int_equal(
		stream_find(t, 20780, s.account, name, &stream), ERR_NOT_FOUND);
	assert_int_equal(range_find(t, j.stream, 9, &range), ERR_NOT_FOUND);
	{
		struct block_entry entry;
		struct block block;

		assert_int_equal(
			token_entry(t, j.first_token, &block, &entry), OK);
	}
	mint_job_deinit(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_get_numbers),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_streams),
	};

	memset(text, 'x', sizeof(text));
	return cmocka_run_group_tests(tests, setup, teardown);
}
