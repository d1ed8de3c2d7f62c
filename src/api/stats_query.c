#include "api/stats_query.h"

#include <string.h>

#include "api/api_object.h"
#include "api/stats.h"
#include "core/timestamp.h"
#include "service/lookup.h"

enum {
	QUARTER_S = MS_PER_QUARTER / 1000,
	OFFSET_LEN = 6, /* +05:30 */
	TIMESTAMP_TEXT_MAX = 64,
};

const char *const stats_params[] = {
	"by", "tz", "from", "to", "link", "campaign", NULL};

static bool read_by(struct call *c, struct stats_query *q)
{
	struct str by = query_get(&c->query, "by");

	q->by = STATS_DAY;
	if (!by.p || !stats_by_parse(by, &q->by))
		return true;
	problem_set(&c->problem, PROBLEM_BAD_PARAMETER,
		"by must be hour, day, link, campaign, country, os or "
		"verdict.");
	return false;
}

static bool read_zone(struct call *c, struct stats_ask *ask)
{
	struct str tz = query_get(&c->query, "tz");
	enum err e = ERR_NOT_FOUND;

	if (!tz.p)
		tz = STR("UTC");
	if (tz.n <= sizeof(ask->tz)) {
		memcpy(ask->tz, tz.p, tz.n);
		ask->tz_n = tz.n;
		/* A plus that was not escaped. */
		if (tz.n && ask->tz[0] == ' ')
			ask->tz[0] = '+';
		e = zones_find(&c->api->zones, str_make(ask->tz, tz.n),
			&ask->query.zone);
	}
	if (e == ERR_NOT_FOUND)
		problem_set(&c->problem, PROBLEM_BAD_PARAMETER,
			"tz must be UTC, an offset such as %%2B05:30, or a "
			"time zone known here such as Asia/Kolkata.");
	else if (e)
		problem_from_err(&c->problem, e);
	else if (ask->query.zone.n == 0 && !ask->query.zone.has_rule &&
		 ask->query.zone.first_s % QUARTER_S)
		problem_set(&c->problem, PROBLEM_BAD_PARAMETER,
			"tz must be whole quarters of an hour from UTC.");
	return c->problem.kind == PROBLEM_NONE;
}

/* The plus of an offset may have come unescaped, which makes it a blank. */
static bool parse_time(struct str text, uint64_t *ms)
{
	char copy[TIMESTAMP_TEXT_MAX];

	if (text.n <= OFFSET_LEN || text.n > sizeof(copy))
		return false;
	memcpy(copy, text.p, text.n);
	if (copy[text.n - OFFSET_LEN] == ' ')
		copy[text.n - OFFSET_LEN] = '+';
	return timestamp_parse(str_make(copy, text.n), ms) == OK;
}

/* A time, or where a day begins; left alone when not given. */
static bool read_quarter(struct call *c, const char *name,
	const struct time_zone *zone, uint32_t *quarter)
{
	struct str text = query_get(&c->query, name);
	uint64_t ms, day;

	if (text.p && !day_parse(text, &day)) {
		int64_t s = time_zone_day_begin(zone, (int64_t)day);

		*quarter = s > 0 ? (uint32_t)(s / QUARTER_S) : 0;
		return true;
	}
	if (text.p && !parse_time(text, &ms)) {
		problem_set(&c->problem, PROBLEM_BAD_PARAMETER,
			"%s must be an RFC 3339 time such as "
			"2026-11-23T00:00:00Z, or a day such as 2026-11-23.",
			name);
		return false;
	}
	if (text.p && ms % MS_PER_QUARTER) {
		problem_set(&c->problem, PROBLEM_BAD_PARAMETER,
			"%s must be on a quarter of an hour: that is how "
			"finely clicks are counted.",
			name);
		return false;
	}
	if (text.p)
		*quarter = (uint32_t)(ms / MS_PER_QUARTER);
	return true;
}

static bool read_range(struct call *c, struct stats_query *q)
{
	q->from = 0;
	q->to = UINT32_MAX;
	if (!read_quarter(c, "from", &q->zone, &q->from) ||
		!read_quarter(c, "to", &q->zone, &q->to))
		return false;
	if (q->from <= q->to)
		return true;
	problem_set(&c->problem, PROBLEM_BAD_PARAMETER,
		"from must not be later than to.");
	return false;
}

/* Of names that there are not, there are no clicks. */
static bool read_names(struct call *c, struct stats_query *q)
{
	struct str link = query_get(&c->query, "link");
	struct str campaign = query_get(&c->query, "campaign");
	struct link l = {.id = UINT64_MAX};
	struct campaign g = {.id = UINT64_MAX};
	enum err e = OK;

	if (link.p)
		e = lookup_link_name(c->view, c->account, link, &l);
	if (campaign.p && (!e || e == ERR_NOT_FOUND))
		e = lookup_campaign_name(c->view, c->account, campaign, &g);
	if (e && e != ERR_NOT_FOUND) {
		problem_from_err(&c->problem, e);
		return false;
	}
	q->by_link = link.p != NULL;
	q->by_campaign = campaign.p != NULL;
	q->link = l.id;
	q->campaign = g.id;
	return true;
}

bool stats_ask_read(struct call *c, struct stats_ask *ask)
{
	ask->query.account = c->account;
	return read_by(c, &ask->query) && read_zone(c, ask) &&
	       read_range(c, &ask->query) && read_names(c, &ask->query);
}
