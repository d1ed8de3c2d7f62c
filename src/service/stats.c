#include "service/stats.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "core/verdict.h"
#include "store/links.h"
#include "store/minted.h"

enum {
	HOUR_S = 3600,
	DAY_S = 86400,
	QUARTER_S = 900,
	PASSES_MAX = 9,
	KEY_SIGN = 1u << 31,
	KNOWN = 0, /* before a text's key */
	UNKNOWN = 1,
};

/* Signed numbers as keys in their order. */
#define KEY_SIGN64 ((uint64_t)1 << 63)

enum source {
	SOURCE_CLICKS,
	SOURCE_LOST,
	SOURCE_MINTED,
	SOURCES
};

/* One walk through a table. */
struct pass {
	enum source source;
	struct counts_range range;
};

struct stats {
	struct region *region;
	struct stats_query query;
	struct db_txn tally, links;
	size_t passes_n, at;
	struct pass passes[PASSES_MAX];
	bool is_scanning, has_snapshots;
	struct counts_scan scan;
	uint64_t position, complete_from_ms;
	size_t damaged;
	struct counts total;
	struct stats_rows rows;
};

static const char *const names[STATS_BYS] = {
	[STATS_HOUR] = "hour",
	[STATS_DAY] = "day",
	[STATS_LINK] = "link",
	[STATS_CAMPAIGN] = "campaign",
	[STATS_COUNTRY] = "country",
	[STATS_OS] = "os",
	[STATS_VERDICT] = "verdict",
};

const char *stats_by_name(enum stats_by by)
{
	return names[by];
}

enum err stats_by_parse(struct str name, enum stats_by *by)
{
	for (unsigned i = 0; i < STATS_BYS; i++) {
		if (!str_is(name, names[i]))
			continue;
		*by = (enum stats_by)i;
		return OK;
	}
	return ERR_INVALID;
}

bool stats_knows_tokens(enum stats_by by)
{
	return by != STATS_COUNTRY && by != STATS_OS && by != STATS_VERDICT;
}

static enum count_dimension dimension_of(enum stats_by by)
{
	switch (by) {
	case STATS_COUNTRY:
		return COUNT_COUNTRY;
	case STATS_OS:
		return COUNT_OS;
	case STATS_VERDICT:
		return COUNT_VERDICT;
	default:
		return COUNT_TOTAL;
	}
}

static void add_pass(struct stats *s, enum source source, uint8_t sum,
	uint32_t from, uint32_t to)
{
	const struct stats_query *q = &s->query;
	enum count_dimension dimension =
		source == SOURCE_CLICKS ? dimension_of(q->by) : COUNT_TOTAL;

	if (from >= to)
		return;
	s->passes[s->passes_n++] = (struct pass){
		source, {
				.account = q->account,
				.kind = (uint8_t)(dimension | sum),
				.by_link = q->by_link,
				.by_campaign = q->by_campaign,
				.link = q->link,
				.campaign = q->campaign,
				.from = from,
				.to = to,
			}};
}

/* Whole UTC days where hours do not matter, and what is left at both ends. */
static void plan(struct stats *s, enum source source)
{
	const struct stats_query *q = &s->query;
	bool by_time = q->by == STATS_HOUR || q->by == STATS_DAY;
	uint8_t links = q->by_link || q->by_campaign || q->by == STATS_LINK ||
					q->by == STATS_CAMPAIGN
				? 0
				: COUNT_ALL_LINKS;
	uint64_t first = ((uint64_t)q->from + QUARTERS_PER_DAY - 1) /
			 QUARTERS_PER_DAY * QUARTERS_PER_DAY;
	uint64_t end = q->to - q->to % QUARTERS_PER_DAY;

	if (by_time || first >= end) {
		add_pass(s, source, links, q->from, q->to);
		return;
	}
	add_pass(s, source, links, q->from, (uint32_t)first);
	add_pass(s, source, links | COUNT_DAY, (uint32_t)first, (uint32_t)end);
	add_pass(s, source, links, (uint32_t)end, q->to);
}

static enum err begin(struct stats *s)
{
	uint64_t minted_from = 0;
	enum err e = db_reader_renew(&s->tally);

	if (!e)
		e = db_reader_renew(&s->links);
	if (e)
		return e;
	s->position = tally_position(&s->tally);
	s->complete_from_ms = tally_complete_from(&s->tally);
	e = links_minted_from(&s->links, &minted_from);
	if (minted_from > s->complete_from_ms)
		s->complete_from_ms = minted_from;
	return s->tally.err ? s->tally.err : e;
}

enum err stats_new(
	struct view *v, const struct stats_query *q, struct stats **to)
{
	struct stats *s = calloc(1, sizeof(*s));
	enum err e;

	if (!s)
		return ERR_NOMEM;
	s->region = v->region;
	s->query = *q;
	stats_rows_init(&s->rows);
	for (unsigned i = 0; i < SOURCES; i++)
		plan(s, (enum source)i);
	s->has_snapshots = true;
	e = db_reader_init(tally_env(v->region->tally), &s->tally);
	if (!e)
		e = db_reader_init(v->region->links.env, &s->links);
	if (!e)
		e = begin(s);
	if (e) {
		stats_free(s);
		return e;
	}
	*to = s;
	return OK;
}

static void end_snapshots(struct stats *s)
{
	if (s->is_scanning)
		counts_scan_deinit(&s->scan);
	s->is_scanning = false;
	if (!s->has_snapshots)
		return;
	db_reader_deinit(&s->tally);
	db_reader_deinit(&s->links);
	s->has_snapshots = false;
}

