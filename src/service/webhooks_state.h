/* The inside of struct webhooks, for service/webhooks.c, webhook_hook.c,
 * webhook_delivery.c and webhook_test.c alone. All of it is the thread's own,
 * but for what says otherwise. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/queue.h"
#include "client/http_sender.h"
#include "core/link_record.h"
#include "core/url.h"
#include "core/webhook_record.h"
#include "service/feed_join.h"
#include "service/view.h"
#include "service/webhook_batch.h"
#include "service/webhook_letter.h"
#include "service/webhook_page.h"
#include "service/webhook_report.h"
#include "service/webhooks.h"

/* Moved by hook_move() alone. */
enum hook_state {
	HOOK_OFF,       /* disabled */
	HOOK_WATCHING,  /* for clicks, and for its turn to send them */
	HOOK_SENDING,   /* its batch is under way */
	HOOK_REPORTING, /* what came of it is with the links writer */
	HOOK_UNTOLD,    /* or is to go there, later */
	HOOK_PAUSED,    /* until it is tried again */
};

/* A webhook. */
struct hook {
	struct webhook_report report; /* a job of the links writer; first */
	struct queue_item done_item;  /* the job is done: in all->done */
	struct http_post post;
	struct webhooks *all;
	struct region *region;
	uint64_t number; /* its id, for any thread that has the lock */
	struct view *view;
	struct hook *prev, *next; /* of the ring */
	enum hook_state state;
	uint64_t due_ms;       /* monotonic; what WATCHING and later wait for */
	uint64_t count_due_ms; /* when its lag is looked at */
	bool waits_turn;       /* its batch is ready, too many are under way */
	bool is_removed;       /* freed when it is not REPORTING any more */
	bool is_stale;         /* begins anew when it is not */
	bool is_seen;          /* by the reload that runs */
	bool counts_as_failing; /* in all->failing_n */

	/* Of its record. The strings are copies. */
	struct webhook record;
	char name[LINK_NAME_MAX];
	char url[URL_MAX + 1];

	uint64_t acked; /* what the next batch begins behind */
	struct webhook_page page;
	uint64_t end; /* of the batch that was begun; 0: none was */
	struct webhook_batch batch;
	struct buf body;
	uint64_t sent_ms;  /* when a batch last left; monotonic */
	uint32_t failures; /* since the last success */
	uint32_t tries;    /* of these, since it was changed or started */
	uint64_t pause_ms;
	uint64_t next_try_ms; /* UTC */

	struct webhook_letter letter;

	bool is_shown; /* under all->lock, as is this */
	struct webhook_sight sight;
};

struct webhooks {
	struct webhooks_options options;
	struct http_sender *sender;
	struct views *views; /* NULL until there is a webhook */
	struct feed_join *joins[REGIONS_MAX]; /* NULL until it is needed */
	struct cipher ids[REGIONS_MAX];       /* of deliveries */
	uint64_t versions[REGIONS_MAX]; /* of the tables that were read + 1 */
	bool was_told;                  /* that they cannot be read */
	struct hook *first; /* of a ring; the next one to have its turn */
	size_t failing_n;   /* deliveries under way to those that failed */
	size_t reporting_n;
	struct queue done;  /* hooks whose jobs are done; from any thread */
	struct queue asked; /* test deliveries; from any thread */
	struct webhook_test *tests; /* under way */
	pthread_mutex_t lock; /* of the list, where it is changed, and of what
				 others see */
	pthread_t thread;
	bool is_running;
	_Atomic bool is_stopping; /* any thread */
	struct webhooks_metrics metrics;
};

static inline uint64_t webhooks_now(const struct webhooks *w)
{
	return clock_mono_ms(w->options.clock);
}

/* NULL if it is not there. */
struct hook *webhooks_find(
	const struct webhooks *w, const struct region *region, uint64_t id);
/* Begins those that were asked for. */
void webhook_tests_begin(struct webhooks *w);
/* Breaks all off; further ones are refused. */
void webhook_tests_end(struct webhooks *w);

/* A webhook that is there: reads how far it has come. ERR_NOMEM, or the
 * store's errors. */
CHECKED enum err hook_new(struct webhooks *w, struct view *view,
	struct db_txn *t, const struct webhook *record, struct hook **to);
/* Only where its job is not with the links writer. */
void hook_free(struct hook *h);
/* Its record, which may be another one now. ERR_CORRUPT: it is none. */
CHECKED enum err hook_renew(struct hook *h, const struct webhook *record);
/* It is gone, and off the list. True: it is to be freed now; false: it is when
 * its job comes back. */
bool hook_retire(struct hook *h);
/* What is due. */
void hook_step(struct hook *h, uint64_t now_ms);
/* When something is due again, monotonic; UINT64_MAX: something else will
 * tell. */
uint64_t hook_due_ms(const struct hook *h);
/* The links writer gave its job back. */
void hook_reported(struct hook *h, uint64_t now_ms);
/* Breaks off what is under way. */
void hook_cancel(struct hook *h);

/* Between the parts of the above. */

void hook_move(struct hook *h, enum hook_state state, uint64_t due_ms);
/* To WATCHING, or OFF. */
void hook_settle(struct hook *h);
/* Forgets its batch, and what its page holds. */
void hook_begin_anew(struct hook *h);
/* What was under way is not any more. */
void hook_leave_sending(struct hook *h);
/* Makes a batch of its page, and sends it. */
void hook_send(struct hook *h, uint64_t now_ms);
/* Gives what became of it to the links writer. */
void hook_submit(struct hook *h, uint64_t now_ms);
