#include "service/mint_line.h"

#include <string.h>

#include "base/num.h"
#include "core/json.h"
#include "core/json_flat.h"
#include "service/destination.h"
#include "service/token_value.h"
#include "store/link.h"

/* The members of a line, views of it or of the parsed JSON. */
struct fields {
	struct str link, destination, recipient, ref, campaign, ttl;
	enum json_state link_state, destination_state, campaign_state,
		ttl_state;
	const struct json_t *params;
	const struct json_flat_member *flat_params; /* of a plain line */
	bool test;
};

void mint_encoded_init(struct mint_encoded *m)
{
	buf_init(&m->shape, SHAPE_BYTES_MAX);
	buf_init(&m->tail, TOKEN_BYTES_MAX + 4 * TOKEN_PARAMS_MAX);
	buf_init(&m->new_campaign, LINK_NAME_MAX);
}

void mint_encoded_deinit(struct mint_encoded *m)
{
	buf_deinit(&m->shape);
	buf_deinit(&m->tail);
	buf_deinit(&m->new_campaign);
}

/* What has a finding here is not looked at again. Without a root the line is
 * plain; then false: it is to be parsed. */
static bool read_fields(struct fields *f, const struct json_t *root,
	const struct json_flat *flat, struct json_findings *findings)
{
	void *params = root ? (void *)&f->params : (void *)&f->flat_params;
	const struct json_field table[] = {
		{"link", JSON_FIELD_STR, JSON_NONEMPTY, LINK_NAME_MAX, &f->link,
			&f->link_state},
		{"destination", JSON_FIELD_STR, JSON_NONEMPTY, 0,
			&f->destination, &f->destination_state},
		{"recipient", JSON_FIELD_STR, JSON_NULLABLE,
			TOKEN_RECIPIENT_MAX, &f->recipient, NULL},
		{"ref", JSON_FIELD_STR, JSON_NULLABLE, TOKEN_REF_MAX, &f->ref,
			NULL},
		{"params", JSON_FIELD_OBJECT, JSON_NULLABLE, TOKEN_PARAMS_MAX,
			params, NULL},
		{"campaign", JSON_FIELD_STR, JSON_NONEMPTY | JSON_NULLABLE,
			LINK_NAME_MAX, &f->campaign, &f->campaign_state},
		{"ttl", JSON_FIELD_STR, JSON_NONEMPTY | JSON_NULLABLE, 0,
			&f->ttl, &f->ttl_state},
		{"test", JSON_FIELD_BOOL, 0, 0, &f->test, NULL},
	};
	size_t n = sizeof(table) / sizeof(table[0]);

	*f = (struct fields){0};
	return root ? json_read_object(root, "#", table, n, findings)
		    : json_flat_read_fields(flat, table, n);
}

static bool is_name(struct str s)
{
	return s.n > 0 && s.n <= LINK_NAME_MAX;
}

/* Ascending by name. */
static void add_param(struct token_shape *shape, struct token_tail *tail,
	struct str name, struct str value)
{
	size_t at = shape->names_n++;

	while (at > 0 && str_cmp(name, shape->names[at - 1]) < 0) {
		shape->names[at] = shape->names[at - 1];
		tail->values[at] = tail->values[at - 1];
		at--;
	}
	shape->names[at] = name;
	tail->values[at] = value;
}

static void read_params(const struct fields *f, struct token_shape *shape,
	struct token_tail *tail, struct json_findings *findings)
{
	const struct json_flat_member *flat = f->flat_params;
	struct json_members m = {.object = f->params};

	for (size_t i = 1; flat && i <= flat->members_n; i++)
		add_param(shape, tail, flat[i].name, flat[i].text);
	while (f->params && json_members_next(&m)) {
		struct str value = STR("");

		if (json_kind_of(m.value) == JSON_KIND_STR)
			value = json_str_of(m.value);
		else
			json_finding_add(findings, "#/params", m.name,
				"must be a string");
		if (shape->names_n == TOKEN_PARAMS_MAX)
			return; /* the field's length is a finding already */
		add_param(shape, tail, m.name, value);
	}
}

static void check_size(const struct token_shape *shape,
	const struct token_tail *tail, struct json_findings *findings)
{
	size_t n = tail->recipient.n + tail->ref.n;

	for (size_t i = 0; i < shape->names_n; i++)
		n += shape->names[i].n + tail->values[i].n;
	if (n > TOKEN_BYTES_MAX)
		json_finding_add(findings, "#", str_make(NULL, 0),
			"recipient, ref and params together have %zu bytes, "
			"more than %d",
			n, TOKEN_BYTES_MAX);
}

/* Looks the link up, unless it is the line before's. */
static enum err find_link(
	struct mint_context *c, struct str name, struct json_findings *findings)
{
	struct uri_template_problem problem;
	enum err e;

