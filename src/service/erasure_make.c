#include "service/erasure_make.h"

#include <string.h>

#include "store/block_builder.h"
#include "store/erasure_store.h"

bool erasure_make_read(struct erasure_make *m, const struct json_t *body)
{
	struct json_findings *findings = &m->problem.findings;
	struct str recipient = {0};
	const struct json_field table[] = {
		{"recipient", JSON_FIELD_STR, JSON_REQUIRED | JSON_NONEMPTY,
			TOKEN_RECIPIENT_MAX, &recipient, NULL},
	};

	(void)json_read_object(body, "#", table, 1, findings);
	if (findings->n) {
		problem_set(
			&m->problem, PROBLEM_INVALID, "Nothing was ordered.");
		return false;
	}
	memcpy(m->recipient, recipient.p, recipient.n);
	m->recipient_n = recipient.n;
	return true;
}

static enum err run(struct links_job *job, struct links_batch *batch)
{
	struct erasure_make *m = (struct erasure_make *)job;
	struct str recipient = str_make(m->recipient, m->recipient_n);
	struct erasure e;
	enum err err =
		erasure_pending_find(batch->txn, m->account, recipient, &e);

	if (err && err != ERR_NOT_FOUND)
		return err;
	/* One whose tokens are dead knows nothing of those minted since. */
	m->was_pending = !err && (e.state == ERASURE_WAITING ||
					 e.state == ERASURE_FAILED);
	if (m->was_pending) {
		e.state = ERASURE_WAITING;
		e.up_to = batch->blocks->next;
		erasure_put(batch->txn, &e);
		m->id = e.id;
		return OK;
	}
	if (erasures_pending_n(batch->txn) >= ERASURES_PENDING_MAX)
		return ERR_FULL;
	e = (struct erasure){
		.account = m->account,
		.id = links_batch_id(batch),
		.state = ERASURE_WAITING,
		.requested_ms = batch->now_ms,
		.up_to = batch->blocks->next,
		.recipient_n = m->recipient_n,
	};
	memcpy(e.recipient, m->recipient, m->recipient_n);
	erasure_put(batch->txn, &e);
	m->id = e.id;
	return OK;
}

enum err erasure_make_submit(struct erasure_make *make, struct links_writer *w)
{
	make->job.run = run;
	make->job.bytes = ERASURE_RECORD_MAX;
	return links_writer_push(w, &make->job);
}
