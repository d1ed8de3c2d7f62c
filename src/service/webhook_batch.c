#include "service/webhook_batch.h"

#include <string.h>

#include "base/log.h"
#include "core/timestamp.h"
#include "service/cursor.h"
#include "service/feed_format.h"

static const char head[] = "{\"type\":\"clicks\",\"timestamp\":\"";
static const char to_cursor[] = "\",\"data\":{\"cursor\":\"";
static const char to_clicks[] = "\",\"clicks\":[\n";
static const char tail[] = "]}}\n";

/* Places in the body of what is known when the rows are. */
enum {
	TIME_AT = sizeof(head) - 1,
	CURSOR_AT = TIME_AT + TIMESTAMP_LEN + sizeof(to_cursor) - 1,
	ROWS_AT = CURSOR_AT + CURSOR_LEN + sizeof(to_clicks) - 1,
};
_Static_assert(FEED_ROW_BYTES_MAX + ROWS_AT + sizeof(tail) < WEBHOOK_BODY_MAX,
	"any row fits");

struct rows {
	struct feed_join *join;
	struct view *view;
	uint64_t oldest_after;
	struct feed_filter filter; /* all */
	struct buf *body;
	struct webhook_batch batch;
	uint64_t last_ms; /* when the last row's click was */
};

static void begin(struct buf *body)
{
	static const char room[TIMESTAMP_LEN + CURSOR_LEN];

	buf_text(body, head);
	buf_add(body, room, TIMESTAMP_LEN);
	buf_text(body, to_cursor);
	buf_add(body, room, CURSOR_LEN);
	buf_text(body, to_clicks);
}

static bool has_room(const struct rows *r, const struct feed_row *row)
{
	const struct buf *b = r->body;

	return feed_row_max(row) + sizeof(tail) <= b->max - b->n;
}

static void put_row(struct rows *r, const struct feed_row *row)
{
	if (r->batch.clicks) {
		/* In the place of the line end. */
		r->body->p[r->body->n - 1] = ',';
		buf_byte(r->body, '\n');
	}
	feed_row_put(r->body, row);
	r->batch.clicks++;
	r->last_ms = row->click.at_ms;
}

/* One that cannot be trusted is left out, loudly; and one that is no longer
 * kept, counted. */
static enum err pass_by(struct rows *r, uint64_t sequence, enum err e)
{
	if (e == ERR_CORRUPT || e == ERR_VERSION)
		log_error("webhooks: a record cannot be trusted and is left "
			  "out region=%.*s sequence=%llu error=\"%s\"",
			STR_FMT(r->view->region->settings.name),
			(unsigned long long)sequence, err_text(e));
	else if (e != ERR_NOT_FOUND)
		return e;
	else if (sequence <= r->oldest_after)
		r->batch.missing++;
	return OK;
}

static enum err put_rows(
	struct rows *r, const struct feed_page *page, uint64_t end)
{
	struct feed_row row;

	for (size_t i = 0; i < page->n; i++) {
		uint64_t sequence = page->sequences[i];
		enum err e;

		if (end && sequence > end)
			break;
		e = feed_join_read(r->join, i, &r->filter, &row);
		if (!e && r->batch.clicks && !end && !has_room(r, &row)) {
			r->batch.is_cut = true;
			break;
		}
		if (!e)
			put_row(r, &row);
		else
			e = pass_by(r, sequence, e);
		if (e)
			return e;
		r->batch.end = sequence;
	}
	return buf_err(r->body);
}

/* Closes it, and fills in what stands before the rows. */
static enum err finish(struct rows *r, uint64_t account)
{
	struct cursor last = {.sequence = r->batch.end};
	struct buf *b = r->body;

	if (r->batch.clicks)
		b->n--; /* the line end */
	buf_text(b, tail);
	if (buf_err(b))
		return buf_err(b);
	timestamp_write(b->p + TIME_AT, r->last_ms);
	cursor_write(r->view, account, &last, b->p + CURSOR_AT);
	return OK;
}

enum err webhook_batch_put(struct feed_join *join, struct view *v,
	const struct feed_page *page, bool revisions, uint64_t end,
	struct buf *body, struct webhook_batch *to)
{
	struct rows r = {.join = join,
		.view = v,
		.filter.revisions = revisions,
		.body = body};
	uint64_t newest;
	enum err e;

	feed_range(v, &r.oldest_after, &newest);
	begin(body);
	feed_join_begin(join, page, FEED_NDJSON);
	e = put_rows(&r, page, end);
	feed_join_end(join);
	if (!e)
		e = finish(&r, page->account);
	if (!e)
		*to = r.batch;
	return e;
}
