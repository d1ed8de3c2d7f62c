#include "store/links_writer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "store/block_builder.h"
#include "store/stream_store.h"
#include "store/token_store.h"
#include "unit/store/links_store.h"

enum {
	THREADS = 4,
	JOBS_EACH = 400,
	WALL_MS = 1795412520
};

/* A job that mints so many tokens, or does as it is told. */
struct job {
	struct links_job job;
	struct gate *gate; /* opened by the test, or NULL */
	size_t tokens;
	enum err refuse; /* its result, with nothing written */
	enum err fail;   /* of the transaction */
	uint64_t first, id;
	uint64_t now_ms;
	atomic_int done;
};

/* Holds the writer's thread until the test lets it go. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool reached, open;
};

static struct links_store s;
static struct links_writer *writer;
static atomic_int after_commits;
static atomic_ullong wall = WALL_MS;

static uint64_t wall_ms(void *arg)
{
	(void)arg;
	return atomic_load(&wall);
}

static uint64_t mono_ns(void *arg)
{
	(void)arg;
	return clock_mono_ns(&clock_system);
}

static const struct clock test_clock = {wall_ms, mono_ns, NULL};

static void after_commit(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

static int setup(void **state)
{
	(void)state;
	links_store_init(&s, 0);
	atomic_store(&after_commits, 0);
	assert_int_equal(
		links_writer_start(
			&(struct links_writer_options){.links = &s.links,
				.clock = &test_clock,
				.key_version = 3,
				.after_commit = after_commit,
				.arg = &after_commits},
			&writer),
		OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	links_writer_stop(writer);
	links_store_deinit(&s);
	return 0;
}

static void gate_init(struct gate *g)
{
	*g = (struct gate){0};
	assert_int_equal(pthread_mutex_init(&g->lock, NULL), 0);
	assert_int_equal(pthread_cond_init(&g->changed, NULL), 0);
}

static void gate_deinit(struct gate *g)
{
	assert_int_equal(pthread_cond_destroy(&g->changed), 0);
	assert_int_equal(pthread_mutex_destroy(&g->lock), 0);
}

static void gate_pass(struct gate *g)
{
	(void)pthread_mutex_lock(&g->lock);
	g->reached = true;
	(void)pthread_cond_broadcast(&g->changed);
	while (!g->open)
		(void)pthread_cond_wait(&g->changed, &g->lock);
	(void)pthread_mutex_unlock(&g->lock);
}

static void gate_wait(struct gate *g)
{
	(void)pthread_mutex_lock(&g->lock);
	while (!g->reached)
		(void)pthread_cond_wait(&g->changed, &g->lock);
	(void)pthread_mutex_unlock(&g->lock);
}

static void gate_open(struct gate *g)
{
	(void)pthread_mutex_lock(&g->lock);
	g->open = true;
	(void)pthread_cond_broadcast(&g->changed);
	(void)pthread_mutex_unlock(&g->lock);
}

static enum err run(struct links_job *job, struct links_batch *batch)
{
	struct job *j = (struct job *)job;

	if (j->gate)
		gate_pass(j->gate);
	j->now_ms = batch->now_ms;
	if (j->refuse)
		return j->refuse;
	j->id = links_batch_id(batch);
	for (size_t i = 0; i < j->tokens; i++) {
		char tail[8];
		uint64_t n;

		put_be64(tail, j->id);
		n = block_builder_add(
			batch->blocks, STR("s"), str_make(tail, sizeof(tail)));
		if (i == 0)
			j->first = n;
	}
	if (j->fail)
		db_fail(batch->txn, j->fail);
	return OK;
}

static void done(struct links_job *job)
{
	atomic_fetch_add(&((struct job *)job)->done, 1);
}

static void push(struct job *j)
{
	j->job.run = run;
	j->job.done = done;
	assert_int_equal(links_writer_push(writer, &j->job), OK);
}

/* Stopping runs what is queued. */
static void stop(void)
{
	links_writer_stop(writer);
	writer = NULL;
}

static void *push_many(void *arg)
{
	struct job *jobs = arg;

	for (int i = 0; i < JOBS_EACH; i++) {
		jobs[i].job.run = run;
		jobs[i].job.done = done;
		if (links_writer_push(writer, &jobs[i].job))
			return arg;
	}
	return NULL;
}

static void check_minted(const struct job *j)
{
	struct db_txn *t = &s.reader;

	for (uint64_t n = j->first; n < j->first + j->tokens; n++) {
		struct block_entry entry;
		struct block block;

		assert_int_equal(token_entry(t, n, &block, &entry), OK);
		assert_true(get_be64(entry.tail.p) == j->id);
		assert_int_equal(block.key_version, 3);
		assert_true(block.minted_ms == WALL_MS);
	}
}

