#include "store/segments.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "core/hash.h"
#include "core/record.h"
#include "store/segment.h"
#include "unit/store/click_region.h"

enum {
#if defined(CTIO_SMALL_MAPS) || defined(__SANITIZE_ADDRESS__)
	MANY = 100, /* the sanitizers are slow */
#else
	MANY = 1000,
#endif
	READERS = 40,
};

static struct region region;

static int setup(void **state)
{
	(void)state;
	region_init(&region);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	region_deinit(&region);
	return 0;
}

static const char *path_of(uint64_t day, const char *behind)
{
	static char path[2 * PATH_MAX];
	char text[DAY_LEN];

	day_write(text, day);
	(void)snprintf(path, sizeof(path), "%s/%.*s%s", region.clicks_dir,
		DAY_LEN, text, behind);
	return path;
}

static void make_folder(void)
{
	assert_int_equal(file_make_dir(region.clicks_dir, 0700), OK);
}

/* A segment with clicks first to last, without a writer. */
static void make_segment(uint64_t day, uint64_t first, uint64_t last)
{
	struct click click = {.token = 1};
	struct db_env *env;
	struct db_txn t;
	struct buf b;

	assert_int_equal(
		segment_create(path_of(day, ""), REGION_MAP, first), OK);
	if (last < first)
		return;
	assert_int_equal(
		segment_open(path_of(day, ""), REGION_MAP, false, &env), OK);
	assert_int_equal(db_begin(env, &t), OK);
	buf_init(&b, CLICK_RECORD_MAX);
	for (uint64_t i = first; i <= last; i++) {
		buf_reset(&b);
		click.token = i;
		click_encode(&click, i, &b);
		assert_int_equal(db_append(&t, SEGMENT_CLICKS, DB_KEY64(i),
					 buf_view(&b)),
			OK);
	}
	buf_deinit(&b);
	assert_int_equal(db_commit(&t), OK);
	db_close(env);
}

static void put_meta(uint64_t day, uint8_t version, uint64_t first)
{
	struct db_env *env;
	struct db_txn t;
	struct writer w;
	struct buf b;

	assert_int_equal(
		segment_open(path_of(day, ""), REGION_MAP, false, &env), OK);
	buf_init(&b, 64);
	record_begin(&w, &b, version);
	writer_be64(&w, first);
	record_seal_keyed(&w, STR("segment"));
	assert_int_equal(db_begin(env, &t), OK);
	db_put(&t, SEGMENT_META, STR("segment"), buf_view(&b));
	assert_int_equal(db_commit(&t), OK);
	buf_deinit(&b);
	db_close(env);
}

static void check_range(uint64_t oldest, uint64_t newest)
{
	uint64_t from, to;

	segments_range(region.segments, &from, &to);
	assert_true(from == oldest && to == newest);
}

static void test_empty(void **state)
{
	struct segment_ref ref;
	size_t damaged = 0;

	(void)state;
	assert_int_equal(region_open_log(&region), OK);
	check_range(REGION_FIRST, REGION_FIRST - 1);
	assert_int_equal(segments_acquire(region.segments, 0, &ref, &damaged),
		ERR_NOT_FOUND);
	assert_true(segments_next_sequence(region.segments) == REGION_FIRST);
	segments_skip_to(region.segments, REGION_FIRST + 9);
	check_range(REGION_FIRST + 10, REGION_FIRST + 9);
	segments_skip_to(region.segments, REGION_FIRST);
	assert_true(
		segments_next_sequence(region.segments) == REGION_FIRST + 10);
}

static void test_options(void **state)
{
	struct segments_problem problem;
	struct segments_options options = {
		.dir = region.clicks_dir,
		.shard = REGION_SHARD,
		.sequence_min = REGION_FIRST + 1000,
		.map_bytes = REGION_MAP,
	};

	(void)state;
	make_folder();
	make_segment(REGION_DAY, REGION_FIRST, REGION_FIRST + 5);
	assert_int_equal(
		segments_open(&options, &region.segments, &problem), OK);
	check_range(REGION_FIRST, REGION_FIRST + 5);
	assert_true(
		segments_next_sequence(region.segments) == REGION_FIRST + 1000);
	segments_close(region.segments);
	region.segments = NULL;
	/* Another node's log, with numbers above all of this one's. */
	options.shard = REGION_SHARD - 1;
	assert_int_equal(segments_open(&options, &region.segments, &problem),
		ERR_CONFLICT);
	assert_string_equal(problem.path, region.clicks_dir);
	options.shard = REGION_SHARD + 1;
	assert_int_equal(
		segments_open(&options, &region.segments, &problem), OK);
	assert_true(segments_next_sequence(region.segments) >>
			    CLICK_SEQUENCE_BITS ==
		    REGION_SHARD + 1);
}

