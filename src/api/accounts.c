#include "api/accounts.h"

#include <stdlib.h>

#include "api/list.h"
#include "api/member.h"
#include "core/hash.h"
#include "http/loop.h"
#include "service/account_edit.h"
#include "service/mint_answer.h"
#include "service/lookup.h"

enum {
	ACCOUNT_JSON_MAX = 24576
};

static void put_members(struct json_writer *w, const struct region *region,
	const struct account *a)
{
	json_key(w, "account");
	json_put_str(w, a->name);
	json_key(w, "region");
	json_put_str(w, region->settings.name);
	json_key(w, "state");
	json_put_str(w, a->active ? STR("active") : STR("disabled"));
	member_text(w, "fallback", a->fallback);
	json_key(w, "allowed_hosts");
	json_array_begin(w);
	for (size_t i = 0; i < a->hosts_n; i++)
		json_put_str(w, a->hosts[i]);
	json_array_end(w);
	member_time(w, "created_at", a->created_ms);
}

/* A change to an account, on its way. A new one's name is reserved meanwhile:
 * each region's writer knows the names of its region alone. */
struct change {
	struct account_edit edit; /* first: the job leads back to it */
	struct busy_key name;
};

static void free_change(void *state)
{
	struct change *change = state;

	busy_key_remove(&change->name);
	free(change);
}

static void put_account(struct json_writer *w, const struct region *region,
	const struct account *a)
{
	json_object_begin(w);
	put_members(w, region, a);
	json_object_end(w);
}

static void put_scopes(struct json_writer *w, uint8_t scopes)
{
	json_key(w, "scopes");
	json_array_begin(w);
	for (unsigned i = 0; i < SCOPES_N; i++)
		if (scopes & 1u << i)
			json_put_str(w, str_from(api_scope_name(i)));
	json_array_end(w);
}

void account_get(struct call *c)
{
	struct account a;
	struct json_writer w;

	if (!call_account(c, &a))
		return;
	json_writer_init(&w, call_answer_begin(c));
	json_object_begin(&w);
	put_members(&w, c->view->region, &a);
	json_key(&w, "url");
	json_put_str(&w, c->view->region->settings.url);
	put_scopes(&w, c->scopes);
	json_object_end(&w);
	call_answer(c, 200, str_make(NULL, 0));
}

/* ERR_NOT_FOUND: in no region. */
static enum err find_by_name(struct call *c, struct str name, struct account *a)
{
	struct regions *regions = c->api->options.regions;

	for (size_t i = 0; i < regions->n; i++) {
		struct view *v = view_of(&c->api->views, &regions->items[i]);
		enum err e;

		if (!v)
			continue;
		e = lookup_account_name(v, name, a);
		if (e == ERR_NOT_FOUND)
			continue;
		if (!e) {
			c->view = v;
			c->account = a->id;
		}
		return e;
	}
	return ERR_NOT_FOUND;
}

bool accounts_find(struct call *c, struct account *a)
{
	enum err e = find_by_name(c, call_capture(c, 0), a);

	if (e == ERR_NOT_FOUND)
		call_fail_with(c, PROBLEM_NOT_FOUND,
			"There is no account of this name.");
	else if (e)
		call_fail_err(c, e);
	return !e;
}

void accounts_get(struct call *c)
{
	struct account a;
	struct json_writer w;

	if (!accounts_find(c, &a))
		return;
	json_writer_init(&w, call_answer_begin(c));
	put_account(&w, c->view->region, &a);
	call_answer(c, 200, str_make(NULL, 0));
}

/* The first account behind `after` in any region, which is then the call's. */
static enum err next_account(
	struct call *c, struct str after, struct account *next)
{
	struct regions *regions = c->api->options.regions;
	enum err found = ERR_NOT_FOUND;

	for (size_t i = 0; i < regions->n; i++) {
		struct view *v = view_of(&c->api->views, &regions->items[i]);
		struct account a;
		enum err e;

		if (!v)
			continue;
		e = lookup_account_next(v, after, &a);
		if (e == ERR_NOT_FOUND ||
			(!e && !found && str_cmp(a.name, next->name) > 0))
			continue;
		if (e)
			return e;
		*next = a;
		c->view = v;
		found = OK;
	}
	return found;
}