static int compare_ids(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void test_group_commit(void **state)
{
	static struct job jobs[THREADS][JOBS_EACH];
	static uint64_t ids[THREADS * JOBS_EACH];
	pthread_t threads[THREADS];
	size_t n = 0;

	(void)state;
	memset(jobs, 0, sizeof(jobs));
	for (int i = 0; i < THREADS; i++)
		for (int j = 0; j < JOBS_EACH; j++)
			jobs[i][j].tokens = 1 + (size_t)j % 5;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, push_many, jobs[i]),
			0);
	for (int i = 0; i < THREADS; i++) {
		void *failed;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	stop();
	(void)links_store_read(&s);
	for (int i = 0; i < THREADS; i++) {
		for (int j = 0; j < JOBS_EACH; j++) {
			assert_int_equal(atomic_load(&jobs[i][j].done), 1);
			assert_int_equal(jobs[i][j].job.result, OK);
			check_minted(&jobs[i][j]);
			ids[n++] = jobs[i][j].id;
		}
	}
	qsort(ids, n, sizeof(*ids), compare_ids);
	for (size_t i = 0; i < n; i++)
		assert_true(ids[i] == i + 1);
}

/* While one commits the others gather: they share the next commit. */
static void test_batches(void **state)
{
	struct gate gate;
	struct job first = {.gate = &gate, .tokens = 1}, rest[100] = {{{{0}}}};
	const struct links_writer_metrics *m = links_writer_metrics(writer);

	(void)state;
	gate_init(&gate);
	push(&first);
	gate_wait(&gate);
	for (size_t i = 0; i < COUNT_OF(rest); i++) {
		rest[i].tokens = 2;
		push(&rest[i]);
	}
	assert_int_equal(links_writer_queued(writer), 101);
	assert_int_equal(atomic_load(&first.done), 0);
	gate_open(&gate);
	while (links_writer_queued(writer))
		(void)sched_yield();
	/* The last release comes before the last done. */
	while (!atomic_load(&rest[99].done))
		(void)sched_yield();
	assert_int_equal(counter_get(&m->commits), 2);
	assert_int_equal(counter_get(&m->jobs), 101);
	assert_int_equal(counter_get(&m->minted), 201);
	assert_int_equal(counter_get(&m->failures), 0);
	stop();
	assert_int_equal(atomic_load(&after_commits), 2);
	gate_deinit(&gate);
}

/* One job's refusal is its own. */
static void test_refused_job(void **state)
{
	struct gate gate;
	struct job first = {.gate = &gate},
		   jobs[3] = {{.tokens = 2}, {.refuse = ERR_CONFLICT},
			   {.tokens = 2}};

	(void)state;
	gate_init(&gate);
	push(&first);
	gate_wait(&gate);
	for (size_t i = 0; i < COUNT_OF(jobs); i++)
		push(&jobs[i]);
	gate_open(&gate);
	stop();
	(void)links_store_read(&s);
	assert_int_equal(jobs[0].job.result, OK);
	assert_int_equal(jobs[1].job.result, ERR_CONFLICT);
	assert_int_equal(jobs[2].job.result, OK);
	assert_true(jobs[2].first == jobs[0].first + 2);
	check_minted(&jobs[0]);
	check_minted(&jobs[2]);
	gate_deinit(&gate);
}

/* A transaction that fails fails all that is in it, and nothing after. */
static void test_failed_transaction(void **state)
{
	struct gate gate;
	struct job first = {.gate = &gate};
	struct job jobs[3] = {{.tokens = 2},
		{.tokens = 1, .fail = ERR_DISK_FULL}, {.tokens = 2}};
	struct job later = {.tokens = 3};
	const struct links_writer_metrics *m = links_writer_metrics(writer);
	uint64_t next;

	(void)state;
	gate_init(&gate);
	push(&first);
	gate_wait(&gate);
	for (size_t i = 0; i < COUNT_OF(jobs); i++)
		push(&jobs[i]);
	gate_open(&gate);
	while (!atomic_load(&jobs[2].done))
		(void)sched_yield();
	for (size_t i = 0; i < COUNT_OF(jobs); i++)
		assert_int_equal(jobs[i].job.result, ERR_DISK_FULL);
	assert_int_equal(counter_get(&m->failures), 1);
	assert_int_equal(counter_get(&m->minted), 0);
	push(&later);
	while (!atomic_load(&later.done))
		(void)sched_yield();
	assert_int_equal(later.job.result, OK);
	assert_int_equal(links_writer_health(writer), OK);
	stop();
	(void)links_store_read(&s);
	assert_true(later.first == 1); /* nothing of the failed batch */
	check_minted(&later);
	assert_int_equal(links_next_id(&s.reader, &next), OK);
	assert_true(next == later.id + 1);
	gate_deinit(&gate);
}

