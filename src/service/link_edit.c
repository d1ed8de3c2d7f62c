#include "service/link_edit.h"

#include "base/num.h"
#include "core/timestamp.h"
#include "core/uri_template.h"
#include "service/campaign_edit.h"
#include "service/destination.h"
#include "store/account.h"
#include "store/link.h"

enum {
	LINK_RECORD_MAX = 8192
};

bool link_edit_read(struct link_edit *d, const struct json_t *body)
{
	unsigned nullable = d->kind == LINK_PUT ? 0 : JSON_NULLABLE;
	const struct json_field table[] = {
		{"name", JSON_FIELD_STR, 0, 0, &d->body_name, &d->has_name},
		{"destination", JSON_FIELD_STR, JSON_NONEMPTY, URI_TEMPLATE_MAX,
			&d->destination, &d->has_destination},
		{"defaults", JSON_FIELD_OBJECT, nullable, LINK_DEFAULTS_MAX,
			&d->defaults, &d->has_defaults},
		{"campaign", JSON_FIELD_STR, JSON_NULLABLE | JSON_NONEMPTY,
			LINK_NAME_MAX, &d->campaign, &d->has_campaign},
		{"ttl", JSON_FIELD_STR, JSON_NULLABLE | JSON_NONEMPTY, 0,
			&d->ttl, &d->has_ttl},
		{"expires_at", JSON_FIELD_STR, JSON_NULLABLE | JSON_NONEMPTY, 0,
			&d->expires_at, &d->has_expires_at},
		{"fallback", JSON_FIELD_STR, JSON_NULLABLE | JSON_NONEMPTY, 0,
			&d->fallback, &d->has_fallback},
		{"forward_query", JSON_FIELD_BOOL, nullable, 0,
			&d->forward_query, &d->has_forward_query},
		{"track", JSON_FIELD_BOOL, nullable, 0, &d->track,
			&d->has_track},
		{"state", JSON_FIELD_STR, nullable, 0, &d->state,
			&d->has_state},
	};
	struct json_findings *findings = &d->problem.findings;

	(void)json_read_object(
		body, "#", table, sizeof(table) / sizeof(table[0]), findings);
	if (d->kind == LINK_PUT && d->has_destination == JSON_ABSENT &&
		json_kind_of(body) == JSON_KIND_OBJECT)
		json_finding_add(
			findings, "#", STR("destination"), "is required");
	if (d->has_name == JSON_PRESENT && !str_eq(d->body_name, d->name))
		json_finding_add(findings, "#", STR("name"),
			"differs from the name in the path");
	if (findings->n)
		problem_set(&d->problem, PROBLEM_INVALID,
			"The link was not changed.");
	return findings->n == 0;
}

static struct link new_link(const struct link_edit *d)
{
	return (struct link){
		.account = d->account,
		.name = d->name,
		.active = true,
		.track = true,
	};
}

static size_t find_default(const struct link *l, struct str name)
{
	size_t i = 0;

	while (i < l->defaults_n && !str_eq(l->defaults[i].name, name))
		i++;
	return i;
}

/* A PATCH merges: null takes a member away. */
static void edit_defaults(const struct link_edit *d, struct link *l,
	struct json_findings *findings)
{
	struct json_members m = {.object = d->defaults};
	size_t bytes = 0;

	if (d->has_defaults == JSON_IS_NULL)
		l->defaults_n = 0;
	while (d->has_defaults == JSON_PRESENT && json_members_next(&m)) {
		size_t at = find_default(l, m.name);

		if (json_kind_of(m.value) == JSON_KIND_NULL &&
			d->kind == LINK_PATCH) {
			if (at < l->defaults_n)
				l->defaults[at] = l->defaults[--l->defaults_n];
			continue;
		}
		if (json_kind_of(m.value) != JSON_KIND_STR) {
			json_finding_add(findings, "#/defaults", m.name,
				"must be a string");
			continue;
		}
		if (at == LINK_DEFAULTS_MAX) {
			json_finding_add(findings, "#", STR("defaults"),
				"has more than %d members", LINK_DEFAULTS_MAX);
			return;
		}
		l->defaults[at] =
			(struct link_default){m.name, json_str_of(m.value)};
		if (at == l->defaults_n)
			l->defaults_n++;
	}
	for (size_t i = 0; i < l->defaults_n; i++)
		bytes += l->defaults[i].name.n + l->defaults[i].value.n;
	if (bytes > LINK_DEFAULTS_BYTES_MAX)
		json_finding_add(findings, "#", STR("defaults"),
			"has %zu bytes, more than %d", bytes,
			LINK_DEFAULTS_BYTES_MAX);
}

static void edit_times(const struct link_edit *d, struct link *l,
	struct json_findings *findings)
{
	if (d->has_ttl == JSON_IS_NULL)
		l->ttl_ms = 0;
	else if (d->has_ttl == JSON_PRESENT &&
		 (num_parse_duration(d->ttl, &l->ttl_ms) || !l->ttl_ms))
		json_finding_add(findings, "#", STR("ttl"),
			"must be a duration such as 90s, 15m, 24h or 90d");
	if (d->has_expires_at == JSON_IS_NULL)
		l->expires_ms = 0;
	else if (d->has_expires_at == JSON_PRESENT &&
		 timestamp_parse(d->expires_at, &l->expires_ms))
		json_finding_add(findings, "#", STR("expires_at"),
			"must be an RFC 3339 time such as "
			"2026-12-31T23:59:59Z");
}

