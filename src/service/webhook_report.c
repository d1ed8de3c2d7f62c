#include "service/webhook_report.h"

#include "store/webhook.h"

enum {
	WEBHOOK_RECORD_MAX = 8192
};

static void fill(struct webhook_progress *p, const struct webhook_report *r,
	uint64_t now_ms)
{
	p->sequence = r->sequence;
	p->behind = r->behind;
	p->counted_at = r->counted_at;
	p->delivered += r->delivered;
	p->skipped += r->skipped;
	if (r->result == WEBHOOK_NEVER)
		return;
	p->result = r->result;
	p->status = r->status;
	p->failures = r->failures;
	if (r->result == WEBHOOK_OK)
		p->success_ms = now_ms;
	else
		p->failure_ms = now_ms;
}

/* Both records are made before either is put: what was found are views. */
static void put(struct links_batch *batch, const struct webhook_report *r,
	struct webhook *w, const struct webhook_progress *p)
{
	struct buf webhook, progress;

	buf_init(&webhook, WEBHOOK_RECORD_MAX);
	buf_init(&progress, WEBHOOK_RECORD_MAX);
	webhook_progress_put(&progress, p);
	if (r->result == WEBHOOK_GONE) {
		w->active = false;
		w->revision++;
		w->updated_ms = batch->now_ms;
		webhook_record_put(&webhook, w);
	}
	if (buf_err(&webhook) || buf_err(&progress))
		db_fail(batch->txn, ERR_NOMEM);
	apply_webhook_progress(batch->txn, buf_view(&progress));
	if (r->result == WEBHOOK_GONE)
		apply_webhook(batch->txn, buf_view(&webhook));
	buf_deinit(&webhook);
	buf_deinit(&progress);
}

static enum err run(struct links_job *job, struct links_batch *batch)
{
	struct webhook_report *r = (struct webhook_report *)job;
	struct webhook_progress p;
	struct webhook w;
	enum err e = webhook_by_id(batch->txn, r->webhook, &w);

	if (!e && w.epoch != r->epoch)
		e = ERR_CONFLICT;
	if (!e)
		e = webhook_standing(batch->txn, &w, &p);
	if (e)
		return e;
	fill(&p, r, batch->now_ms);
	put(batch, r, &w, &p);
	return OK;
}

enum err webhook_report_submit(struct webhook_report *r, struct links_writer *w)
{
	r->job.run = run;
	return links_writer_push(w, &r->job);
}
