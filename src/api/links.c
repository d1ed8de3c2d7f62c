#include "api/links.h"

#include <stdlib.h>

#include "api/list.h"
#include "api/member.h"
#include "base/num.h"
#include "service/link_edit.h"
#include "service/lookup.h"

/* Room for one more item in an answer made in memory. */
enum {
	LINK_JSON_MAX = 16384
};

static void put_times(struct json_writer *w, const struct link *l)
{
	char ttl[NUM_DURATION_MAX];

	json_key(w, "ttl");
	if (l->ttl_ms) {
		num_put_duration(ttl, l->ttl_ms);
		json_put_str(w, str_from(ttl));
	} else {
		json_put_null(w);
	}
	member_time(w, "expires_at", l->expires_ms);
}

/* The members that a PUT takes, so that what was got can be put. */
static enum err put_link(
	struct json_writer *w, struct view *v, const struct link *l)
{
	struct campaign campaign = {0};
	enum err e = OK;

	if (l->campaign)
		e = lookup_campaign(v, l->campaign, &campaign);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
	json_object_begin(w);
	member_text(w, "name", l->name);
	member_text(w, "destination", l->destination);
	json_key(w, "defaults");
	json_object_begin(w);
	for (size_t i = 0; i < l->defaults_n; i++) {
		json_key_str(w, l->defaults[i].name);
		json_put_str(w, l->defaults[i].value);
	}
	json_object_end(w);
	member_text(w, "campaign", campaign.name);
	put_times(w, l);
	member_text(w, "fallback", l->fallback);
	json_key(w, "forward_query");
	json_put_bool(w, l->forward_query);
	json_key(w, "track");
	json_put_bool(w, l->track);
	json_key(w, "state");
	json_put_str(w, l->active ? STR("active") : STR("disabled"));
	json_object_end(w);
	return OK;
}

static void answer_link(struct call *c, int status)
{
	struct json_writer w;
	struct link l;
	enum err e =
		lookup_link_name(c->view, c->account, call_capture(c, 0), &l);

	if (e == ERR_NOT_FOUND) {
		call_fail_with(
			c, PROBLEM_NOT_FOUND, "There is no link of this name.");
		return;
	}
	json_writer_init(&w, call_answer_begin(c));
	if (!e)
		e = put_link(&w, c->view, &l);
	if (e)
		call_fail_err(c, e);
	else
		call_answer(c, status, str_make(NULL, 0));
}

void links_get(struct call *c)
{
	answer_link(c, 200);
}

void links_list(struct call *c)
{
	struct str after, next = {0};
	struct json_writer w;
	struct link l;
	uint64_t limit;
	enum err e = OK;

	if (!list_read(c, &after, &limit))
		return;
	list_begin(c, &w);
	while (!e) {
		e = lookup_link_next(c->view, c->account, after, &l);
		if (e)
			break;
		if (limit-- == 0 || w.b->n + LINK_JSON_MAX > w.b->max) {
			next = after;
			break;
		}
		e = put_link(&w, c->view, &l);
		after = l.name;
	}
	if (e && e != ERR_NOT_FOUND)
		call_fail_err(c, e);
	else
		list_answer(c, &w, next);
}

static void on_edited(struct mail *mail)
{
	struct call *c = call_of_mail(mail);
	struct link_edit *edit = c->state;
	bool is_delete = edit->kind == LINK_DISABLE;

	views_reset(&c->api->views);
	if (edit->problem.kind != PROBLEM_NONE) {
		c->problem = edit->problem;
		call_fail(c);
	} else if (edit->job.result) {
		call_fail_err(c, edit->job.result);
	} else if (is_delete) {
		call_answer_empty(c, 204);
	} else {
		answer_link(c, edit->created ? 201 : 200);
	}
}

/* Writer's thread. */
static void edit_done(struct links_job *job)
{
	struct link_edit *edit = (struct link_edit *)job;

	call_post(edit->owner, on_edited);
}

static void edit_link(struct call *c, enum link_edit_kind kind)
{
	struct link_edit *edit = calloc(1, sizeof(*edit));
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
	edit->regions = c->api->options.regions;
	edit->region = c->view->region;
	edit->account = c->account;
	edit->name = call_capture(c, 0);
	if (!link_name_is_valid(edit->name)) {
		call_fail_with(c, PROBLEM_INVALID,
			"A link's name is 1 to 128 letters, digits, '.', '_' "
			"and '-', not beginning with '.' or '-'.");
		return;
	}
	if (kind != LINK_DISABLE && !link_edit_read(edit, c->json)) {
		c->problem = edit->problem;
		call_fail(c);
		return;
	}
	e = link_edit_submit(edit, c->view->region->links_writer);
	if (e)
		call_fail_err(c, e);
}

void links_put(struct call *c)
{
	edit_link(c, LINK_PUT);
}

void links_patch(struct call *c)
{
	edit_link(c, LINK_PATCH);
}

void links_delete(struct call *c)
{
	edit_link(c, LINK_DISABLE);
}
