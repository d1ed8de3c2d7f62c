#include "store/counts.h"

#include "unit/store/db_fixture.h"

enum {
	ACCOUNTS = 3,
	LINKS = 6,
	CAMPAIGNS = 4,
	QUARTERS = 40,
	VALUES = 3,
	DENSITY = 3, /* one in so many is there */
};

static struct db_env *env;
static struct buf scratch;
static struct count all[1 << 14];
static size_t all_n;

static uint64_t next_random(void)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static struct str value_of(uint64_t i)
{
	static const char values[] = "abc";

	return str_make(values, i % VALUES);
}

static void add_sums(struct db_txn *t, const struct count *c)
{
	for (size_t i = 0; i < COUNT_SUMS; i++) {
		struct count in = count_in_sum(c, count_sum_bits(i));

		assert_int_equal(counts_table_add(t, ONE, &in, &scratch), OK);
	}
}

/* Random counts, each added in two parts. */
static void fill(struct db_txn *t)
{
	for (uint64_t i = 0; i < ACCOUNTS * LINKS * CAMPAIGNS * QUARTERS; i++) {
		struct count *c = &all[all_n];

		if (next_random() % DENSITY)
			continue;
		all_n++;
		*c = (struct count){
			.account = 1 + i % ACCOUNTS,
			.link = i / ACCOUNTS % LINKS,
			.campaign = i / ACCOUNTS / LINKS % CAMPAIGNS,
			.quarter = 80 +
				   (uint32_t)(i / ACCOUNTS / LINKS / CAMPAIGNS),
			.kind = i % 2 ? COUNT_OS : COUNT_TOTAL,
			.value = i % 2 ? value_of(i) : str_make(NULL, 0),
			.counts = {.requests = next_random() % 1000,
				.unconfirmed = i},
		};
		add_sums(t, c);
		add_sums(t, c);
	}
}

static int open_filled(void **state)
{
	struct db_txn t;

	(void)setup(state);
	all_n = 0;
	buf_init(&scratch, COUNT_RECORD_MAX);
	env = make(&options);
	assert_int_equal(db_begin(env, &t), OK);
	fill(&t);
	assert_int_equal(db_commit(&t), OK);
	return 0;
}

static int close_filled(void **state)
{
	db_close(env);
	buf_deinit(&scratch);
	return teardown(state);
}

static struct counts recount(const struct counts_range *r)
{
	struct counts sum = {0};

	for (size_t i = 0; i < all_n; i++) {
		struct count c = count_in_sum(
			&all[i], r->kind & (COUNT_ALL_LINKS | COUNT_DAY));

		if (c.account != r->account || c.kind != r->kind ||
			(r->by_link && c.link != r->link) ||
			(r->by_campaign && c.campaign != r->campaign) ||
			c.quarter < r->from || c.quarter >= r->to)
			continue;
		counts_add(&sum, &c.counts);
		counts_add(&sum, &c.counts);
	}
	return sum;
}

/* In order, each once; the sum, and how many records were looked at. */
static struct counts scan(
	struct db_txn *t, const struct counts_range *r, size_t *looked)
{
	struct counts sum = {0};
	struct count c, before = {0};
	struct counts_scan s;
	enum err e;

	*looked = 0;
	counts_scan_init(&s, t, ONE, r);
	while ((e = counts_scan_next(&s, &c)) != ERR_AGAIN) {
		++*looked;
		if (e == ERR_NOT_FOUND)
			continue;
		assert_int_equal(e, OK);
		assert_true(count_compare(&before, &c) < 0);
		before = c;
		counts_add(&sum, &c.counts);
	}
	assert_int_equal(counts_scan_next(&s, &c), ERR_AGAIN);
	counts_scan_deinit(&s);
	return sum;
}

static struct counts_range random_range(void)
{
	uint64_t r = next_random();

	return (struct counts_range){
		.account = r % (ACCOUNTS + 2),
		.kind = (uint8_t)((r >> 8 & 1 ? COUNT_OS : COUNT_TOTAL) |
				  count_sum_bits(r >> 9 & 3)),
		.by_link = r >> 12 & 1,
		.by_campaign = r >> 13 & 1,
		.link = (r >> 16) % (LINKS + 1),
		.campaign = (r >> 20) % (CAMPAIGNS + 1),
		.from = r >> 32 & 1 ? (uint32_t)(r >> 33) % 130 : 0,
		.to = r >> 40 & 1 ? (uint32_t)(r >> 41) % 130 : UINT32_MAX,
	};
}

static void test_equals_a_recount(void **state)
{
	struct db_txn t;
	size_t looked, found = 0;

	(void)state;
	assert_int_equal(db_reader_init(env, &t), OK);
	assert_int_equal(db_reader_renew(&t), OK);
	for (size_t i = 0; i < 3000; i++) {
		struct counts_range r = random_range();
		struct counts want = recount(&r);
		struct counts got = scan(&t, &r, &looked);

		assert_memory_equal(&got, &want, sizeof(got));
		found += got.requests > 0;
	}
	assert_true(found > 500);
	db_reader_deinit(&t);
}

/* What is not asked for is not read record by record. */
static void test_passes_by(void **state)
{
	const struct counts_range link = {.account = 1,
		.kind = COUNT_OS,
		.by_link = true,
		.link = 3,
		.from = 90,
		.to = 91};
	const struct counts_range campaign = {.account = 1,
		.kind = COUNT_OS,
		.by_campaign = true,
		.campaign = 2,
		.from = 90,
		.to = 91};
	struct db_txn t;
	size_t looked;

	(void)state;
	assert_int_equal(db_reader_init(env, &t), OK);
	assert_int_equal(db_reader_renew(&t), OK);
	(void)scan(&t, &link, &looked);
	assert_true(looked <= 4 * CAMPAIGNS);
	(void)scan(&t, &campaign, &looked);
	assert_true(looked <= 5 * LINKS);
	db_reader_deinit(&t);
}

static void test_damage(void **state)
{
	const struct counts_range range = {
		.account = 1, .kind = COUNT_TOTAL, .to = UINT32_MAX};
	struct count_key key;
	struct counts_scan s;
	struct count c, next;
	struct db_txn t;

	(void)state;
	assert_int_equal(db_begin(env, &t), OK);
	counts_scan_init(&s, &t, ONE, &range);
	assert_int_equal(counts_scan_next(&s, &c), OK);
	counts_scan_deinit(&s);
	count_key_put(&key, &c);
	db_put(&t, ONE, count_key_view(&key), STR("damaged"));
	counts_scan_init(&s, &t, ONE, &range);
	assert_int_equal(counts_scan_next(&s, &next), ERR_CORRUPT);
	assert_int_equal(counts_scan_next(&s, &next), OK);
	assert_true(count_compare(&c, &next) < 0);
	counts_scan_deinit(&s);
	c.value = str_make(NULL, 0);
	assert_int_equal(counts_table_add(&t, ONE, &c, &scratch), ERR_CORRUPT);
	counts_table_put(&t, ONE, &c, &scratch);
	assert_int_equal(counts_table_add(&t, ONE, &c, &scratch), OK);
	assert_int_equal(db_commit(&t), OK);
}

#define FILLED(f) cmocka_unit_test_setup_teardown(f, open_filled, close_filled)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILLED(test_equals_a_recount),
		FILLED(test_passes_by),
		FILLED(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
