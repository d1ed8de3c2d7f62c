/* A log in which one token's clicks are changed, for the tests of
 * store/segment_rewrite. */
#pragma once

#include "store/segment.h"
#include "store/segment_rewrite.h"
#include "unit/store/click_region.h"

enum {
	TOKENS = 97,
	GONE = 13, /* the token whose clicks are changed */
	MANY = 20000,
};

static struct region region;

static inline int setup(void **state)
{
	(void)state;
	region_init(&region);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	region_deinit(&region);
	return 0;
}

static inline bool erase_click(void *arg, uint64_t sequence, struct click *c)
{
	uint64_t *asked = arg;

	(void)sequence;
	if (asked)
		++*asked;
	if (c->token != REGION_TOKEN(GONE) || c->erased)
		return false;
	c->ip = (struct ip){0};
	c->agent_id = 0;
	c->agent = c->referer = c->language = c->query = str_make(NULL, 0);
	c->erased = true;
	c->os = STR("Android");
	c->revision++;
	return true;
}

static inline struct segment_rewrite_options options_of(uint64_t *asked)
{
	return (struct segment_rewrite_options){
		.segments = region.segments,
		.writer = region.writer,
		.decide = erase_click,
		.arg = asked,
	};
}

/* Clicks of TOKENS tokens in turn; the changed one's strings are its own. */
static inline void fill(struct click_entry *e, uint64_t i)
{
	uint64_t token = 1 + i % TOKENS;

	*e = (struct click_entry){.click = region_click(&region, token)};
	e->click.agent = token == GONE ? STR("agent-of-the-gone-one")
				       : STR("agent-of-others");
	e->click.referer =
		token == GONE ? STR("referer-of-the-gone-one") : STR("referer");
}

static inline void write_clicks(uint64_t n)
{
	struct click_entry *entries = calloc(n, sizeof(*entries));

	assert_non_null(entries);
	for (uint64_t i = 0; i < n; i++)
		fill(&entries[i], i);
	region_write(&region, entries, n);
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(entries[i].result, OK);
	free(entries);
}

/* Whether the text is anywhere in the log's folder. */
static inline bool is_on_disk(const char *text)
{
	char command[2 * PATH_MAX];

	(void)snprintf(command, sizeof(command), "grep -rqaF '%s' '%s'", text,
		region.clicks_dir);
	return system(command) == 0;
}

/* All n clicks are there, in order, as they were but for the changed ones. */
static inline void check(uint64_t n, bool is_changed)
{
	struct click_reader r;
	struct click got;
	uint64_t sequence;

	click_reader_init(&r, region.segments);
	for (uint64_t i = 0; i < n; i++) {
		bool gone = is_changed && 1 + i % TOKENS == GONE;

		assert_int_equal(click_reader_next(&r, &sequence, &got), OK);
		assert_true(sequence == REGION_FIRST + i);
		assert_true(got.token == REGION_TOKEN(1 + i % TOKENS));
		assert_int_equal(got.erased, gone);
		assert_int_equal(got.revision, gone);
		assert_int_equal(got.counted, 1);
		assert_int_equal(got.unique, i < TOKENS);
		assert_int_equal(got.agent.n > 0, !gone);
		if (got.token != REGION_TOKEN(GONE))
			assert_true(str_is(got.agent, "agent-of-others") &&
				    str_is(got.referer, "referer"));
	}
	assert_int_equal(click_reader_next(&r, &sequence, &got), ERR_AGAIN);
	assert_int_equal(r.skipped, 0);
	click_reader_deinit(&r);
}

/* The tally may be reading for a moment. */
static inline void sweep(void)
{
	size_t left = 1;

	for (; left; sched_yield())
		assert_int_equal(segments_sweep(region.segments, &left), OK);
}