static void test_full_and_closed(void **state)
{
	static struct job jobs[LINKS_JOBS_MAX];
	struct gate gate;
	struct job extra = {.tokens = 1};

	(void)state;
	gate_init(&gate);
	memset(jobs, 0, sizeof(jobs));
	jobs[0].gate = &gate;
	for (size_t i = 0; i < LINKS_JOBS_MAX; i++)
		push(&jobs[i]);
	gate_wait(&gate);
	extra.job.run = run;
	extra.job.done = done;
	assert_int_equal(links_writer_push(writer, &extra.job), ERR_FULL);
	gate_open(&gate);
	stop();
	for (size_t i = 0; i < LINKS_JOBS_MAX; i++)
		assert_int_equal(atomic_load(&jobs[i].done), 1);
	assert_int_equal(atomic_load(&extra.done), 0);
	gate_deinit(&gate);
}

static void push_and_wait(struct job *j)
{
	push(j);
	while (!atomic_load(&j->done))
		(void)sched_yield();
}

/* Old streams go with a commit, and stay when it fails. */
static void test_purge(void **state)
{
	static const uint8_t name[HASH128_BYTES];
	const struct stream stream = {9, 1, STREAM_BATCH};
	struct job jobs[3] = {
		{.fail = ERR_DISK_FULL}, {.tokens = 1}, {.tokens = 0}};
	uint8_t bytes[STREAM_KEY_BYTES] = {0};
	struct str key = str_make((const char *)bytes, sizeof(bytes));
	struct buf b;

	(void)state;
	stream_key_put(bytes, 1, 5, name);
	buf_init(&b, 128);
	stream_record_put(&b, key, &stream);
	apply_stream(links_store_begin(&s), key, buf_view(&b));
	links_store_commit(&s);
	buf_deinit(&b);
	for (size_t i = 0; i < COUNT_OF(jobs); i++) {
		push_and_wait(&jobs[i]);
		assert_int_equal(
			db_count(links_store_read(&s), LINKS_STREAMS), i == 0);
	}
}

/* A batch is bounded by what its jobs write. */
static void test_batch_bytes(void **state)
{
	const struct links_writer_metrics *m = links_writer_metrics(writer);
	struct gate gate;
	struct job first = {.gate = &gate}, jobs[4] = {{{{0}}}};

	(void)state;
	gate_init(&gate);
	push(&first);
	gate_wait(&gate);
	for (size_t i = 0; i < COUNT_OF(jobs); i++) {
		jobs[i].job.bytes = LINKS_BATCH_BYTES_MAX / 2;
		push(&jobs[i]);
	}
	gate_open(&gate);
	while (!atomic_load(&jobs[3].done))
		(void)sched_yield();
	assert_int_equal(counter_get(&m->commits), 3);
	stop();
	gate_deinit(&gate);
}

/* Numbers and ids go on where an earlier process ended. */
static void test_restart(void **state)
{
	struct job before = {.tokens = 5}, after = {.tokens = 1};

	(void)state;
	push(&before);
	assert_int_equal(teardown(NULL) || before.job.result, 0);
	assert_int_equal(setup(NULL), 0); /* a new store */
	push(&after);
	stop();
	assert_true(after.first == 1 && after.id == 1);
	links_store_reopen(&s);
	assert_int_equal(
		links_writer_start(
			&(struct links_writer_options){.links = &s.links,
				.clock = &test_clock,
				.key_version = 3},
			&writer),
		OK);
	before = (struct job){.tokens = 2};
	push(&before);
	stop();
	assert_true(before.first == 2 && before.id == 2);
	assert_int_equal(before.now_ms, WALL_MS);
}

int main(void)
{
#define WITH_WRITER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_WRITER(test_group_commit),
		WITH_WRITER(test_batches),
		WITH_WRITER(test_refused_job),
		WITH_WRITER(test_failed_transaction),
		WITH_WRITER(test_full_and_closed),
		WITH_WRITER(test_purge),
		WITH_WRITER(test_batch_bytes),
		WITH_WRITER(test_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
