#include "service/catalog.h"

#include "support/fault.h"
#include "unit/service/service_fixture.h"

enum {
	RECORD_MAX = 8192,
	ALLOCATIONS_MAX = 20,
};

static struct service s;
static struct catalog c;
static struct db_txn t; /* a reader, live between look() and reset */

static int setup(void **state)
{
	(void)state;
	service_init(&s);
	/* No snapshot keeps old pages from being written over. */
	views_reset(&s.views);
	memset(&c, 0, sizeof(c));
	assert_int_equal(db_reader_init(s.region->links.env, &t), OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	db_reader_deinit(&t);
	catalog_deinit(&c);
	service_deinit(&s);
	return 0;
}

/* The three kinds of entry, looked at in the same way. */
struct kind {
	enum links_table table;
	uint64_t places;
	/* A record whose one string is this text. */
	void (*put)(struct buf *record, uint64_t id, const char *text);
	enum err (*get)(uint64_t id, struct str *text, const void **entry);
};

static void put_account(struct buf *record, uint64_t id, const char *text)
{
	const struct account a = {
		.id = id, .name = STR("a"), .fallback = str_from(text)};

	account_record_put(record, &a);
}

static void put_link(struct buf *record, uint64_t id, const char *text)
{
	const struct link l = {
		.id = id, .name = STR("l"), .destination = str_from(text)};

	link_record_put(record, &l);
}

static void put_campaign(struct buf *record, uint64_t id, const char *text)
{
	const struct campaign k = {
		.id = id, .name = STR("k"), .override = str_from(text)};

	campaign_record_put(record, &k);
}

CHECKED static enum err get_account(
	uint64_t id, struct str *text, const void **entry)
{
	const struct account *a;
	enum err e = catalog_account(&c, &t, id, &a);

	if (e)
		return e;
	assert_true(a->id == id);
	*text = a->fallback;
	*entry = a;
	return OK;
}

CHECKED static enum err get_link(
	uint64_t id, struct str *text, const void **entry)
{
	const struct catalog_link *l;
	enum err e = catalog_link(&c, &t, id, &l);

	if (e)
		return e;
	assert_true(l->link.id == id);
	*text = l->link.destination;
	*entry = l;
	return OK;
}

CHECKED static enum err get_campaign(
	uint64_t id, struct str *text, const void **entry)
{
	const struct campaign *k;
	enum err e = catalog_campaign(&c, &t, id, &k);

	if (e)
		return e;
	assert_true(k->id == id);
	*text = k->override;
	*entry = k;
	return OK;
}

static const struct kind kinds[] = {
	{LINKS_ACCOUNTS, CATALOG_ACCOUNTS, put_account, get_account},
	{LINKS_LINKS, CATALOG_LINKS, put_link, get_link},
	{LINKS_CAMPAIGNS, CATALOG_CAMPAIGNS, put_campaign, get_campaign},
};

static void commit_bytes(enum links_table table, uint64_t id, struct str bytes)
{
	struct db_txn w;

	assert_int_equal(db_begin(s.region->links.env, &w), OK);
	if (bytes.n)
		db_put(&w, table, DB_KEY64(id), bytes);
	else
		db_delete(&w, table, DB_KEY64(id));
	assert_int_equal(db_commit(&w), OK);
}

/* Under `at` lies a record that says that it is `id`. */
static void commit_as(
	const struct kind *k, uint64_t at, uint64_t id, const char *text)
{
	struct buf record;

	buf_init(&record, RECORD_MAX);
	k->put(&record, id, text);
	assert_int_equal(buf_err(&record), OK);
	commit_bytes(k->table, at, buf_view(&record));
	buf_deinit(&record);
}

static void commit(const struct kind *k, uint64_t id, const char *text)
{
	commit_as(k, id, id, text);
}

/* Begins a new snapshot, as a view does. */
static void look(void)
{
	db_reader_reset(&t);
	catalog_refresh(&c, s.region->links.env);
	assert_int_equal(db_reader_renew(&t), OK);
}

/* The same, but nothing can be read in it. */
static void look_in_vain(void)
{
	look();
	db_fail(&t, ERR_IO);
}

static void check(const struct kind *k, uint64_t id, const char *text)
{
	const void *entry;
	struct str got;

	assert_int_equal(k->get(id, &got, &entry), OK);
	assert_true(str_is(got, text));
}

static void check_err(const struct kind *k, uint64_t id, enum err e)
{
	const void *entry = &s;
	struct str got;

	assert_int_equal(k->get(id, &got, &entry), e);
	assert_ptr_equal(entry, &s);
}

/* A place that each id of these tests has to itself, but for the rows that
 * share one. */
static uint64_t id_in(size_t kind, uint64_t n)
{
	return 1 + kind + n * kinds[kind].places;
}

/* What is unchanged is not read again: not in the same snapshot, not in a
 * later one, and not when something else was committed. */
static void test_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		commit(&kinds[i], id_in(i, 9), "https://a.example/");
	look();
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		check(&kinds[i], id_in(i, 9), "https://a.example/");
	for (int pass = 0; pass < 3; pass++) {
		if (pass == 1)
			commit_bytes(LINKS_BLOCKS, 1000, STR("a block"));
		if (pass == 2)
			commit_bytes(LINKS_TOKEN_CHANGES, 7, STR("a change"));
		look_in_vain();
		for (size_t i = 0; i < COUNT_OF(kinds); i++) {
			const void *first, *second;
			struct str text;

			assert_int_equal(
				kinds[i].get(id_in(i, 9), &text, &first), OK);
			assert_true(str_is(text, "https://a.example/"));
			assert_int_equal(
				kinds[i].get(id_in(i, 9), &text, &second), OK);
			assert_ptr_equal(first, second);
			/* The snapshot would not have told. */
			check_err(&kinds[i], id_in(i, 10), ERR_IO);
			/* That took the place: from the store again. */
			check_err(&kinds[i], id_in(i, 9), ERR_IO);
		}
		look();
		for (size_t i = 0; i < COUNT_OF(kinds); i++)
			check(&kinds[i], id_in(i, 9), "https://a.example/");
	}
}

