#include "api/server_info.h"

#include "api/metrics_upkeep.h"
#include "api/tap.h"
#include "core/verdict.h"
#include "http/server.h"
#include "service/webhooks.h"

/* Prometheus's text exposition format, version 0.0.4. Sums over the loops are
 * made here, at each scrape. */

static void head(
	struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void region_line(
	struct buf *out, const char *name, const struct region *g, uint64_t v)
{
	buf_printf(out, "%s{region=\"%.*s\"} %llu\n", name,
		STR_FMT(g->settings.name), (unsigned long long)v);
}

static void plain_line(struct buf *out, const char *name, uint64_t v)
{
	buf_printf(out, "%s %llu\n", name, (unsigned long long)v);
}

static void put_taps_of(struct call *c, struct buf *out, const struct region *g)
{
	static const char *const outcomes[CLICK_OUTCOMES] = {
		"redirected", "fallback", "gone"};
	const struct api_options *o = &c->api->options;

	for (unsigned i = 0; i < CLICK_OUTCOMES; i++)
		for (unsigned j = 0; j < VERDICTS; j++) {
			uint64_t sum = 0;

			for (size_t s = 0; s < o->sites_n; s++)
				sum += counter_get(
					&tap_site_counters(o->sites[s])
						 ->taps[g->index][i][j]);
			buf_printf(out,
				"ctio_taps_total{region=\"%.*s\",outcome=\"%s\""
				",verdict=\"%s\"} %llu\n",
				STR_FMT(g->settings.name), outcomes[i],
				verdict_name(j), (unsigned long long)sum);
		}
}

/* A counter that each site keeps per region. */
static void put_per_region(struct call *c, struct buf *out, const char *name,
	const char *help, size_t offset)
{
	const struct api_options *o = &c->api->options;

	head(out, name, "counter", help);
	for (size_t i = 0; i < o->regions->n; i++) {
		const struct region *g = &o->regions->items[i];
		uint64_t sum = 0;

		if (!g->settings.serve)
			continue;
		for (size_t s = 0; s < o->sites_n; s++) {
			const char *site =
				(const char *)tap_site_counters(o->sites[s]);
			const void *at = site + offset;
			const struct counter *counters = at;

			sum += counter_get(&counters[i]);
		}
		region_line(out, name, g, sum);
	}
}

/* A counter that each site keeps. */
static void put_per_site(struct call *c, struct buf *out, const char *name,
	const char *help,
	const struct counter *(*get)(const struct tap_counters *))
{
	const struct api_options *o = &c->api->options;
	uint64_t sum = 0;

	for (size_t s = 0; s < o->sites_n; s++)
		sum += counter_get(get(tap_site_counters(o->sites[s])));
	head(out, name, "counter", help);
	plain_line(out, name, sum);
}

static const struct counter *get_misfilled(const struct tap_counters *t)
{
	return &t->misfilled;
}

static const struct counter *get_unfilled(const struct tap_counters *t)
{
	return &t->unfilled;
}

static const struct counter *get_forged(const struct tap_counters *t)
{
	return &t->forged;
}

static const struct counter *get_unknown(const struct tap_counters *t)
{
	return &t->unknown;
}

static const struct counter *get_wrong_region(const struct tap_counters *t)
{
	return &t->wrong_region;
}

static const struct counter *get_loops(const struct tap_counters *t)
{
	return &t->loops;
}

static const struct counter *get_not_found(const struct tap_counters *t)
{
	return &t->not_found;
}

static const struct counter *get_errors(const struct tap_counters *t)
{
	return &t->errors;
}

static void put_snapshots(struct call *c, struct buf *out)
{
	const struct api_options *o = &c->api->options;
	uint64_t sum = 0;

	for (size_t s = 0; s < o->sites_n; s++)
		sum += tap_site_snapshots(o->sites[s]);
	head(out, "ctio_tap_snapshots_total", "counter",
		"Reading transactions begun for taps.");
	plain_line(out, "ctio_tap_snapshots_total", sum);
}

static void put_taps(struct call *c, struct buf *out)
{
	struct regions *regions = c->api->options.regions;

	head(out, "ctio_taps_total", "counter",
		"Taps of tokens of ours, by what they got and who tapped.");
	for (size_t i = 0; i < regions->n; i++)
		if (regions->items[i].settings.serve)
			put_taps_of(c, out, &regions->items[i]);
	put_per_region(c, out, "ctio_clicks_late_total",
		"Clicks committed after their reply had left.",
		offsetof(struct tap_counters, late));
	put_per_region(c, out, "ctio_clicks_lost_total",
		"Clicks whose reply left and that could not be kept.",
		offsetof(struct tap_counters, lost));
	put_per_region(c, out, "ctio_taps_untracked_total",
		"Taps of links that keep no clicks.",
		offsetof(struct tap_counters, untracked));
	put_per_site(c, out, "ctio_misfilled_total",
		"Taps of a whole URL put into the template's variable.",
		get_misfilled);
	put_per_site(c, out, "ctio_unfilled_total",
		"Taps of a template whose variable was not filled.",
		get_unfilled);
	put_per_site(c, out, "ctio_tokens_forged_total",
		"Requests for tokens that this server never made.", get_forged);
	put_per_site(c, out, "ctio_tokens_unknown_total",
		"Requests for tokens of ours that are not in the store.",
		get_unknown);
	put_per_site(c, out, "ctio_taps_sent_on_total",
		"Taps sent on to the domain of the token's region.",
		get_wrong_region);
	put_per_site(c, out, "ctio_taps_looped_total",
		"Taps that arrived at a region's domain where it is not "
		"served.",
		get_loops);
	put_per_site(c, out, "ctio_paths_not_found_total",
		"Requests for any other path.", get_not_found);
	put_per_site(c, out, "ctio_tap_errors_total",
		"Taps that the store could not answer.", get_errors);
}

/* Bounds and sum are in `unit`s of the metric's own unit. */
static void put_histogram(struct buf *out, const char *name,
	const struct region *g, const struct histogram *h, double unit)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < h->bounds_n; i++) {
		sum += counter_get(&h->buckets[i]);
		buf_printf(out, "%s_bucket{region=\"%.*s\",le=\"%g\"} %llu\n",
			name, STR_FMT(g->settings.name),
			(double)h->bounds[i] * unit, (unsigned long long)sum);
	}
	sum += counter_get(&h->buckets[h->bounds_n]);
	buf_printf(out, "%s_bucket{region=\"%.*s\",le=\"+Inf\"} %llu\n", name,
		STR_FMT(g->settings.name), (unsigned long long)sum);
	buf_printf(out, "%s_sum{region=\"%.*s\"} %.6f\n", name,
		STR_FMT(g->settings.name), (double)counter_get(&h->sum) * unit);
	buf_printf(out, "%s_count{region=\"%.*s\"} %llu\n", name,
		STR_FMT(g->settings.name), (unsigned long long)sum);
}