void accounts_list(struct call *c)
{
	struct str after, next = {0};
	struct json_writer w;
	struct account a;
	uint64_t limit;
	enum err e;

	if (!list_read(c, &after, &limit))
		return;
	list_begin(c, &w);
	while ((e = next_account(c, after, &a)) == OK) {
		if (limit-- == 0 || w.b->n + ACCOUNT_JSON_MAX > w.b->max) {
			next = after;
			break;
		}
		put_account(&w, c->view->region, &a);
		after = a.name;
	}
	if (e && e != ERR_NOT_FOUND)
		call_fail_err(c, e);
	else
		list_answer(c, &w, next);
}

static void put_key(struct json_writer *w, const struct call *c,
	const char *key, uint64_t id)
{
	char text[API_KEY_ID_MAX];

	json_key(w, "account");
	json_put_str(w, str_make(c->account_name, c->account_name_n));
	json_key(w, "region");
	json_put_str(w, c->view->region->settings.name);
	json_key(w, "key");
	json_put_str(w, str_from(key));
	json_key(w, "key_id");
	api_key_id_put(text, id);
	json_put_str(w, str_from(text));
}

static void on_account_edited(struct mail *mail)
{
	struct call *c = call_of_mail(mail);
	struct account_edit *edit = c->state;
	struct json_writer w;

	views_reset(&c->api->views);
	if (edit->problem.kind != PROBLEM_NONE) {
		c->problem = edit->problem;
		call_fail(c);
	} else if (edit->job.result) {
		call_fail_err(c, edit->job.result);
	} else if (!edit->is_new) {
		accounts_get(c);
	} else {
		json_writer_init(&w, call_answer_begin(c));
		json_object_begin(&w);
		put_key(&w, c, edit->key, edit->key_id);
		json_object_end(&w);
		call_answer(c, 201, str_make(NULL, 0));
	}
}

/* Writer's thread. */
static void account_done(struct links_job *job)
{
	struct account_edit *edit = (struct account_edit *)job;

	call_post(edit->owner, on_account_edited);
}

static struct account_edit *new_edit(struct call *c)
{
	struct change *change = calloc(1, sizeof(*change));
	struct account_edit *edit;

	if (!change) {
		call_fail_err(c, ERR_NOMEM);
		return NULL;
	}
	c->state = change;
	c->free_state = free_change;
	edit = &change->edit;
	edit->job.done = account_done;
	edit->owner = c;
	edit->regions = c->api->options.regions;
	return edit;
}

static void submit(struct call *c, struct account_edit *edit)
{
	enum err e;

	edit->region = c->view->region;
	if (!account_edit_read(edit, c->json)) {
		c->problem = edit->problem;
		call_fail(c);
		return;
	}
	e = account_edit_submit(edit, c->view->region->links_writer);
	if (e)
		call_fail_err(c, e);
}

static struct str json_text(const struct json_t *object, const char *name)
{
	const struct json_t *value =
		json_kind_of(object) == JSON_KIND_OBJECT
			? json_member(object, str_from(name))
			: NULL;

	return value && json_kind_of(value) == JSON_KIND_STR
		       ? json_str_of(value)
		       : str_make(NULL, 0);
}

/* The region that a new account is to live in; false with a problem. */
static bool find_region(struct call *c, struct str name)
{
	struct region *region = region_by_name(c->api->options.regions, name);

	c->view = region ? view_of(&c->api->views, region) : NULL;
	if (c->view)
		return true;
	json_finding_add(&c->problem.findings, "#", STR("region"), "%s",
		!name.n  ? "is required"
		: region ? "this region is not served here"
			 : "there is no region of this name");
	problem_set(&c->problem, PROBLEM_INVALID, "No account was made.");
	return false;
}

/* No account has this id, so no request's key is taken for a name. */
static enum err reserve_name(struct call *c, struct str name)
{
	struct change *change = c->state;

	change->name.account = 0;
	hash128(name, change->name.key);
	return busy_key_add(c->api, &change->name);
}

void accounts_post(struct call *c)
{
	struct account_edit *edit = new_edit(c);
	struct account there;
	enum err e;

	if (!edit)
		return;
	edit->is_new = true;
	edit->name = json_text(c->json, "account");
	if (edit->name.n > ACCOUNT_NAME_MAX)
		edit->name.n = 0; /* refused with the rest */
	e = find_by_name(c, edit->name, &there);
	if (e == ERR_NOT_FOUND && reserve_name(c, edit->name))
		e = OK; /* in a moment it will be there */
	if (e == OK) {
		call_fail_with(c, PROBLEM_CONFLICT,
			"There is an account of this name already.");
		return;
	}
	if (e != ERR_NOT_FOUND) {
		call_fail_err(c, e);
		return;
	}
	if (!find_region(c, json_text(c->json, "region"))) {
		call_fail(c);
		return;
	}
	c->account_name_n = edit->name.n;
	memcpy(c->account_name, edit->name.p ? edit->name.p : "", edit->name.n);
	submit(c, edit);
}