/* A commit to any of the three tables makes all of it to be read again; before
 * the next snapshot it changes nothing. */
static void test_commits(void **state)
{
	(void)state;
	for (size_t changed = 0; changed < COUNT_OF(kinds); changed++) {
		for (size_t i = 0; i < COUNT_OF(kinds); i++)
			commit(&kinds[i], id_in(i, 9), "before");
		look();
		for (size_t i = 0; i < COUNT_OF(kinds); i++)
			check(&kinds[i], id_in(i, 9), "before");
		commit(&kinds[changed], id_in(changed, 9), "after");
		for (size_t i = 0; i < COUNT_OF(kinds); i++)
			check(&kinds[i], id_in(i, 9), "before");
		look_in_vain();
		for (size_t i = 0; i < COUNT_OF(kinds); i++)
			check_err(&kinds[i], id_in(i, 9), ERR_IO);
		look();
		for (size_t i = 0; i < COUNT_OF(kinds); i++)
			check(&kinds[i], id_in(i, 9),
				i == changed ? "after" : "before");
		commit_bytes(kinds[changed].table, id_in(changed, 9), STR(""));
		look();
		check_err(&kinds[changed], id_in(changed, 9), ERR_NOT_FOUND);
	}
}

/* What was found lives on without its snapshot, and through commits. */
static void test_outlives_the_snapshot(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		const void *entry;
		struct str text;

		commit(&kinds[i], id_in(i, 9), "https://old.example/");
		look();
		assert_int_equal(kinds[i].get(id_in(i, 9), &text, &entry), OK);
		db_reader_reset(&t);
		for (uint64_t n = 0; n < 50; n++)
			commit(&kinds[i], id_in(i, 9), "HTTPS://NEW.EXAMPLE/");
		assert_true(str_is(text, "https://old.example/"));
	}
}

/* Ids that share a place push each other out, and are never mixed up. */
static void test_shared_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		commit(&kinds[i], id_in(i, 9), "https://one.example/");
		commit(&kinds[i], id_in(i, 10), "two");
		commit(&kinds[i], id_in(i, 9) + 1, "next");
	}
	look();
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		for (int pass = 0; pass < 3; pass++) {
			check(&kinds[i], id_in(i, 9), "https://one.example/");
			check(&kinds[i], id_in(i, 9) + 1, "next");
			check(&kinds[i], id_in(i, 10), "two");
		}
		check_err(&kinds[i], id_in(i, 11), ERR_NOT_FOUND);
		check(&kinds[i], id_in(i, 10), "two");
	}
}

/* Nothing is there, and then it is. No id is 0, which says of a place that it
 * is empty. */
