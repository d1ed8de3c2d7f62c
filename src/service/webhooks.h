/* Sends accounts' clicks to their webhooks, from the same feed that they can
 * pull: in order and at least once, one batch of a webhook at a time, the next
 * when the last one was acknowledged and that is on disk. A thread of its own,
 * `ctio-hooks`, which steps back behind those that answer people, and sleeps
 * where no webhook is active. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/metric.h"
#include "base/queue.h"
#include "service/region.h"
#include "service/webhook_letter.h"
#include "service/webhook_pace.h"
#include "service/webhook_target.h"

enum {
	WEBHOOKS_AT_ONCE = 32, /* deliveries under way */
	/* Of them, to those that failed before: what hangs must not keep the
	 * others waiting. */
	WEBHOOKS_FAILING_AT_ONCE = 16,
	WEBHOOK_POLL_MS = 250,      /* looks for new clicks */
	WEBHOOK_INTERVAL_MS = 1000, /* from a batch to one that is not full */
};

struct webhooks;

struct webhooks_options {
	struct regions *regions;
	/* Its monotonic side must be the system's. */
	const struct clock *clock;
	struct webhook_rules rules;
	struct webhook_pace pace;
	const char *user_agent;
	const char *ca_file; /* NULL: the system's certificates */
	uint64_t connect_timeout_ms;
	uint64_t timeout_ms; /* of a delivery */
};

/* What the thread counts; any thread reads them. */
struct webhooks_metrics {
	struct counter ok;      /* deliveries acknowledged */
	struct counter failed;  /* to be tried again */
	struct counter refused; /* the same, for an address not allowed */
	struct counter gone;    /* 410: the webhook was disabled */
	struct counter clicks;  /* acknowledged */
	struct counter skipped; /* clicks that were no longer kept */
	struct counter sending; /* deliveries under way, now */
	struct counter active;  /* webhooks that are, now */
	struct counter failing; /* of them, whose last delivery failed */
	struct counter lag;     /* clicks that the last of them is behind */
	struct counter wakes;   /* turns of the thread */
};

/* Before other threads (client/http_sender.h). The texts are copied, the rest
 * outlives it. */
CHECKED enum err webhooks_new(
	const struct webhooks_options *options, struct webhooks **to);
CHECKED enum err webhooks_start(struct webhooks *w);
/* Any thread: webhooks were changed. */
void webhooks_wake(struct webhooks *w);
/* Lets what is under way finish for a moment, puts down what came of it, and
 * ends the thread: before the regions are closed, after all that reads them
 * through the functions below has ended. Fine if it was not started. */
void webhooks_stop(struct webhooks *w);
/* After webhooks_stop(). NULL is fine. */
void webhooks_free(struct webhooks *w);

enum {
	WEBHOOK_TESTS_MAX = 16 /* test deliveries at once */
};

/* A test delivery: `{"type":"test",...}`, signed as any other, to a webhook of
 * any state; it is no part of its clicks. The owner keeps it alive until done
 * was called. */
struct webhook_test {
	const struct region *region;
	uint64_t webhook;
	void *owner;                          /* for done */
	void (*done)(struct webhook_test *t); /* the sending thread's */

	/* Out. WEBHOOK_NEVER: there is no such webhook any more. */
	enum webhook_result result;
	uint16_t status;

	/* The sending thread's. */
	struct queue_item item;
	struct webhooks *all;
	struct webhook_test *prev, *next;
	struct http_post post;
	struct webhook_letter letter;
	struct buf body;
};
/* Any thread. ERR_FULL, ERR_CLOSED: refused, done will not be called. */
CHECKED enum err webhooks_test(struct webhooks *w, struct webhook_test *t);

const struct webhook_rules *webhooks_rules(const struct webhooks *w);
const struct webhooks_metrics *webhooks_metrics(const struct webhooks *w);

/* What only the thread knows of a webhook. */
struct webhook_sight {
	uint64_t lag;         /* clicks behind, as far as they were counted */
	uint64_t next_try_ms; /* UTC; 0: it does not wait to try again */
};
/* Any thread. False for one that is not active. */
bool webhooks_look(struct webhooks *w, const struct region *region, uint64_t id,
	struct webhook_sight *to);
