#include "api/erasures.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/list.h"
#include "api/member.h"
#include "base/log.h"
#include "base/num.h"
#include "service/erasure_list.h"
#include "service/erasure_make.h"
#include "service/keeper.h"

enum {
	ERASURE_JSON_MAX = 1024,
	ID_TEXT_MAX = 24,
	EXPORT_PULL_BYTES = 32768,
};

static void put_erasure(struct json_writer *w, const struct erasure *e)
{
	char id[ID_TEXT_MAX];
	int n = snprintf(id, sizeof(id), "%llu", (unsigned long long)e->id);

	json_object_begin(w);
	json_key(w, "id");
	json_put_str(w, str_make(id, n > 0 ? (size_t)n : 0));
	json_key(w, "state");
	json_put_str(w, str_from(erasure_state_name(e->state)));
	member_time(w, "requested_at", e->requested_ms);
	member_time(w, "due_at", e->state == ERASURE_WAITING ? e->due_ms : 0);
	member_time(w, "running_at", e->running_ms);
	member_time(w, "done_at", e->done_ms);
	json_key(w, "tokens");
	json_put_u64(w, e->tokens);
	json_key(w, "clicks");
	json_put_u64(w, e->clicks);
	json_object_end(w);
}

static void answer(struct call *c, uint64_t id, int status, struct str lines)
{
	struct json_writer w;
	struct erasure e;
	enum err err = lookup_erasure(c->view, c->account, id, &e);

	if (err == ERR_NOT_FOUND) {
		call_fail_with(c, PROBLEM_NOT_FOUND,
			"The account has no such erasure.");
		return;
	}
	if (err) {
		call_fail_err(c, err);
		return;
	}
	json_writer_init(&w, call_answer_begin(c));
	put_erasure(&w, &e);
	call_answer(c, status, lines);
}

static void on_made(struct mail *mail)
{
	struct call *c = call_of_mail(mail);
	struct erasure_make *make = c->state;
	char line[CALL_HEADER_MAX];
	int n;

	views_reset(&c->api->views);
	if (make->job.result) {
		call_fail_err(c, make->job.result);
		return;
	}
	keeper_wake(c->api->options.keeper);
	n = snprintf(line, sizeof(line), "Location: /v1/erasures/%llu\r\n",
		(unsigned long long)make->id);
	answer(c, make->id, 202, str_make(line, n > 0 ? (size_t)n : 0));
}

/* Writer's thread. */
static void make_done(struct links_job *job)
{
	struct erasure_make *make = (struct erasure_make *)job;

	call_post(make->owner, on_made);
}

void erasures_post(struct call *c)
{
	struct erasure_make *make = calloc(1, sizeof(*make));
	enum err e;

	if (!make) {
		call_fail_err(c, ERR_NOMEM);
		return;
	}
	c->state = make;
	c->free_state = free;
	make->owner = c;
	make->job.done = make_done;
	make->account = c->account;
	if (!erasure_make_read(make, c->json)) {
		c->problem = make->problem;
		call_fail(c);
		return;
	}
	e = erasure_make_submit(make, c->view->region->links_writer);
	if (e)
		call_fail_err(c, e);
}

void erasures_get(struct call *c)
{
	uint64_t id;

	/* No id is 0: what is no number is not found. */
	if (num_parse_u64(call_capture(c, 0), UINT64_MAX, &id))
		id = 0;
	answer(c, id, 200, str_make(NULL, 0));
}

void erasures_list(struct call *c)
{
	uint64_t limit, at = 0;
	char next[ID_TEXT_MAX];
	struct json_writer w;
	struct erasure item;
	struct str after;
	int next_n = 0;
	enum err e;

	if (!list_read(c, &after, &limit))
		return;
	if (after.n && num_parse_u64(after, UINT64_MAX, &at)) {
		call_fail_with(c, PROBLEM_BAD_PARAMETER,
			"after must be an erasure's id.");
		return;
	}
	list_begin(c, &w);
	while ((e = lookup_erasure_next(c->view, c->account, at, &item)) ==
		OK) {
		if (limit-- == 0 || w.b->n + ERASURE_JSON_MAX > w.b->max) {
			next_n = snprintf(next, sizeof(next), "%llu",
				(unsigned long long)at);
			break;
		}
		put_erasure(&w, &item);
		at = item.id;
	}
	if (e && e != ERR_NOT_FOUND)
		call_fail_err(c, e);
	else
		list_answer(c, &w,
			str_make(next_n > 0 ? next : NULL,
				next_n > 0 ? (size_t)next_n : 0));
}

struct export
{
	struct call *call;
	size_t region; /* index */
	struct erased_export at;
};

static enum http_pull pull(void *arg, struct buf *out)
{
	struct export *x = arg;
	struct api *api = x->call->api;
	struct regions *regions = api->options.regions;

	while (x->region < regions->n && out->n < EXPORT_PULL_BYTES) {
		struct view *v =
			view_of(&api->views, &regions->items[x->region]);
		enum err e = ERR_NOT_FOUND;

		if (v)
			e = erased_export_line(&x->at, v, out);
		if (e && e != ERR_NOT_FOUND) {
			log_error("erasures: an export broke off error=\"%s\"",
				err_text(e));
			return PULL_ABORT;
		}
		if (e) {
			x->region++;
			x->at = (struct erased_export){0};
		}
	}
	return x->region < regions->n ? PULL_MORE : PULL_END;
}

static void stop(void *arg)
{
	struct export *x = arg;

	call_end(x->call);
}

static const struct http_source source = {pull, stop};

void erased_export(struct call *c)
{
	struct buf *lines = &c->api->lines;
	struct export *x = calloc(1, sizeof(*x));

	if (!x) {
		call_fail_err(c, ERR_NOMEM);
		return;
	}
	x->call = c;
	c->state = x;
	c->free_state = free;
	buf_reset(lines);
	call_put_lines(c, lines);
	buf_text(lines, "Content-Type: application/x-ndjson\r\n");
	http_answer_stream(c->ex, 200, buf_view(lines), &source, x);
}
