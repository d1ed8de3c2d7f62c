#include "store/click_reader.h"

#include "store/click_agents.h"
#include "store/segment.h"
#include "unit/store/click_region.h"

enum {
	CLICKS = 30,
	AGENTS = 300,
};

static struct region region;
static struct segment_ref hot;
static struct click_reader reader; /* of the test that runs */

static int setup(void **state)
{
	(void)state;
	region_init(&region);
	hot = (struct segment_ref){0};
	assert_int_equal(region_open_log(&region), OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	click_reader_deinit(&reader);
	segments_release(region.segments, &hot);
	region_deinit(&region);
	return 0;
}

static void hot_day(uint64_t day)
{
	assert_int_equal(
		segments_hot(region.segments, REGION_DAY + day, &hot), OK);
}

static struct db_txn begin(void)
{
	struct db_txn t;

	assert_int_equal(db_begin(hot.env, &t), OK);
	return t;
}

/* Appends clicks, one transaction, as the writer would. */
static void append(uint64_t n)
{
	uint64_t sequence = segments_next_sequence(region.segments);
	struct db_txn t = begin();
	struct buf b;

	buf_init(&b, CLICK_RECORD_MAX);
	for (uint64_t i = 0; i < n; i++, sequence++) {
		struct click c = {.token = sequence};

		buf_reset(&b);
		click_encode(&c, sequence, &b);
		assert_int_equal(db_append(&t, SEGMENT_CLICKS,
					 DB_KEY64(sequence), buf_view(&b)),
			OK);
	}
	buf_deinit(&b);
	assert_int_equal(db_commit(&t), OK);
	segments_committed(region.segments, sequence - 1);
}

static void put_raw(uint64_t sequence, struct str value)
{
	struct db_txn t = begin();

	db_put(&t, SEGMENT_CLICKS, DB_KEY64(sequence), value);
	assert_int_equal(db_commit(&t), OK);
}

static void expect(struct click_reader *r, uint64_t sequence)
{
	struct click click;
	uint64_t got = 0;

	assert_int_equal(click_reader_next(r, &got, &click), OK);
	assert_true(got == sequence && click.token == sequence);
}

static void expect_end(struct click_reader *r)
{
	struct click click;
	uint64_t sequence;

	assert_int_equal(click_reader_next(r, &sequence, &click), ERR_AGAIN);
}

static void test_empty_log(void **state)
{
	struct click click;

	(void)state;
	click_reader_init(&reader, region.segments);
	expect_end(&reader);
	assert_int_equal(
		click_reader_get(&reader, REGION_FIRST, &click), ERR_NOT_FOUND);
	hot_day(0);
	expect_end(&reader);
	click_reader_reset(&reader);
	append(1);
	expect(&reader, REGION_FIRST);
	expect_end(&reader);
	click_reader_deinit(&reader);
}

static void test_seek_and_get(void **state)
{
	struct click click;

	(void)state;
	for (uint64_t day = 0; day < 3; day++) {
		hot_day(day);
		append(CLICKS / 3);
	}
	click_reader_init(&reader, region.segments);
	for (uint64_t i = CLICKS; i-- > 0;) {
		click_reader_seek(&reader, REGION_FIRST - 1 + i);
		for (uint64_t at = i; at < CLICKS; at++)
			expect(&reader, REGION_FIRST + at);
		expect_end(&reader);
	}
	click_reader_seek(&reader, 0);
	expect(&reader, REGION_FIRST);
	click_reader_seek(&reader, UINT64_MAX);
	expect_end(&reader);
	for (uint64_t i = 0; i < (uint64_t)CLICKS * 7; i += 7) {
		uint64_t sequence = REGION_FIRST + i % CLICKS;

		assert_int_equal(
			click_reader_get(&reader, sequence, &click), OK);
		assert_true(click.token == sequence);
		if (i % 5 == 0)
			click_reader_reset(&reader);
		/* Its place is behind the click. */
		if (i % CLICKS + 1 < CLICKS && i % 2)
			expect(&reader, sequence + 1);
	}
	assert_int_equal(click_reader_get(&reader, 0, &click), ERR_NOT_FOUND);
	assert_int_equal(click_reader_get(&reader, REGION_FIRST - 1, &click),
		ERR_NOT_FOUND);
	assert_int_equal(
		click_reader_get(&reader, REGION_FIRST + CLICKS, &click),
		ERR_NOT_FOUND);
	/* A snapshot does not hide what came since. */
	append(1);
	assert_int_equal(
		click_reader_get(&reader, REGION_FIRST + CLICKS, &click), OK);
	click_reader_deinit(&reader);
}

/* The segment grows behind the reader's snapshot before the next one comes. */
static void test_tail_before_a_roll(void **state)
{

	(void)state;
	hot_day(0);
	append(2);
	click_reader_init(&reader, region.segments);
	expect(&reader, REGION_FIRST);
	append(2);
	hot_day(1);
	append(1);
	for (uint64_t i = 1; i < 5; i++)
		expect(&reader, REGION_FIRST + i);
	expect_end(&reader); /* a snapshot, too */
	append(2);
	hot_day(2);
	append(1);
	for (uint64_t i = 5; i < 8; i++)
		expect(&reader, REGION_FIRST + i);
	expect_end(&reader);
	click_reader_deinit(&reader);
}

/* Gaps in the numbers are no end. */
static void test_gaps(void **state)
{

	(void)state;
	hot_day(0);
	append(1);
	segments_skip_to(region.segments, REGION_FIRST + 1000);
	append(1);
	hot_day(1);
	segments_skip_to(region.segments, REGION_FIRST + 2000);
	append(1);
	click_reader_init(&reader, region.segments);
	expect(&reader, REGION_FIRST);
	expect(&reader, REGION_FIRST + 1001);
	click_reader_reset(&reader);
	expect(&reader, REGION_FIRST + 2001);
	click_reader_seek(&reader, REGION_FIRST + 1500);
	expect(&reader, REGION_FIRST + 2001);
	expect_end(&reader);
	click_reader_deinit(&reader);
}

/* In order, over gaps, over the ends of segments, with and without a seek in
 * between: each is found, or not, as by itself. */
static void test_get_in_order(void **state)
{
	const uint64_t end = REGION_FIRST + 65;
	struct click_reader alone;
	struct click click;

	(void)state;
	for (uint64_t part = 0; part < 6; part++) {
		hot_day(part / 2);
		segments_skip_to(
			region.segments, REGION_FIRST + 9 * part + part % 3);
		append(4 + part);
	}
	click_reader_init(&reader, region.segments);
	for (uint64_t stride = 1; stride < 9; stride++) {
		for (uint64_t at = REGION_FIRST; at < end; at += stride) {
			enum err e;

			click_reader_init(&alone, region.segments);
			e = click_reader_get(&alone, at, &click);
			click_reader_deinit(&alone);
			assert_int_equal(
				click_reader_get(&reader, at, &click), e);
			assert_true(e == ERR_NOT_FOUND ||
				    (e == OK && click.token == at));
		}
	}
	click_reader_deinit(&reader);
}

struct damage {
	unsigned n;
	uint64_t at;
	enum err e;
	bool is_agent;
};

static void on_damage(void *arg, uint64_t sequence, enum err e, bool is_agent)
{
	struct damage *d = arg;

	*d = (struct damage){d->n + 1, sequence, e, is_agent};
}

static void test_bad_records_are_passed_by(void **state)
{
	struct damage damage = {0};
	struct click click = {.token = 1};
	struct buf b;

	(void)state;
	hot_day(0);
	append(5);
	put_raw(REGION_FIRST + 1, STR("not a record"));
	buf_init(&b, CLICK_RECORD_MAX);
	click_encode(&click, REGION_FIRST, &b); /* of another key */
	put_raw(REGION_FIRST + 4, buf_view(&b));
	buf_deinit(&b);
	hot_day(1);
	append(1);
	click_reader_init(&reader, region.segments);
	reader.on_damage = on_damage;
	reader.arg = &damage;
	expect(&reader, REGION_FIRST);
	expect(&reader, REGION_FIRST + 2);
	assert_int_equal(damage.n, 1);
	assert_true(damage.at == REGION_FIRST + 1 && !damage.is_agent);
	assert_int_equal(damage.e, ERR_CORRUPT);
	expect(&reader, REGION_FIRST + 3);
	expect(&reader, REGION_FIRST + 5);
	assert_true(damage.n == 2 && damage.at == REGION_FIRST + 4);
	expect_end(&reader);
	assert_int_equal(reader.skipped, 2);
	assert_int_equal(click_reader_get(&reader, REGION_FIRST + 4, &click),
		ERR_CORRUPT);
	assert_int_equal(
		click_reader_get(&reader, REGION_FIRST + 3, &click), OK);
	click_reader_deinit(&reader);
}

static struct str agent_text(char to[32], unsigned i)
{
	int n = snprintf(to, 32, "agent %u", i);

	return str_make(to, (size_t)n);
}

/* Without agents each is asked for by itself; the one of this id is damaged. */
static void check_agents_alone(uint32_t bad, struct damage *damage)
{
	uint64_t opening = click_reader_opening(&reader);
	struct str agent = STR("was");
	struct click click;
	char text[32];

	damage->n = 0;
	assert_int_equal(click_reader_agent(&reader, bad, &agent), ERR_CORRUPT);
	assert_true(damage->n == 1 && damage->is_agent);
	assert_int_equal(
		click_reader_agent(&reader, bad + 1, &agent), ERR_NOT_FOUND);
	assert_true(str_is(agent, "was"));
	assert_int_equal(click_reader_agent(&reader, 1, &agent), OK);
	assert_true(str_eq(agent, agent_text(text, AGENTS)));
	/* Nothing was opened anew. */
	click_reader_reset(&reader);
	assert_int_equal(click_reader_get(&reader, REGION_FIRST, &click), OK);
	assert_true(opening && click_reader_opening(&reader) == opening);
}

/* Agents interned, taken back, met again after a restart, and damaged. */
static void test_agents(void **state)
{
	struct click_agents agents;
	struct damage damage = {0};
	struct click c = {.token = 1}, got;
	struct db_txn t;
	struct buf b;
	char text[32];

	(void)state;
	hot_day(0);
	assert_int_equal(click_agents_init(&agents), OK);
	t = begin();
	for (unsigned i = 1; i <= AGENTS; i++)
		assert_int_equal(
			click_agents_intern(&agents, &t, agent_text(text, i)),
			i);
	db_abort(&t);
	click_agents_abort(&agents);
	assert_int_equal(agents.n, 0);
	t = begin();
	for (unsigned i = 1; i <= AGENTS; i++)
		assert_int_equal(click_agents_intern(&agents, &t,
					 agent_text(text, AGENTS + 1 - i)),
			i);
	assert_int_equal(click_agents_intern(&agents, &t, STR("")), 0);
	assert_int_equal(db_commit(&t), OK);
	click_agents_commit(&agents);
	click_agents_deinit(&agents);

	assert_int_equal(click_agents_init(&agents), OK);
	t = begin();
	assert_int_equal(
		click_agents_intern(&agents, &t, agent_text(text, AGENTS)), 1);
	assert_int_equal(
		click_agents_intern(&agents, &t, STR("new")), AGENTS + 1);
	assert_int_equal(agents.n, 2);
	c.agent = STR("new");
	c.agent_id = AGENTS + 1;
	buf_init(&b, CLICK_RECORD_MAX);
	click_encode(&c, REGION_FIRST, &b);
	db_put(&t, SEGMENT_CLICKS, DB_KEY64(REGION_FIRST), buf_view(&b));
	assert_int_equal(db_commit(&t), OK);
	buf_deinit(&b);
	click_agents_deinit(&agents);

	click_reader_init(&reader, region.segments);
	reader.on_damage = on_damage;
	reader.arg = &damage;
	assert_int_equal(click_reader_get(&reader, REGION_FIRST, &got), OK);
	assert_true(str_is(got.agent, "new"));
	assert_int_equal(got.agent_id, AGENTS + 1);
	click_reader_reset(&reader);
	t = begin();
	db_put(&t, SEGMENT_AGENTS, str_make("\0\0\1\55", 4), STR("junk"));
	assert_int_equal(db_commit(&t), OK);
	assert_int_equal(click_reader_get(&reader, REGION_FIRST, &got), OK);
	assert_int_equal(got.agent.n, 0);
	assert_true(damage.n == 1 && damage.is_agent);
	assert_int_equal(reader.skipped, 0);
	reader.without_agents = true;
	assert_int_equal(click_reader_get(&reader, REGION_FIRST, &got), OK);
	assert_int_equal(damage.n, 1);
	check_agents_alone(got.agent_id, &damage);
	click_reader_deinit(&reader);
}

/* Past the bound an agent goes with its click. */
static void test_too_many_agents(void **state)
{
	struct click_agents agents;
	struct db_txn t;
	char text[32];

	(void)state;
	hot_day(0);
	assert_int_equal(click_agents_init(&agents), OK);
	t = begin();
	for (unsigned i = 1; i <= SEGMENT_AGENTS_MAX; i++)
		assert_int_equal(
			click_agents_intern(&agents, &t, agent_text(text, i)),
			i);
	assert_int_equal(click_agents_intern(&agents, &t, STR("more")), 0);
	assert_int_equal(
		click_agents_intern(&agents, &t, agent_text(text, 3)), 3);
	assert_int_equal(db_commit(&t), OK);
	click_agents_deinit(&agents);
	assert_int_equal(click_agents_init(&agents), OK);
	t = begin();
	assert_int_equal(click_agents_intern(&agents, &t, STR("more")), 0);
	assert_int_equal(
		click_agents_intern(&agents, &t, agent_text(text, 3)), 3);
	db_abort(&t);
	click_agents_deinit(&agents);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty_log),
		TEST(test_seek_and_get),
		TEST(test_get_in_order),
		TEST(test_tail_before_a_roll),
		TEST(test_gaps),
		TEST(test_bad_records_are_passed_by),
		TEST(test_agents),
		TEST(test_too_many_agents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
