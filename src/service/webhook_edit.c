#include "service/webhook_edit.h"

#include <string.h>

#include "core/url.h"
#include "service/campaign_edit.h"
#include "service/feed.h"
#include "service/feed_place.h"
#include "store/links.h"
#include "store/webhook.h"

enum {
	WEBHOOK_RECORD_MAX = 8192
};

/* Where `after` leads: null is the oldest click that is kept. */
static void read_after(struct webhook_edit *d, struct view *v, struct str text)
{
	uint64_t oldest_after;

	feed_range(v, &oldest_after, &d->newest);
	d->after = oldest_after;
	if (text.p && feed_place(v, d->account, text, &d->after, &d->problem) ==
			      ERR_INVALID)
		json_finding_add(&d->problem.findings, "#", STR("after"),
			"is no cursor of this account");
}

static void read_secret(struct webhook_edit *d, struct str text)
{
	if (text.p && webhook_secret_read(text, &d->secret))
		json_finding_add(&d->problem.findings, "#", STR("secret"),
			"must be whsec_ and the base64 of %d to %d bytes",
			WEBHOOK_SECRET_MIN, WEBHOOK_SECRET_MAX);
}

static void read_webhook(
	struct webhook_edit *d, struct view *v, const struct json_t *body)
{
	struct json_findings *findings = &d->problem.findings;
	struct str name = {0}, secret = {0}, after = {0}, state = {0};
	enum json_state revisions = JSON_ABSENT;
	const struct json_field table[] = {
		{"name", JSON_FIELD_STR, 0, 0, &name, NULL},
		{"url", JSON_FIELD_STR,
			d->kind == WEBHOOK_PUT ? JSON_REQUIRED : 0, URL_MAX,
			&d->url, NULL},
		{"secret", JSON_FIELD_STR, JSON_NULLABLE, 0, &secret,
			&d->has_secret},
		{"after", JSON_FIELD_STR, JSON_NULLABLE, 0, &after,
			&d->has_after},
		{"state", JSON_FIELD_STR, 0, 0, &state, NULL},
		{"revisions", JSON_FIELD_BOOL, 0, 0, &d->revisions, &revisions},
	};

	d->active = true;
	d->has_state = d->kind == WEBHOOK_PUT;
	(void)json_read_object(
		body, "#", table, sizeof(table) / sizeof(table[0]), findings);
	d->has_revisions = d->kind == WEBHOOK_PUT || revisions == JSON_PRESENT;
	if (name.p && !str_eq(name, d->name))
		json_finding_add(findings, "#", STR("name"),
			"differs from the name in the path");
	if (d->url.p)
		(void)webhook_target_check(
			d->rules, d->regions, d->url, findings);
	if (state.p) {
		d->has_state = true;
		(void)state_read(state, &d->active, findings);
	}
	read_secret(d, secret);
	read_after(d, v, after);
}

static void read_replay(
	struct webhook_edit *d, struct view *v, const struct json_t *body)
{
	struct str after = {0};
	const struct json_field table[] = {
		{"after", JSON_FIELD_STR, JSON_REQUIRED | JSON_NULLABLE, 0,
			&after, &d->has_after},
	};

	(void)json_read_object(body, "#", table, 1, &d->problem.findings);
	read_after(d, v, after);
}

bool webhook_edit_read(
	struct webhook_edit *d, struct view *v, const struct json_t *body)
{
	if (d->kind == WEBHOOK_REPLAY)
		read_replay(d, v, body);
	else
		read_webhook(d, v, body);
	if (d->problem.findings.n)
		problem_set(&d->problem, PROBLEM_INVALID,
			"The webhook was not changed.");
	return d->problem.kind == PROBLEM_NONE;
}

/* Whether the account, and the region, may have one more. */
static enum err check_room(struct webhook_edit *d, struct db_txn *t)
{
	struct str after = str_make(NULL, 0);
	struct webhook w;
	enum err e = OK;

