/* Stretches of tokens that are looked up once in a version of the tally. */
#include "store/tally.h"

#include "unit/store/tally_region.h"

static struct tally_known known;
static struct db_txn t; /* a snapshot, between look() and the next one */

static int begin(void **state)
{
	memset(&known, 0, sizeof(known));
	memset(&t, 0, sizeof(t));
	return setup(state);
}

static int end(void **state)
{
	db_reader_deinit(&t);
	return teardown(state);
}

/* The first token of the nth stretch. */
static uint64_t token_in(uint64_t n)
{
	return 1 + n * TALLY_CHUNK_TOKENS;
}

/* A counted click for each token. */
static void click_all(const uint64_t *tokens, size_t n)
{
	for (size_t i = 0; i < n; i++)
		entries[i] = (struct click_entry){
			.click = region_click(&region, tokens[i])};
	region_write(&region, entries, n);
	catch_up();
}

static void look(void)
{
	db_reader_deinit(&t);
	t = snapshot();
	tally_known_begin(&known, &t);
}

/* The same, but nothing can be read in it. */
static void look_in_vain(void)
{
	look();
	db_fail(&t, ERR_IO);
}

CHECKED static enum err ask(uint64_t token, bool *seen)
{
	return tally_seen(&t, &known, REGION_TOKEN(token), seen);
}

static bool is_seen(uint64_t token)
{
	bool seen;

	assert_int_equal(ask(token, &seen), OK);
	return seen;
}

/* What was asked once is known, in a later snapshot of the same version too,
 * even where the store tells nothing any more; and so is a stretch without a
 * click. */
static void test_asked_once(void **state)
{
	const uint64_t clicked[] = {token_in(0), token_in(0) + 9, token_in(1)};
	struct db_txn w;
	bool seen = true;

	(void)state;
	click_all(clicked, COUNT_OF(clicked));
	look();
	assert_true(is_seen(token_in(0)));
	assert_false(is_seen(token_in(5)));
	db_fail(&t, ERR_IO);
	for (int i = 0; i < 3; i++) {
		assert_true(is_seen(token_in(0)));
		assert_false(is_seen(token_in(0) + 1));
		assert_true(is_seen(token_in(0) + 9));
		assert_false(is_seen(token_in(5)));
		assert_false(is_seen(token_in(5) + 100));
		/* What was not asked is not guessed. */
		assert_int_equal(ask(token_in(1), &seen), ERR_IO);
		assert_true(seen);
		assert_int_equal(db_begin(tally_env(region.tally), &w), OK);
		db_clear(&w, TALLY_SEEN);
		db_abort(&w);
		look_in_vain();
	}
	/* Nor is the very first stretch there is, whose number is 0. */
	assert_int_equal(tally_seen(&t, &known, 1, &seen), ERR_IO);
}

/* A commit is seen in the next snapshot, and all that was known is forgotten;
 * the snapshot of before does not move. */
static void test_commits(void **state)
{
	const uint64_t first[] = {token_in(0), token_in(3)};
	const uint64_t second[] = {token_in(0) + 1, token_in(4)};
	const uint64_t rows[] = {
		token_in(0), token_in(3), token_in(0) + 1, token_in(4)};
	bool seen;

	(void)state;
	click_all(first, COUNT_OF(first));
	look();
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(is_seen(rows[i]), i < 2);
	click_all(second, COUNT_OF(second));
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(is_seen(rows[i]), i < 2);
	look_in_vain();
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(ask(rows[i], &seen), ERR_IO);
	look();
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_true(is_seen(rows[i]));
}

/* The writer's own way: snapshots come and go with commits between them. */
static void test_many_versions(void **state)
{
	(void)state;
	for (uint64_t n = 0; n < 30; n++) {
		const uint64_t clicked[] = {token_in(n % 7) + n};

		look();
		assert_false(is_seen(clicked[0]));
		click_all(clicked, 1);
		look();
		for (uint64_t i = 0; i < 35; i++)
			assert_int_equal(is_seen(token_in(i % 7) + i), i <= n);
	}
}

/* Stretches that share a place take turns. */
static void test_shared_places(void **state)
{
	static const uint64_t places[] = {
		0, 1, TALLY_KNOWN / 2, TALLY_KNOWN - 1};
	uint64_t clicked[2 * COUNT_OF(places)];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(places); i++)
		for (uint64_t k = 0; k < 2; k++)
			clicked[n++] =
				token_in(places[i] + 2 * k * TALLY_KNOWN) + k;
	click_all(clicked, n);
	look();
	for (uint64_t i = 0; i < 6 * COUNT_OF(places); i++) {
		uint64_t k = i % 3; /* the second of three has no click */
		uint64_t token = token_in(places[i % COUNT_OF(places)] +
					  k * TALLY_KNOWN) +
				 k / 2;

		assert_int_equal(is_seen(token), k != 1);
		assert_false(is_seen(token + 1));
	}
}

/* A damaged one is told each time, and never known. */
static void test_damaged(void **state)
{
	const uint64_t clicked[] = {token_in(0), token_in(TALLY_KNOWN)};
	struct db_txn w;
	unsigned bit;
	bool seen = true;

	(void)state;
	click_all(clicked, COUNT_OF(clicked));
	assert_int_equal(db_begin(tally_env(region.tally), &w), OK);
	db_put(&w, TALLY_SEEN,
		DB_KEY64(tally_chunk_of(REGION_TOKEN(token_in(0)), &bit)),
		STR("nonsense that is long enough"));
	assert_int_equal(db_commit(&w), OK);
	for (int i = 0; i < 3; i++) {
		look();
		assert_int_equal(ask(token_in(0), &seen), ERR_CORRUPT);
		assert_int_equal(ask(token_in(0), &seen), ERR_CORRUPT);
		assert_true(seen);
		/* One in the same place is not hurt. */
		assert_true(is_seen(token_in(TALLY_KNOWN)));
		assert_false(is_seen(token_in(TALLY_KNOWN) + 1));
	}
}

int main(void)
{
#define WITH_REGION(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		WITH_REGION(test_asked_once),
		WITH_REGION(test_commits),
		WITH_REGION(test_many_versions),
		WITH_REGION(test_shared_places),
		WITH_REGION(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
