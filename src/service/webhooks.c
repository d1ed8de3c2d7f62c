#include "service/webhooks.h"

#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/thread.h"
#include "service/webhook_edit.h"
#include "service/webhooks_state.h"
#include "store/links.h"
#include "store/webhook.h"

enum {
	STOP_MS = 2000, /* what stopping leaves to deliveries under way */
	NAP_MS = 100,   /* when the store, or curl, does not work */
};

static enum err init_ids(struct webhooks *w)
{
	struct regions *regions = w->options.regions;
	enum err e = OK;

	for (size_t i = 0; !e && i < regions->n; i++)
		if (regions->items[i].settings.serve)
			e = opaque_cipher_init(
				&w->ids[i], &regions->items[i].keys, "webhook");
	return e;
}

static bool may_connect(void *arg, const struct ip *ip)
{
	const struct webhooks *w = arg;

	return webhook_may_connect(&w->options.rules, ip);
}

static enum err init_sender(struct webhooks *w)
{
	const struct webhooks_options *o = &w->options;
	const struct http_sender_options sender = {
		.user_agent = o->user_agent,
		.ca_file = o->ca_file,
		.connect_timeout_ms = o->connect_timeout_ms,
		.timeout_ms = o->timeout_ms,
		.allow_http = o->rules.allow_http,
		.may_connect = may_connect,
		.arg = w,
	};

	return http_sender_new(&sender, &w->sender);
}

static uint64_t version_of(const struct region *g)
{
	return db_version(g->links.env, LINKS_WEBHOOKS) + 1;
}

/* Regions without a webhook need not be read until one comes. */
static enum err note_empty(struct webhooks *w)
{
	struct regions *regions = w->options.regions;
	enum err e = OK;

	for (size_t i = 0; !e && i < regions->n; i++) {
		const struct region *g = &regions->items[i];
		struct db_txn t;

		if (!g->settings.serve)
			continue;
		e = db_reader_init(g->links.env, &t);
		if (!e)
			e = db_reader_renew(&t);
		if (!e && db_count(&t, LINKS_WEBHOOKS) == 0)
			w->versions[i] = version_of(g);
		db_reader_deinit(&t);
	}
	return e;
}

enum err webhooks_new(
	const struct webhooks_options *options, struct webhooks **to)
{
	struct webhooks *w = calloc(1, sizeof(*w));
	enum err e;

	if (!w)
		return ERR_NOMEM;
	w->options = *options;
	queue_init(&w->done, (size_t)WEBHOOKS_PER_REGION * REGIONS_MAX);
	queue_init(&w->asked, WEBHOOK_TESTS_MAX);
	(void)pthread_mutex_init(&w->lock, NULL); /* cannot fail on Linux */
	e = init_sender(w);
	if (!e)
		e = init_ids(w);
	if (!e)
		e = note_empty(w);
	if (e) {
		webhooks_stop(w);
		webhooks_free(w);
		return e;
	}
	*to = w;
	return OK;
}

const struct webhook_rules *webhooks_rules(const struct webhooks *w)
{
	return &w->options.rules;
}

const struct webhooks_metrics *webhooks_metrics(const struct webhooks *w)
{
	return &w->metrics;
}

static void lock(struct webhooks *w)
{
	ASSERT(pthread_mutex_lock(&w->lock) == 0);
}

static void unlock(struct webhooks *w)
{
	ASSERT(pthread_mutex_unlock(&w->lock) == 0);
}

static void add_hook(struct webhooks *w, struct hook *h)
{
	struct hook *first = w->first;

	lock(w);
	if (first) {
		h->prev = first->prev;
		h->next = first;
		first->prev->next = h;
		first->prev = h;
	} else {
		h->prev = h->next = w->first = h;
	}
	unlock(w);
}

static void remove_hook(struct webhooks *w, struct hook *h)
{
	lock(w);
	if (w->first == h)
		w->first = h->next == h ? NULL : h->next;
	h->prev->next = h->next;
	h->next->prev = h->prev;
	unlock(w);
	if (hook_retire(h))
		hook_free(h);
}