void accounts_patch(struct call *c)
{
	struct account_edit *edit = new_edit(c);
	struct account a;

	if (!edit || !accounts_find(c, &a))
		return;
	edit->name = call_capture(c, 0);
	submit(c, edit);
}

static const char *key_state(const struct api_key *k, uint64_t now_ms)
{
	if (k->revoked_ms)
		return "revoked";
	return k->expires_ms && k->expires_ms <= now_ms ? "expired" : "active";
}

void api_keys_list(struct call *c)
{
	uint64_t now = loop_wall_ms(c->api->options.loop), after = 0;
	struct json_writer w;
	struct account a;
	struct api_key k;
	char id[API_KEY_ID_MAX];
	enum err e;

	if (!accounts_find(c, &a))
		return;
	list_begin(c, &w);
	while ((e = lookup_api_key_next(c->view, a.id, after, &k)) == OK) {
		json_object_begin(&w);
		json_key(&w, "key_id");
		api_key_id_put(id, k.id);
		json_put_str(&w, str_from(id));
		put_scopes(&w, k.scopes);
		member_time(&w, "created_at", k.created_ms);
		member_time(&w, "expires_at", k.expires_ms);
		json_key(&w, "state");
		json_put_str(&w, str_from(key_state(&k, now)));
		json_object_end(&w);
		after = k.id;
	}
	if (e != ERR_NOT_FOUND)
		call_fail_err(c, e);
	else
		list_answer(c, &w, str_make(NULL, 0));
}

static void on_key_edited(struct mail *mail)
{
	struct call *c = call_of_mail(mail);
	struct api_key_edit *edit = c->state;
	struct json_writer w;

	views_reset(&c->api->views);
	if (edit->problem.kind != PROBLEM_NONE) {
		c->problem = edit->problem;
		call_fail(c);
	} else if (edit->job.result) {
		call_fail_err(c, edit->job.result);
	} else if (!edit->is_new) {
		call_answer_empty(c, 204);
	} else {
		json_writer_init(&w, call_answer_begin(c));
		json_object_begin(&w);
		put_key(&w, c, edit->key, edit->key_id);
		put_scopes(&w, edit->scopes);
		member_time(&w, "expires_at", edit->expires_ms);
		json_object_end(&w);
		call_answer(c, 201, str_make(NULL, 0));
	}
}

/* Writer's thread. */
static void key_done(struct links_job *job)
{
	struct api_key_edit *edit = (struct api_key_edit *)job;

	call_post(edit->owner, on_key_edited);
}

static struct api_key_edit *new_key_edit(struct call *c)
{
	struct api_key_edit *edit = calloc(1, sizeof(*edit));
	struct account a;

	if (!edit) {
		call_fail_err(c, ERR_NOMEM);
		return NULL;
	}
	c->state = edit;
	c->free_state = free;
	if (!accounts_find(c, &a))
		return NULL;
	c->account_name_n = a.name.n;
	memcpy(c->account_name, a.name.p, a.name.n);
	edit->job.done = key_done;
	edit->owner = c;
	edit->region = c->view->region;
	edit->account = a.id;
	return edit;
}

static void submit_key(struct call *c, struct api_key_edit *edit)
{
	enum err e = api_key_edit_submit(edit, c->view->region->links_writer);

	if (e)
		call_fail_err(c, e);
}

void api_keys_post(struct call *c)
{
	struct api_key_edit *edit = new_key_edit(c);

	if (!edit)
		return;
	edit->is_new = true;
	if (api_key_edit_read(edit, c->json)) {
		submit_key(c, edit);
		return;
	}
	c->problem = edit->problem;
	call_fail(c);
}

void api_keys_delete(struct call *c)
{
	struct api_key_edit *edit = new_key_edit(c);

	if (!edit)
		return;
	if (api_key_id_parse(call_capture(c, 1), &edit->key_id))
		call_fail_with(
			c, PROBLEM_NOT_FOUND, "The account has no such key.");
	else
		submit_key(c, edit);
}
