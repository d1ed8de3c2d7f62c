#include "api/clicks.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/uri_template.h"
#include "core/verdict.h"
#include "http/loop.h"
#include "service/cursor.h"
#include "service/feed.h"
#include "service/feed_format.h"
#include "service/feed_join.h"
#include "service/feed_place.h"
#include "service/lookup.h"

enum {
	GATHER_STEP = 2000,    /* clicks or postings looked at in a turn */
	PULL_NS_MAX = 1000000, /* work of a turn */
	CLOCK_ROWS = 32,       /* written between two looks at the clock */
	WAIT_S_MAX = 60,
	WAIT_POLL_MS = 100,
	RECIPIENT_MAX = 128,
};

const char *const clicks_params[] = {"after", "limit", "format", "wait", "from",
	"to", "link", "campaign", "verdict", "recipient", "revisions", NULL};

/* A page on its way: gathered, then written. */
struct page {
	struct call *call;
	struct feed_page feed;
	struct feed_filter filter;
	char recipient[RECIPIENT_MAX];
	enum feed_format format;
	size_t at; /* rows written */
	struct feed_join *join;
	struct feed_row row;
	struct loop_task task;
	struct loop_timer poll;
	uint64_t wait_until_ms; /* monotonic */
	bool has_header;        /* of CSV, still to be written */
};

static void free_page(void *state)
{
	struct page *p = state;
	struct loop *loop = p->call->api->options.loop;

	loop_undefer(loop, &p->task);
	loop_timer_clear(loop, &p->poll);
	feed_page_deinit(&p->feed);
	free(p);
}

/* The next click into p->row; ERR_NOT_FOUND when it is left out. The page's
 * order is the log's, so a damaged record is passed by, loudly. */
static enum err read_row(struct page *p)
{
	enum err e = feed_join_read(p->join, p->at, &p->filter, &p->row);

	if (e != ERR_CORRUPT && e != ERR_VERSION)
		return e;
	log_error("clicks: a record cannot be trusted and is left out "
		  "region=%.*s sequence=%llu error=\"%s\"",
		STR_FMT(p->call->view->region->settings.name),
		(unsigned long long)p->row.sequence, err_text(e));
	return ERR_NOT_FOUND;
}

static enum http_pull break_off(enum err e)
{
	log_error("clicks: an export broke off error=\"%s\"", err_text(e));
	return PULL_ABORT;
}

/* Rows until the buffer might not hold another one, the turn's share of time
 * is used up, or the page ends. */
static enum http_pull put_rows(struct page *p, struct buf *out)
{
	struct loop *loop = p->call->api->options.loop;
	uint64_t end = loop_precise_ns(loop) + PULL_NS_MAX;
	size_t start = out->n;

	for (unsigned looked = 1; p->at < p->feed.n; p->at++, looked++) {
		enum err e = read_row(p);

		if (e && e != ERR_NOT_FOUND)
			return break_off(e);
		/* One too long for what is left is read again. */
		if (!e && out->n > start &&
			feed_row_max(&p->row) > out->max - out->n)
			return PULL_MORE;
		if (!e)
			feed_row_put(out, &p->row);
		if (buf_err(out))
			return break_off(buf_err(out));
		if (looked % CLOCK_ROWS == 0 && loop_precise_ns(loop) > end) {
			p->at++;
			return PULL_AGAIN;
		}
	}
	return PULL_END;
}

static enum http_pull pull(void *arg, struct buf *out)
{
	struct page *p = arg;
	enum http_pull got;

	/* What the page's clicks name was there when they were gathered, but
	 * this turn's snapshot may be older than that. */
	views_reset(&p->call->api->views);
	if (p->has_header)
		feed_csv_header(out);
	p->has_header = false;
	feed_join_begin(p->join, &p->feed, p->format);
	got = put_rows(p, out);
	feed_join_end(p->join);
	return got;
}

static void stop(void *arg)
{
	struct page *p = arg;

	call_end(p->call);
}