struct region_metric {
	const char *name;
	const char *type;
	const char *help;
	uint64_t (*get)(const struct region *g);
};

static uint64_t get_commits(const struct region *g)
{
	return counter_get(&click_writer_metrics(g->click_writer)->commits);
}

static uint64_t get_commit_failures(const struct region *g)
{
	return counter_get(&click_writer_metrics(g->click_writer)->failures);
}

static uint64_t get_rows(const struct region *g)
{
	return counter_get(&click_writer_metrics(g->click_writer)->rows);
}

static uint64_t get_bytes(const struct region *g)
{
	return counter_get(&click_writer_metrics(g->click_writer)->bytes);
}

static uint64_t get_click_queue(const struct region *g)
{
	return click_writer_queued(g->click_writer);
}

static uint64_t get_tally_lag(const struct region *g)
{
	return counter_get(&tally_metrics(g->tally)->lag);
}

static uint64_t get_tally_skipped(const struct region *g)
{
	return counter_get(&tally_metrics(g->tally)->skipped);
}

static uint64_t get_agents(const struct region *g)
{
	return counter_get(&tally_metrics(g->tally)->agents);
}

static uint64_t get_agents_unkept(const struct region *g)
{
	return counter_get(&tally_metrics(g->tally)->agents_unkept);
}

static uint64_t get_lost_uncounted(const struct region *g)
{
	return counter_get(&tally_metrics(g->tally)->lost);
}

static uint64_t get_minted(const struct region *g)
{
	return counter_get(&links_writer_metrics(g->links_writer)->minted);
}

