#include "service/feed.h"

#include "core/verdict.h"
#include "service/cursor.h"
#include "service/resolve.h"
#include "unit/service/service_fixture.h"

enum {
	CLICKS = 40,
	BUDGET = 100000,
};

static struct service s;
static uint64_t other;

/* The tally's thread stands still: the test says how far it has come. */
static int setup(void **state)
{
	(void)state;
	service_init(&s);
	other = service_account(&s, "other");
	tally_stop(s.region->tally);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(tally_start(s.region->tally), OK);
	service_deinit(&s);
	return 0;
}

/* What a person's tap leaves in the log; its number. */
static uint64_t tap_with(uint64_t token, struct str query, enum verdict verdict)
{
	struct token_id id = service_token_id(&s, token);
	struct click_entry entry = {0};
	struct resolution r;
	struct buf location;

	buf_init(&location, 16384);
	assert_int_equal(resolve_token(s.view, &id, STR(""), query,
				 service_now(), &location, &r),
		OK);
	buf_deinit(&location);
	entry.click = (struct click){
		.at_ms = service_now(),
		.token = r.token,
		.account = r.account,
		.link = r.link,
		.campaign = r.campaign,
		.nonce = r.nonce,
		.link_revision = r.link_revision,
		.target_revision = r.target_revision,
		.rules = VERDICT_RULES_VERSION,
		.outcome = (uint8_t)r.outcome,
		.target = (uint8_t)r.target,
		.verdict = (uint8_t)verdict,
		.counted = r.outcome == CLICK_REDIRECTED && !r.test &&
			   verdict == VERDICT_HUMAN,
		.test = r.test,
		.forwarded_query = r.forward_query,
		.query = query,
	};
	assert_int_equal(click_writer_push(s.region->click_writer, &entry), OK);
	service_wait(1);
	assert_int_equal(entry.result, OK);
	views_reset(&s.views);
	return entry.sequence;
}

static uint64_t tap(uint64_t token)
{
	return tap_with(token, STR(""), VERDICT_HUMAN);
}

static void gather(struct feed_page *p, uint64_t account, uint64_t after,
	size_t limit, size_t budget)
{
	enum err e;
	int turns = 0;

	assert_int_equal(feed_page_init(p, account, after, limit), OK);
	while ((e = feed_page_gather(p, s.view, budget)) == ERR_AGAIN) {
		views_reset(&s.views);
		assert_true(++turns < 1000);
	}
	assert_int_equal(e, OK);
	assert_true(p->is_whole && p->n <= limit);
}

/* All pages, one after the other, give each of the account's clicks once. */
static void check_pages(uint64_t account, const uint64_t *want, size_t want_n,
	size_t limit, size_t budget)
{
	uint64_t after = 0;
	size_t n = 0;

	for (;;) {
		struct feed_page p;
		size_t found;

		gather(&p, account, after, limit, budget);
		found = p.n;
		for (size_t i = 0; i < p.n; i++) {
			assert_true(n < want_n);
			assert_true(p.sequences[i] == want[n]);
			n++;
		}
		assert_true(p.at >= after);
		if (found)
			assert_true(p.at >= p.sequences[found - 1]);
		after = p.at;
		feed_page_deinit(&p);
		if (!found)
			break;
	}
	assert_int_equal(n, want_n);
}

static void check_all_pages(uint64_t account, const uint64_t *want, size_t n)
{
	static const size_t limits[] = {1, 2, 3, 7, 10000};
	static const size_t budgets[] = {1, 2, 5, BUDGET};

	for (size_t i = 0; i < COUNT_OF(limits); i++)
		for (size_t j = 0; j < COUNT_OF(budgets); j++)
			check_pages(account, want, n, limits[i], budgets[j]);
}

/* Two accounts' clicks by turns; the tally stands before them, within them,
 * and behind them. */
static void test_pages(void **state)
{
	uint64_t ours = service_mint(
		&s, s.account, "{\"destination\":\"https://a.example/\"}");
	uint64_t theirs = service_mint(
		&s, other, "{\"destination\":\"https://b.example/\"}");
	uint64_t own[CLICKS] = {0}, foreign[CLICKS] = {0};
	uint64_t oldest, newest;
	size_t own_n = 0, foreign_n = 0;

	(void)state;
	check_all_pages(s.account, own, 0);
	for (size_t i = 0; i < CLICKS; i++) {
		if (i % 3 == 0)
			foreign[foreign_n++] = tap(theirs);
		else
			own[own_n++] = tap(ours);
		if (i % 13 != 5)
			continue;
		check_all_pages(s.account, own, own_n);
		assert_int_equal(tally_catch_up(s.region->tally), OK);
		views_reset(&s.views);
		check_all_pages(s.account, own, own_n);
	}
	check_all_pages(s.account, own, own_n);
	check_all_pages(other, foreign, foreign_n);
	check_all_pages(s.account + 1000, own, 0);
	feed_range(s.view, &oldest, &newest);
	assert_true(oldest + 1 == foreign[0]);
	assert_true(newest == foreign[foreign_n - 1]);
	/* From behind the last one: nothing, and the place stays. */
	{
		struct feed_page p;

		gather(&p, s.account, newest, 10, BUDGET);
		assert_int_equal(p.n, 0);
		assert_true(p.at == newest);
		feed_page_deinit(&p);
	}
}

static enum err read_row(struct feed_row *row, uint64_t sequence,
	const struct feed_filter *filter)
{
	views_reset(&s.views);
	return feed_row_read(row, s.view, s.account, sequence, filter);
}

static void check_destination(uint64_t sequence, const char *want)
{
	const struct feed_filter all = {0};
	struct feed_row row;

	feed_row_init(&row);
	assert_int_equal(read_row(&row, sequence, &all), OK);
	if (want)
		assert_true(str_is(row.destination, want));
	else
		assert_null(row.destination.p);
	feed_row_deinit(&row);
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
	first = tap_with(token, STR("q=1"), VERDICT_HUMAN);
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
	overridden = tap_with(token, STR("q=2"), VERDICT_HUMAN);
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
	feed_row_init(&row);
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
	assert_int_equal(feed_row_read(&row, s.view, other, sequence, &all),
		ERR_NOT_FOUND);
	assert_int_equal(read_row(&row, sequence + 1, &all), ERR_NOT_FOUND);
	assert_int_equal(read_row(&row, 0, &all), ERR_NOT_FOUND);
	feed_row_deinit(&row);
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
	sequence = tap_with(token, STR(""), VERDICT_PREVIEW);
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

		feed_row_init(&row);
		for (size_t i = 0; i < COUNT_OF(rows); i++)
			assert_int_equal(
				read_row(&row, sequence, &rows[i].filter),
				rows[i].err);
		feed_row_deinit(&row);
	}
}

int main(void)
{
#define WITH_SERVICE(test)                                                     \
	cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(test_pages),
		WITH_SERVICE(test_joins_by_revision),
		WITH_SERVICE(test_row),
		WITH_SERVICE(test_filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
