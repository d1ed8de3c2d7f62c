#include <stdlib.h>

#include "api/links.h"
#include "api/list.h"
#include "api/member.h"
#include "service/campaign_edit.h"
#include "service/lookup.h"

enum {
	CAMPAIGN_JSON_MAX = 4096
};

static void put_campaign(struct json_writer *w, const struct campaign *g)
{
	json_object_begin(w);
	json_key(w, "name");
	json_put_str(w, g->name);
	json_key(w, "state");
	json_put_str(w, g->active ? STR("active") : STR("disabled"));
	member_text(w, "override", g->override);
	json_object_end(w);
}

void campaigns_get(struct call *c)
{
	struct json_writer w;
	struct campaign g;
	enum err e = lookup_campaign_name(
		c->view, c->account, call_capture(c, 0), &g);

	if (e == ERR_NOT_FOUND) {
		call_fail_with(c, PROBLEM_NOT_FOUND,
			"There is no campaign of this name.");
		return;
	}
	if (e) {
		call_fail_err(c, e);
		return;
	}
	json_writer_init(&w, call_answer_begin(c));
	put_campaign(&w, &g);
	call_answer(c, 200, str_make(NULL, 0));
}

void campaigns_list(struct call *c)
{
	struct str after, next = {0};
	struct json_writer w;
	struct campaign g;
	uint64_t limit;
	enum err e;

	if (!list_read(c, &after, &limit))
		return;
	list_begin(c, &w);
	while ((e = lookup_campaign_next(c->view, c->account, after, &g)) ==
		OK) {
		if (limit-- == 0 || w.b->n + CAMPAIGN_JSON_MAX > w.b->max) {
			next = after;
			break;
		}
		put_campaign(&w, &g);
		after = g.name;
	}
	if (e && e != ERR_NOT_FOUND)
		call_fail_err(c, e);
	else
		list_answer(c, &w, next);
}

static void on_patched(struct mail *mail)
{
	struct call *c = call_of_mail(mail);
	struct campaign_patch *patch = c->state;

	views_reset(&c->api->views);
	if (patch->problem.kind != PROBLEM_NONE) {
		c->problem = patch->problem;
		call_fail(c);
	} else if (patch->job.result) {
		call_fail_err(c, patch->job.result);
	} else {
		campaigns_get(c);
	}
}

/* Writer's thread. */
static void patch_done(struct links_job *job)
{
	struct campaign_patch *patch = (struct campaign_patch *)job;

	call_post(patch->owner, on_patched);
}

void campaigns_patch(struct call *c)
{
	struct campaign_patch *patch = calloc(1, sizeof(*patch));
	struct account account;
	enum err e;

	if (!patch) {
		call_fail_err(c, ERR_NOMEM);
		return;
	}
	c->state = patch;
	c->free_state = free;
	if (!call_account(c, &account))
		return;
	patch->job.done = patch_done;
	patch->owner = c;
	patch->account = c->account;
	patch->name = call_capture(c, 0);
	if (!campaign_patch_read(patch, c->json, c->api->options.regions,
		    c->view->region, &account)) {
		c->problem = patch->problem;
		call_fail(c);
		return;
	}
	e = campaign_patch_submit(patch, c->view->region->links_writer);
	if (e)
		call_fail_err(c, e);
}
