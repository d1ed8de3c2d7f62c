#include "service/webhooks_state.h"

#include <stdlib.h>
#include <string.h>

#include "service/lookup.h"
#include "store/webhook.h"

enum {
	ACCOUNT_MS = 1000, /* between two looks at a disabled account */
	COUNT_MS = 1000,   /* between two looks at how far it is behind */
};

void hook_move(struct hook *h, enum hook_state state, uint64_t due_ms)
{
	h->state = state;
	h->due_ms = due_ms;
	h->waits_turn = false;
	h->next_try_ms = 0;
}

/* The next multiple of that: what waits for the same thing wakes together. */
static uint64_t tick_after(uint64_t now_ms, uint64_t ms)
{
	return (now_ms / ms + 1) * ms;
}

static enum err copy_record(struct hook *h, const struct webhook *record)
{
	if (record->name.n > sizeof(h->name) || record->url.n > URL_MAX)
		return ERR_CORRUPT;
	h->record = *record;
	memcpy(h->name, record->name.p, record->name.n);
	h->record.name = str_make(h->name, record->name.n);
	memcpy(h->url, record->url.p, record->url.n);
	h->url[record->url.n] = '\0';
	h->record.url = str_make(h->url, record->url.n);
	return OK;
}

void hook_settle(struct hook *h)
{
	hook_move(h, h->record.active ? HOOK_WATCHING : HOOK_OFF, 0);
}

enum err hook_new(struct webhooks *w, struct view *view, struct db_txn *t,
	const struct webhook *record, struct hook **to)
{
	struct webhook_progress p;
	struct hook *h = calloc(1, sizeof(*h));
	enum err e = h ? webhook_standing(t, record, &p) : ERR_NOMEM;

	if (!e)
		e = copy_record(h, record);
	if (!e)
		e = webhook_page_init(&h->page, record->account);
	if (e) {
		free(h);
		return e;
	}
	h->all = w;
	h->view = view;
	h->region = view->region;
	h->number = record->id;
	buf_init(&h->body, WEBHOOK_BODY_MAX);
	h->acked = p.sequence;
	h->failures = p.failures;
	webhook_page_reset(&h->page, p.sequence, p.behind, p.counted_at);
	hook_settle(h);
	*to = h;
	return OK;
}

void hook_free(struct hook *h)
{
	hook_cancel(h);
	webhook_page_deinit(&h->page);
	buf_deinit(&h->body);
	free(h);
}

void hook_leave_sending(struct hook *h)
{
	if (h->counts_as_failing)
		h->all->failing_n--;
	h->counts_as_failing = false;
	buf_deinit(&h->body);
}

void hook_cancel(struct hook *h)
{
	if (h->state != HOOK_SENDING)
		return;
	http_sender_cancel(&h->post);
	hook_leave_sending(h);
	hook_settle(h);
}

bool hook_retire(struct hook *h)
{
	hook_cancel(h);
	h->is_removed = true;
	return h->state != HOOK_REPORTING;
}

void hook_begin_anew(struct hook *h)
{
	h->is_stale = false;
	h->end = 0;
	h->batch.is_cut = false;
	h->acked = h->record.start;
	webhook_page_reset(&h->page, h->acked, 0, 0);
}

enum err hook_renew(struct hook *h, const struct webhook *record)
{
	bool anew = record->epoch != h->record.epoch;
	bool elsewhere = !str_eq(record->url, h->record.url);
	enum err e;

	if (record->revision == h->record.revision)
		return OK;
	e = copy_record(h, record);
	if (e)
		return e;
	h->tries = 0;
	if (h->state == HOOK_REPORTING) {
		h->is_stale = h->is_stale || anew;
		return OK;
	}
	if (anew || elsewhere)
		hook_cancel(h);
	if (anew)
		hook_begin_anew(h);
	/* A batch that is under way, or acknowledged, is not lost. */
	if (h->state != HOOK_SENDING && h->state != HOOK_UNTOLD)
		hook_settle(h);
	return OK;
}

static uint64_t newest_of(const struct hook *h)
{
	uint64_t oldest, newest;

	segments_range(h->region->segments, &oldest, &newest);
	return newest;
}

/* Of a disabled account nothing is sent. */
static bool is_account_active(struct hook *h)
{
	struct account a;

	return lookup_account(h->view, h->record.account, &a) == OK && a.active;
}

/* The moment when there is a batch to be sent; later than now: not yet. */
static uint64_t gather(struct hook *h, uint64_t now_ms)
{
	struct webhook_page *p = &h->page;
	uint64_t interval_end = h->sent_ms + WEBHOOK_INTERVAL_MS;
	enum err e = OK;

	/* One that was begun, or cut for its size, waits for no more. */
	if (h->end || (h->batch.is_cut && p->feed.n))
		return now_ms;
	if (!webhook_page_is_full(p) && newest_of(h) > p->feed.at)
		e = webhook_page_gather(p, h->view);
	if (e == ERR_AGAIN)
		return now_ms + 1;
	if (webhook_page_is_full(p) ||
		(p->feed.n && (!h->sent_ms || now_ms >= interval_end)))
		return now_ms;
	if (p->feed.n)
		return interval_end;
	return tick_after(now_ms, WEBHOOK_POLL_MS);
}

static bool has_turn(const struct hook *h)
{
	const struct webhooks *w = h->all;

	return http_sender_busy(w->sender) < WEBHOOKS_AT_ONCE &&
	       (!h->failures || w->failing_n < WEBHOOKS_FAILING_AT_ONCE);
}

static void watch(struct hook *h, uint64_t now_ms)
{
	h->due_ms = gather(h, now_ms);
	h->waits_turn = false;
	if (h->due_ms > now_ms)
		return;
	if (!is_account_active(h))
		h->due_ms = tick_after(now_ms, ACCOUNT_MS);
	else if (has_turn(h))
		hook_send(h, now_ms);
	else
		h->waits_turn = true;
}

/* Whether there may be clicks that its page has no room for. */
static bool wants_count(const struct hook *h)
{
	return h->state != HOOK_OFF &&
	       (h->state != HOOK_WATCHING || webhook_page_is_full(&h->page));
}

static void count(struct hook *h, uint64_t now_ms)
{
	if (!wants_count(h) || now_ms < h->count_due_ms)
		return;
	h->count_due_ms = tick_after(now_ms, COUNT_MS);
	if (newest_of(h) > h->page.counted_at &&
		webhook_page_count(&h->page, h->view) == ERR_AGAIN)
		h->count_due_ms = now_ms + 1;
}

void hook_step(struct hook *h, uint64_t now_ms)
{
	switch (h->state) {
	case HOOK_WATCHING:
		if (h->waits_turn || now_ms >= h->due_ms)
			watch(h, now_ms);
		break;
	case HOOK_PAUSED:
		if (now_ms >= h->due_ms) {
			hook_settle(h);
			watch(h, now_ms);
		}
		break;
	case HOOK_UNTOLD:
		if (now_ms >= h->due_ms)
			hook_submit(h, now_ms);
		break;
	case HOOK_SENDING:
	case HOOK_REPORTING:
	case HOOK_OFF:
		break;
	}
	count(h, now_ms);
}

uint64_t hook_due_ms(const struct hook *h)
{
	uint64_t due = h->waits_turn ? UINT64_MAX : h->due_ms;

	if (h->state == HOOK_OFF)
		return UINT64_MAX;
	return wants_count(h) && h->count_due_ms < due ? h->count_due_ms : due;
}