static uint64_t get_links_commits(const struct region *g)
{
	return counter_get(&links_writer_metrics(g->links_writer)->commits);
}

static uint64_t get_links_failures(const struct region *g)
{
	return counter_get(&links_writer_metrics(g->links_writer)->failures);
}

static uint64_t get_links_queue(const struct region *g)
{
	return links_writer_queued(g->links_writer);
}

static const struct region_metric region_metrics[] = {
	{"ctio_commits_total", "counter", "Commits of the click log.",
		get_commits},
	{"ctio_commit_failures_total", "counter",
		"Commits of the click log that failed.", get_commit_failures},
	{"ctio_clicks_committed_total", "counter",
		"Clicks written to the click log.", get_rows},
	{"ctio_clicks_committed_bytes_total", "counter",
		"Bytes of click records written.", get_bytes},
	{"ctio_click_queue_depth", "gauge", "Clicks waiting for their commit.",
		get_click_queue},
	{"ctio_tally_lag_clicks", "gauge",
		"Clicks in the log that the tally has not counted yet.",
		get_tally_lag},
	{"ctio_records_damaged_total", "counter",
		"Click records passed by because they cannot be trusted.",
		get_tally_skipped},
	{"ctio_agents_known", "gauge",
		"Distinct agents whose families the tally keeps.", get_agents},
	{"ctio_agents_unkept_total", "counter",
		"Agents looked up that the tally has no room for.",
		get_agents_unkept},
	{"ctio_clicks_lost_uncounted_total", "counter",
		"Lost clicks that statistics could not count as unconfirmed.",
		get_lost_uncounted},
	{"ctio_tokens_minted_total", "counter", "Tokens minted.", get_minted},
	{"ctio_links_commits_total", "counter",
		"Commits of mints and other changes.", get_links_commits},
	{"ctio_links_commit_failures_total", "counter",
		"Commits of mints and other changes that failed.",
		get_links_failures},
	{"ctio_links_queue_depth", "gauge",
		"Mints and other changes waiting for their commit.",
		get_links_queue},
};

static void put_regions(struct call *c, struct buf *out)
{
	struct regions *regions = c->api->options.regions;
	size_t n = sizeof(region_metrics) / sizeof(region_metrics[0]);

	for (size_t i = 0; i < n; i++) {
		const struct region_metric *m = &region_metrics[i];

		head(out, m->name, m->type, m->help);
		for (size_t j = 0; j < regions->n; j++)
			if (regions->items[j].settings.serve)
				region_line(out, m->name, &regions->items[j],
					m->get(&regions->items[j]));
	}
}

static void put_histograms(struct call *c, struct buf *out)
{
	struct regions *regions = c->api->options.regions;

	head(out, "ctio_commit_duration_seconds", "histogram",
		"Time from a click commit's begin to its end.");
	for (size_t i = 0; i < regions->n; i++)
		if (regions->items[i].settings.serve)
			put_histogram(out, "ctio_commit_duration_seconds",
				&regions->items[i],
				&click_writer_metrics(
					regions->items[i].click_writer)
					 ->commit_us,
				1e-6);
	head(out, "ctio_commit_clicks", "histogram", "Clicks of one commit.");
	for (size_t i = 0; i < regions->n; i++)
		if (regions->items[i].settings.serve)
			put_histogram(out, "ctio_commit_clicks",
				&regions->items[i],
				&click_writer_metrics(
					regions->items[i].click_writer)
					 ->batch_rows,
				1);
	head(out, "ctio_links_commit_duration_seconds", "histogram",
		"Time from a mint commit's begin to its end.");
	for (size_t i = 0; i < regions->n; i++)
		if (regions->items[i].settings.serve)
			put_histogram(out, "ctio_links_commit_duration_seconds",
				&regions->items[i],
				&links_writer_metrics(
					regions->items[i].links_writer)
					 ->commit_us,
				1e-6);
}

struct http_metric {
	const char *name;
	const char *type;
	const char *help;
	size_t offset;
};

