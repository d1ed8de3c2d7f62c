/* The feed: clicks read from the log, joined with what they name, and written
 * as rows. */
#include <stdlib.h>

#include "base/assert.h"
#include "micro_region.h"
#include "service/feed.h"
#include "service/feed_format.h"
#include "service/feed_join.h"

enum {
	CLICKS = FEED_LIMIT_MAX, /* a page */
	OUT_MAX = 1 << 20,
	OUT_ROWS = 250, /* in a snapshot */
	GATHER_STEP = 1000,
};

struct feed_bench {
	struct micro_region *region;
	struct feed_page page;
	struct feed_join *join;
	enum feed_format format;
	struct buf out;
};

static void push_click(struct micro_region *g, struct click_entry *e)
{
	struct resolution r;
	struct buf location;

	buf_init(&location, REGION_LOCATION_MAX);
	micro_region_resolve(g, &location, &r);
	buf_deinit(&location);
	*e = (struct click_entry){
		.click = {
			.at_ms = clock_wall_ms(&clock_system),
			.token = r.token,
			.nonce = r.nonce,
			.account = r.account,
			.link = r.link,
			.link_revision = r.link_revision,
			.outcome = (uint8_t)r.outcome,
			.target = (uint8_t)r.target,
			.target_revision = r.target_revision,
			.counted = true,
			.ip = {4, {203, 0, 113, 0}},
			.agent = STR("Mozilla/5.0 (Linux; Android 10; K) "
				     "AppleWebKit/537.36 (KHTML, like Gecko) "
				     "Chrome/141.0.0.0 Mobile Safari/537.36"),
			.language = STR("en-IN,en;q=0.9,hi;q=0.8"),
		}};
	ASSERT(click_writer_push(g->view->region->click_writer, e) == OK);
}

static void fill_log(struct micro_region *g)
{
	struct click_entry *entries = calloc(CLICKS, sizeof(*entries));

	ASSERT(entries);
	for (size_t i = 0; i < CLICKS; i++)
		push_click(g, &entries[i]);
	micro_region_wait(g, CLICKS);
	free(entries);
}

static void rows(void *arg, size_t n)
{
	struct feed_bench *b = arg;
	const struct feed_filter all = {0};
	struct feed_row row;

	for (size_t i = 0; i < n; i++) {
		if (i % OUT_ROWS == 0) {
			if (i)
				feed_join_end(b->join);
			views_reset(&b->region->views);
			feed_join_begin(b->join, &b->page, b->format);
			buf_reset(&b->out);
		}
		ASSERT(feed_join_read(b->join, i % b->page.n, &all, &row) ==
			OK);
		feed_row_put(&b->out, &row);
	}
	ASSERT(buf_err(&b->out) == OK);
	feed_join_end(b->join);
	views_reset(&b->region->views);
}

void micro_feed(struct micro *m, struct micro_region *g)
{
	struct feed_bench b = {.region = g};
	enum err e;

	fill_log(g);
	ASSERT(feed_page_init(&b.page, g->account, 0, CLICKS) == OK);
	while ((e = feed_page_gather(&b.page, g->view, GATHER_STEP)) ==
		ERR_AGAIN)
		views_reset(&g->views);
	ASSERT(e == OK && b.page.n == CLICKS);
	ASSERT(feed_join_new(g->view, &b.join) == OK);
	buf_init(&b.out, OUT_MAX);
	b.format = FEED_NDJSON;
	micro_run(m, "feed: a click joined and written as NDJSON", rows, &b);
	b.format = FEED_CSV;
	micro_run(m, "feed: the same as CSV", rows, &b);
	buf_deinit(&b.out);
	feed_join_free(b.join);
	feed_page_deinit(&b.page);
}
