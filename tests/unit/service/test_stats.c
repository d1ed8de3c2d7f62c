#include "service/stats.h"

#include <time.h>

#include "service/zones.h"
#include "unit/service/stats_world.h"

enum {
	LABEL_MAX = 48,
	LABELS_MAX = 1 << 12,
	QUARTERS = (DAYS + 2) * QUARTERS_PER_DAY,
	FIRST_QUARTER = (FIRST_DAY - 1) * QUARTERS_PER_DAY,
};

/* What must come out: values as texts, found by their number. */
static char labels[LABELS_MAX][LABEL_MAX];
static struct counts want[LABELS_MAX];
static size_t labels_n;
static size_t by_quarter[QUARTERS]; /* labels of hours and days */

static struct zones zones;

static size_t label(const char *text)
{
	size_t i = labels_n;

	/* The last ones are the likely ones. */
	while (i > 0 && strcmp(labels[i - 1], text) != 0)
		i--;
	if (i)
		return i - 1;
	assert_true(labels_n < LABELS_MAX);
	(void)snprintf(labels[labels_n], LABEL_MAX, "%s", text);
	want[labels_n] = (struct counts){0};
	return labels_n++;
}

static void put_time(char to[LABEL_MAX], const struct tm *tm, enum stats_by by,
	long offset_s)
{
	(void)snprintf(to, LABEL_MAX, "%04d-%02d-%02d", tm->tm_year + 1900,
		tm->tm_mon + 1, tm->tm_mday);
	if (by == STATS_HOUR)
		(void)snprintf(to + 10, LABEL_MAX - 10, " %02d:00 %ld",
			tm->tm_hour, offset_s);
}

/* As the C library has it. */
static void label_quarters(const char *zone, enum stats_by by)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	tzset();
	for (size_t i = 0; i < QUARTERS; i++) {
		time_t at = (time_t)(FIRST_QUARTER + i) * 900;
		char text[LABEL_MAX];
		struct tm tm;

		assert_non_null(localtime_r(&at, &tm));
		put_time(text, &tm, by, tm.tm_gmtoff);
		by_quarter[i] = label(text);
	}
}

static size_t label_of(enum stats_by by, const struct world_fact *f)
{
	char text[LABEL_MAX] = "-";

	switch (by) {
	case STATS_HOUR:
	case STATS_DAY:
		return by_quarter[f->quarter - FIRST_QUARTER];
	case STATS_LINK:
		(void)snprintf(text, sizeof(text), "%u", f->link);
		break;
	case STATS_CAMPAIGN:
		(void)snprintf(text, sizeof(text), "%u", f->campaign);
		break;
	case STATS_COUNTRY:
		if (f->country)
			(void)snprintf(text, sizeof(text), "%c%c",
				f->country >> 8, f->country & 255);
		break;
	case STATS_OS:
		if (f->os)
			(void)snprintf(
				text, sizeof(text), "System %u", f->os - 1u);
		break;
	default:
		(void)snprintf(
			text, sizeof(text), "%s", verdict_name(f->verdict));
		break;
	}
	return label(text);
}

static bool passes(const struct stats_query *q, const struct world_fact *f)
{
	return f->quarter >= q->from && f->quarter < q->to &&
	       (!q->by_link || links[f->link].id == q->link) &&
	       (!q->by_campaign || campaigns[f->campaign] == q->campaign);
}

static struct counts recount(const struct stats_query *q)
{
	struct counts total = {0};

	for (size_t i = 0; i < facts_n; i++) {
		const struct world_fact *f = &facts[i];

		if (!passes(q, f))
			continue;
		counts_add(&total, &f->counts);
		if (f->counts.requests || stats_knows_tokens(q->by))
			counts_add(&want[label_of(q->by, f)], &f->counts);
	}
	return total;
}