static const struct http_metric http_metrics[] = {
	{"ctio_connections_accepted_total", "counter", "Connections accepted.",
		offsetof(struct http_counters, accepted)},
	{"ctio_connections_open", "gauge", "Connections that are open.",
		offsetof(struct http_counters, open)},
	{"ctio_connections_refused_total", "counter",
		"Connections over a limit.",
		offsetof(struct http_counters, refused_cap)},
	{"ctio_requests_total", "counter", "Requests that were understood.",
		offsetof(struct http_counters, requests)},
	{"ctio_received_bytes_total", "counter", "Bytes received.",
		offsetof(struct http_counters, bytes_in)},
	{"ctio_sent_bytes_total", "counter", "Bytes sent.",
		offsetof(struct http_counters, bytes_out)},
	{"ctio_connection_timeouts_total", "counter",
		"Connections closed by a deadline in the middle of something.",
		offsetof(struct http_counters, timeouts)},
};

static uint64_t http_counter(
	const struct http_listener *listener, size_t offset)
{
	const char *counters = (const char *)http_listener_counters(listener);
	const void *counter = counters + offset;

	return counter_get(counter);
}

static void put_http(struct call *c, struct buf *out)
{
	const struct api_options *o = &c->api->options;
	size_t n = sizeof(http_metrics) / sizeof(http_metrics[0]);

	for (size_t i = 0; i < n; i++) {
		const struct http_metric *m = &http_metrics[i];
		uint64_t clicks = 0, api = 0;

		for (size_t s = 0; s < o->sites_n; s++)
			clicks +=
				http_counter(o->click_listeners[s], m->offset);
		if (c->api->tcp)
			api += http_counter(c->api->tcp, m->offset);
		if (c->api->local)
			api += http_counter(c->api->local, m->offset);
		head(out, m->name, m->type, m->help);
		buf_printf(out, "%s{listener=\"click\"} %llu\n", m->name,
			(unsigned long long)clicks);
		buf_printf(out, "%s{listener=\"api\"} %llu\n", m->name,
			(unsigned long long)api);
	}
}

static void put_webhooks(struct call *c, struct buf *out)
{
	const struct webhooks_metrics *m =
		webhooks_metrics(c->api->options.webhooks);
	const struct {
		const char *result;
		const struct counter *counter;
	} results[] = {{"ok", &m->ok}, {"failed", &m->failed},
		{"refused", &m->refused}, {"gone", &m->gone}};
	const struct {
		const char *name;
		const char *type;
		const char *help;
		const struct counter *counter;
	} rows[] = {
		{"ctio_webhook_clicks_total", "counter",
			"Clicks that webhooks acknowledged.", &m->clicks},
		{"ctio_webhook_clicks_skipped_total", "counter",
			"Clicks that were no longer kept when their webhook's "
			"turn came.",
			&m->skipped},
		{"ctio_webhook_deliveries_under_way", "gauge",
			"Deliveries that are not answered yet.", &m->sending},
		{"ctio_webhooks_active", "gauge", "Webhooks that are active.",
			&m->active},
		{"ctio_webhooks_failing", "gauge",
			"Active webhooks whose last delivery failed.",
			&m->failing},
		{"ctio_webhook_lag_clicks", "gauge",
			"Clicks that the last of the active webhooks is "
			"behind.",
			&m->lag},
	};

	head(out, "ctio_webhook_deliveries_total", "counter",
		"Deliveries to webhooks, by what became of them.");
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		buf_printf(out,
			"ctio_webhook_deliveries_total{result=\"%s\"} %llu\n",
			results[i].result,
			(unsigned long long)counter_get(results[i].counter));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		head(out, rows[i].name, rows[i].type, rows[i].help);
		plain_line(out, rows[i].name, counter_get(rows[i].counter));
	}
}

void metrics_get(struct call *c)
{
	struct buf *out = call_answer_begin(c);

	head(out, "ctio_build_info", "gauge", "The version that runs.");
	buf_printf(out, "ctio_build_info{version=\"%s\"} 1\n",
		c->api->options.version);
	head(out, "ctio_storage_free_bytes", "gauge",
		"Free space of the file system that holds the data.");
	plain_line(out, "ctio_storage_free_bytes",
		regions_free_bytes(c->api->options.regions));
	put_taps(c, out);
	put_snapshots(c, out);
	put_regions(c, out);
	put_histograms(c, out);
	put_webhooks(c, out);
	metrics_upkeep_put(c, out);
	put_http(c, out);
	call_answer_type(c, 200, "text/plain; version=0.0.4; charset=utf-8",
		str_make(NULL, 0));
}
