#include "api/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_object.h"
#include "api/member.h"
#include "api/stats_query.h"
#include "base/log.h"
#include "core/timestamp.h"
#include "http/loop.h"
#include "service/cursor.h"
#include "service/lookup.h"

enum {
	TURN_NS_MAX = 1000000, /* work of a turn */
	STEP = 500,            /* records between two looks at the clock */
	CLOCK_ROWS = 64,       /* the same for rows that are written */
	LIVE_MAX = 64,         /* calls at once */
	GATHERING_MAX = 4,     /* of them that hold snapshots */
	POLL_MS = 10,          /* for one that waits for its turn */
	ROW_BYTES_MAX = 2048,  /* a name, each byte escaped, and numbers */
	LISTED_NAME_MAX = 128,
	RATIO_ONE = 1000000, /* six digits */
	ZONE_LEN = 6,        /* +05:30 */
};

/* A call on its way: gathered, then written. */
struct job {
	struct call *call;
	struct stats_ask ask;
	struct stats *stats; /* NULL: not begun */
	bool is_gathering;
	struct loop_task task;
	struct loop_timer poll;
	bool has_head;
	size_t rows; /* written */
	/* By link or campaign: the name written, or passed, last. */
	size_t name_n;
	char name[LISTED_NAME_MAX];
	bool names_end;
};

static void end_gathering(struct job *j)
{
	if (j->is_gathering)
		j->call->api->stats_gathering--;
	j->is_gathering = false;
}

static void free_job(void *state)
{
	struct job *j = state;
	struct api *api = j->call->api;

	end_gathering(j);
	loop_undefer(api->options.loop, &j->task);
	loop_timer_clear(api->options.loop, &j->poll);
	stats_free(j->stats);
	api->stats_live--;
	free(j);
}

/* Clicks through for each token. */
static void put_ratio(struct json_writer *w, const struct counts *c)
{
	uint64_t millionths, digits;
	char text[48];
	int n;

	if (!c->minted) {
		json_put_null(w);
		return;
	}
	millionths = (c->unique_clicks * RATIO_ONE + c->minted / 2) / c->minted;
	digits = millionths % RATIO_ONE;
	n = snprintf(text, sizeof(text), "%llu.%06llu",
		(unsigned long long)(millionths / RATIO_ONE),
		(unsigned long long)digits);
	while (n > 0 && text[n - 1] == '0')
		n--;
	if (n > 0 && text[n - 1] == '.')
		n--;
	json_put_raw(w, str_make(text, (size_t)n));
}

static void put_number(struct json_writer *w, const char *key, uint64_t v)
{
	json_key(w, key);
	json_put_u64(w, v);
}

static void put_known(
	struct json_writer *w, const char *key, uint64_t v, bool is_known)
{
	json_key(w, key);
	if (is_known)
		json_put_u64(w, v);
	else
		json_put_null(w);
}

static void put_counts(
	struct json_writer *w, const struct counts *c, bool knows_tokens)
{
	put_known(w, "minted", c->minted, knows_tokens);
	put_number(w, "requests", c->requests);
	put_number(w, "clicks", c->clicks);
	put_number(w, "unique_clicks", c->unique_clicks);
	put_known(w, "unconfirmed", c->unconfirmed, knows_tokens);
	json_key(w, "ctr");
	if (knows_tokens)
		put_ratio(w, c);
	else
		json_put_null(w);
}

/* Local time with its offset; in UTC as everywhere. */
static void put_hour(struct json_writer *w, const struct stats_row *row)
{
	char text[TIMESTAMP_LEN + ZONE_LEN];
	int64_t local_s = row->at_s + row->offset_s;
	int32_t minutes = row->offset_s / 60;
	size_t n = TIMESTAMP_LEN;

	timestamp_write(text, local_s > 0 ? (uint64_t)local_s * 1000 : 0);
	if (minutes) {
		unsigned u = (unsigned)(minutes < 0 ? -minutes : minutes);

		n = TIMESTAMP_LEN - 1;
		text[n++] = minutes < 0 ? '-' : '+';
		text[n++] = (char)('0' + u / 600 % 10);
		text[n++] = (char)('0' + u / 60 % 10);
		text[n++] = ':';
		text[n++] = (char)('0' + u % 60 / 10);
		text[n++] = (char)('0' + u % 10);
	}
	json_put_str(w, str_make(text, n));
}

