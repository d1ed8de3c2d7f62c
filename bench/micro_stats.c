/* Statistics: questions about a month of 10,000,000 clicks on 10 links, some in
 * each quarter of an hour. */
#include "base/assert.h"
#include "micro_region.h"
#include "service/stats.h"
#include "store/tally_tables.h"

enum {
	CLICKS = 10000000,
	LINKS = 10,
	DAYS = 30,
	QUARTERS = DAYS * QUARTERS_PER_DAY,
	FIRST_DAY = 20000, /* no token is as old */
	STEP = 500,
};

static const struct {
	enum count_dimension dimension;
	unsigned values;
} dimensions[] = {{COUNT_TOTAL, 1}, {COUNT_VERDICT, 3}, {COUNT_COUNTRY, 8},
	{COUNT_OS, 6}};

struct question {
	struct micro_region *region;
	struct stats_query query;
	size_t rows;
};

static struct str value_of(enum count_dimension dimension, unsigned i)
{
	static char text[2];

	text[0] = dimension == COUNT_VERDICT ? (char)i : (char)('A' + i);
	text[1] = 'X';
	return str_make(text, dimension == COUNT_TOTAL     ? 0
			      : dimension == COUNT_VERDICT ? 1
							   : 2);
}

/* One sum of a dimension: as many records as it has links, times and values. */
static void fill_sum(struct micro_region *g, struct db_txn *t, uint8_t sum,
	size_t dimension, struct buf *scratch)
{
	uint32_t links = sum & COUNT_ALL_LINKS ? 1 : LINKS;
	uint32_t step = sum & COUNT_DAY ? QUARTERS_PER_DAY : 1;
	unsigned values = dimensions[dimension].values;
	uint64_t n = (uint64_t)CLICKS * step / links / QUARTERS / values;
	struct count c = {.account = g->account,
		.kind = (uint8_t)(dimensions[dimension].dimension | sum),
		.counts = {.requests = n, .clicks = n, .unique_clicks = n}};

	for (uint32_t link = 0; link < links; link++)
		for (uint32_t q = 0; q < QUARTERS; q += step)
			for (unsigned v = 0; v < values; v++) {
				c.link = sum & COUNT_ALL_LINKS ? 0 : link + 1;
				c.quarter = FIRST_DAY * QUARTERS_PER_DAY + q;
				c.value = value_of(
					dimensions[dimension].dimension, v);
				counts_table_put(
					t, TALLY_COUNTERS, &c, scratch);
			}
}

static void fill(struct micro_region *g)
{
	struct tally *tally = g->view->region->tally;
	struct buf scratch;
	struct db_txn t;

	tally_stop(tally);
	buf_init(&scratch, COUNT_RECORD_MAX);
	for (size_t i = 0; i < COUNT_SUMS; i++)
		for (size_t d = 0; d < COUNT_DIMENSIONS; d++) {
			ASSERT(db_begin(tally_env(tally), &t) == OK);
			fill_sum(g, &t, count_sum_bits(i), d, &scratch);
			ASSERT(db_commit(&t) == OK);
		}
	buf_deinit(&scratch);
	ASSERT(tally_start(tally) == OK);
}

static void ask(void *arg, size_t n)
{
	struct question *q = arg;

	for (size_t i = 0; i < n; i++) {
		struct stats_row row;
		struct stats *s;
		enum err e;

		ASSERT(stats_new(q->region->view, &q->query, &s) == OK);
		do
			e = stats_step(s, STEP);
		while (e == ERR_AGAIN);
		ASSERT(e == OK && stats_rows(s) == q->rows);
		while (q->query.by != STATS_LINK && stats_next(s, &row))
			ASSERT(row.counts.requests > 0);
		stats_free(s);
	}
}

void micro_stats(struct micro *m, struct micro_region *g)
{
	static struct question q;
	const struct {
		const char *name;
		enum stats_by by;
		bool by_link;
		size_t rows;
	} rows[] = {
		{"stats: a month by day", STATS_DAY, false, DAYS + 1},
		{"stats: a month by hour", STATS_HOUR, false, DAYS * 24 + 1},
		{"stats: a month by link", STATS_LINK, false, LINKS},
		{"stats: a month by os", STATS_OS, false, 6},
		{"stats: a month of one link by day", STATS_DAY, true,
			DAYS + 1},
	};

	fill(g);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		q = (struct question){.region = g,
			.query = {.account = g->account,
				.by = rows[i].by,
				.from = FIRST_DAY * QUARTERS_PER_DAY,
				.to = (FIRST_DAY + DAYS) * QUARTERS_PER_DAY,
				.by_link = rows[i].by_link,
				.link = 1},
			.rows = rows[i].rows};
		time_zone_fixed(5 * 3600 + 1800, &q.query.zone);
		micro_run(m, rows[i].name, ask, &q);
	}
}