void stats_free(struct stats *s)
{
	if (!s)
		return;
	end_snapshots(s);
	stats_rows_deinit(&s->rows);
	free(s);
}

static void begin_scan(struct stats *s, const struct pass *p)
{
	switch (p->source) {
	case SOURCE_CLICKS:
		tally_counts_scan(&s->scan, &s->tally, &p->range);
		break;
	case SOURCE_LOST:
		tally_lost_scan(&s->scan, &s->tally, &p->range);
		break;
	default:
		minted_scan(&s->scan, &s->links, &p->range);
		break;
	}
	s->is_scanning = true;
}

static int64_t floor_to(int64_t s, int64_t unit)
{
	return (s / unit - (s % unit < 0)) * unit;
}

/* What is not known comes last. */
static struct str text_key(struct str text, char to[STATS_KEY_MAX])
{
	to[0] = text.n ? KNOWN : UNKNOWN;
	if (text.n)
		memcpy(to + 1, text.p, text.n);
	return str_make(to, 1 + text.n);
}

/* The key of a row; keys have their values' order. */
static struct str key_of(
	const struct stats *s, const struct count *c, char to[STATS_KEY_MAX])
{
	const struct time_zone *zone = &s->query.zone;
	int64_t at = (int64_t)c->quarter * QUARTER_S;
	int64_t offset, local;

	switch (s->query.by) {
	case STATS_HOUR:
		offset = time_zone_offset(zone, at);
		local = floor_to(at + offset, HOUR_S);
		put_be64(to, (uint64_t)(local - offset) ^ KEY_SIGN64);
		put_be32(to + 8, (uint32_t)offset ^ KEY_SIGN);
		return str_make(to, 12);
	case STATS_DAY:
		local = floor_to(time_zone_local(zone, at), DAY_S) / DAY_S;
		put_be64(to, (uint64_t)local ^ KEY_SIGN64);
		return str_make(to, 8);
	case STATS_LINK:
		put_be64(to, c->link);
		return str_make(to, 8);
	case STATS_CAMPAIGN:
		put_be64(to, c->campaign);
		return str_make(to, 8);
	case STATS_VERDICT:
		return text_key(
			str_from(verdict_name(
				c->value.n ? (unsigned char)c->value.p[0]
					   : VERDICTS)),
			to);
	default:
		return text_key(c->value, to);
	}
}

static enum err take(struct stats *s, const struct count *c)
{
	char key[STATS_KEY_MAX];

	counts_add(&s->total, &c->counts);
	if (s->passes[s->at].source != SOURCE_CLICKS &&
		!stats_knows_tokens(s->query.by))
		return OK;
	return stats_rows_add(&s->rows, key_of(s, c, key), &c->counts);
}

/* What cannot be trusted is passed by where no rebuild could help. */
static enum err look(struct stats *s)
{
	struct count c;
	enum err e = counts_scan_next(&s->scan, &c);

	if (e == OK)
		return take(s, &c);
	if (e == ERR_NOT_FOUND)
		return OK;
	if (e == ERR_AGAIN) {
		counts_scan_deinit(&s->scan);
		s->is_scanning = false;
		s->at++;
		return OK;
	}
	if (e != ERR_CORRUPT || s->scan.cursor.t->err)
		return e;
	if (s->passes[s->at].source == SOURCE_CLICKS) {
		tally_report_damage(s->region->tally);
		return e;
	}
	s->damaged++;
	return OK;
}

enum err stats_step(struct stats *s, size_t budget)
{
	enum err e = OK;

	for (; !e && s->at < s->passes_n && budget; budget--) {
		if (!s->is_scanning)
			begin_scan(s, &s->passes[s->at]);
		e = look(s);
	}
	if (e)
		return e;
	if (s->at < s->passes_n)
		return ERR_AGAIN;
	end_snapshots(s);
	return stats_rows_sort(&s->rows, budget);
}

uint64_t stats_position(const struct stats *s)
{
	return s->position;
}

uint64_t stats_complete_from(const struct stats *s)
{
	return s->complete_from_ms;
}

size_t stats_damaged(const struct stats *s)
{
	return s->damaged;
}

const struct counts *stats_total(const struct stats *s)
{
	return &s->total;
}

size_t stats_rows(const struct stats *s)
{
	return s->rows.n;
}

static void read_key(const struct stats *s, struct str key, struct stats_row *r)
{
	switch (s->query.by) {
	case STATS_HOUR:
		r->at_s = (int64_t)(get_be64(key.p) ^ KEY_SIGN64);
		r->offset_s = (int32_t)(get_be32(key.p + 8) ^ KEY_SIGN);
		break;
	case STATS_DAY:
		r->day = (int64_t)(get_be64(key.p) ^ KEY_SIGN64);
		break;
	case STATS_LINK:
	case STATS_CAMPAIGN:
		r->id = get_be64(key.p);
		break;
	default:
		r->text = str_skip(key, 1);
		break;
	}
}

bool stats_next(struct stats *s, struct stats_row *row)
{
	struct str key;

	*row = (struct stats_row){0};
	if (!stats_rows_next(&s->rows, &key, &row->counts))
		return false;
	read_key(s, key, row);
	return true;
}

bool stats_find(const struct stats *s, uint64_t id, struct stats_row *row)
{
	struct db_key64 key = db_key64(id);
	const struct counts *counts = stats_rows_find(
		&s->rows, str_make(key.bytes, sizeof(key.bytes)));

	if (!counts)
		return false;
	*row = (struct stats_row){.id = id, .counts = *counts};
	return true;
}
