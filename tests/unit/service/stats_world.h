/* An account with links, campaigns, tokens and random clicks over some days,
 * and what an export tells of them, for the tests of statistics. */
#pragma once

#include "core/timestamp.h"
#include "service/feed_join.h"
#include "service/mint_job.h"
#include "unit/service/feed_fixture.h"

enum {
	LINKS = 12,
	CAMPAIGNS = 5,
	TOKENS = 100000,
	CLICKS = 100000,
	CLICKS_FULL = 1000000, /* with CTIO_FULL=1 */
	DAYS = 12,
	FIRST_DAY = 20748, /* 2026-10-22: clocks are set back within */
	SYSTEMS = 8,
	AGENTS = 150,
	COUNTRIES = 20,
	WINDOW = 5000, /* clicks on their way */
	NOTES = 300,   /* of clicks that were lost */
	WAIT_MS = 600000,
};

struct world_token {
	uint64_t number;
	uint8_t link, campaign; /* 0: none; the campaign that clicks have */
	bool test, is_others;
	uint32_t quarter;
};

/* What is counted once: a click of the export, a token, a lost click. */
struct world_fact {
	uint32_t quarter;
	uint16_t country; /* letters; 0: unknown */
	uint8_t link, campaign, os, verdict;
	struct counts counts;
};

static struct service s;
static uint64_t other_account;
static struct link links[LINKS + 1];
static uint64_t campaigns[CAMPAIGNS + 1];
static struct world_token tokens[TOKENS];
static struct world_fact *facts;
static size_t facts_n, clicks_n;
static uint64_t random_state;

static inline uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* "System 3 of agent 77" is System 3. */
static inline void world_families(
	void *arg, struct str agent, struct agent_families *to)
{
	(void)arg;
	if (agent.n > 8)
		(void)snprintf(to->os, sizeof(to->os), "%.8s", agent.p);
}

static inline void add_fact(const struct world_fact *f)
{
	facts[facts_n++] = *f;
}

static inline void make_links(void)
{
	char name[32], body[128];

	for (unsigned i = 1; i <= LINKS; i++) {
		(void)snprintf(name, sizeof(name), "link-%02u", i);
		(void)snprintf(body, sizeof(body),
			i % 3 ? "{\"destination\":\"https://a.example/\","
				"\"campaign\":\"camp-%u\"}"
			      : "{\"destination\":\"https://a.example/%u\"}",
			1 + i % CAMPAIGNS);
		service_put_link(&s, name, body);
		assert_int_equal(lookup_link_name(s.view, s.account,
					 str_from(name), &links[i]),
			OK);
	}
	for (unsigned i = 1; i <= CAMPAIGNS; i++) {
		struct campaign g;

		(void)snprintf(name, sizeof(name), "camp-%u", i);
		assert_int_equal(lookup_campaign_name(
					 s.view, s.account, str_from(name), &g),
			OK);
		campaigns[i] = g.id;
	}
}

static inline uint8_t campaign_of_link(unsigned link)
{
	return link && link % 3 ? (uint8_t)(1 + link % CAMPAIGNS) : 0;
}

/* A random token's line into the job. */
static inline void add_token(struct mint_job *j, struct world_token *t)
{
	struct token_shape shape = {.account = s.account};
	struct token_tail tail = {0};
	uint64_t r = next_random();
	struct buf a, b;

	*t = (struct world_token){.is_others = r % 10 == 0,
		.test = r / 16 % 16 == 0,
		.quarter = count_quarter(service_now())};
	shape.test = t->test;
	if (t->is_others) {
		shape.account = other_account;
	} else {
		t->link = (uint8_t)(r / 256 % (LINKS + 1));
		t->campaign = (uint8_t)(r / 65536 % 4 == 0
						? 1 + r / 262144 % CAMPAIGNS
						: 0);
	}
	shape.link = links[t->link].id;
	shape.campaign = campaigns[t->campaign];
	if (!t->link)
		shape.destination = STR("https://d.example/");
	if (!t->campaign)
		t->campaign = campaign_of_link(t->link);
	buf_init(&a, 4096);
	buf_init(&b, 4096);
	token_shape_put(&a, &shape);
	token_tail_put(&b, &tail, 0);
	assert_int_equal(mint_job_add(j, buf_view(&a), buf_view(&b)), OK);
	buf_deinit(&a);
	buf_deinit(&b);
}

