/* Minting: lines of NDJSON in, tokens out. */
#include "base/assert.h"
#include "micro_region.h"
#include "service/lookup.h"
#include "service/mint_line.h"
#include "service/mint_stream.h"

enum {
	LINE_BYTES_MAX = 65536,
	LINES_PER_FEED = 512, /* about what a socket gives at a time */
	FEED_BYTES_MAX = LINES_PER_FEED * 128,
	ANSWER_BYTES = 32768, /* pulled at a time */
};

static void on_job(void *arg)
{
	struct micro_region *g = arg;

	ASSERT(sem_post(&g->done) == 0);
}

static void put_line(struct buf *to, uint64_t n)
{
	buf_text(to, "{\"link\":\"shop\",\"recipient\":\"user-");
	buf_u64(to, n);
	buf_text(to, "\",\"params\":{\"cart\":\"C");
	buf_u64(to, n);
	buf_text(to, "\"}}\n");
}

/* A stream, as the API's loop drives it when its socket gives and takes
 * everything. */
struct drive {
	struct micro_region *region;
	struct mint_stream *stream;
	struct buf lines;
	struct buf out;
	uint64_t answered;
};

static enum mint_pull pull(struct drive *d)
{
	enum mint_pull got;

	do {
		buf_reset(&d->out);
		got = mint_stream_pull(d->stream, &d->out, ANSWER_BYTES);
		for (size_t i = 0; i < d->out.n; i++)
			d->answered += d->out.p[i] == '\n';
	} while (got == MINT_PULL_MORE);
	ASSERT(got == MINT_PULL_WAIT || got == MINT_PULL_END);
	return got;
}

static void await_job(struct drive *d)
{
	if (mint_stream_is_idle(d->stream))
		return;
	micro_region_wait(d->region, 1);
	mint_stream_job_done(d->stream);
}

static void feed(struct drive *d, uint64_t from, uint64_t to)
{
	struct str bytes;

	buf_reset(&d->lines);
	for (uint64_t i = from; i < to; i++)
		put_line(&d->lines, i);
	ASSERT(buf_err(&d->lines) == OK);
	bytes = buf_view(&d->lines);
	for (;;) {
		bytes = str_skip(bytes, mint_stream_feed(d->stream, bytes));
		if (!bytes.n)
			break;
		await_job(d);
		(void)pull(d);
	}
}

static void begin(struct drive *d, struct micro_region *g)
{
	struct mint_stream_options options = {
		.views = &g->views,
		.view = g->view,
		.account = g->account,
		.key = {1},
		.line_max = LINE_BYTES_MAX,
		.now_ms = clock_wall_ms(&clock_system),
		.job_done = on_job,
		.arg = g,
	};
	struct problem problem;

	*d = (struct drive){.region = g};
	buf_init(&d->lines, FEED_BYTES_MAX);
	buf_init(&d->out, ANSWER_BYTES + LINE_BYTES_MAX);
	ASSERT(mint_stream_new(&options, &d->stream, &problem) == OK);
}

void micro_mint(struct micro_region *g, size_t n)
{
	struct drive d;

	begin(&d, g);
	for (size_t at = 0; at < n; at += LINES_PER_FEED)
		feed(&d, at, n - at < LINES_PER_FEED ? n : at + LINES_PER_FEED);
	while (!mint_stream_finish(d.stream))
		await_job(&d);
	while (pull(&d) == MINT_PULL_WAIT)
		await_job(&d);
	ASSERT(d.answered == n);
	mint_stream_free(d.stream);
	buf_deinit(&d.lines);
	buf_deinit(&d.out);
	views_reset(&g->views);
}

static void mint(void *arg, size_t n)
{
	micro_mint(arg, n);
}

struct lines {
	struct mint_context context;
	struct mint_encoded encoded;
	struct str line;
};

static void encode(void *arg, size_t n)
{
	struct lines *l = arg;
	struct problem problem;

	for (size_t i = 0; i < n; i++)
		ASSERT(mint_line_encode(&l->context, l->line, false,
			       &l->encoded, &problem) == OK);
}

static void run_encode(struct micro *m, struct micro_region *g)
{
	struct account account;
	struct lines l = {.context = {
				  .regions = g->regions,
				  .region = g->view->region,
				  .account = &account,
				  .now_ms = clock_wall_ms(&clock_system),
				  .line_max = LINE_BYTES_MAX,
			  }};
	enum err e;

	l.context.links = view_links(g->view, &e);
	ASSERT(e == OK);
	ASSERT(lookup_account(g->view, g->account, &account) == OK);
	mint_encoded_init(&l.encoded);
	l.line = STR("{\"link\":\"shop\",\"recipient\":\"user-1234567\","
		     "\"params\":{\"cart\":\"C1234567\"}}");
	micro_run(m, "mint: a line of NDJSON, checked and encoded", encode, &l);
	l.line = STR("{\"link\":\"shop\",\"recipient\":\"user-1234567\","
		     "\"params\":{\"cart\":\"C\\u00e4234567\"}}");
	micro_run(m, "mint: the same, with an escape in it", encode, &l);
	mint_encoded_deinit(&l.encoded);
	views_reset(&g->views);
}

void micro_mints(struct micro *m, struct micro_region *g)
{
	run_encode(m, g);
	micro_run(m, "mint: a line, committed and answered", mint, g);
}