static void test_acquire(void **state)
{
	/* Segments begin at 1, 11, 31 (with a gap before); the fourth is empty
	 * and begins at 50. */
	static const struct {
		uint64_t after, first;
	} rows[] = {{0, 1}, {1, 1}, {9, 1}, {10, 11}, {11, 11}, {29, 11},
		{30, 31}, {48, 31}, {49, 50}, {1000, 50}};
	struct segment_ref ref, next;
	size_t damaged = 0;

	(void)state;
	make_folder();
	make_segment(REGION_DAY, REGION_FIRST, REGION_FIRST + 9);
	make_segment(REGION_DAY + 1, REGION_FIRST + 10, REGION_FIRST + 20);
	make_segment(REGION_DAY + 5, REGION_FIRST + 30, REGION_FIRST + 40);
	make_segment(REGION_DAY + 6, REGION_FIRST + 49, 0);
	assert_int_equal(region_open_log(&region), OK);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(segments_acquire(region.segments,
					 REGION_FIRST - 1 + rows[i].after, &ref,
					 &damaged),
			OK);
		assert_true(ref.first == REGION_FIRST - 1 + rows[i].first);
		assert_int_equal(ref.has_next, rows[i].first != 50);
		segments_release(region.segments, &ref);
		segments_release(region.segments, &ref);
	}
	assert_int_equal(
		segments_acquire(region.segments, UINT64_MAX, &ref, &damaged),
		OK);
	assert_true(ref.first == REGION_FIRST + 49);
	assert_int_equal(
		segments_acquire_next(region.segments, &ref, &next, &damaged),
		ERR_NOT_FOUND);
	segments_release(region.segments, &ref);
	assert_int_equal(damaged, 0);
	check_range(REGION_FIRST, REGION_FIRST + 48);
}

/* More days than may be open, and than there are descriptors for. */
static void test_many_segments(void **state)
{
	struct segment_ref refs[READERS];
	struct click_reader r;
	struct click click;
	uint64_t sequence;
	size_t damaged = 0;

	(void)state;
	make_folder();
	for (uint64_t i = 0; i < MANY; i++)
		make_segment(
			REGION_DAY + i, REGION_FIRST + i, REGION_FIRST + i);
	assert_int_equal(region_open_log(&region), OK);
	assert_int_equal(segments_list(region.segments, NULL, 0), MANY);
	click_reader_init(&r, region.segments);
	for (uint64_t i = 0; i < MANY; i++) {
		assert_int_equal(click_reader_next(&r, &sequence, &click), OK);
		assert_true(sequence == REGION_FIRST + i);
		assert_true(
			segments_open_n(region.segments) <= SEGMENTS_OPEN_MAX);
	}
	assert_int_equal(click_reader_next(&r, &sequence, &click), ERR_AGAIN);
	click_reader_deinit(&r);
	/* Held ones are never closed; one too many is refused. */
	for (size_t i = 0; i < READERS; i++) {
		enum err e = segments_acquire(region.segments,
			REGION_FIRST - 1 + i, &refs[i], &damaged);

		assert_int_equal(e, i < SEGMENTS_OPEN_MAX - 1 ? OK : ERR_FULL);
	}
	segments_release(region.segments, &refs[3]);
	assert_int_equal(segments_acquire(region.segments, REGION_FIRST + 90,
				 &refs[3], &damaged),
		OK);
	for (size_t i = 0; i < SEGMENTS_OPEN_MAX - 1; i++)
		segments_release(region.segments, &refs[i]);
	assert_true(segments_open_n(region.segments) <= SEGMENTS_OPEN_MAX);
}

static void test_newer_format_is_refused(void **state)
{
	struct segments_problem problem;
	struct segments_options options = {
		.dir = region.clicks_dir,
		.shard = REGION_SHARD,
		.map_bytes = REGION_MAP,
	};

	(void)state;
	make_folder();
	make_segment(REGION_DAY, REGION_FIRST, REGION_FIRST);
	make_segment(REGION_DAY + 1, REGION_FIRST + 1, REGION_FIRST + 1);
	for (uint64_t day = REGION_DAY; day <= REGION_DAY + 1; day++) {
		put_meta(day, SEGMENT_FORMAT + 1,
			REGION_FIRST + day - REGION_DAY);
		assert_int_equal(
			segments_open(&options, &region.segments, &problem),
			ERR_VERSION);
		assert_string_equal(problem.path, path_of(day, ""));
		put_meta(day, 1, REGION_FIRST + day - REGION_DAY);
	}
	assert_int_equal(
		segments_open(&options, &region.segments, &problem), OK);
	assert_string_equal(problem.path, "");
}