static void check_row(const struct stats_query *q, const struct stats_row *row)
{
	time_t local = (time_t)(row->at_s + row->offset_s);
	char text[LABEL_MAX] = "-";
	struct tm tm;
	size_t i;

	if (q->by == STATS_DAY)
		local = (time_t)row->day * 86400;
	if (q->by == STATS_HOUR || q->by == STATS_DAY) {
		assert_int_equal(local % 3600, 0);
		assert_non_null(gmtime_r(&local, &tm));
		put_time(text, &tm, q->by, row->offset_s);
	} else if (row->text.n) {
		(void)snprintf(text, sizeof(text), "%.*s", STR_FMT(row->text));
	}
	i = label(text);
	if (memcmp(&row->counts, &want[i], sizeof(want[i])) != 0)
		fail_msg("%s: %llu requests, not %llu", text,
			(unsigned long long)row->counts.requests,
			(unsigned long long)want[i].requests);
	want[i] = (struct counts){0};
}

static void check_named(struct stats *t, const struct stats_query *q)
{
	size_t n = q->by == STATS_LINK ? LINKS : CAMPAIGNS;
	char text[LABEL_MAX];

	for (size_t i = 0; i <= n; i++) {
		uint64_t id = q->by == STATS_LINK ? links[i].id : campaigns[i];
		struct stats_row row;
		size_t at;

		(void)snprintf(text, sizeof(text), "%zu", i);
		at = label(text);
		if (stats_find(t, id, &row))
			assert_memory_equal(
				&row.counts, &want[at], sizeof(want[at]));
		else
			assert_int_equal(want[at].requests, 0);
		want[at] = (struct counts){0};
	}
}

static void check_rows(struct stats *t, const struct stats_query *q)
{
	static const struct counts none;
	struct stats_row row, before = {.at_s = INT64_MIN, .day = INT64_MIN};
	size_t n = 0;

	if (q->by == STATS_LINK || q->by == STATS_CAMPAIGN) {
		check_named(t, q);
	} else {
		while (stats_next(t, &row)) {
			check_row(q, &row);
			/* Ascending, what is unknown last. */
			assert_true(row.at_s > before.at_s ||
				    row.day > before.day || !row.text.n || !n ||
				    str_cmp(before.text, row.text) < 0);
			before = row;
			n++;
		}
		assert_int_equal(n, stats_rows(t));
	}
	for (size_t i = 0; i < labels_n; i++)
		assert_memory_equal(&want[i], &none, sizeof(none));
}

static void check(struct stats_query *q)
{
	struct counts total;
	struct stats *t;
	enum err e;

	q->account = s.account;
	total = recount(q);
	assert_int_equal(stats_new(s.view, q, &t), OK);
	while ((e = stats_step(t, 111)) == ERR_AGAIN)
		continue;
	assert_int_equal(e, OK);
	assert_memory_equal(stats_total(t), &total, sizeof(total));
	check_rows(t, q);
	assert_int_equal(stats_complete_from(t), 0);
	assert_int_equal(stats_damaged(t), 0);
	stats_free(t);
}

/* With filters by one or the other, over times that begin and end anywhere. */
static void check_filters(struct stats_query q)
{
	const uint32_t first = FIRST_DAY * QUARTERS_PER_DAY;
	const uint32_t ends[][2] = {{0, UINT32_MAX},
		{first + 96, first + 3 * 96}, {first + 50, first + 51},
		{first + 50, first + 90}, {first + 50, first + 150},
		{first + 123, UINT32_MAX}, {0, first + 777},
		{first + 5, first + 5}};

	for (size_t i = 0; i < COUNT_OF(ends); i++)
		for (unsigned filter = 0; filter < 5; filter++) {
			q.from = ends[i][0];
			q.to = ends[i][1];
			q.by_link = filter & 1;
			q.by_campaign = filter & 2;
			q.link = filter == 4 ? UINT64_MAX : links[5].id;
			q.campaign = campaigns[1];
			q.by_link |= filter == 4;
			check(&q);
		}
}

static void check_zone(const char *zone, enum stats_by by)
{
	static struct stats_query q;

	q = (struct stats_query){.by = by};
	labels_n = 0;
	if (zones_find(&zones, str_from(zone), &q.zone))
		return; /* this machine does not know it */
	if (by == STATS_HOUR || by == STATS_DAY)
		label_quarters(zone, by);
	check_filters(q);
}