static const struct http_source source = {pull, stop};

/* The next page is of the same kind: all of the query but where it began. */
static void put_other_params(const struct query *q, struct buf *lines)
{
	for (size_t i = 0; clicks_params[i]; i++) {
		struct str value = query_get(q, clicks_params[i]);

		if (!value.p || str_is(str_from(clicks_params[i]), "after"))
			continue;
		buf_printf(lines, "&%s=", clicks_params[i]);
		uri_encode(lines, value);
	}
}

static void put_next_link(struct page *p, struct buf *lines)
{
	struct cursor next = {.sequence = p->feed.at};
	char cursor[CURSOR_LEN];

	/* Behind what was looked through for certain: other accounts' clicks
	 * at the end may be passed by once more. */
	cursor_write(p->call->view, p->feed.account, &next, cursor);
	buf_text(lines, "Link: </v1/clicks?after=");
	buf_add(lines, cursor, sizeof(cursor));
	put_other_params(&p->call->query, lines);
	buf_text(lines, ">; rel=\"next\"\r\n");
}

static void begin_answer(struct page *p)
{
	struct call *c = p->call;
	struct buf *lines = &c->api->lines;

	buf_reset(lines);
	call_put_lines(c, lines);
	put_next_link(p, lines);
	/* Fewer than the limit: the log ended here. The next cursor cannot
	 * tell, since others' clicks move it on. */
	buf_printf(lines, "Ctio-Examined: %zu\r\n", p->feed.n);
	buf_text(lines, p->format == FEED_CSV
				? "Content-Type: text/csv; charset=utf-8; "
				  "header=present\r\n"
				: "Content-Type: application/x-ndjson\r\n");
	http_answer_stream(c->ex, 200, buf_view(lines), &source, p);
}

static bool may_wait(struct page *p)
{
	struct loop *loop = p->call->api->options.loop;

	return p->feed.n == 0 && !loop_is_stopping(loop) &&
	       loop_mono_ms(loop) < p->wait_until_ms;
}

static void gather(void *arg)
{
	struct page *p = arg;
	struct loop *loop = p->call->api->options.loop;
	enum err e = feed_page_gather(&p->feed, p->call->view, GATHER_STEP);

	if (e == ERR_AGAIN) {
		loop_defer(loop, &p->task);
	} else if (e == ERR_BUSY || e == ERR_FULL) {
		loop_timer_set(loop, &p->poll, WAIT_POLL_MS);
	} else if (e) {
		call_fail_err(p->call, e);
	} else if (may_wait(p)) {
		p->feed.is_whole = false;
		loop_timer_set(loop, &p->poll, WAIT_POLL_MS);
	} else {
		begin_answer(p);
	}
}

static bool read_names(struct call *c, struct page *p)
{
	struct str link = query_get(&c->query, "link");
	struct str campaign = query_get(&c->query, "campaign");
	struct link l;
	struct campaign g;
	enum err e = OK;

	p->filter.by_link = link.p != NULL;
	p->filter.by_campaign = campaign.p != NULL;
	if (link.p) {
		e = lookup_link_name(c->view, c->account, link, &l);
		p->filter.link = e ? UINT64_MAX : l.id;
		e = e == ERR_NOT_FOUND ? OK : e;
	}
	if (!e && campaign.p) {
		e = lookup_campaign_name(c->view, c->account, campaign, &g);
		p->filter.campaign = e ? UINT64_MAX : g.id;
		e = e == ERR_NOT_FOUND ? OK : e;
	}
	if (e)
		problem_from_err(&c->problem, e);
	return !e;
}

