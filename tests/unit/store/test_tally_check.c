#include "store/tally_check.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "unit/store/tally_region.h"

static char kinds[64]; /* the letters of what was found */
static uint64_t looked;

static void on_found(void *arg, const char *kind, const char *text)
{
	static const struct {
		const char *kind;
		char letter;
	} letters[] = {{"counts", 'c'}, {"seen tokens", 's'}, {"postings", 'p'},
		{"tally state", 'S'}, {"tally records", 'r'}};

	(void)arg;
	assert_true(text[0] != '\0');
	for (size_t i = 0; i < COUNT_OF(letters); i++)
		if (strcmp(kind, letters[i].kind) == 0 &&
			!strchr(kinds, letters[i].letter))
			kinds[strlen(kinds)] = letters[i].letter;
}

static void on_looked(void *arg, uint64_t records)
{
	(void)arg;
	looked += records;
}

/* Of what nobody has open; the region is closed before and opened after. */
static void check(const char *want)
{
	struct tally_options options = {.dir = region.tally_dir,
		.clock = &region.clock,
		.map_bytes = REGION_MAP,
		.families = region.families};
	struct check c = {.found = on_found, .looked = on_looked};
	const char *temp_dir = temp_file(&region.temp, "again");
	struct tally_check result;
	struct stat s;

	memset(kinds, 0, sizeof(kinds));
	looked = 0;
	region_close(&region);
	assert_int_equal(region_open_log(&region), OK);
	options.segments = region.segments;
	assert_int_equal(tally_check(&options, temp_dir, &c, &result), OK);
	assert_true(stat(temp_dir, &s) != 0);
	segments_close(region.segments);
	region.segments = NULL;
	assert_string_equal(kinds, want);
	assert_int_equal(c.found_n > 0, want[0] != '\0');
	assert_true(looked > 0 || !entries_n);
	assert_false(result.is_missing);
	region_open(&region);
}

static void with_tally(void (*change)(struct db_txn *t))
{
	struct db_txn t;

	assert_int_equal(db_begin(tally_env(region.tally), &t), OK);
	change(&t);
	assert_int_equal(db_commit(&t), OK);
}

static void test_sound(void **state)
{
	struct segment_info info[3];

	(void)state;
	catch_up();
	check("");
	write_days(3, 1000);
	catch_up();
	check("");
	/* It need not have come to the log's end, nor have the same rules. */
	write_clicks(700);
	region.families = NULL;
	check("");
	catch_up();
	check("");
	assert_int_equal(segments_list(region.segments, info, 3), 3);
	assert_int_equal(
		tally_fold_base(region.tally, info[1].first_sequence + 5), OK);
	check("");
	tally_report_damage(region.tally);
	catch_up();
	tally_note_lost(region.tally, REGION_TOKEN(1), 0, 0, 1);
	catch_up();
	check("");
}

static struct count some_count(uint8_t kind, struct str value)
{
	const struct click *c = &entries[0].click;
	const struct count whole = {.account = c->account,
		.link = c->link,
		.campaign = c->campaign,
		.quarter = count_quarter(c->at_ms),
		.kind = kind & 15,
		.value = value,
		.counts = {.requests = 1}};

	return count_in_sum(&whole, kind & 0x30);
}

static void add_to(struct db_txn *t, const struct count *c)
{
	struct buf scratch;

	buf_init(&scratch, COUNT_RECORD_MAX);
	assert_int_equal(counts_table_add(t, TALLY_COUNTERS, c, &scratch), OK);
	buf_deinit(&scratch);
}

static void change_count(struct db_txn *t)
{
	struct count c = some_count(COUNT_TOTAL, STR(""));

	add_to(t, &c);
}

static void change_sum(struct db_txn *t)
{
	struct count c = some_count(
		COUNT_VERDICT | COUNT_DAY | COUNT_ALL_LINKS, STR("\0"));

	add_to(t, &c);
}

static void invent_count(struct db_txn *t)
{
	struct count c = some_count(COUNT_OS, STR("Nothing"));

	add_to(t, &c);
}

static void lose_count(struct db_txn *t)
{
	struct count c = some_count(COUNT_TOTAL | COUNT_DAY, STR(""));
	struct count_key key;

	count_key_put(&key, &c);
	db_delete(t, TALLY_COUNTERS, count_key_view(&key));
}