static void put_value(struct job *j, struct json_writer *w,
	const struct stats_row *row, struct str name)
{
	char day[DAY_LEN];

	json_key(w, stats_by_name(j->ask.query.by));
	switch (j->ask.query.by) {
	case STATS_HOUR:
		put_hour(w, row);
		break;
	case STATS_DAY:
		day_write(day, row->day > 0 ? (uint64_t)row->day : 0);
		json_put_str(w, str_make(day, sizeof(day)));
		break;
	case STATS_LINK:
	case STATS_CAMPAIGN:
		json_put_str_or_null(w, name);
		break;
	default:
		json_put_str_or_null(
			w, row->text.n ? row->text : str_make(NULL, 0));
		break;
	}
}

static void put_row(struct job *j, struct buf *out, const struct stats_row *row,
	struct str name)
{
	struct json_writer w;

	if (j->rows++)
		buf_byte(out, ',');
	json_writer_init(&w, out);
	json_object_begin(&w);
	put_value(j, &w, row, name);
	put_counts(&w, &row->counts, stats_knows_tokens(j->ask.query.by));
	json_object_end(&w);
}

/* The next name of the account's that has a row, then what has no name.
 * ERR_NOT_FOUND: no more. ERR_AGAIN: one without a row was passed. */
static enum err next_named(
	struct job *j, struct stats_row *row, struct str *name)
{
	struct view *v = j->call->view;
	struct str after = str_make(j->name, j->name_n);
	uint64_t id = 0;
	enum err e;

	*name = str_make(NULL, 0);
	if (j->names_end)
		return ERR_NOT_FOUND;
	e = j->ask.query.by == STATS_LINK
		    ? lookup_link_id_next(v, j->call->account, after, name, &id)
		    : lookup_campaign_id_next(
			      v, j->call->account, after, name, &id);
	if (!e && name->n > sizeof(j->name))
		e = ERR_CORRUPT;
	if (e && e != ERR_NOT_FOUND)
		return e;
	j->names_end = e == ERR_NOT_FOUND;
	if (!e) {
		memcpy(j->name, name->p, name->n);
		j->name_n = name->n;
	}
	if (stats_find(j->stats, id, row))
		return OK;
	return e ? e : ERR_AGAIN;
}

static enum err next_row(struct job *j, struct stats_row *row, struct str *name)
{
	enum stats_by by = j->ask.query.by;

	if (by == STATS_LINK || by == STATS_CAMPAIGN)
		return next_named(j, row, name);
	*name = str_make(NULL, 0);
	return stats_next(j->stats, row) ? OK : ERR_NOT_FOUND;
}

static void put_head(struct job *j, struct buf *out)
{
	struct cursor at = {.sequence = stats_position(j->stats)};
	char cursor[CURSOR_LEN];
	struct json_writer w;

	cursor_write(j->call->view, j->call->account, &at, cursor);
	json_writer_init(&w, out);
	json_object_begin(&w);
	member_text(&w, "as_of", str_make(cursor, sizeof(cursor)));
	member_text(&w, "tz", str_make(j->ask.tz, j->ask.tz_n));
	member_time(&w, "complete_from", stats_complete_from(j->stats));
	json_key(&w, "rows");
	json_array_begin(&w);
	j->has_head = true;
}

static void put_tail(struct job *j, struct buf *out)
{
	struct json_writer w;

	buf_text(out, "],\"total\":");
	json_writer_init(&w, out);
	json_object_begin(&w);
	put_counts(&w, stats_total(j->stats), true);
	json_object_end(&w);
	buf_text(out, "}\n");
}

static enum http_pull break_off(const struct job *j, enum err e)
{
	log_error("stats: an answer broke off request=%.*s error=\"%s\"",
		REQUEST_ID_LEN, j->call->request_id, err_text(e));
	return PULL_ABORT;
}

