#include "api/webhooks.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/list.h"
#include "api/member.h"
#include "service/cursor.h"
#include "service/lookup.h"
#include "service/webhook_edit.h"
#include "service/webhooks.h"

/* Room for one more item in an answer made in memory. */
enum {
	WEBHOOK_JSON_MAX = 16384
};

static void put_u64(struct json_writer *w, const char *key, uint64_t v)
{
	json_key(w, key);
	json_put_u64(w, v);
}

/* What came of a delivery; the members' names begin so. */
static void put_result(struct json_writer *w, const char *prefix,
	enum webhook_result result, unsigned status)
{
	const char *text = webhook_result_text(result);
	char key[32];

	(void)snprintf(key, sizeof(key), "%sresult", prefix);
	json_key(w, key);
	json_put_str(w, str_from(webhook_result_name(result)));
	(void)snprintf(key, sizeof(key), "%sstatus", prefix);
	json_key(w, key);
	if (status)
		json_put_u64(w, status);
	else
		json_put_null(w);
	(void)snprintf(key, sizeof(key), "%serror", prefix);
	member_text(w, key, str_from(text));
}

/* How its deliveries went. */
static void put_results(struct json_writer *w, const struct webhook_progress *p)
{
	put_u64(w, "delivered_clicks", p->delivered);
	put_u64(w, "skipped_clicks", p->skipped);
	put_u64(w, "failures", p->failures);
	put_result(w, "last_", p->result, p->status);
	member_time(w, "last_success_at", p->success_ms);
	member_time(w, "last_failure_at", p->failure_ms);
}

void webhook_put_sight(struct json_writer *w, struct call *c,
	const struct region *region, const struct webhook *h)
{
	struct webhook_sight sight = {0};
	/* One that is disabled may not have been seen to be. */
	bool known = h->active && webhooks_look(c->api->options.webhooks,
					  region, h->id, &sight);

	json_key(w, "lag_clicks");
	if (known)
		json_put_u64(w, sight.lag);
	else
		json_put_null(w);
	member_time(w, "next_try_at", sight.next_try_ms);
}

/* secret may be NULL. */
static enum err put_webhook(struct json_writer *w, struct call *c,
	const struct webhook *h, const struct webhook_secret *secret)
{
	char cursor[CURSOR_LEN], text[WEBHOOK_SECRET_TEXT_MAX];
	struct webhook_progress p;
	enum err e = lookup_webhook_progress(c->view, h, &p);

	if (e)
		return e;
	cursor_write(c->view, c->account,
		&(struct cursor){.sequence = p.sequence}, cursor);
	json_object_begin(w);
	json_key(w, "name");
	json_put_str(w, h->name);
	json_key(w, "url");
	json_put_str(w, h->url);
	if (secret) {
		webhook_secret_put(text, secret);
		json_key(w, "secret");
		json_put_str(w, str_from(text));
	}
	json_key(w, "state");
	json_put_str(w, h->active ? STR("active") : STR("disabled"));
	json_key(w, "revisions");
	json_put_bool(w, h->revisions);
	json_key(w, "cursor");
	json_put_str(w, str_make(cursor, sizeof(cursor)));
	webhook_put_sight(w, c, c->view->region, h);
	put_results(w, &p);
	member_time(w, "created_at", h->created_ms);
	member_time(w, "updated_at", h->updated_ms);
	json_object_end(w);
	return OK;
}

static void answer_webhook(
	struct call *c, int status, const struct webhook_secret *secret)
{
	struct json_writer w;
	struct webhook h;
	enum err e = lookup_webhook_name(
		c->view, c->account, call_capture(c, 0), &h);

	if (e == ERR_NOT_FOUND) {
		call_fail_with(c, PROBLEM_NOT_FOUND,
			"There is no webhook of this name.");
		return;
	}
	json_writer_init(&w, call_answer_begin(c));
	if (!e)
		e = put_webhook(&w, c, &h, secret);
	if (e)
		call_fail_err(c, e);
	else
		call_answer(c, status, str_make(NULL, 0));
}

void webhooks_get(struct call *c)
{
	answer_webhook(c, 200, NULL);
}

