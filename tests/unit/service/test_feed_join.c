#include "service/feed_join.h"

#include "core/link_record.h"
#include "service/cursor.h"
#include "service/feed_links.h"
#include "store/revision.h"
#include "support/fault.h"
#include "unit/service/feed_fixture.h"

enum {
	LINKS = 2 * FEED_LINKS + 3,
	CLICKS = 3 * SEALS_MAX + 5,
	FAULTS_MAX = 50,
};

static struct service s;
static uint64_t other;
static struct feed_join *join;

static int setup(void **state)
{
	(void)state;
	service_init(&s);
	other = service_account(&s, "other");
	assert_int_equal(feed_join_new(s.view, &join), OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	feed_join_free(join);
	service_deinit(&s);
	return 0;
}

static uint64_t tap(uint64_t token)
{
	return feed_tap(&s, token, STR(""), VERDICT_HUMAN);
}

/* What it finds lives until the next one. */
CHECKED static enum err read_as(struct feed_row *row, uint64_t account,
	uint64_t sequence, const struct feed_filter *filter)
{
	struct feed_page page = {
		.account = account, .n = 1, .sequences = &sequence};
	enum err e;

	views_reset(&s.views);
	feed_join_begin(join, &page, FEED_NDJSON);
	e = feed_join_read(join, 0, filter, row);
	feed_join_end(join);
	return e;
}

CHECKED static enum err read_row(struct feed_row *row, uint64_t sequence,
	const struct feed_filter *filter)
{
	return read_as(row, s.account, sequence, filter);
}

static void check_destination(uint64_t sequence, const char *want)
{
	const struct feed_filter all = {0};
	struct feed_row row;

	assert_int_equal(read_row(&row, sequence, &all), OK);
	if (want)
		assert_true(str_is(row.destination, want));
	else
		assert_null(row.destination.p);
}

/* Where the click was really sent, whatever was edited since. */
static void test_joins_by_revision(void **state)
{
	struct campaign_patch campaign;
	struct account_edit account;
	struct token_edit end;
	struct link_edit link;
	uint64_t token, first, edited, overridden, by_link, by_account, gone;
	uint64_t by_region;

	(void)state;
	service_put_link(&s, "l",
		"{\"destination\":\"https://a.example/{recipient}?x\","
		"\"forward_query\":true,\"fallback\":\"https://a.example/"
		"f1\"}");
	token = service_mint(&s, s.account,
		"{\"link\":\"l\",\"recipient\":\"u 1\",\"campaign\":\"c\"}");
	first = feed_tap(&s, token, STR("q=1"), VERDICT_HUMAN);
	assert_int_equal(
		service_edit_link(&s, s.account, LINK_PATCH, "l",
			"{\"destination\":\"https://b.example/{recipient}\"}",
			&link),
		OK);
	edited = tap(token);
	assert_int_equal(
		service_edit_campaign(&s, s.account, "c",
			"{\"override\":\"https://o.example/1\"}", &campaign),
		OK);
	overridden = feed_tap(&s, token, STR("q=2"), VERDICT_HUMAN);
	assert_int_equal(
		service_edit_campaign(&s, s.account, "c",
			"{\"override\":\"https://o.example/2\"}", &campaign),
		OK);
	assert_int_equal(service_edit_token(&s, token, NULL, &end), OK);
	by_link = tap(token);
	assert_int_equal(
		service_edit_link(&s, s.account, LINK_PATCH, "l",
			"{\"fallback\":null,\"state\":\"disabled\"}", &link),
		OK);
	gone = tap(token);
	assert_int_equal(
		service_edit_account(&s, false, "acme",
			"{\"fallback\":\"https://a.example/acc\"}", &account),
		OK);
	by_account = tap(token);
	assert_int_equal(service_edit_account(&s, false, "acme",
				 "{\"fallback\":null}", &account),
		OK);
	s.region->settings.fallback = STR("https://r.example/");
	by_region = tap(token);
	check_destination(first, "https://a.example/u%201?x&q=1");
	check_destination(edited, "https://b.example/u%201");
	check_destination(overridden, "https://o.example/1?q=2");
	check_destination(by_link, "https://a.example/f1");
	check_destination(gone, NULL);
	check_destination(by_account, "https://a.example/acc");
	check_destination(by_region, "https://r.example/");
}

static void test_row(void **state)
{
	const struct feed_filter all = {0};
	struct feed_row row;
	struct token_id id;
	struct cursor cursor;
	uint64_t token, plain, sequence;

	(void)state;
	service_put_link(
		&s, "named", "{\"destination\":\"https://a.example/\"}");
	token = service_mint(&s, s.account,
		"{\"link\":\"named\",\"recipient\":\"u\",\"ref\":\"m\","
		"\"campaign\":\"spring\",\"test\":true}");
	plain = service_mint(
		&s, s.account, "{\"destination\":\"https://p.example/#x\"}");
	sequence = tap(token);
	assert_int_equal(read_row(&row, sequence, &all), OK);
	assert_true(str_is(row.region, "us1") && str_is(row.account, "acme"));
	assert_true(str_is(row.link, "named"));
	assert_true(str_is(row.campaign, "spring"));
	assert_true(str_is(row.recipient, "u") && str_is(row.ref, "m"));
	assert_true(row.click.test && !row.click.counted && !row.click.unique);
	assert_int_equal(token_read(&s.view->codec,
				 str_make(row.token, sizeof(row.token)), &id),
		OK);
	assert_true(links_number(id.shard, id.seq) == token);
	assert_int_equal(
		cursor_read(s.view, s.account,
			str_make(row.cursor, sizeof(row.cursor)), &cursor),
		OK);
	assert_true(cursor.sequence == sequence);
	sequence = tap(plain);
	assert_int_equal(read_row(&row, sequence, &all), OK);
	assert_null(row.link.p);
	assert_null(row.campaign.p);
	assert_null(row.recipient.p);
	assert_null(row.ref.p);
	assert_true(str_is(row.destination, "https://p.example/#x"));
	assert_true(row.click.counted && row.click.unique);
	/* Nobody reads another's click, or one that is not kept. */
	assert_int_equal(read_as(&row, other, sequence, &all), ERR_NOT_FOUND);
	assert_int_equal(read_row(&row, sequence + 1, &all), ERR_NOT_FOUND);
	assert_int_equal(read_row(&row, 0, &all), ERR_NOT_FOUND);
}

static void test_filters(void **state)
{
	struct campaign c;
	struct link l;
	uint64_t token, sequence, at = service_now();
	struct feed_row row;

	(void)state;
	service_put_link(&s, "f",
		"{\"destination\":\"https://a.example/\",\"campaign\":\"g\"}");
	token = service_mint(
		&s, s.account, "{\"link\":\"f\",\"recipient\":\"u\"}");
	sequence = feed_tap(&s, token, STR(""), VERDICT_PREVIEW);
	assert_int_equal(lookup_link_name(s.view, s.account, STR("f"), &l), OK);
	assert_int_equal(
		lookup_campaign_name(s.view, s.account, STR("g"), &c), OK);
	{
		const uint64_t link = l.id, campaign = c.id;
		const struct {
			struct feed_filter filter;
			enum err err;
		} rows[] = {
			{{.from_ms = at}, OK},
			{{.from_ms = at + 1}, ERR_NOT_FOUND},
			{{.to_ms = at + 1}, OK},
			{{.to_ms = at}, ERR_NOT_FOUND},
			{{.from_ms = at, .to_ms = at + 1}, OK},
			{{.by_link = true, .link = link}, OK},
			{{.by_link = true, .link = link + 1}, ERR_NOT_FOUND},
			{{.by_link = true}, ERR_NOT_FOUND},
			{{.by_campaign = true, .campaign = campaign}, OK},
			{{.by_campaign = true}, ERR_NOT_FOUND},
			{{.by_verdict = true, .verdict = VERDICT_PREVIEW}, OK},
			{{.by_verdict = true, .verdict = VERDICT_HUMAN},
				ERR_NOT_FOUND},
			{{.by_recipient = true, .recipient = STR("u")}, OK},
			{{.by_recipient = true, .recipient = STR("v")},
				ERR_NOT_FOUND},
			{{.by_recipient = true, .recipient = STR("")},
				ERR_NOT_FOUND},
			{{.by_link = true,
				 .link = link,
				 .by_verdict = true,
				 .verdict = VERDICT_BOT},
				ERR_NOT_FOUND},
		};

		for (size_t i = 0; i < COUNT_OF(rows); i++)
			assert_int_equal(
				read_row(&row, sequence, &rows[i].filter),
				rows[i].err);
	}
}

static void test_many_links(void **state)
{
	uint64_t clicks[LINKS];

	(void)state;
	for (unsigned i = 0; i < LINKS; i++) {
		char name[16], body[128], line[64];

		(void)snprintf(name, sizeof(name), "l%u", i);
		(void)snprintf(body, sizeof(body),
			"{\"destination\":\"https://a.example/%u/"
			"{recipient}\"}",
			i);
		(void)snprintf(line, sizeof(line),
			"{\"link\":\"l%u\",\"recipient\":\"r%u\"}", i, i);
		service_put_link(&s, name, body);
		clicks[i] = tap(service_mint(&s, s.account, line));
	}
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < LINKS; i++) {
			char want[64];

			(void)snprintf(want, sizeof(want),
				"https://a.example/%u/r%u", i, i);
			check_destination(clicks[i], want);
		}
	}
}

