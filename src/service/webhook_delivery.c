#include "service/webhooks_state.h"

#include <stddef.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/random.h"

/* A delivery: the batch, its signature, what became of it, and that with the
 * links writer. */

enum {
	HICCUP_MS = 1000, /* when the store cannot say, or take */
};

/* Writer's thread. */
static void report_done(struct links_job *job)
{
	struct hook *h = (struct hook *)job;
	struct webhooks *w = h->all;

	/* It has room for all, and is never closed. */
	ASSERT(queue_push(&w->done, &h->done_item) == OK);
	http_sender_wake(w->sender);
}

void hook_submit(struct hook *h, uint64_t now_ms)
{
	h->report.job.done = report_done;
	if (webhook_report_submit(&h->report, h->region->links_writer)) {
		hook_move(h, HOOK_UNTOLD, now_ms + HICCUP_MS);
		return;
	}
	h->all->reporting_n++;
	hook_move(h, HOOK_REPORTING, UINT64_MAX);
}

static void report(struct hook *h, enum webhook_result result, unsigned status,
	uint64_t now_ms)
{
	bool moves = result == WEBHOOK_OK || result == WEBHOOK_NEVER;
	const struct feed_page *feed = &h->page.feed;
	size_t left = feed->n;

	while (moves && left && feed->sequences[feed->n - left] <= h->end)
		left--;
	h->report = (struct webhook_report){
		.webhook = h->record.id,
		.epoch = h->record.epoch,
		.result = result,
		.status = (uint16_t)status,
		.failures = h->failures,
		.sequence = moves ? h->end : h->acked,
		.delivered = result == WEBHOOK_OK ? h->batch.clicks : 0,
		.skipped = moves ? h->batch.missing + h->page.missing : 0,
		.behind = left + h->page.more,
		.counted_at = h->page.counted_at,
	};
	hook_submit(h, now_ms);
}

static void acknowledged(struct hook *h)
{
	struct webhooks_metrics *m = &h->all->metrics;

	counter_add(&m->clicks, h->report.delivered);
	counter_add(&m->skipped, h->report.skipped);
	h->page.missing = 0;
	h->acked = h->end;
	webhook_page_drop(&h->page, h->end);
	h->end = 0;
	hook_settle(h);
}

static void pause(struct hook *h, uint64_t now_ms)
{
	hook_move(h, HOOK_PAUSED, now_ms + h->pause_ms);
	h->next_try_ms = clock_wall_ms(h->all->options.clock) + h->pause_ms;
}

void hook_reported(struct hook *h, uint64_t now_ms)
{
	enum err e = h->report.job.result;
	enum webhook_result result = h->report.result;

	if (h->is_stale) {
		hook_begin_anew(h);
		hook_settle(h);
	} else if (e == ERR_NOT_FOUND || e == ERR_CONFLICT) {
		/* It was changed, which the next reload will tell. */
		hook_move(h, HOOK_PAUSED, now_ms + HICCUP_MS);
	} else if (result == WEBHOOK_OK || result == WEBHOOK_NEVER) {
		if (e)
			hook_move(h, HOOK_UNTOLD, now_ms + HICCUP_MS);
		else
			acknowledged(h);
	} else if (result == WEBHOOK_GONE && !e) {
		h->record.active = false;
		hook_settle(h);
	} else if (!h->record.active) {
		hook_settle(h);
	} else {
		pause(h, now_ms);
	}
}

static void count_result(struct webhooks *w, enum webhook_result result)
{
	struct webhooks_metrics *m = &w->metrics;

	counter_add(result == WEBHOOK_OK        ? &m->ok
		    : result == WEBHOOK_GONE    ? &m->gone
		    : result == WEBHOOK_REFUSED ? &m->refused
						: &m->failed,
		1);
}

/* Once when its deliveries begin to fail, and once when they work again; never
 * its URL, which may hold a secret. */
