/* Webhooks, as records: what an account said of one, and how far its clicks
 * have come there. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "core/webhook_sign.h"

/* What became of a delivery. The numbers are stored: they never change. */
enum webhook_result {
	WEBHOOK_NEVER,       /* none was tried */
	WEBHOOK_OK,          /* 2xx */
	WEBHOOK_STATUS,      /* any other status */
	WEBHOOK_GONE,        /* 410: it wants no more */
	WEBHOOK_REFUSED,     /* an address that may not be connected to */
	WEBHOOK_UNKNOWN,     /* the name has no address */
	WEBHOOK_UNREACHABLE, /* no connection, or no whole answer */
	WEBHOOK_TIMEOUT,
	WEBHOOK_TLS, /* it cannot be trusted */
	WEBHOOK_RESULTS,
};

/* The strings are views of the record, or of the caller's memory. */
struct webhook {
	uint64_t id;
	uint64_t account;
	uint32_t revision; /* from 1, another one with every change */
	uint32_t epoch;    /* from 1, another one when it is to begin anew */
	uint64_t start;    /* where: behind this click */
	bool active;
	bool revisions; /* clicks that were changed come again */
	struct str name;
	struct str url;
	struct webhook_secret secret;
	struct webhook_secret old_secret; /* n 0: none */
	uint64_t old_until_ms;            /* signs too until then */
	uint64_t created_ms;
	uint64_t updated_ms;
};

struct webhook_progress {
	uint64_t webhook;
	uint32_t epoch;    /* it is about this one */
	uint64_t sequence; /* all clicks up to here were acknowledged */
	/* The account's clicks behind it, up to a place in the log: what is
	 * missing of them when that place is passed is no longer kept. */
	uint64_t behind;
	uint64_t counted_at;
	uint64_t delivered;         /* clicks, ever */
	uint64_t skipped;           /* clicks that were no longer kept, ever */
	uint32_t failures;          /* since the last success */
	enum webhook_result result; /* of the last delivery */
	uint16_t status;            /* its answer's, 0: none */
	uint64_t success_ms;        /* when; 0: never */
	uint64_t failure_ms;
};

/* The records belong under the key of the webhook's id, 8 bytes big-endian. */
void webhook_record_put(struct buf *out, const struct webhook *h);
CHECKED enum err webhook_record_get(struct str record, struct webhook *h);
void webhook_progress_put(struct buf *out, const struct webhook_progress *p);
CHECKED enum err webhook_progress_get(
	struct str record, struct webhook_progress *p);

/* "ok", "refused" and the like; for machines. */
const char *webhook_result_name(enum webhook_result result);
/* For people; "" for what went well. */
const char *webhook_result_text(enum webhook_result result);