	for (size_t n = 0; !e; n++) {
		e = webhook_next(t, d->account, after, &w);
		after = w.name;
		if (!e && n + 1 == WEBHOOKS_PER_ACCOUNT) {
			problem_set(&d->problem, PROBLEM_CONFLICT,
				"An account has at most %d webhooks.",
				WEBHOOKS_PER_ACCOUNT);
			return ERR_FULL;
		}
	}
	if (e != ERR_NOT_FOUND)
		return e;
	if (db_count(t, LINKS_WEBHOOKS) < WEBHOOKS_PER_REGION)
		return OK;
	problem_set(&d->problem, PROBLEM_CONFLICT,
		"This server has its %d webhooks already.",
		WEBHOOKS_PER_REGION);
	return ERR_FULL;
}

static bool is_same_secret(
	const struct webhook_secret *a, const struct webhook_secret *b)
{
	return a->n == b->n && memcmp(a->bytes, b->bytes, a->n) == 0;
}

/* A new one; what it replaces signs a while longer. */
static void edit_secret(
	struct webhook_edit *d, struct webhook *w, uint64_t now_ms)
{
	struct webhook_secret before = w->secret;

	if (d->has_secret == JSON_PRESENT) {
		w->secret = d->secret;
	} else if (d->has_secret == JSON_IS_NULL || !before.n) {
		webhook_secret_make(&w->secret);
		d->secret = w->secret;
		d->generated = true;
	}
	if (!before.n || is_same_secret(&before, &w->secret))
		return;
	w->old_secret = before;
	w->old_until_ms = now_ms + WEBHOOK_OLD_SECRET_MS;
}

static void put_webhook(struct links_batch *batch, const struct webhook *w)
{
	struct buf record;

	buf_init(&record, WEBHOOK_RECORD_MAX);
	webhook_record_put(&record, w);
	if (buf_err(&record))
		db_fail(batch->txn, buf_err(&record));
	apply_webhook(batch->txn, buf_view(&record));
	buf_deinit(&record);
}

static enum err make(struct webhook_edit *d, struct links_batch *batch)
{
	struct webhook w = {
		.account = d->account,
		.revision = 1,
		.epoch = 1,
		.start = d->has_after == JSON_ABSENT ? d->newest : d->after,
		.active = d->active,
		.revisions = d->revisions,
		.name = d->name,
		.url = d->url,
		.created_ms = batch->now_ms,
		.updated_ms = batch->now_ms,
	};
	enum err e = check_room(d, batch->txn);

	if (e)
		return e;
	w.id = links_batch_id(batch);
	edit_secret(d, &w, batch->now_ms);
	put_webhook(batch, &w);
	d->created = true;
	return OK;
}

static void change(
	struct webhook_edit *d, struct links_batch *batch, struct webhook *w)
{
	w->revision++;
	w->updated_ms = batch->now_ms;
	if (d->has_after != JSON_ABSENT) {
		w->epoch++;
		w->start = d->after;
	}
	if (d->url.p)
		w->url = d->url;
	if (d->has_state)
		w->active = d->active;
	if (d->has_revisions)
		w->revisions = d->revisions;
	edit_secret(d, w, batch->now_ms);
	put_webhook(batch, w);
}

static enum err run(struct links_job *job, struct links_batch *batch)
{
	struct webhook_edit *d = (struct webhook_edit *)job;
	struct webhook w;
	enum err e = webhook_by_name(batch->txn, d->account, d->name, &w);

	if (e == ERR_NOT_FOUND && d->kind == WEBHOOK_PUT)
		return make(d, batch);
	if (e == ERR_NOT_FOUND)
		problem_set(&d->problem, PROBLEM_NOT_FOUND,
			"There is no webhook of this name.");
	if (e)
		return e;
	if (d->kind == WEBHOOK_DELETE)
		apply_webhook_removal(batch->txn, w.id);
	else
		change(d, batch, &w);
	return OK;
}

enum err webhook_edit_submit(struct webhook_edit *edit, struct links_writer *w)
{
	edit->job.run = run;
	return links_writer_push(w, &edit->job);
}
