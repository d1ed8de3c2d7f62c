#include "store/stream_store.h"

#include "unit/store/links_store.h"

enum {
	TODAY = 20780
};

static struct links_store s;
static const uint8_t one[HASH128_BYTES] = {1}, two[HASH128_BYTES] = {2};

static int setup(void **state)
{
	(void)state;
	links_store_init(&s, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	links_store_deinit(&s);
	return 0;
}

static struct str key_of(uint8_t to[STREAM_KEY_BYTES], uint32_t day,
	uint64_t account, const uint8_t name[HASH128_BYTES])
{
	stream_key_put(to, day, account, name);
	return str_make((const char *)to, STREAM_KEY_BYTES);
}

static void put(uint32_t day, uint64_t account,
	const uint8_t name[HASH128_BYTES], uint64_t id)
{
	const struct stream stream = {id, 1, STREAM_BATCH};
	uint8_t bytes[STREAM_KEY_BYTES] = {0};
	struct str key = key_of(bytes, day, account, name);
	struct buf b;

	buf_init(&b, 128);
	stream_record_put(&b, key, &stream);
	apply_stream(links_store_begin(&s), key, buf_view(&b));
	links_store_commit(&s);
	buf_deinit(&b);
}

static void append(
	uint64_t stream, uint64_t line, uint64_t count, uint64_t token)
{
	const struct range r = {line, count, token};

	stream_append(links_store_begin(&s), stream, &r);
	links_store_commit(&s);
}

static void test_find(void **state)
{
	struct stream got;
	struct db_txn *t;

	(void)state;
	put(TODAY, 5, one, 100);
	t = links_store_read(&s);
	/* A retry on any of the days kept, and no later. */
	for (uint32_t day = TODAY; day <= TODAY + STREAM_DAYS_KEPT; day++) {
		assert_int_equal(stream_find(t, day, 5, one, &got), OK);
		assert_true(got.id == 100);
	}
	assert_int_equal(
		stream_find(t, TODAY + STREAM_DAYS_KEPT + 1, 5, one, &got),
		ERR_NOT_FOUND);
	/* The clock may have been set back past midnight. */
	assert_int_equal(stream_find(t, TODAY - 1, 5, one, &got), OK);
	assert_int_equal(
		stream_find(t, TODAY - 2, 5, one, &got), ERR_NOT_FOUND);
	/* Keys are an account's own. */
	assert_int_equal(stream_find(t, TODAY, 6, one, &got), ERR_NOT_FOUND);
	assert_int_equal(stream_find(t, TODAY, 5, two, &got), ERR_NOT_FOUND);
	/* The newest wins, and days before 1970 are not looked for. */
	put(TODAY + 2, 5, one, 101);
	t = links_store_read(&s);
	assert_int_equal(stream_find(t, TODAY + 3, 5, one, &got), OK);
	assert_true(got.id == 101);
	assert_int_equal(stream_find(t, TODAY, 5, one, &got), OK);
	assert_true(got.id == 100);
	assert_int_equal(stream_find(t, 2, 5, one, &got), ERR_NOT_FOUND);
	assert_int_equal(stream_find(t, 0, 5, one, &got), ERR_NOT_FOUND);
}

static void check_range(uint64_t stream, uint64_t line, uint64_t first,
	uint64_t count, uint64_t token)
{
	struct range r;

	assert_int_equal(
		range_find(links_store_read(&s), stream, line, &r), OK);
	assert_true(r.line == first && r.count == count && r.token == token);
}

static void test_ranges(void **state)
{
	struct range r = {7, 7, 7};
	struct db_txn *t;
	uint64_t lines;

	(void)state;
	append(1, 0, 10, 100);
	append(1, 10, 5, 110); /* goes on: one range */
	append(2, 0, 3, 115);  /* another stream between */
	append(1, 15, 2, 118); /* a gap in the numbers: a new range */
	append(1, 17, 1, 120);
	append(1, 18, 1, 200);
	t = links_store_read(&s);
	assert_int_equal(db_count(t, LINKS_RANGES), 4);
	check_range(1, 0, 0, 15, 100);
	check_range(1, 14, 0, 15, 100);
	check_range(1, 15, 15, 3, 118);
	check_range(1, 17, 15, 3, 118);
	check_range(1, 18, 18, 1, 200);
	check_range(2, 2, 0, 3, 115);
	t = links_store_read(&s);
	assert_int_equal(range_find(t, 1, 19, &r), ERR_NOT_FOUND);
	assert_int_equal(range_find(t, 1, UINT64_MAX, &r), ERR_NOT_FOUND);
	assert_int_equal(range_find(t, 2, 3, &r), ERR_NOT_FOUND);
	assert_int_equal(range_find(t, 3, 0, &r), ERR_NOT_FOUND);
	assert_int_equal(range_find(t, 0, 0, &r), ERR_NOT_FOUND);
	assert_true(r.line == 7);
	assert_int_equal(stream_lines(t, 1, &lines), OK);
	assert_true(lines == 19);
	assert_int_equal(stream_lines(t, 2, &lines), OK);
	assert_true(lines == 3);
	assert_int_equal(stream_lines(t, 3, &lines), OK);
	assert_true(lines == 0);
}

static void test_delete(void **state)
{
	uint8_t bytes[STREAM_KEY_BYTES] = {0};
	struct stream got;
	struct db_txn *t;
	uint64_t lines;

	(void)state;
	put(TODAY, 5, one, 1);
	put(TODAY, 5, two, 2);
	for (uint64_t i = 0; i < 50; i++) {
		append(1, i, 1, 1000 + 2 * i);
		append(2, i, 1, 5000 + 2 * i);
	}
	stream_delete(links_store_begin(&s), key_of(bytes, TODAY, 5, one), 1);
	links_store_commit(&s);
	t = links_store_read(&s);
	assert_int_equal(stream_find(t, TODAY, 5, one, &got), ERR_NOT_FOUND);
	assert_int_equal(stream_lines(t, 1, &lines), OK);
	assert_true(lines == 0);
	assert_int_equal(db_count(t, LINKS_RANGES), 50);
	assert_int_equal(stream_find(t, TODAY, 5, two, &got), OK);
	assert_int_equal(stream_lines(t, 2, &lines), OK);
	assert_true(lines == 50);
	/* Again, of what is not there. */
	stream_delete(links_store_begin(&s), key_of(bytes, TODAY, 5, one), 1);
	links_store_commit(&s);
}

static bool purge(uint32_t today, size_t max)
{
	bool more = streams_purge(links_store_begin(&s), today, max);

	links_store_commit(&s);
	return more;
}

static void test_purge(void **state)
{
	uint64_t records;
	struct stream got;

	(void)state;
	put(TODAY, 5, one, 1);
	put(TODAY + 1, 5, one, 2);
	for (uint64_t i = 0; i < 20; i++)
		append(1, i, 1, 1000 + 2 * i);
	append(2, 0, 1, 5000);
	records = links_store_records(&s);
	/* As long as it is kept, nothing goes. */
	for (uint32_t day = 0; day <= STREAM_DAYS_KEPT; day++)
		assert_false(purge(TODAY + day, 1000));
	assert_true(links_store_records(&s) == records);
	/* In steps, each of at most so many records. */
	for (int step = 0; step < 10; step++) {
		uint64_t before = links_store_records(&s), after;

		if (!purge(TODAY + STREAM_DAYS_KEPT + 1, 5))
			break;
		after = links_store_records(&s);
		assert_true(before - after >= 1 && before - after <= 5);
	}
	assert_true(links_store_records(&s) == records - 21);
	assert_int_equal(stream_find(&s.reader, TODAY + 1, 5, one, &got), OK);
	assert_true(got.id == 2);
	assert_false(purge(TODAY + STREAM_DAYS_KEPT + 1, 1000));
	assert_false(purge(TODAY + 100, 1000));
	assert_int_equal(db_count(links_store_read(&s), LINKS_STREAMS), 0);
	assert_int_equal(db_count(&s.reader, LINKS_RANGES), 0);
}

/* What cannot be read does not stop the purge. */
static void test_purge_of_damage(void **state)
{
	uint8_t bytes[STREAM_KEY_BYTES] = {0};

	(void)state;
	db_put(links_store_begin(&s), LINKS_STREAMS, STR("\0\0\0\1odd"),
		STR("nonsense, long enough"));
	links_store_commit(&s);
	db_put(links_store_begin(&s), LINKS_STREAMS,
		key_of(bytes, TODAY, 5, one), STR("nonsense, long enough"));
	links_store_commit(&s);
	put(TODAY, 5, two, 1);
	assert_false(purge(TODAY + 100, 1000));
	assert_int_equal(db_count(links_store_read(&s), LINKS_STREAMS), 0);
}

static void test_corrupt_records_are_told(void **state)
{
	uint8_t bytes[STREAM_KEY_BYTES] = {0};
	uint8_t range_bytes[RANGE_KEY_BYTES] = {0};
	struct str range_key =
		str_make((const char *)range_bytes, sizeof(range_bytes));
	struct stream got;
	struct range r = {0, 1, 1};
	uint64_t lines;

	(void)state;
	range_key_put(range_bytes, 1, 0);
	apply_stream(links_store_begin(&s), key_of(bytes, TODAY, 5, one),
		STR("nonsense, long enough"));
	links_store_commit(&s);
	apply_range(
		links_store_begin(&s), range_key, STR("nonsense, long enough"));
	links_store_commit(&s);
	assert_int_equal(stream_find(links_store_read(&s), TODAY, 5, one, &got),
		ERR_CORRUPT);
	assert_int_equal(range_find(&s.reader, 1, 0, &r), ERR_CORRUPT);
	assert_int_equal(stream_lines(&s.reader, 1, &lines), ERR_CORRUPT);
	/* Nor is a stream grown that cannot be read. */
	stream_append(links_store_begin(&s), 1, &r);
	assert_int_equal(db_commit(&s.writer), ERR_CORRUPT);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_find),
		WITH_STORE(test_ranges),
		WITH_STORE(test_delete),
		WITH_STORE(test_purge),
		WITH_STORE(test_purge_of_damage),
		WITH_STORE(test_corrupt_records_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