static enum http_pull pull(void *arg, struct buf *out)
{
	struct job *j = arg;
	struct loop *loop = j->call->api->options.loop;
	uint64_t end = loop_precise_ns(loop) + TURN_NS_MAX;
	enum err e = OK;

	/* What rows name was there when they were gathered. */
	views_reset(&j->call->api->views);
	if (!j->has_head)
		put_head(j, out);
	for (unsigned n = 1; e != ERR_NOT_FOUND; n++) {
		struct stats_row row;
		struct str name;

		if (out->max - out->n < ROW_BYTES_MAX)
			return PULL_MORE;
		if (n % CLOCK_ROWS == 0 && loop_precise_ns(loop) > end)
			return PULL_AGAIN;
		e = next_row(j, &row, &name);
		if (e && e != ERR_NOT_FOUND && e != ERR_AGAIN)
			return break_off(j, e);
		if (!e)
			put_row(j, out, &row, name);
	}
	if (j->rows != stats_rows(j->stats))
		return break_off(j, ERR_CORRUPT); /* one has no name */
	put_tail(j, out);
	return buf_err(out) ? break_off(j, buf_err(out)) : PULL_END;
}

static void stop(void *arg)
{
	struct job *j = arg;

	call_end(j->call);
}

static const struct http_source source = {pull, stop};

static void begin_answer(struct job *j)
{
	struct call *c = j->call;
	struct buf *lines = &c->api->lines;

	end_gathering(j);
	if (stats_damaged(j->stats))
		log_error("stats: damaged counts are left out region=%.*s "
			  "count=%zu",
			STR_FMT(c->view->region->settings.name),
			stats_damaged(j->stats));
	buf_reset(lines);
	call_put_lines(c, lines);
	buf_text(lines, "Content-Type: application/json\r\n");
	http_answer_stream(c->ex, 200, buf_view(lines), &source, j);
}

static void fail(struct job *j, enum err e)
{
	struct call *c = j->call;

	switch (e) {
	case ERR_AGAIN:
	case ERR_CORRUPT:
		problem_set(&c->problem, PROBLEM_UNAVAILABLE,
			"The clicks are being counted anew.");
		break;
	case ERR_FULL:
		problem_set(&c->problem, PROBLEM_INVALID,
			"The answer would have more than %d rows: ask for a "
			"shorter time, or for one link or campaign.",
			STATS_ROWS_MAX);
		break;
	default:
		problem_from_err(&c->problem, e);
		break;
	}
	call_fail(c);
}

static enum err begin_stats(struct job *j)
{
	j->is_gathering = true;
	j->call->api->stats_gathering++;
	return stats_new(j->call->view, &j->ask.query, &j->stats);
}

static void gather(void *arg)
{
	struct job *j = arg;
	struct loop *loop = j->call->api->options.loop;
	uint64_t end = loop_precise_ns(loop) + TURN_NS_MAX;
	enum err e = OK;

	if (!j->stats) {
		if (j->call->api->stats_gathering == GATHERING_MAX) {
			loop_timer_set(loop, &j->poll, POLL_MS);
			return;
		}
		e = begin_stats(j);
		if (e) {
			fail(j, e);
			return;
		}
	}
	do
		e = stats_step(j->stats, STEP);
	while (e == ERR_AGAIN && loop_precise_ns(loop) < end);
	if (e == ERR_AGAIN)
		loop_defer(loop, &j->task);
	else if (e)
		fail(j, e);
	else
		begin_answer(j);
}

void stats_get(struct call *c)
{
	struct job *j = NULL;

	if (c->api->stats_live < LIVE_MAX)
		j = calloc(1, sizeof(*j));
	if (!j) {
		call_fail_err(c, ERR_NOMEM);
		return;
	}
	c->api->stats_live++;
	j->call = c;
	j->task = (struct loop_task){.run = gather, .arg = j};
	j->poll = (struct loop_timer){.run = gather, .arg = j};
	c->state = j;
	c->free_state = free_job;
	if (stats_ask_read(c, &j->ask))
		gather(j);
	else
		call_fail(c);
}