/* Puts another record in the place of a link's revision, as only damage or a
 * repair would. */
static void replace(const struct link *under, struct str record)
{
	struct db_txn t;

	assert_int_equal(db_begin(s.region->links.env, &t), OK);
	revision_put(&t, REVISION_LINK, under->id, under->revision, record);
	assert_int_equal(db_commit(&t), OK);
}

/* What is kept of a link is nothing that its snapshot has not. */
static void test_kept_links_are_compared(void **state)
{
	const struct feed_filter all = {0};
	struct feed_row row;
	struct link link, changed;
	struct buf was, record;
	uint64_t sequence;

	(void)state;
	service_put_link(&s, "l", "{\"destination\":\"https://a.example/\"}");
	sequence = tap(service_mint(&s, s.account, "{\"link\":\"l\"}"));
	check_destination(sequence, "https://a.example/");
	assert_int_equal(
		lookup_link_name(s.view, s.account, STR("l"), &link), OK);
	buf_init(&was, FEED_LINK_BYTES_MAX);
	buf_init(&record, FEED_LINK_BYTES_MAX);
	link_record_put(&was, &link);

	changed = link;
	changed.destination = STR("https://b.example/");
	link_record_put(&record, &changed);
	replace(&link, buf_view(&record));
	check_destination(sequence, "https://b.example/");

	/* The same, but for one bit. */
	record.p[record.n / 2] ^= 1;
	record.p[record.n - 1] ^= 1;
	replace(&link, buf_view(&record));
	assert_int_equal(read_row(&row, sequence, &all), ERR_CORRUPT);
	replace(&link, STR(""));
	assert_int_equal(read_row(&row, sequence, &all), ERR_CORRUPT);

	/* Another link's. */
	changed = link;
	changed.id++;
	buf_reset(&record);
	link_record_put(&record, &changed);
	replace(&link, buf_view(&record));
	assert_int_equal(read_row(&row, sequence, &all), ERR_CORRUPT);

	/* No template. */
	changed = link;
	changed.destination = STR("https://c.example/{");
	buf_reset(&record);
	link_record_put(&record, &changed);
	replace(&link, buf_view(&record));
	assert_int_equal(read_row(&row, sequence, &all), ERR_CORRUPT);

	replace(&link, buf_view(&was));
	check_destination(sequence, "https://a.example/");
	buf_deinit(&was);
	buf_deinit(&record);
}