	if (c->has_link && str_eq(c->link.name, name))
		return OK;
	c->has_link = false;
	e = link_by_name(c->links, c->account->id, name, &c->link);
	if (e == ERR_NOT_FOUND) {
		json_finding_add(findings, "#", STR("link"),
			"there is no link of this name");
		return ERR_INVALID;
	}
	if (!e && uri_template_compile(
			  c->link.destination, &c->template, &problem))
		e = ERR_CORRUPT;
	c->has_link = e == OK;
	return e;
}

static bool is_builtin(struct str name)
{
	return str_is(name, "recipient") || str_is(name, "ref");
}

/* Percent-encoding makes three bytes of one, and a variable may come often:
 * what no redirect could carry is not minted. */
static void check_location(const struct mint_context *c,
	const struct token_shape *shape, const struct token_tail *tail,
	struct json_findings *findings)
{
	const struct uri_template *t = &c->template;
	struct str values[URI_TEMPLATE_VARS_MAX];
	size_t worst = t->text.n;
	struct buf location;

	for (size_t i = 0; i < t->vars_n; i++)
		values[i] = token_value(shape, tail, &c->link, t->vars[i]);
	for (size_t i = 0; i < t->parts_n; i++)
		if (t->parts[i].var != URI_TEMPLATE_LITERAL)
			worst += 3 * values[t->parts[i].var].n;
	if (worst <= MINT_LOCATION_MAX)
		return;
	buf_init(&location, MINT_LOCATION_MAX);
	uri_template_expand(&location, t, values);
	if (buf_err(&location))
		json_finding_add(findings, "#", STR("link"),
			"with these values its destination has more than %d "
			"bytes",
			MINT_LOCATION_MAX);
	buf_deinit(&location);
}

static void check_link(const struct mint_context *c,
	const struct token_shape *shape, const struct token_tail *tail,
	struct json_findings *findings)
{
	const struct uri_template *t = &c->template;

	if (!c->link.active)
		json_finding_add(
			findings, "#", STR("link"), "this link is disabled");
	if (c->link.expires_ms && c->link.expires_ms <= c->now_ms)
		json_finding_add(
			findings, "#", STR("link"), "this link has expired");
	for (size_t i = 0; i < shape->names_n; i++) {
		struct str name = shape->names[i];

		if (is_builtin(name))
			json_finding_add(findings, "#/params", name,
				"is a member of the line itself, not a param");
		else if (uri_template_find(t, name) == t->vars_n)
			json_finding_add(findings, "#/params", name,
				"the link has no such variable");
	}
	for (size_t i = 0; i < t->vars_n; i++) {
		if (token_value(shape, tail, &c->link, t->vars[i]).p)
			continue;
		json_finding_add(findings,
			is_builtin(t->vars[i]) ? "#" : "#/params", t->vars[i],
			"the link's variable has neither value nor default");
	}
	check_location(c, shape, tail, findings);
}

/* The campaign that the line, or its defaults, name; empty: none. */
static struct str campaign_name(const struct mint_context *c,
	const struct fields *f, struct json_findings *findings)
{
	struct str name = f->campaign_state == JSON_ABSENT
				  ? c->defaults.campaign
				  : f->campaign;

	if (is_name(name) && !link_name_is_valid(name))
		json_finding_add(findings, "#", STR("campaign"),
			"must be letters, digits, '.', '_' and '-'");
	return name;
}

/* The campaign's id; ERR_AGAIN if it is to be made first. */
static enum err find_campaign(struct mint_context *c, struct str name,
	bool is_retry, uint64_t *id, struct mint_encoded *m,
	struct json_findings *findings)
{
	struct campaign campaign;
	enum err e;

	e = campaign_by_name(c->links, c->account->id, name, &campaign);
	if (e == ERR_NOT_FOUND) {
		buf_str(&m->new_campaign, name);
		return buf_err(&m->new_campaign) ? ERR_NOMEM : ERR_AGAIN;
	}
	if (!e && !campaign.active && !is_retry) {
		json_finding_add(findings, "#", STR("campaign"),
			"this campaign is disabled");
		return ERR_INVALID;
	}
	if (!e)
		*id = campaign.id;
	return e;
}

static void read_ttl(const struct mint_context *c, const struct fields *f,
	struct token_shape *shape, struct json_findings *findings)
{
	if (f->ttl_state == JSON_ABSENT) {
		shape->ttl_ms = c->defaults.ttl_ms;
		return;
	}
	if (f->ttl_state == JSON_PRESENT && f->ttl.n &&
		(num_parse_duration(f->ttl, &shape->ttl_ms) ||
			shape->ttl_ms == 0))
		json_finding_add(findings, "#", STR("ttl"),
			"must be a duration such as 90s, 15m, 24h or 90d");
}