void webhooks_list(struct call *c)
{
	struct str after, next = {0};
	struct json_writer w;
	struct webhook h;
	uint64_t limit;
	enum err e = OK;

	if (!list_read(c, &after, &limit))
		return;
	list_begin(c, &w);
	while (!e) {
		e = lookup_webhook_next(c->view, c->account, after, &h);
		if (e)
			break;
		if (limit-- == 0 || w.b->n + WEBHOOK_JSON_MAX > w.b->max) {
			next = after;
			break;
		}
		e = put_webhook(&w, c, &h, NULL);
		after = h.name;
	}
	if (e && e != ERR_NOT_FOUND)
		call_fail_err(c, e);
	else
		list_answer(c, &w, next);
}

static void on_edited(struct mail *mail)
{
	struct call *c = call_of_mail(mail);
	struct webhook_edit *edit = c->state;

	views_reset(&c->api->views);
	if (edit->problem.kind != PROBLEM_NONE) {
		c->problem = edit->problem;
		call_fail(c);
		return;
	}
	if (edit->job.result) {
		call_fail_err(c, edit->job.result);
		return;
	}
	webhooks_wake(c->api->options.webhooks);
	if (edit->kind == WEBHOOK_DELETE)
		call_answer_empty(c, 204);
	else
		answer_webhook(c, edit->created ? 201 : 200,
			edit->generated ? &edit->secret : NULL);
}

/* Writer's thread. */
static void edit_done(struct links_job *job)
{
	struct webhook_edit *edit = (struct webhook_edit *)job;

	call_post(edit->owner, on_edited);
}

static void edit_webhook(struct call *c, enum webhook_edit_kind kind)
{
	struct webhook_edit *edit = calloc(1, sizeof(*edit));
	enum err e;

	if (!edit) {
		call_fail_err(c, ERR_NOMEM);
		return;
	}
	c->state = edit;
	c->free_state = free;
	edit->job.done = edit_done;
	edit->owner = c;
	edit->kind = kind;
	edit->rules = webhooks_rules(c->api->options.webhooks);
	edit->regions = c->api->options.regions;
	edit->account = c->account;
	edit->name = call_capture(c, 0);
	if (!link_name_is_valid(edit->name)) {
		call_fail_with(c, PROBLEM_INVALID,
			"A webhook's name is 1 to 128 letters, digits, '.', "
			"'_' and '-', not beginning with '.' or '-'.");
		return;
	}
	if (kind != WEBHOOK_DELETE &&
		!webhook_edit_read(edit, c->view, c->json)) {
		c->problem = edit->problem;
		call_fail(c);
		return;
	}
	e = webhook_edit_submit(edit, c->view->region->links_writer);
	if (e)
		call_fail_err(c, e);
}

void webhooks_put(struct call *c)
{
	edit_webhook(c, WEBHOOK_PUT);
}

void webhooks_patch(struct call *c)
{
	edit_webhook(c, WEBHOOK_PATCH);
}

void webhooks_delete(struct call *c)
{
	edit_webhook(c, WEBHOOK_DELETE);
}

void webhooks_replay(struct call *c)
{
	edit_webhook(c, WEBHOOK_REPLAY);
}

static void on_tested(struct mail *mail)
{
	struct call *c = call_of_mail(mail);
	const struct webhook_test *t = c->state;
	struct json_writer w;

	if (t->result == WEBHOOK_NEVER) {
		call_fail_with(c, PROBLEM_NOT_FOUND,
			"There is no webhook of this name.");
		return;
	}
	json_writer_init(&w, call_answer_begin(c));
	json_object_begin(&w);
	put_result(&w, "", t->result, t->status);
	json_object_end(&w);
	call_answer(c, 200, str_make(NULL, 0));
}

/* The sending thread's. */
static void test_done(struct webhook_test *t)
{
	call_post(t->owner, on_tested);
}

void webhooks_try(struct call *c)
{
	struct webhook_test *t = calloc(1, sizeof(*t));
	struct webhook h;
	enum err e = t ? lookup_webhook_name(
				 c->view, c->account, call_capture(c, 0), &h)
		       : ERR_NOMEM;

	c->state = t;
	c->free_state = free;
	if (e == ERR_NOT_FOUND) {
		call_fail_with(c, PROBLEM_NOT_FOUND,
			"There is no webhook of this name.");
		return;
	}
	if (!e) {
		t->region = c->view->region;
		t->webhook = h.id;
		t->owner = c;
		t->done = test_done;
		e = webhooks_test(c->api->options.webhooks, t);
	}
	if (e)
		call_fail_err(c, e);
}