/* The one behind h, or NULL behind the last. */
static struct hook *next_of(const struct webhooks *w, const struct hook *h)
{
	return h->next == w->first ? NULL : h->next;
}

struct hook *webhooks_find(
	const struct webhooks *w, const struct region *region, uint64_t id)
{
	for (struct hook *h = w->first; h; h = next_of(w, h))
		if (h->region == region && h->number == id)
			return h;
	return NULL;
}

/* What the store says now */

static enum err load_one(struct webhooks *w, struct view *v, struct db_txn *t,
	const struct webhook *record)
{
	struct hook *h = webhooks_find(w, v->region, record->id);
	enum err e;

	if (h) {
		e = hook_renew(h, record);
	} else {
		e = hook_new(w, v, t, record, &h);
		if (!e)
			add_hook(w, h);
	}
	if (!e)
		h->is_seen = true;
	return e;
}

/* One that cannot be trusted is passed by; the others go on. */
static enum err pass_by(const struct view *v, uint64_t id, enum err e)
{
	if (e != ERR_CORRUPT && e != ERR_VERSION)
		return e;
	log_error("webhooks: one cannot be read region=%.*s id=%llu "
		  "error=\"%s\"",
		STR_FMT(v->region->settings.name), (unsigned long long)id,
		err_text(e));
	return OK;
}

static enum err load_all(struct webhooks *w, struct view *v)
{
	struct webhook record = {0};
	struct db_txn *t;
	enum err e;

	t = view_links(v, &e);
	while (!e) {
		e = webhook_next_id(t, record.id, &record);
		if (!e)
			e = load_one(w, v, t, &record);
		e = pass_by(v, record.id, e);
	}
	return e == ERR_NOT_FOUND ? OK : e;
}

static void drop_unseen(struct webhooks *w, const struct region *region)
{
	struct hook *h = w->first, *next;

	for (; h; h = next) {
		next = next_of(w, h);
		if (h->region == region && !h->is_seen)
			remove_hook(w, h);
	}
}

static enum err reload(struct webhooks *w, struct view *v)
{
	enum err e;

	for (struct hook *h = w->first; h; h = next_of(w, h))
		h->is_seen = false;
	/* A snapshot from before the change would not show it. */
	views_reset(w->views);
	e = load_all(w, v);
	if (!e)
		drop_unseen(w, v->region);
	return e;
}

static enum err reload_region(struct webhooks *w, const struct region *g)
{
	enum err e = OK;

	if (!w->views) {
		w->views = malloc(sizeof(*w->views));
		e = w->views ? views_init(w->options.regions, w->views)
			     : ERR_NOMEM;
	}
	if (!e)
		return reload(w, view_of(w->views, g));
	free(w->views);
	w->views = NULL;
	return e;
}

/* False if it is to be tried again. */
static bool reload_changed(struct webhooks *w)
{
	struct regions *regions = w->options.regions;
	bool all = true;

	for (size_t i = 0; i < regions->n; i++) {
		const struct region *g = &regions->items[i];
		uint64_t version;
		enum err e;

		if (!g->settings.serve)
			continue;
		version = version_of(g);
		if (version == w->versions[i])
			continue;
		e = reload_region(w, g);
		if (!e)
			w->versions[i] = version;
		else if (!w->was_told)
			log_error("webhooks: they cannot be read "
				  "region=%.*s error=\"%s\"",
				STR_FMT(g->settings.name), err_text(e));
		w->was_told = e != OK;
		all = all && !e;
	}
	return all;
}

/* Turns */

static void take_done(struct webhooks *w)
{
	struct queue_item *item = queue_take(&w->done);

	while (item) {
		struct hook *h = (struct hook *)(void *)((char *)item -
							 offsetof(struct hook,
								 done_item));

		item = item->next;
		queue_release(&w->done, 1);
		w->reporting_n--;
		if (h->is_removed)
			hook_free(h);
		else
			hook_reported(h, webhooks_now(w));
	}
}