static void check_all(void)
{
	static const char *const names[] = {"UTC", "Asia/Kolkata",
		"America/New_York", "Europe/Berlin", "Australia/Lord_Howe",
		"Pacific/Chatham"};

	for (unsigned by = 0; by < STATS_BYS; by++)
		check_zone("UTC", (enum stats_by)by);
	for (size_t i = 1; i < COUNT_OF(names); i++) {
		check_zone(names[i], STATS_HOUR);
		check_zone(names[i], STATS_DAY);
	}
}

static void test_equal_the_export(void **state)
{
	(void)state;
	assert_true(clicks_n > CLICKS / 2);
	check_all();
}

/* What was folded into the base and is counted anew from there is the same. */
static void test_after_a_rebuild(void **state)
{
	struct segment_info info[DAYS];
	uint64_t rebuilds;

	(void)state;
	assert_int_equal(segments_list(s.region->segments, info, DAYS), DAYS);
	assert_int_equal(
		tally_fold_base(s.region->tally, info[4].first_sequence - 1),
		OK);
	rebuilds = counter_get(&tally_metrics(s.region->tally)->rebuilds);
	tally_report_damage(s.region->tally);
	while (counter_get(&tally_metrics(s.region->tally)->rebuilds) ==
		rebuilds)
		sched_yield();
	await_tally();
	check_all();
}

static void test_other_accounts(void **state)
{
	struct stats_query q = {
		.account = other_account, .by = STATS_LINK, .to = UINT32_MAX};
	struct stats *t;
	struct stats_row row;

	(void)state;
	time_zone_fixed(0, &q.zone);
	assert_int_equal(stats_new(s.view, &q, &t), OK);
	assert_int_equal(stats_step(t, SIZE_MAX), OK);
	assert_int_equal(stats_rows(t), 1);
	assert_true(stats_find(t, 0, &row));
	assert_true(row.counts.requests > 0 && row.counts.minted > 0);
	assert_false(stats_find(t, links[1].id, &row));
	stats_free(t);
	q.account = 12345;
	assert_int_equal(stats_new(s.view, &q, &t), OK);
	assert_int_equal(stats_step(t, SIZE_MAX), OK);
	assert_int_equal(stats_rows(t), 0);
	stats_free(t);
}

/* Snapshots of its own: what is counted meanwhile is not mixed in. */
static void test_one_snapshot(void **state)
{
	struct stats_query q = {
		.account = s.account, .by = STATS_HOUR, .to = UINT32_MAX};
	struct stats *a, *b;
	enum err e = ERR_AGAIN;

	(void)state;
	time_zone_fixed(0, &q.zone);
	assert_int_equal(stats_new(s.view, &q, &a), OK);
	assert_int_equal(stats_step(a, 10), ERR_AGAIN);
	make_clicks(WINDOW);
	await_tally();
	assert_int_equal(stats_new(s.view, &q, &b), OK);
	while (e == ERR_AGAIN)
		e = stats_step(a, 10);
	assert_int_equal(e, OK);
	assert_int_equal(stats_step(b, SIZE_MAX), OK);
	assert_true(stats_position(a) < stats_position(b));
	assert_true(stats_total(a)->requests == clicks_n);
	assert_true(stats_total(b)->requests > clicks_n);
	stats_free(a);
	stats_free(b);
	/* Left in the middle. */
	assert_int_equal(stats_new(s.view, &q, &a), OK);
	assert_int_equal(stats_step(a, 10), ERR_AGAIN);
	stats_free(a);
	stats_free(NULL);
}

static void test_names(void **state)
{
	enum stats_by by = STATS_HOUR;

	(void)state;
	for (unsigned i = 0; i < STATS_BYS; i++) {
		const char *name = stats_by_name((enum stats_by)i);

		assert_int_equal(stats_by_parse(str_from(name), &by), OK);
		assert_int_equal(by, i);
	}
	assert_int_equal(stats_by_parse(STR("Day"), &by), ERR_INVALID);
	assert_int_equal(stats_by_parse(STR(""), &by), ERR_INVALID);
}

int main(void)
{
	/* One world for all, the last one adds to it. */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_equal_the_export),
		cmocka_unit_test(test_after_a_rebuild),
		cmocka_unit_test(test_other_accounts),
		cmocka_unit_test(test_one_snapshot),
	};
	int failed = cmocka_run_group_tests(tests, world_init, world_deinit);

	zones_deinit(&zones);
	return failed;
}