static unsigned damaged_n;
static uint64_t damaged_at;

static void on_damage(void *arg, uint64_t sequence, enum err e, bool is_agent)
{
	(void)arg;
	assert_false(is_agent);
	assert_int_equal(e, ERR_CORRUPT);
	damaged_n++;
	damaged_at = sequence;
}

/* The damaged one is passed by and named; all the others are read. */
static void test_damaged_segment(void **state)
{
	struct segment_info info[3];
	struct click_reader r;
	struct click click;
	uint64_t sequence;

	(void)state;
	make_folder();
	for (uint64_t i = 0; i < 3; i++)
		make_segment(REGION_DAY + i, REGION_FIRST + 10 * i,
			REGION_FIRST + 10 * i + 9);
	assert_int_equal(
		truncate(path_of(REGION_DAY + 1, "/data.mdb"), 100), 0);
	assert_int_equal(region_open_log(&region), OK);
	assert_int_equal(segments_list(region.segments, info, 3), 3);
	assert_true(info[0].err == OK && info[1].err == ERR_CORRUPT &&
		    info[2].err == OK);
	click_reader_init(&r, region.segments);
	r.on_damage = on_damage;
	for (unsigned i = 0; i < 20; i++) {
		uint64_t want = i < 10 ? i : i + 10;

		assert_int_equal(click_reader_next(&r, &sequence, &click), OK);
		assert_true(sequence == REGION_FIRST + want);
		if (i % 3 == 0)
			click_reader_reset(&r);
	}
	assert_int_equal(click_reader_next(&r, &sequence, &click), ERR_AGAIN);
	assert_int_equal(damaged_n, 1);
	assert_true(damaged_at == REGION_FIRST + 9);
	assert_int_equal(r.skipped, 1);
	click_reader_deinit(&r);
}

static void test_overlapping_segment(void **state)
{
	struct segment_info info[3];

	(void)state;
	make_folder();
	make_segment(REGION_DAY, REGION_FIRST, REGION_FIRST + 9);
	make_segment(REGION_DAY + 1, REGION_FIRST + 5, REGION_FIRST + 15);
	make_segment(REGION_DAY + 2, REGION_FIRST + 20, REGION_FIRST + 25);
	assert_int_equal(region_open_log(&region), OK);
	assert_int_equal(segments_list(region.segments, info, 3), 3);
	assert_true(info[0].err == OK && info[1].err == ERR_CORRUPT &&
		    info[2].err == OK);
}

/* The newest one cannot be passed by: what comes next would be a guess. */
static void test_damaged_newest_is_refused(void **state)
{
	struct segments_problem problem;
	struct segments_options options = {
		.dir = region.clicks_dir,
		.shard = REGION_SHARD,
		.map_bytes = REGION_MAP,
	};

	(void)state;
	make_folder();
	make_segment(REGION_DAY, REGION_FIRST, REGION_FIRST + 9);
	make_segment(REGION_DAY + 1, REGION_FIRST + 5, REGION_FIRST + 20);
	assert_int_equal(segments_open(&options, &region.segments, &problem),
		ERR_CORRUPT);
	assert_string_equal(problem.path, path_of(REGION_DAY + 1, ""));
	assert_int_equal(unlink(path_of(REGION_DAY + 1, "/data.mdb")), 0);
	assert_int_equal(segments_open(&options, &region.segments, &problem),
		ERR_CORRUPT);
}

static void test_leftovers(void **state)
{
	struct stat s;

	(void)state;
	make_folder();
	make_segment(REGION_DAY, REGION_FIRST, REGION_FIRST);
	assert_int_equal(
		file_make_dir(path_of(REGION_DAY + 1, ".new"), 0700), OK);
	assert_int_equal(file_make_dir(path_of(REGION_DAY, "x"), 0700), OK);
	assert_int_equal(region_open_log(&region), OK);
	assert_int_equal(segments_list(region.segments, NULL, 0), 1);
	assert_int_not_equal(stat(path_of(REGION_DAY + 1, ".new"), &s), 0);
	assert_int_equal(stat(path_of(REGION_DAY, "x"), &s), 0);
}

