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

/* The recipient's pending one that takes in what was minted until now. One
 * whose tokens are dead knows nothing of those minted since. */
static enum err find_open(
	const struct erasure_make *m, struct db_txn *t, struct erasure *e)
{
	struct str recipient = str_make(m->recipient, m->recipient_n);
	enum err err;

	e->id = 0;
	do {
		err = erasure_pending_find(t, m->account, e->id, recipient, e);
	} while (!err && e->state != ERASURE_WAITING &&
		 e->state != ERASURE_FAILED);
	return err;
}

static enum err run(struct links_job *job, struct links_batch *batch)
{
	struct erasure_make *m = (struct erasure_make *)job;
	struct erasure e;
	enum err err = find_open(m, batch->txn, &e);

	if (err && err != ERR_NOT_FOUND)
		return err;
	m->was_pending = !err;
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
