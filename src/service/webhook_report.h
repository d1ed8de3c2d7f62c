/* What came of a delivery, put down by a job of the links writer: how far the
 * webhook's clicks have come, and that it wants no more. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "core/webhook_record.h"
#include "store/links_writer.h"

/* job.result: ERR_NOT_FOUND if the webhook is gone, ERR_CONFLICT if it has
 * begun anew meanwhile; nothing is put down then. */
struct webhook_report {
	struct links_job job;
	uint64_t webhook;
	uint32_t epoch;
	/* WEBHOOK_NEVER: nothing was sent, the place alone moves. */
	enum webhook_result result;
	uint16_t status;
	uint32_t failures;
	uint64_t sequence;   /* acknowledged up to here */
	uint64_t delivered;  /* clicks, more than before */
	uint64_t skipped;    /* the same, not kept any more */
	uint64_t behind;     /* see core/webhook_record.h */
	uint64_t counted_at; /* the same */
};

/* As links_writer_push(). */
CHECKED enum err webhook_report_submit(
	struct webhook_report *r, struct links_writer *w);