static void log_result(
	const struct hook *h, enum webhook_result result, unsigned status)
{
	const char *what = NULL;

	if (result == WEBHOOK_GONE)
		what = "was disabled";
	else if (result != WEBHOOK_OK && h->failures == 0)
		what = "fails";
	else if (result == WEBHOOK_OK && h->failures > 0)
		what = "works again";
	if (what)
		log_info("webhooks: one %s region=%.*s account=%llu "
			 "webhook=%.*s result=%s status=%u",
			what, STR_FMT(h->region->settings.name),
			(unsigned long long)h->record.account,
			STR_FMT(h->record.name), webhook_result_name(result),
			status);
}

static void on_posted(struct http_post *p)
{
	struct hook *h = (struct hook *)(void *)((char *)p -
						 offsetof(struct hook, post));
	const struct webhooks_options *o = &h->all->options;
	enum webhook_result result = webhook_letter_result(p);
	uint32_t random;

	hook_leave_sending(h);
	count_result(h->all, result);
	log_result(h, result, p->status);
	if (result == WEBHOOK_OK) {
		h->failures = h->tries = 0;
	} else {
		random_fill(&random, sizeof(random));
		h->failures += h->failures < UINT32_MAX;
		h->tries += h->tries < UINT32_MAX;
		h->pause_ms = webhook_pause_ms(
			&o->pace, h->tries, p->retry_after_s * 1000, random);
	}
	report(h, result, p->status, webhooks_now(h->all));
}

/* The same for each attempt at a batch, another one for any other. */
static void name_batch(struct hook *h)
{
	uint8_t about[29], hash[HASH128_BYTES];
	const void *bytes = about;

	put_be64(about, h->record.id);
	put_be32(about + 8, h->record.epoch);
	put_be64(about + 12, h->acked);
	put_be64(about + 20, h->end);
	about[28] = h->record.revisions;
	hash128(str_make(bytes, sizeof(about)), hash);
	webhook_letter_name(&h->letter, &h->all->ids[h->region->index], hash);
}

static enum err post(struct hook *h)
{
	name_batch(h);
	webhook_letter_sign(&h->letter, &h->record,
		clock_wall_ms(h->all->options.clock), buf_view(&h->body),
		&h->post);
	h->post.url = h->url;
	h->post.done = on_posted;
	return http_sender_start(h->all->sender, &h->post);
}

static enum err fill_body(struct hook *h)
{
	struct feed_join **join = &h->all->joins[h->region->index];
	const struct feed_page *feed = &h->page.feed;
	enum err e = *join ? OK : feed_join_new(h->view, join);

	/* What the clicks name was there when they were gathered, but the
	 * snapshot that there is may be older than that. */
	views_reset(h->all->views);
	buf_reset(&h->body);
	if (!e)
		e = webhook_batch_put(*join, h->view, feed, h->record.revisions,
			h->end, &h->body, &h->batch);
	if (e != ERR_TOO_LONG || !h->end)
		return e;
	/* Its clicks take more room than they did, so it is cut anew. */
	buf_reset(&h->body);
	return webhook_batch_put(*join, h->view, feed, h->record.revisions, 0,
		&h->body, &h->batch);
}

void hook_send(struct hook *h, uint64_t now_ms)
{
	enum err e = fill_body(h);

	if (!e) {
		h->end = h->batch.end;
		if (!h->batch.clicks) {
			buf_deinit(&h->body);
			report(h, WEBHOOK_NEVER, 0, now_ms);
			return;
		}
		e = post(h);
	}
	if (e) {
		buf_deinit(&h->body);
		hook_move(h, HOOK_WATCHING, now_ms + HICCUP_MS);
		return;
	}
	h->counts_as_failing = h->failures > 0;
	h->all->failing_n += h->counts_as_failing;
	h->sent_ms = now_ms;
	hook_move(h, HOOK_SENDING, UINT64_MAX);
}