static bool read_filter(struct call *c, struct page *p)
{
	struct str verdict = query_get(&c->query, "verdict");
	struct str recipient = query_get(&c->query, "recipient");
	struct str revisions = query_get(&c->query, "revisions");
	enum verdict v = VERDICT_HUMAN;

	if (!query_time(&c->query, "from", &p->filter.from_ms, &c->problem) ||
		!query_time(&c->query, "to", &p->filter.to_ms, &c->problem))
		return false;
	if (verdict.p && verdict_parse(verdict, &v)) {
		problem_set(&c->problem, PROBLEM_BAD_PARAMETER,
			"verdict must be human, preview, prefetch, bot, probe "
			"or repeat.");
		return false;
	}
	p->filter.by_verdict = verdict.p != NULL;
	p->filter.verdict = (uint8_t)v;
	if (recipient.n > RECIPIENT_MAX) {
		problem_set(&c->problem, PROBLEM_BAD_PARAMETER,
			"recipient has at most %d bytes.", RECIPIENT_MAX);
		return false;
	}
	p->filter.by_recipient = recipient.p != NULL;
	if (recipient.p)
		memcpy(p->recipient, recipient.p, recipient.n);
	p->filter.recipient = str_make(p->recipient, recipient.n);
	if (revisions.p && !str_is(revisions, "no") &&
		!str_is(revisions, "yes")) {
		problem_set(&c->problem, PROBLEM_BAD_PARAMETER,
			"revisions must be yes or no.");
		return false;
	}
	p->filter.revisions = revisions.p && str_is(revisions, "yes");
	return read_names(c, p);
}

/* The place that `after` names; false with a problem. */
static bool read_after(struct call *c, uint64_t *after)
{
	struct str text = query_get(&c->query, "after");
	uint64_t newest;
	enum err e;

	if (!text.p) {
		feed_range(c->view, after, &newest);
		return true;
	}
	e = feed_place(c->view, c->account, text, after, &c->problem);
	if (e == ERR_INVALID)
		problem_set(&c->problem, PROBLEM_BAD_PARAMETER,
			"after is no cursor of this account.");
	return !e;
}

static bool read_format(struct call *c, struct page *p)
{
	struct str format = query_get(&c->query, "format");

	if (format.p && !str_is(format, "ndjson") && !str_is(format, "csv")) {
		problem_set(&c->problem, PROBLEM_BAD_PARAMETER,
			"format must be ndjson or csv.");
		return false;
	}
	p->has_header = format.p && str_is(format, "csv");
	p->format = p->has_header ? FEED_CSV : FEED_NDJSON;
	return true;
}

/* The region's, which all exports share: made for the first of them. */
static enum err find_join(struct call *c, struct feed_join **to)
{
	struct feed_join **join = &c->api->joins[c->view->region->index];
	enum err e = OK;

	if (!*join)
		e = feed_join_new(c->view, join);
	if (!e)
		*to = *join;
	return e;
}

static bool page_init(struct call *c, struct page *p)
{
	uint64_t after, limit = FEED_LIMIT_DEFAULT, wait_s = 0;
	enum err e;

	if (!read_format(c, p) || !read_filter(c, p) ||
		!query_u64(&c->query, "limit", 1, FEED_LIMIT_MAX, &limit,
			&c->problem) ||
		!query_u64(&c->query, "wait", 0, WAIT_S_MAX, &wait_s,
			&c->problem) ||
		!read_after(c, &after))
		return false;
	p->wait_until_ms = loop_mono_ms(c->api->options.loop) + wait_s * 1000;
	e = find_join(c, &p->join);
	if (!e)
		e = feed_page_init(&p->feed, c->account, after, (size_t)limit);
	if (e)
		problem_from_err(&c->problem, e);
	return !e;
}

void clicks_get(struct call *c)
{
	struct page *p = calloc(1, sizeof(*p));

	if (!p) {
		call_fail_err(c, ERR_NOMEM);
		return;
	}
	p->call = c;
	p->task = (struct loop_task){.run = gather, .arg = p};
	p->poll = (struct loop_timer){.run = gather, .arg = p};
	c->state = p;
	c->free_state = free_page;
	if (page_init(c, p))
		gather(p);
	else
		call_fail(c);
}