/* The link or destination that the line, or its defaults, name. */
static enum err read_target(struct mint_context *c, const struct fields *f,
	bool is_retry, struct token_shape *shape, const struct token_tail *tail,
	struct json_findings *findings)
{
	struct str name =
		f->link_state == JSON_PRESENT ? f->link : c->defaults.link;
	enum err e;

	if (f->destination_state == JSON_PRESENT) {
		if (f->link_state == JSON_PRESENT)
			json_finding_add(findings, "#", STR("destination"),
				"give either link or destination");
		if (shape->names_n)
			json_finding_add(findings, "#", STR("params"),
				"params need a link");
		if (!is_retry && f->destination.n)
			(void)destination_check(c->regions, c->region,
				c->account, f->destination, "#",
				STR("destination"), findings);
		else if (f->destination.n > URL_MAX)
			return ERR_INVALID;
		shape->destination = f->destination;
		return OK;
	}
	if (f->link_state != JSON_ABSENT ? !is_name(f->link)
					 : f->destination_state != JSON_ABSENT)
		return OK; /* a finding already */
	if (!name.n) {
		json_finding_add(findings, "#", STR("link"),
			"give a link or a destination");
		return OK;
	}
	e = find_link(c, name, findings);
	if (e)
		return e == ERR_INVALID ? OK : e;
	shape->link = c->link.id;
	if (f->ttl_state == JSON_ABSENT && !shape->ttl_ms)
		shape->ttl_ms = is_retry ? c->retry_ttl_ms : c->link.ttl_ms;
	if (!is_retry)
		check_link(c, shape, tail, findings);
	return OK;
}

static enum err encode(struct mint_context *c, const struct fields *f,
	bool is_retry, struct mint_encoded *m, struct json_findings *findings)
{
	struct token_shape shape = {.account = c->account->id};
	struct token_tail tail = {0};
	struct str campaign;
	enum err e;

	shape.test = f->test;
	tail.recipient = f->recipient;
	tail.ref = f->ref;
	read_params(f, &shape, &tail, findings);
	check_size(&shape, &tail, findings);
	read_ttl(c, f, &shape, findings);
	e = read_target(c, f, is_retry, &shape, &tail, findings);
	if (e)
		return e;
	campaign = campaign_name(c, f, findings);
	if (findings->n)
		return ERR_INVALID;
	if (campaign.n)
		e = find_campaign(
			c, campaign, is_retry, &shape.campaign, m, findings);
	if (e)
		return e;
	token_shape_put(&m->shape, &shape);
	token_tail_put(&m->tail, &tail, shape.names_n);
	e = buf_err(&m->shape);
	return e ? e : buf_err(&m->tail);
}

/* A line that is not plain, or wrong. */
static enum err parse_and_encode(struct mint_context *c, struct str line,
	bool is_retry, struct mint_encoded *m, struct problem *problem)
{
	struct json_t *root = NULL;
	struct fields f;
	enum err e;

	e = json_parse(line, c->line_max, &root, &problem->findings);
	if (e == ERR_INVALID || e == ERR_TOO_LONG) {
		problem_set(problem,
			e == ERR_INVALID ? PROBLEM_MALFORMED
					 : PROBLEM_TOO_LARGE,
			e == ERR_INVALID ? "The line is not valid JSON."
					 : "The line is too long.");
		return ERR_INVALID;
	}
	if (e)
		return e;
	(void)read_fields(&f, root, NULL, &problem->findings);
	e = json_kind_of(root) == JSON_KIND_OBJECT
		    ? encode(c, &f, is_retry, m, &problem->findings)
		    : ERR_INVALID;
	json_free(root);
	return e;
}

enum err mint_line_encode(struct mint_context *c, struct str line,
	bool is_retry, struct mint_encoded *m, struct problem *problem)
{
	struct json_flat flat;
	struct fields f;
	enum err e;

	buf_reset(&m->shape);
	buf_reset(&m->tail);
	buf_reset(&m->new_campaign);
	*problem = (struct problem){0};
	if (line.n <= c->line_max && json_flat_read(line, &flat) &&
		read_fields(&f, NULL, &flat, &problem->findings))
		e = encode(c, &f, is_retry, m, &problem->findings);
	else
		e = parse_and_encode(c, line, is_retry, m, problem);
	if (e == ERR_INVALID && problem->kind == PROBLEM_NONE)
		problem_set(problem, PROBLEM_INVALID,
			"%zu finding%s: see errors.",
			problem->findings.n + problem->findings.more,
			problem->findings.n == 1 ? "" : "s");
	return e;
}