static void edit_rest(const struct link_edit *d, struct link *l,
	const struct account *account, struct json_findings *findings)
{
	if (d->has_fallback != JSON_ABSENT)
		l->fallback = d->fallback;
	if (d->has_fallback == JSON_PRESENT)
		(void)destination_check(d->regions, d->region, account,
			d->fallback, "#", STR("fallback"), findings);
	if (d->has_forward_query == JSON_PRESENT)
		l->forward_query = d->forward_query;
	else if (d->has_forward_query == JSON_IS_NULL)
		l->forward_query = false;
	if (d->has_track == JSON_PRESENT)
		l->track = d->track;
	else if (d->has_track == JSON_IS_NULL)
		l->track = true;
	if (d->has_state == JSON_PRESENT)
		(void)state_read(d->state, &l->active, findings);
	else if (d->has_state == JSON_IS_NULL)
		l->active = true;
	if (d->has_campaign == JSON_PRESENT && !link_name_is_valid(d->campaign))
		json_finding_add(findings, "#", STR("campaign"),
			"must be letters, digits, '.', '_' and '-'");
}

/* Tokens already sent hold the values of the variables that had no default
 * when they were minted, and of no others for sure: only those may be without
 * a default now. */
static void check_variables(const struct link *l, const struct uri_template *t,
	const struct link *before, struct json_findings *findings)
{
	struct uri_template_problem problem;
	struct uri_template old;

	for (size_t i = 0; i < l->defaults_n; i++) {
		struct str name = l->defaults[i].name;

		if (uri_template_find(t, name) == t->vars_n)
			json_finding_add(findings, "#/defaults", name,
				"the destination has no such variable");
	}
	if (!before ||
		uri_template_compile(before->destination, &old, &problem) != OK)
		return;
	for (size_t i = 0; i < t->vars_n; i++) {
		struct str name = t->vars[i];

		if (link_default_of(l, name).p)
			continue;
		if (uri_template_find(&old, name) < old.vars_n &&
			!link_default_of(before, name).p)
			continue;
		json_finding_add(findings, "#/defaults", name,
			"needs a default: tokens already sent may have no "
			"value for this variable");
	}
}

static void put_link(struct links_batch *batch, const struct link *l)
{
	struct buf record;

	buf_init(&record, LINK_RECORD_MAX);
	link_record_put(&record, l);
	if (buf_err(&record))
		db_fail(batch->txn, buf_err(&record));
	apply_link(batch->txn, buf_view(&record));
	buf_deinit(&record);
}

/* l is complete but for its id and revision. */
static void finish(struct link_edit *d, struct links_batch *batch,
	const struct link *before, struct link *l)
{
	if (d->has_campaign == JSON_IS_NULL)
		l->campaign = 0;
	else if (d->has_campaign == JSON_PRESENT)
		l->campaign = campaign_ensure(batch, d->account, d->campaign);
	if (before) {
		l->id = before->id;
		l->revision = before->revision + 1;
		l->created_ms = before->created_ms;
	} else {
		l->id = links_batch_id(batch);
		l->revision = 1;
		l->created_ms = batch->now_ms;
		d->created = true;
	}
	l->updated_ms = batch->now_ms;
	put_link(batch, l);
}

/* One that stays as it is was checked when it came: rules that changed since
 * must not keep a link from being disabled. */
static bool check_destination(const struct link_edit *d, const struct link *l,
	const struct account *account, struct uri_template *t,
	struct json_findings *findings)
{
	struct uri_template_problem problem;

	if (d->has_destination == JSON_PRESENT)
		return destination_check_template(d->regions, d->region,
			account, l->destination, "#", STR("destination"), t,
			findings);
	return uri_template_compile(l->destination, t, &problem) == OK;
}

/* Makes l's strings views of a copy: making a campaign is a write, which those
 * of the old record do not survive. */
static void keep(struct links_batch *batch, struct link *l, struct buf *copy)
{
	enum err e;

	link_record_put(copy, l);
	e = buf_err(copy);
	if (!e)
		e = link_record_get(buf_view(copy), l);
	if (e)
		db_fail(batch->txn, e);
}

static enum err edit(struct link_edit *d, struct links_batch *batch,
	const struct link *before, const struct account *account)
{
	struct json_findings *findings = &d->problem.findings;
	struct link l = before && d->kind != LINK_PUT ? *before : new_link(d);
	struct uri_template t;
	struct buf copy;

	if (d->kind == LINK_DISABLE) {
		l.active = false;
		finish(d, batch, before, &l);
		return OK;
	}
	if (d->has_destination == JSON_PRESENT)
		l.destination = d->destination;
	edit_defaults(d, &l, findings);
	edit_times(d, &l, findings);
	edit_rest(d, &l, account, findings);
	if (check_destination(d, &l, account, &t, findings))
		check_variables(&l, &t, before, findings);
	if (findings->n) {
		problem_set(&d->problem, PROBLEM_INVALID,
			"The link was not changed.");
		return ERR_INVALID;
	}
	buf_init(&copy, LINK_RECORD_MAX);
	keep(batch, &l, &copy);
	finish(d, batch, before, &l);
	buf_deinit(&copy);
	return OK;
}

static enum err run(struct links_job *job, struct links_batch *batch)
{
	struct link_edit *d = (struct link_edit *)job;
	struct account account;
	struct link before;
	enum err e, found;

	e = account_by_id(batch->txn, d->account, &account);
	found = link_by_name(batch->txn, d->account, d->name, &before);
	if (!e && found != ERR_NOT_FOUND)
		e = found;
	if (e)
		return e;
	if (found == ERR_NOT_FOUND && d->kind != LINK_PUT) {
		problem_set(&d->problem, PROBLEM_NOT_FOUND,
			"There is no link of this name.");
		return ERR_NOT_FOUND;
	}
	return edit(d, batch, found == OK ? &before : NULL, &account);
}

enum err link_edit_submit(struct link_edit *edit, struct links_writer *w)
{
	edit->job.run = run;
	return links_writer_push(w, &edit->job);
}
