#include "api/server_info.h"

#include "api/metrics_upkeep.h"
#include "api/webhooks.h"
#include "core/json_writer.h"
#include "core/timestamp.h"
#include "http/loop.h"
#include "service/lookup.h"
#include "service/webhooks.h"

enum {
	RATE_MS_MIN = 60000, /* of uptime, before a rate is told */
	DAYS_MAX = 36500,
	STATUS_WEBHOOKS_MAX = 256, /* told of a region */
};

const char *const readyz_params[] = {"for", NULL};

void livez_get(struct call *c)
{
	buf_text(call_answer_begin(c), "ok\n");
	call_answer_type(
		c, 200, "text/plain; charset=utf-8", str_make(NULL, 0));
}

/* Taps work while links can be read; mints while links can be written. */
static enum err health_of(struct view *v, bool for_mint)
{
	enum err e;

	if (!view_links(v, &e))
		return e;
	return for_mint ? links_writer_health(v->region->links_writer) : OK;
}

void readyz_get(struct call *c)
{
	struct regions *regions = c->api->options.regions;
	struct str purpose = query_get(&c->query, "for");
	bool for_mint = str_is(purpose, "mint"), ready = true;
	struct buf *out;

	if (purpose.p && !for_mint && !str_is(purpose, "taps")) {
		call_fail_with(
			c, PROBLEM_BAD_PARAMETER, "for must be taps or mint.");
		return;
	}
	out = call_answer_begin(c);
	for (size_t i = 0; i < regions->n; i++) {
		struct view *v = view_of(&c->api->views, &regions->items[i]);
		enum err e = v ? health_of(v, for_mint) : OK;

		if (!v)
			continue;
		buf_str(out, v->region->settings.name);
		buf_printf(out, ": %s\n", err_text(e));
		ready = ready && !e;
	}
	if (loop_is_stopping(c->api->options.loop)) {
		buf_text(out, "stopping\n");
		ready = false;
	}
	call_answer_type(c, ready ? 200 : 503, "text/plain; charset=utf-8",
		ready ? str_make(NULL, 0) : STR("Retry-After: 1\r\n"));
}

void problem_get(struct call *c)
{
	struct str name = call_capture(c, 0);
	struct buf *out = call_answer_begin(c);

	for (int i = PROBLEM_NONE + 1; i < PROBLEM_KINDS; i++) {
		enum problem_kind kind = (enum problem_kind)i;

		if (!str_is(name, problem_name(kind)))
			continue;
		buf_printf(out, "%s (%d)\n\n%s\n", problem_title(kind),
			problem_status(kind), problem_help(kind));
		call_answer_type(
			c, 200, "text/plain; charset=utf-8", str_make(NULL, 0));
		return;
	}
	call_fail_with(c, PROBLEM_NOT_FOUND, "There is no such problem.");
}

static void put_u64(struct json_writer *w, const char *key, uint64_t v)
{
	json_key(w, key);
	json_put_u64(w, v);
}

static void put_webhook(struct json_writer *w, struct call *c, struct view *v,
	const struct webhook *h)
{
	struct account account = {0};

	json_object_begin(w);
	json_key(w, "account");
	if (lookup_account(v, h->account, &account) == OK)
		json_put_str(w, account.name);
	else
		json_put_null(w);
	json_key(w, "name");
	json_put_str(w, h->name);
	json_key(w, "state");
	json_put_str(w, h->active ? STR("active") : STR("disabled"));
	webhook_put_sight(w, c, v->region, h);
	json_object_end(w);
}

static void put_webhooks(struct json_writer *w, struct call *c, struct view *v)
{
	struct webhook h = {0};

	json_key(w, "webhooks");
	json_array_begin(w);
	for (unsigned n = 0; n < STATUS_WEBHOOKS_MAX &&
			     lookup_webhook_next_id(v, h.id, &h) == OK;
		n++)
		put_webhook(w, c, v, &h);
	json_array_end(w);
}

static void put_region(struct json_writer *w, struct call *c, struct view *v)
{
	struct region *g = v->region;
	struct counts totals = {0};
	uint64_t oldest, newest, tokens = 0;
	struct db_txn *tally;
	enum err e, health;

	health = links_writer_health(g->links_writer);
	json_object_begin(w);
	json_key(w, "region");
	json_put_str(w, g->settings.name);
	json_key(w, "url");
	json_put_str(w, g->settings.url);
	json_key(w, "mints");
	json_put_str(w, str_from(err_text(health)));
	json_key(w, "clicks");
	json_put_str(
		w, str_from(err_text(click_writer_health(g->click_writer))));
	if (lookup_tokens_numbered(v, &tokens) == OK)
		put_u64(w, "tokens_numbered", tokens);
	segments_range(g->segments, &oldest, &newest);
	put_u64(w, "clicks_kept", region_clicks(g));
	tally = view_tally(v, &e);
	if (tally && tally_totals(tally, &totals) == OK) {
		uint64_t position = tally_position(tally);

		put_u64(w, "tally_requests", totals.requests);
		put_u64(w, "tally_clicks", totals.clicks);
		put_u64(w, "tally_unique_clicks", totals.unique_clicks);
		/* It may have come past what `newest` was a moment ago. */
		put_u64(w, "tally_lag",
			newest > position ? restores_clicks(&g->restores,
						    position + 1, newest)
					  : 0);
	}
	put_u64(w, "click_queue", click_writer_queued(g->click_writer));
	put_u64(w, "links_queue", links_writer_queued(g->links_writer));
	put_u64(w, "links_bytes", db_file_bytes(g->links.env));
	put_webhooks(w, c, v);
	status_upkeep_put(c, w, g);
	json_object_end(w);
}

/* How long the disk lasts at the rate since the start; null while that says
 * nothing yet. */
static void put_days_left(struct call *c, struct json_writer *w, uint64_t up_ms)
{
	struct regions *regions = c->api->options.regions;
	uint64_t now = regions_stored_bytes(regions);
	uint64_t grown =
		now > c->api->stored_bytes ? now - c->api->stored_bytes : 0;
	double days;

	json_key(w, "storage_days_left");
	if (up_ms < RATE_MS_MIN || grown == 0) {
		json_put_null(w);
		return;
	}
	days = (double)regions_free_bytes(regions) / (double)grown *
	       (double)up_ms / MS_PER_DAY;
	json_put_u64(w, days < DAYS_MAX ? (uint64_t)days : DAYS_MAX);
}

void status_get(struct call *c)
{
	struct regions *regions = c->api->options.regions;
	uint64_t now = loop_wall_ms(c->api->options.loop);
	/* The clock may have been set back. */
	uint64_t up_ms =
		now > c->api->started_ms ? now - c->api->started_ms : 0;
	char started[TIMESTAMP_LEN];
	struct json_writer w;

	timestamp_write(started, c->api->started_ms);
	json_writer_init(&w, call_answer_begin(c));
	json_object_begin(&w);
	json_key(&w, "version");
	json_put_str(&w, str_from(c->api->options.version));
	json_key(&w, "started_at");
	json_put_str(&w, str_make(started, sizeof(started)));
	put_u64(&w, "uptime_seconds", up_ms / 1000);
	put_u64(&w, "storage_free_bytes", regions_free_bytes(regions));
	put_days_left(c, &w, up_ms);
	json_key(&w, "regions");
	json_array_begin(&w);
	for (size_t i = 0; i < regions->n; i++) {
		struct view *v = view_of(&c->api->views, &regions->items[i]);

		if (v)
			put_region(&w, c, v);
	}
	json_array_end(&w);
	json_object_end(&w);
	call_answer(c, 200, str_make(NULL, 0));
}