static void change_bit(struct db_txn *t, bool set)
{
	uint8_t bits[TALLY_CHUNK_BYTES];
	struct buf scratch;
	struct str found;
	size_t i = 0;

	assert_int_equal(tally_get_chunk(t, TALLY_SEEN,
				 (uint64_t)REGION_SHARD << 48, &found),
		OK);
	memcpy(bits, found.p, sizeof(bits));
	while (set ? bits[i] == 0xff : bits[i] == 0)
		i++;
	if (set)
		bits[i] = (uint8_t)(bits[i] | (bits[i] + 1));
	else
		bits[i] = (uint8_t)(bits[i] & (bits[i] - 1));
	buf_init(&scratch, TALLY_RECORD_MAX);
	tally_put_chunk(
		t, TALLY_SEEN, (uint64_t)REGION_SHARD << 48, bits, &scratch);
	buf_deinit(&scratch);
}

static void clear_bit(struct db_txn *t)
{
	change_bit(t, false);
}

static void set_bit(struct db_txn *t)
{
	change_bit(t, true);
}

static void lose_chunk(struct db_txn *t)
{
	db_delete(t, TALLY_SEEN, DB_KEY64((uint64_t)REGION_SHARD << 48));
}

/* The account's last chunk, cut behind its first, or with one more. */
static void change_postings(struct db_txn *t, bool more)
{
	struct tally_posting_key end =
		tally_posting_key(REGION_TOKEN(2), UINT64_MAX);
	struct tally_chunk chunk;
	char bytes[TALLY_RECORD_MAX];
	struct db_cursor c;
	struct buf scratch;

	db_cursor_init(t, TALLY_POSTINGS, &c);
	assert_true(db_seek_before(&c, str_make(end.bytes, sizeof(end.bytes))));
	assert_int_equal(tally_read_postings(c.key, c.value, &chunk), OK);
	memcpy(bytes, chunk.differences.p, chunk.differences.n);
	db_cursor_deinit(&c);
	if (more) {
		bytes[chunk.differences.n++] = 1;
		chunk.last++;
	} else {
		chunk.differences.n = 0;
		chunk.last = chunk.first;
	}
	chunk.differences.p = bytes;
	buf_init(&scratch, TALLY_RECORD_MAX);
	tally_put_postings(t, &chunk, &scratch);
	buf_deinit(&scratch);
}

static void lose_postings(struct db_txn *t)
{
	change_postings(t, false);
}

static void invent_posting(struct db_txn *t)
{
	change_postings(t, true);
}

static void change_state(struct db_txn *t)
{
	struct tally_state state;

	assert_int_equal(tally_get_state(t, false, &state), OK);
	state.totals.clicks++;
	tally_put_state(t, false, &state);
}

static void damage_agent(struct db_txn *t)
{
	db_put(t, TALLY_AGENTS, STR("0123456789abcdef"), STR("damaged"));
}

static void damage_lost(struct db_txn *t)
{
	db_put(t, TALLY_LOST, STR("no key"), STR("damaged"));
}

static void damage_base(struct db_txn *t)
{
	db_put(t, TALLY_META, STR("base"), STR("damaged"));
}

static void test_damage_is_found(void **state)
{
	static const struct {
		void (*damage)(struct db_txn *t);
		const char *kinds;
	} rows[] = {{change_count, "c"}, {change_sum, "c"}, {invent_count, "c"},
		{lose_count, "c"}, {clear_bit, "s"}, {set_bit, "s"},
		{lose_chunk, "s"}, {lose_postings, "p"}, {invent_posting, "p"},
		{change_state, "S"}, {damage_agent, "r"}, {damage_lost, "r"},
		{damage_base, "r"}};

	(void)state;
	/* Its writing the next clicks would find some of it, too. */
	write_days(2, 1000);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		catch_up();
		check("");
		with_tally(rows[i].damage);
		check(rows[i].kinds);
		/* What the hint says helps. */
		region_close(&region);
		assert_int_equal(rename(region.tally_dir,
					 temp_file(&region.temp, "away")),
			0);
		assert_int_equal(
			file_remove_dir(temp_file(&region.temp, "away")), OK);
		region_open(&region);
	}
}

/* Nothing to compare is no difference. */
static void test_missing(void **state)
{
	struct tally_options options = {.dir = region.tally_dir,
		.clock = &region.clock,
		.map_bytes = REGION_MAP};
	struct check c = {.found = on_found};
	struct tally_check result;

	(void)state;
	write_days(1, 100);
	region_close(&region);
	assert_int_equal(file_remove_dir(region.tally_dir), OK);
	assert_int_equal(region_open_log(&region), OK);
	options.segments = region.segments;
	assert_int_equal(tally_check(&options, temp_file(&region.temp, "again"),
				 &c, &result),
		OK);
	assert_true(result.is_missing);
	assert_int_equal(c.found_n, 0);
	segments_close(region.segments);
	region.segments = NULL;
	region_open(&region);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sound),
		TEST(test_damage_is_found),
		TEST(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
