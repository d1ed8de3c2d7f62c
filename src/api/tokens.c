#include "api/tokens.h"

#include <stdlib.h>

#include "api/token_json.h"
#include "base/num.h"
#include "core/timestamp.h"
#include "http/loop.h"
#include "service/mint_answer.h"
#include "service/mint_one.h"
#include "service/token_edit.h"

const char *const tokens_post_params[] = {"link", "campaign", "ttl", NULL};

struct one {
	struct mint_one mint;
	struct busy_key busy;
};

static void free_one(void *state)
{
	struct one *one = state;

	busy_key_remove(&one->busy);
	mint_one_deinit(&one->mint);
	free(one);
}

static void answer_minted(struct call *c, uint64_t number)
{
	enum err e;

	/* The snapshot of this turn may be older than the commit. */
	views_reset(&c->api->views);
	e = mint_answer_token(c->view, number, call_answer_begin(c));
	if (e)
		call_fail_err(c, e);
	else
		call_answer(c, 201, str_make(NULL, 0));
}

static void step_one(struct call *c);

static void on_one_minted(struct mail *mail)
{
	struct call *c = call_of_mail(mail);
	struct one *one = c->state;

	if (one->mint.job.job.result)
		call_fail_err(c, one->mint.job.job.result);
	else
		answer_minted(c, one->mint.job.first_token);
}

static void on_campaign_made(struct mail *mail)
{
	struct call *c = call_of_mail(mail);
	struct one *one = c->state;

	views_reset(&c->api->views);
	if (one->mint.campaign.job.result)
		call_fail_err(c, one->mint.campaign.job.result);
	else
		step_one(c);
}

/* Writer's thread. */
static void mint_done(struct links_job *job)
{
	struct mint_job *j = (struct mint_job *)job;

	call_post(j->owner, on_one_minted);
}

static void campaign_done(struct links_job *job)
{
	struct campaign_make *m = (struct campaign_make *)job;

	call_post(m->owner, on_campaign_made);
}

static void step_one(struct call *c)
{
	struct one *one = c->state;

	switch (mint_one_step(&one->mint)) {
	case MINT_ONE_WAIT:
	case MINT_ONE_CAMPAIGN:
		break;
	case MINT_ONE_DONE:
		answer_minted(c, one->mint.token);
		break;
	case MINT_ONE_REFUSED:
		c->problem = one->mint.problem;
		call_fail(c);
		break;
	}
}

/* What the query sets for lines that do not say; views of the call. */
static bool read_defaults(struct call *c, struct mint_defaults *d)
{
	struct str ttl = query_get(&c->query, "ttl");

	d->link = query_get(&c->query, "link");
	d->campaign = query_get(&c->query, "campaign");
	d->ttl_ms = 0;
	if (d->link.n > LINK_NAME_MAX || d->campaign.n > LINK_NAME_MAX) {
		problem_set(&c->problem, PROBLEM_BAD_PARAMETER,
			"Names have at most %d bytes.", LINK_NAME_MAX);
		return false;
	}
	if (ttl.p && (num_parse_duration(ttl, &d->ttl_ms) || !d->ttl_ms)) {
		problem_set(&c->problem, PROBLEM_BAD_PARAMETER,
			"ttl must be a duration such as 24h or 90d.");
		return false;
	}
	return true;
}

static void mint_one_whole(struct call *c)
{
	struct one *one = calloc(1, sizeof(*one));

	if (!one) {
		call_fail_err(c, ERR_NOMEM);
		return;
	}
	mint_one_init(&one->mint);
	c->state = one;
	c->free_state = free_one;
	one->mint.views = &c->api->views;
	one->mint.view = c->view;
	one->mint.account = c->account;
	one->mint.line = buf_view(&c->body);
	one->mint.line_max = c->api->options.body_max;
	one->mint.now_ms = loop_wall_ms(c->api->options.loop);
	one->mint.has_key = c->has_key;
	memcpy(one->mint.key, c->key, sizeof(c->key));
	one->mint.job.owner = c;
	one->mint.job.job.done = mint_done;
	one->mint.campaign.owner = c;
	one->mint.campaign.job.done = campaign_done;
	if (!read_defaults(c, &one->mint.defaults)) {
		call_fail(c);
		return;
	}
	one->busy = (struct busy_key){
		.account = c->account, .region = c->view->region->index};
	memcpy(one->busy.key, c->key, sizeof(c->key));
	if (c->has_key && busy_key_add(c->api, &one->busy))
		call_fail_with(c, PROBLEM_IN_FLIGHT,
			"The first request with this key is not answered "
			"yet.");
	else
		step_one(c);
}

void tokens_post(struct call *c)
{
	struct mint_defaults defaults;

	if (!c->is_ndjson) {
		call_read_body(c, mint_one_whole);
		return;
	}
	if (read_defaults(c, &defaults))
		token_stream_begin(c, &defaults);
	else
		call_fail(c);
}

/* The token of the path, if it is this account's; false after call_fail(). */
static bool find_token(struct call *c, struct stored_token *token)
{
	struct token_id id;
	enum err e;

	e = token_read(&c->view->codec, call_capture(c, 0), &id);
	if (!e)
		e = lookup_token(c->view, &id, token);
	if (e == ERR_INVALID || e == ERR_DENIED || e == ERR_NOT_FOUND ||
		(!e && token->shape.account != c->account)) {
		call_fail_with(
			c, PROBLEM_NOT_FOUND, "The account has no such token.");
		return false;
	}
	if (e)
		call_fail_err(c, e);
	return !e;
}

void tokens_get(struct call *c)
{
	struct stored_token token;
	struct json_writer w;
	enum err e;

	if (!find_token(c, &token))
		return;
	json_writer_init(&w, call_answer_begin(c));
	e = token_json_put(
		&w, c->view, &token, loop_wall_ms(c->api->options.loop));
	if (e)
		call_fail_err(c, e);
	else
		call_answer(c, 200, str_make(NULL, 0));
}

static void on_token_edited(struct mail *mail)
{
	struct call *c = call_of_mail(mail);
	struct token_edit *edit = c->state;

	views_reset(&c->api->views);
	if (edit->job.result)
		call_fail_err(c, edit->job.result);
	else if (edit->revoke)
		call_answer_empty(c, 204);
	else
		tokens_get(c);
}

/* Writer's thread. */
static void edit_done(struct links_job *job)
{
	struct token_edit *edit = (struct token_edit *)job;

	call_post(edit->owner, on_token_edited);
}

static void edit_token(struct call *c, bool revoke)
{
	struct token_edit *edit;
	struct stored_token token;
	enum err e;

	if (!find_token(c, &token))
		return;
	edit = calloc(1, sizeof(*edit));
	if (!edit) {
		call_fail_err(c, ERR_NOMEM);
		return;
	}
	c->state = edit;
	c->free_state = free;
	edit->owner = c;
	edit->job.done = edit_done;
	edit->token = token.number;
	edit->revoke = revoke;
	if (!revoke && !token_edit_read(edit, c->json)) {
		c->problem = edit->problem;
		call_fail(c);
		return;
	}
	e = token_edit_submit(edit, c->view->region->links_writer);
	if (e)
		call_fail_err(c, e);
}

void tokens_patch(struct call *c)
{
	edit_token(c, false);
}

void tokens_delete(struct call *c)
{
	edit_token(c, true);
}