/* Rolls while a reader holds the segment that was hot. */
static void test_roll_under_a_reader(void **state)
{
	struct segment_ref hot = {0}, reader;
	size_t damaged = 0;
	struct db_txn t;

	(void)state;
	assert_int_equal(region_open_log(&region), OK);
	assert_int_equal(segments_hot(region.segments, REGION_DAY, &hot), OK);
	assert_int_equal(
		segments_acquire(region.segments, 0, &reader, &damaged), OK);
	assert_ptr_equal(reader.env, hot.env);
	assert_int_equal(hot.opening, reader.opening);
	assert_int_equal(db_reader_init(reader.env, &t), OK);
	for (uint64_t i = 1; i < 5; i++) {
		struct db_env *before = hot.env;

		assert_int_equal(
			segments_hot(region.segments, REGION_DAY + i, &hot),
			OK);
		assert_ptr_not_equal(hot.env, before);
		/* Only the reader's and the hot one are left. */
		assert_int_equal(segments_open_n(region.segments), 2);
		assert_int_equal(db_reader_renew(&t), OK);
		assert_int_equal(db_count(&t, SEGMENT_CLICKS), 0);
		db_reader_reset(&t);
	}
	/* Not an older one, and not the same one again. */
	assert_int_equal(segments_hot(region.segments, REGION_DAY, &hot), OK);
	assert_int_equal(hot.day, REGION_DAY + 4);
	db_reader_deinit(&t);
	segments_release(region.segments, &reader);
	assert_int_equal(segments_open_n(region.segments), 1);
	/* The first one, opened anew. */
	assert_int_equal(
		segments_acquire(region.segments, 0, &reader, &damaged), OK);
	assert_true(reader.opening > hot.opening);
	segments_release(region.segments, &reader);
	segments_release(region.segments, &hot);
	assert_int_equal(segments_open_n(region.segments), 2);
}

/* An empty folder that an attempt left is taken; one with clicks is not. */
static void test_roll_into_what_is_there(void **state)
{
	struct segment_ref hot = {0};

	(void)state;
	assert_int_equal(region_open_log(&region), OK);
	make_segment(REGION_DAY, REGION_FIRST, 0);
	assert_int_equal(segments_hot(region.segments, REGION_DAY, &hot), OK);
	make_segment(REGION_DAY + 1, REGION_FIRST, REGION_FIRST);
	assert_int_equal(segments_hot(region.segments, REGION_DAY + 1, &hot),
		ERR_CONFLICT);
	assert_int_equal(hot.day, REGION_DAY);
	segments_release(region.segments, &hot);
}

static void check_agent(struct db_txn *t, uint32_t id, const char *text)
{
	struct str agent;

	assert_int_equal(segment_agent(t, id, &agent), OK);
	assert_true(str_is(agent, text));
}

static void test_agents(void **state)
{
	struct str a = STR("agent a"), b = STR("agent b");
	struct db_env *env;
	struct db_txn t;
	uint32_t id = 0;
	bool taken;
	struct str agent;

	(void)state;
	make_folder();
	make_segment(REGION_DAY, REGION_FIRST, 0);
	assert_int_equal(
		segment_open(path_of(REGION_DAY, ""), REGION_MAP, false, &env),
		OK);
	assert_int_equal(db_begin(env, &t), OK);
	assert_int_equal(segment_last_agent(&t), 0);
	assert_int_equal(
		segment_find_agent(&t, a, 7, &id, &taken), ERR_NOT_FOUND);
	assert_false(taken);
	segment_put_agent(&t, a, 7, 1);
	/* b has the same hash. */
	assert_int_equal(
		segment_find_agent(&t, b, 7, &id, &taken), ERR_NOT_FOUND);
	assert_true(taken && id == 0);
	segment_put_agent(&t, b, 8, 2);
	assert_int_equal(segment_find_agent(&t, a, 7, &id, &taken), OK);
	assert_int_equal(id, 1);
	assert_int_equal(segment_last_agent(&t), 2);
	check_agent(&t, 1, "agent a");
	check_agent(&t, 2, "agent b");
	assert_int_equal(segment_agent(&t, 3, &agent), ERR_NOT_FOUND);
	/* Another record under its key is not taken for it. */
	assert_int_equal(segment_find_agent(&t, b, 8, &id, &taken), OK);
	db_put(&t, SEGMENT_AGENTS, str_make("\0\0\0\2", 4), STR("agent"));
	assert_int_equal(segment_agent(&t, 2, &agent), ERR_CORRUPT);
	assert_int_equal(
		segment_find_agent(&t, b, 8, &id, &taken), ERR_NOT_FOUND);
	assert_true(taken);
	assert_int_equal(db_commit(&t), OK);
	db_close(env);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_options),
		TEST(test_acquire),
		TEST(test_many_segments),
		TEST(test_newer_format_is_refused),
		TEST(test_damaged_segment),
		TEST(test_overlapping_segment),
		TEST(test_damaged_newest_is_refused),
		TEST(test_leftovers),
		TEST(test_roll_under_a_reader),
		TEST(test_roll_into_what_is_there),
		TEST(test_agents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
