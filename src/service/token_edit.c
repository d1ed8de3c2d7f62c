#include "service/token_edit.h"

#include "core/timestamp.h"
#include "store/token_store.h"

enum {
	CHANGE_RECORD_MAX = 64
};

bool token_edit_read(struct token_edit *d, const struct json_t *body)
{
	struct json_findings *findings = &d->problem.findings;
	enum json_state has = JSON_ABSENT;
	struct str text = {0};
	const struct json_field table[] = {
		{"expires_at", JSON_FIELD_STR, JSON_NULLABLE, 0, &text, &has},
	};

	(void)json_read_object(body, "#", table, 1, findings);
	if (has == JSON_ABSENT && !findings->n)
		json_finding_add(
			findings, "#", STR("expires_at"), "is required");
	if (has == JSON_PRESENT && text.p &&
		timestamp_parse(text, &d->expires_ms))
		json_finding_add(findings, "#", STR("expires_at"),
			"must be an RFC 3339 time such as "
			"2026-12-31T23:59:59Z");
	if (findings->n)
		problem_set(&d->problem, PROBLEM_INVALID,
			"The token was not changed.");
	return findings->n == 0;
}

static enum err run(struct links_job *job, struct links_batch *batch)
{
	struct token_edit *d = (struct token_edit *)job;
	struct token_change c = {0};
	struct db_key64 key = db_key64(d->token);
	struct buf record;
	enum err e = token_change_of(batch->txn, d->token, &c);

	if (e && e != ERR_NOT_FOUND)
		return e;
	if (d->revoke) {
		c.revoked = true;
	} else {
		c.has_expires = true;
		c.expires_ms = d->expires_ms;
	}
	c.changed_ms = batch->now_ms;
	buf_init(&record, CHANGE_RECORD_MAX);
	token_change_put(&record, str_make(key.bytes, sizeof(key.bytes)), &c);
	if (buf_err(&record))
		db_fail(batch->txn, buf_err(&record));
	apply_token_change(batch->txn, d->token, buf_view(&record));
	buf_deinit(&record);
	return OK;
}

enum err token_edit_submit(struct token_edit *edit, struct links_writer *w)
{
	edit->job.run = run;
	return links_writer_push(w, &edit->job);
}