/* A whole page, begun anew now and then: each row has its own ids. */
static void test_ids(void **state)
{
	uint64_t token = service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");
	const struct feed_filter all = {0};
	uint64_t sequences[CLICKS];
	struct feed_page page = {.account = s.account, .n = CLICKS};

	(void)state;
	for (size_t i = 0; i < CLICKS; i++)
		sequences[i] = tap(token);
	page.sequences = sequences;
	for (size_t stride = 1; stride < CLICKS; stride += 6) {
		views_reset(&s.views);
		feed_join_begin(join, &page, FEED_NDJSON);
		for (size_t i = stride / 2; i < CLICKS; i += stride) {
			struct cursor cursor = {.sequence = sequences[i]};
			char text[CURSOR_LEN];
			struct feed_row row;

			assert_int_equal(
				feed_join_read(join, i, &all, &row), OK);
			assert_true(row.sequence == sequences[i]);
			cursor_write(s.view, s.account, &cursor, text);
			assert_memory_equal(row.cursor, text, CURSOR_LEN);
			click_id_write(s.view, sequences[i], text);
			assert_memory_equal(row.id, text, CURSOR_LEN);
		}
		feed_join_end(join);
	}
}

/* Two pages by turns. */
static void test_two_pages(void **state)
{
	uint64_t token = service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");
	uint64_t first = tap(token), second = tap(token);
	const struct feed_filter all = {0};
	char last[CURSOR_LEN] = "";

	(void)state;
	for (int i = 0; i < 4; i++) {
		uint64_t sequence = i % 2 ? second : first;
		struct cursor cursor;
		struct feed_row row;

		assert_int_equal(read_row(&row, sequence, &all), OK);
		assert_int_equal(
			cursor_read(s.view, s.account,
				str_make(row.cursor, CURSOR_LEN), &cursor),
			OK);
		assert_true(cursor.sequence == sequence);
		assert_memory_not_equal(row.id, last, CURSOR_LEN);
		memcpy(last, row.id, CURSOR_LEN);
	}
}

