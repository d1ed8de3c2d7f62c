#include "api/metrics_upkeep.h"

#include <stddef.h>

#include "service/backup.h"
#include "service/keeper.h"

struct upkeep_metric {
	const char *name;
	const char *type;
	const char *help;
	size_t offset; /* of a counter in struct upkeep_metrics */
};

#define AT(field) offsetof(struct upkeep_metrics, field)

static const struct upkeep_metric metrics[] = {
	{"ctio_erasures_done_total", "counter", "Erasures that were done.",
		AT(done)},
	{"ctio_tokens_erased_total", "counter",
		"Tokens that erasures have erased.", AT(tokens_erased)},
	{"ctio_clicks_erased_total", "counter",
		"Clicks that erasures have erased.", AT(clicks_erased)},
	{"ctio_tokens_forget_unsure_total", "counter",
		"Places of token blocks that could not be read when old tokens "
		"were looked for.",
		AT(forget_unsure)},
	{"ctio_tokens_forgotten_total", "counter",
		"Tokens forgotten long after their end.", AT(tokens_forgotten)},
	{"ctio_segments_dropped_total", "counter",
		"Days of clicks dropped, being older than retention_max.",
		AT(segments_dropped)},
	{"ctio_segments_rewritten_total", "counter",
		"Days of clicks made anew.", AT(segments_rewritten)},
	{"ctio_pages_scrubbed_total", "counter",
		"Pages that held old bytes and were cleared.",
		AT(pages_scrubbed)},
	{"ctio_upkeep_failures_total", "counter",
		"Turns of the slow work on the data that failed.",
		AT(failures)},
};

static uint64_t value_of(const struct upkeep_metrics *m, size_t offset)
{
	const void *counter = (const char *)m + offset;

	return counter_get(counter);
}

static void put_metric(struct call *c, struct buf *out,
	const struct upkeep_metric *m, const char *labels, bool with_head)
{
	struct regions *regions = c->api->options.regions;

	if (with_head)
		buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", m->name,
			m->help, m->name, m->type);
	for (size_t i = 0; i < regions->n; i++) {
		const struct region *g = &regions->items[i];
		const struct upkeep_metrics *values =
			keeper_metrics(c->api->options.keeper, g);

		if (values)
			buf_printf(out, "%s{region=\"%.*s\"%s} %llu\n", m->name,
				STR_FMT(g->settings.name), labels,
				(unsigned long long)value_of(
					values, m->offset));
	}
}

static void put_backup(struct call *c, struct buf *out)
{
	struct backup_status s;

	backup_get_status(c->api->options.backup, &s);
	buf_printf(out,
		"# HELP ctio_backup_last_timestamp_seconds When the last good "
		"backup since the start was begun; 0: none.\n"
		"# TYPE ctio_backup_last_timestamp_seconds gauge\n"
		"ctio_backup_last_timestamp_seconds %llu\n",
		(unsigned long long)s.last_s);
}

void metrics_upkeep_put(struct call *c, struct buf *out)
{
	static const struct {
		const char *labels;
		size_t offset;
	} states[] = {
		{",state=\"waiting\"", AT(waiting)},
		{",state=\"running\"", AT(running)},
		{",state=\"failed\"", AT(failed)},
	};
	struct upkeep_metric pending = {"ctio_erasures_pending", "gauge",
		"Erasures that are not done, as of the last turn.", 0};

	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		put_metric(c, out, &metrics[i], "", true);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		pending.offset = states[i].offset;
		put_metric(c, out, &pending, states[i].labels, i == 0);
	}
	put_backup(c, out);
}

void status_upkeep_put(
	struct call *c, struct json_writer *w, const struct region *g)
{
	const struct upkeep_metrics *m =
		keeper_metrics(c->api->options.keeper, g);

	if (!m)
		return;
	json_key(w, "erasures_waiting");
	json_put_u64(w, counter_get(&m->waiting));
	json_key(w, "erasures_running");
	json_put_u64(w, counter_get(&m->running));
	json_key(w, "erasures_failed");
	json_put_u64(w, counter_get(&m->failed));
	json_key(w, "segments_dropped");
	json_put_u64(w, counter_get(&m->segments_dropped));
}