static void test_missing(void **state)
{
	(void)state;
	look();
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		check_err(&kinds[i], id_in(i, 9), ERR_NOT_FOUND);
		check_err(&kinds[i], id_in(i, 9), ERR_NOT_FOUND);
		check_err(&kinds[i], 0, ERR_NOT_FOUND);
		check_err(&kinds[i], kinds[i].places, ERR_NOT_FOUND);
		check_err(&kinds[i], 0, ERR_NOT_FOUND);
	}
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		commit(&kinds[i], id_in(i, 9), "there");
		commit(&kinds[i], kinds[i].places, "there");
	}
	/* Not yet in this snapshot. */
	check_err(&kinds[0], id_in(0, 9), ERR_NOT_FOUND);
	look();
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		check(&kinds[i], id_in(i, 9), "there");
		check(&kinds[i], kinds[i].places, "there");
		check_err(&kinds[i], 2 * kinds[i].places, ERR_NOT_FOUND);
		check_err(&kinds[i], 0, ERR_NOT_FOUND);
	}
}

/* What is wrong with a record, and what is told of it: each time, and until
 * it is put right. */
static void test_damaged(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		const struct kind *k = &kinds[i];
		uint64_t id = id_in(i, 9);

		commit(k, id, "good");
		commit(k, id_in(i, 10), "neighbour");
		look();
		check(k, id, "good");
		commit_bytes(k->table, id, STR("nonsense, long enough"));
		for (int pass = 0; pass < 2; pass++) {
			look();
			check_err(k, id, ERR_CORRUPT);
			check_err(k, id, ERR_CORRUPT);
			check(k, id_in(i, 10), "neighbour");
			check_err(k, id, ERR_CORRUPT);
		}
		/* Another's record, sound in itself. */
		commit_as(k, id, id_in(i, 10), "neighbour");
		look();
		check_err(k, id, ERR_CORRUPT);
		check_err(k, id, ERR_CORRUPT);
		check(k, id_in(i, 10), "neighbour");
		commit(k, id, "good again");
		look();
		check(k, id, "good again");
	}
}

/* Compiled with the link, or told to be no template; the link is good. */
static void test_templates(void **state)
{
	static const struct {
		const char *destination;
		bool compiles;
		size_t vars_n;
	} rows[] = {
		{"https://shop.example/", true, 0},
		{"https://shop.example/{a}/{b}", true, 2},
		{"https://shop.example/{", false, 0},
		{"https://shop.example/{a", false, 0},
		{"https://shop.example/{a}", true, 1},
	};
	const struct kind *k = &kinds[1];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct catalog_link *l;

		commit(k, 9, rows[i].destination);
		look();
		for (int pass = 0; pass < 2; pass++) {
			assert_int_equal(catalog_link(&c, &t, 9, &l), OK);
			assert_true(str_is(
				l->link.destination, rows[i].destination));
			assert_int_equal(
				l->template_err == OK, rows[i].compiles);
			if (rows[i].compiles)
				assert_int_equal(
					l->template.vars_n, rows[i].vars_n);
		}
		if (rows[i].vars_n)
			assert_true(str_is(l->template.vars[0], "a"));
	}
}

/* Whichever allocation fails is told; the next try finds what there is. */
static void test_no_memory(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		unsigned nth = 0;
		bool hit;

		commit(&kinds[i], id_in(i, 9), "https://a.example/");
		look();
		do {
			const void *entry;
			struct str text;
			enum err e;

			catalog_deinit(&c);
			fault_alloc(++nth);
			e = kinds[i].get(id_in(i, 9), &text, &entry);
			hit = fault_alloc_hit();
			fault_alloc(0);
			assert_int_equal(e, hit ? ERR_NOMEM : OK);
			check(&kinds[i], id_in(i, 9), "https://a.example/");
			check(&kinds[i], id_in(i, 9), "https://a.example/");
		} while (hit && nth < ALLOCATIONS_MAX);
		/* The entry, its bytes, and none. */
		assert_true(nth > 2);
	}
}

/* A larger record than the place has had, without memory for it. */
static void test_no_memory_to_grow(void **state)
{
	static char longer[5000];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		commit(&kinds[i], id_in(i, 9), "short");
		look();
		check(&kinds[i], id_in(i, 9), "short");
		commit(&kinds[i], id_in(i, 9), longer);
		look();
		fault_alloc(1);
		check_err(&kinds[i], id_in(i, 9), ERR_NOMEM);
		assert_true(fault_alloc_hit());
		fault_alloc(0);
		check(&kinds[i], id_in(i, 9), longer);
	}
}

int main(void)
{
#define WITH_SERVICE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(test_kept),
		WITH_SERVICE(test_commits),
		WITH_SERVICE(test_outlives_the_snapshot),
		WITH_SERVICE(test_shared_places),
		WITH_SERVICE(test_missing),
		WITH_SERVICE(test_damaged),
		WITH_SERVICE(test_templates),
		WITH_SERVICE(test_no_memory),
		WITH_SERVICE(test_no_memory_to_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