/* What others see; and the first one that waits for its turn gets the next. */
static void publish(struct webhooks *w)
{
	uint64_t active = 0, failing = 0, lag = 0;
	struct hook *waiting = NULL;

	lock(w);
	for (struct hook *h = w->first; h; h = next_of(w, h)) {
		bool is_active = h->state != HOOK_OFF;

		h->sight = (struct webhook_sight){
			.lag = webhook_page_lag(&h->page),
			.next_try_ms = h->next_try_ms,
		};
		h->is_shown = is_active;
		if (!waiting && h->waits_turn)
			waiting = h;
		if (!is_active)
			continue;
		active++;
		failing += h->failures > 0;
		lag = h->sight.lag > lag ? h->sight.lag : lag;
	}
	if (waiting)
		w->first = waiting;
	unlock(w);
	counter_set(&w->metrics.sending, http_sender_busy(w->sender));
	counter_set(&w->metrics.active, active);
	counter_set(&w->metrics.failing, failing);
	counter_set(&w->metrics.lag, lag);
}

/* How long the thread may sleep then. */
static uint64_t step_all(struct webhooks *w)
{
	uint64_t now = webhooks_now(w), due = UINT64_MAX;

	for (struct hook *h = w->first; h; h = next_of(w, h)) {
		uint64_t at;

		hook_step(h, now);
		at = hook_due_ms(h);
		due = at < due ? at : due;
	}
	if (due == UINT64_MAX)
		return due;
	now = webhooks_now(w);
	return due > now ? due - now : 0;
}

static void wait(struct webhooks *w, uint64_t ms)
{
	if (http_sender_run(w->sender, ms))
		(void)poll(NULL, 0, NAP_MS);
}

/* Deliveries under way may end by themselves, but not for long. */
static void wind_up(struct webhooks *w)
{
	uint64_t end = webhooks_now(w) + STOP_MS, now;

	webhook_tests_end(w);
	for (now = webhooks_now(w); http_sender_busy(w->sender) && now < end;
		now = webhooks_now(w)) {
		wait(w, end - now);
		take_done(w);
	}
	for (struct hook *h = w->first; h; h = next_of(w, h))
		hook_cancel(h);
	/* The links writer, which runs still, gives every job back. */
	while (w->reporting_n) {
		wait(w, NAP_MS);
		take_done(w);
	}
}

static void *run(void *arg)
{
	struct webhooks *w = arg;

	thread_step_back();
	while (!atomic_load(&w->is_stopping)) {
		bool loaded;
		uint64_t ms;

		counter_add(&w->metrics.wakes, 1);
		take_done(w);
		loaded = reload_changed(w);
		webhook_tests_begin(w);
		ms = step_all(w);
		if (w->views)
			views_reset(w->views);
		publish(w);
		wait(w, loaded || ms < NAP_MS ? ms : NAP_MS);
	}
	wind_up(w);
	return NULL;
}

enum err webhooks_start(struct webhooks *w)
{
	enum err e = thread_start(&w->thread, "ctio-hooks", run, w);

	w->is_running = !e;
	return e;
}

void webhooks_wake(struct webhooks *w)
{
	http_sender_wake(w->sender);
}

void webhooks_stop(struct webhooks *w)
{
	if (!w)
		return;
	atomic_store(&w->is_stopping, true);
	if (w->is_running) {
		webhooks_wake(w);
		ASSERT(pthread_join(w->thread, NULL) == 0);
	}
	w->is_running = false;
	while (w->first)
		remove_hook(w, w->first);
	for (size_t i = 0; i < REGIONS_MAX; i++) {
		feed_join_free(w->joins[i]);
		w->joins[i] = NULL;
		cipher_deinit(&w->ids[i]);
	}
	if (w->views)
		views_deinit(w->views);
	free(w->views);
	w->views = NULL;
}

void webhooks_free(struct webhooks *w)
{
	if (!w)
		return;
	http_sender_free(w->sender);
	queue_deinit(&w->done);
	queue_deinit(&w->asked);
	(void)pthread_mutex_destroy(&w->lock); /* nobody holds it */
	free(w);
}

bool webhooks_look(struct webhooks *w, const struct region *region, uint64_t id,
	struct webhook_sight *to)
{
	const struct hook *h;
	bool found;

	lock(w);
	h = webhooks_find(w, region, id);
	found = h && h->is_shown;
	if (found)
		*to = h->sight;
	unlock(w);
	return found;
}