static inline void submit_tokens(struct mint_job *j, size_t first)
{
	j->job.done = service_job_done;
	service_finish(&s, mint_job_submit(j, s.region->links_writer));
	assert_int_equal(j->job.result, OK);
	for (size_t i = 0; i < j->count; i++) {
		struct world_token *t = &tokens[first + i];
		struct world_fact f = {.quarter = t->quarter,
			.link = t->link,
			.campaign = t->campaign,
			.counts = {.minted = 1}};

		t->number = j->first_token + i;
		if (!t->test && !t->is_others)
			add_fact(&f);
	}
}

/* At different times of the first days. */
static inline void make_tokens(void)
{
	struct mint_job j;
	size_t n = 0;

	mint_job_init(&j);
	while (n < TOKENS) {
		size_t first = n;

		atomic_store(
			&service_wall, day_start_ms(FIRST_DAY) + n * 2600 + 1);
		mint_job_reset(&j);
		while (n < TOKENS && n - first < 1000)
			add_token(&j, &tokens[n++]);
		submit_tokens(&j, first);
	}
	mint_job_deinit(&j);
}

static inline struct str agent_text(uint64_t r)
{
	static char texts[AGENTS][32];
	char *text = texts[r % AGENTS];

	if (!text[0])
		(void)snprintf(text, sizeof(texts[0]), "System %u of agent %u",
			(unsigned)(r % AGENTS % SYSTEMS),
			(unsigned)(r % AGENTS));
	return str_from(text);
}

static inline struct click random_click(uint64_t day)
{
	const struct world_token *t = &tokens[next_random() % TOKENS];
	uint64_t r = next_random();
	struct click c = {
		.at_ms = day_start_ms(day) + next_random() % MS_PER_DAY,
		.token = t->number,
		.account = t->is_others ? other_account : s.account,
		.link = links[t->link].id,
		.link_revision = links[t->link].revision,
		.target_revision = links[t->link].revision,
		.campaign = campaigns[t->campaign],
		.target = CLICK_TARGET_OWN,
		.verdict = (uint8_t)(r % 2 ? 0 : r / 2 % VERDICTS),
		.test = t->test,
	};

	c.counted = !t->test && c.verdict == VERDICT_HUMAN;
	if (r / 64 % 5) {
		c.country[0] = (char)('A' + r / 1024 % COUNTRIES);
		c.country[1] = 'X';
	}
	if (r / 65536 % 10 == 0) {
		c.erased = true;
		c.os = r / 1048576 % 2 ? STR("System 2") : STR("");
	} else if (r / 65536 % 10 > 1) {
		c.agent = agent_text(r >> 32);
	}
	return c;
}

/* Some entries are no clicks: they tell of changes. */
static inline struct click random_entry(uint64_t day, uint64_t earlier)
{
	struct click c = random_click(day);

	if (earlier && next_random() % 50 == 0)
		c = (struct click){.at_ms = c.at_ms,
			.account = c.account,
			.revises = earlier,
			.revision = 1};
	return c;
}

static inline void make_clicks(size_t n)
{
	static struct click_entry entries[WINDOW];
	uint64_t earlier = 0;

	for (size_t done = 0; done < n; done += WINDOW) {
		uint64_t day = FIRST_DAY + done * DAYS / n;

		atomic_store(&service_wall, day_start_ms(day) + 1);
		for (size_t i = 0; i < WINDOW; i++) {
			entries[i] = (struct click_entry){
				.click = random_entry(day, earlier)};
			assert_int_equal(
				click_writer_push(
					s.region->click_writer, &entries[i]),
				OK);
		}
		service_wait(WINDOW);
		for (size_t i = 0; i < WINDOW; i++)
			assert_int_equal(entries[i].result, OK);
		earlier = entries[0].click.revises ? 0 : entries[0].sequence;
	}
}