/* Whichever allocation fails, the row is whole or refused, and the next one is
 * whole. */
static void test_no_memory(void **state)
{
	const struct feed_filter all = {0};
	struct feed_join *kept = join;
	struct feed_row row;
	uint64_t sequence;
	bool hit = true;

	(void)state;
	service_put_link(&s, "l",
		"{\"destination\":\"https://a.example/{recipient}\","
		"\"forward_query\":true}");
	sequence = feed_tap(&s,
		service_mint(
			&s, s.account, "{\"link\":\"l\",\"recipient\":\"u\"}"),
		STR("q=1"), VERDICT_HUMAN);
	for (unsigned nth = 1; hit; nth++) {
		enum err e;

		assert_true(nth < FAULTS_MAX);
		views_reset(&s.views);
		fault_alloc(nth);
		e = feed_join_new(s.view, &join);
		if (!e)
			e = read_row(&row, sequence, &all);
		hit = fault_alloc_hit();
		fault_alloc(0);
		assert_true(e == (hit ? ERR_NOMEM : OK));
		if (nth == 1)
			continue;
		check_destination(sequence, "https://a.example/u?q=1");
		feed_join_free(join);
	}
	join = kept;
}

int main(void)
{
#define WITH_SERVICE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(test_joins_by_revision),
		WITH_SERVICE(test_row),
		WITH_SERVICE(test_filters),
		WITH_SERVICE(test_many_links),
		WITH_SERVICE(test_kept_links_are_compared),
		WITH_SERVICE(test_ids),
		WITH_SERVICE(test_two_pages),
		WITH_SERVICE(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