static inline void make_lost(void)
{
	for (size_t i = 0; i < NOTES; i++) {
		struct world_fact f = {.link = (uint8_t)(i % (LINKS + 1)),
			.campaign = campaign_of_link(i % (LINKS + 1)),
			.counts = {.unconfirmed = 1}};
		uint64_t at_ms = day_start_ms(FIRST_DAY) +
				 i % 50 * 5 * (uint64_t)MS_PER_QUARTER;

		f.quarter = count_quarter(at_ms);
		tally_note_lost(s.region->tally, s.account, links[f.link].id,
			campaigns[f.campaign], at_ms);
		add_fact(&f);
	}
}

/* In what the tally has committed, which a rebuild takes back for a while. */
static inline void await_tally(void)
{
	uint64_t oldest, newest, position = 0;

	segments_range(s.region->segments, &oldest, &newest);
	while (position < newest) {
		struct db_txn *t;
		enum err e;

		assert_int_equal(
			tally_wait(s.region->tally, newest, WAIT_MS), OK);
		views_reset(&s.views);
		t = view_tally(s.view, &e);
		assert_int_equal(e, OK);
		position = tally_position(t);
		sched_yield();
	}
	views_reset(&s.views);
}

static inline uint8_t digits_of(struct str name, size_t skipped)
{
	uint8_t v = 0;

	for (size_t i = skipped; i < name.n; i++)
		v = (uint8_t)(v * 10 + (name.p[i] - '0'));
	return v;
}

static inline void add_exported(const struct feed_row *r)
{
	const struct click *c = &r->click;
	struct world_fact f = {
		.quarter = count_quarter(c->at_ms),
		.link = digits_of(r->link, 5),
		.campaign = digits_of(r->campaign, 5),
		.os = r->os.n ? (uint8_t)(1 + digits_of(r->os, 7)) : 0,
		.country = (uint16_t)((unsigned char)c->country[0] << 8 |
				      (unsigned char)c->country[1]),
		.verdict = c->verdict,
		.counts = {.requests = 1,
			.clicks = c->counted,
			.unique_clicks = c->unique},
	};

	add_fact(&f);
	clicks_n++;
}

/* All clicks of the account, as an export has them. */
static inline void read_export(void)
{
	const struct feed_filter all = {0};
	struct feed_page page;
	struct feed_join *join;
	struct feed_row row;
	uint64_t after, newest;
	enum err e;

	feed_range(s.view, &after, &newest);
	assert_int_equal(feed_join_new(s.view, &join), OK);
	do {
		assert_int_equal(
			feed_page_init(&page, s.account, after, FEED_LIMIT_MAX),
			OK);
		views_reset(&s.views);
		assert_int_equal(feed_page_gather(&page, s.view, SIZE_MAX), OK);
		feed_join_begin(join, &page, FEED_NDJSON);
		for (size_t i = 0; i < page.n; i++) {
			e = feed_join_read(join, i, &all, &row);
			if (e != ERR_NOT_FOUND) {
				assert_int_equal(e, OK);
				add_exported(&row);
			}
		}
		feed_join_end(join);
		after = page.at;
		newest = page.n;
		feed_page_deinit(&page);
	} while (newest);
	feed_join_free(join);
}

/* What sanitizers find, they find in less time. */
static inline bool is_full(void)
{
	const char *full = getenv("CTIO_FULL");

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return false;
#endif
	return full && str_is(str_from(full), "1");
}

static inline int world_init(void **state)
{
	size_t n = is_full() ? CLICKS_FULL : CLICKS;

	(void)state;
	random_state = 88172645463325252;
	facts_n = clicks_n = 0;
	facts = calloc(n + TOKENS + NOTES, sizeof(*facts));
	assert_non_null(facts);
	service_families = world_families;
	service_init(&s);
	other_account = service_account(&s, "other");
	make_links();
	make_tokens();
	make_clicks(n);
	make_lost();
	await_tally();
	read_export();
	return 0;
}

static inline int world_deinit(void **state)
{
	(void)state;
	service_deinit(&s);
	free(facts);
	return 0;
}
