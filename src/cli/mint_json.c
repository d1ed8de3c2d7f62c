#include "cli/mint_json.h"

#include "cli/json_text.h"
#include "cli/mint_rows.h"
#include "cli/problem.h"
#include "core/json.h"
#include "core/json_writer.h"

enum {
	ANSWER_MAX = 64 << 10,
	TOKEN_TEXT_MAX = 4 << 10
};

/* A row being taken apart. */
struct json_row {
	const struct mint_vars *vars;
	struct json_writer w;
	struct str params; /* the member's text; p NULL: it has none */
	struct buf flat;   /* the variables that are members themselves */
	struct json_writer flat_w;
	struct buf *error;
};

/* RFC 8259 section 2, but for line ends, which a line has none of. */
static bool is_json_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_var(const struct mint_vars *vars, struct str name)
{
	for (size_t i = 0; i < vars->n; i++)
		if (str_eq(vars->name[i], name))
			return true;
	return false;
}

static bool is_added(struct str name)
{
	return str_is(name, "token") || str_is(name, "url") ||
	       str_is(name, "error");
}

/* A string as it stands there; a number or a bool becomes one. */
static void put_value(struct json_row *r, struct json_writer *w,
	struct str name, const struct json_t *value, struct str text)
{
	switch (json_kind_of(value)) {
	case JSON_KIND_NULL:
		return;
	case JSON_KIND_STR:
		json_key_str(w, name);
		json_put_raw(w, text);
		return;
	case JSON_KIND_ARRAY:
	case JSON_KIND_OBJECT:
		if (!r->error->n)
			buf_printf(r->error,
				"\"%.*s\": expected a text or a number",
				(int)(name.n < 64 ? name.n : 64), name.p);
		return;
	default:
		json_key_str(w, name);
		json_put_str(w, text);
	}
}

static void take_member(struct json_row *r, struct str name,
	const struct json_t *value, struct str text)
{
	if (str_is(name, "recipient") || str_is(name, "ref"))
		put_value(r, &r->w, name, value, text);
	else if (is_var(r->vars, name))
		put_value(r, &r->flat_w, name, value, text);
	else if (str_is(name, "params") &&
		 json_kind_of(value) != JSON_KIND_NULL)
		r->params = text;
}

static enum err take_members(
	struct json_row *r, const struct json_t *root, struct str row)
{
	struct json_members m = {.object = root};
	struct json_text t;
	struct str text;

	json_text_init(&t, row);
	while (json_members_next(&m) && json_text_next(&t, &text)) {
		if (is_added(m.name))
			return ERR_EXISTS;
		take_member(r, m.name, m.value, text);
	}
	return OK;
}

struct str mint_json_trim(struct str s)
{
	while (s.n && is_json_blank(s.p[0]))
		s = str_skip(s, 1);
	while (s.n && is_json_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* The row without its last brace, and the name of the first member added. */
static void put_prefix(
	struct buf *prefix, const struct json_t *root, struct str row)
{
	row = mint_json_trim(row);
	row.n--;
	buf_str(prefix, mint_json_trim(row));
	if (json_object_length(root))
		buf_byte(prefix, ',');
	buf_text(prefix, "\"token\":");
}

static enum err put_line(const struct mint_vars *vars,
	const struct json_t *root, struct str row, struct buf *out,
	struct buf *error)
{
	struct json_row r = {.vars = vars, .error = error};
	enum err e;

	buf_init(&r.flat, MINT_LINE_MAX);
	json_writer_init(&r.flat_w, &r.flat);
	json_writer_init(&r.w, out);
	json_object_begin(&r.w);
	json_object_begin(&r.flat_w);
	e = take_members(&r, root, row);
	json_object_end(&r.flat_w);
	if (r.params.p || r.flat.n > 2) {
		json_key(&r.w, "params");
		json_put_raw(&r.w, r.params.p ? r.params : buf_view(&r.flat));
	}
	json_object_end(&r.w);
	json_line_end(&r.w);
	/* What finds no room here finds none in the line. */
	if (!r.params.p || buf_err(&r.flat) == ERR_NOMEM)
		out->err = buf_err(&r.flat) ? buf_err(&r.flat) : out->err;
	buf_deinit(&r.flat);
	return e;
}

enum err mint_json_row(const struct mint_vars *vars, struct str row,
	struct buf *prefix, struct buf *out, struct buf *error)
{
	struct json_findings findings = {0};
	struct json_t *root = NULL;
	enum err e;

	e = json_parse(row, MINT_ROW_MAX, &root, &findings);
	if (e == ERR_NOMEM)
		return e;
	if (e || json_kind_of(root) != JSON_KIND_OBJECT) {
		buf_printf(error, "no JSON object: %.*s", MINT_PROBLEM_MAX - 32,
			findings.n ? findings.items[0].detail : "another kind");
		json_free(root);
		return ERR_INVALID;
	}
	put_prefix(prefix, root, row);
	e = put_line(vars, root, row, out, error);
	json_free(root);
	return e;
}

void mint_answer_init(struct mint_answer *a)
{
	*a = (struct mint_answer){0};
	buf_init(&a->token, TOKEN_TEXT_MAX);
	buf_init(&a->url, TOKEN_TEXT_MAX);
	buf_init(&a->error, ANSWER_MAX);
}

void mint_answer_deinit(struct mint_answer *a)
{
	buf_deinit(&a->token);
	buf_deinit(&a->url);
	buf_deinit(&a->error);
}

static bool take_text(
	const struct json_t *root, const char *name, struct buf *to)
{
	const struct json_t *value = json_member(root, str_from(name));

	if (!value || json_kind_of(value) != JSON_KIND_STR)
		return false;
	buf_str(to, json_str_of(value));
	return to->n > 0;
}

static void take_status(struct mint_answer *a, const struct json_t *problem)
{
	const struct json_t *status = NULL;

	if (json_kind_of(problem) == JSON_KIND_OBJECT)
		status = json_member(problem, STR("status"));
	if (status && json_kind_of(status) == JSON_KIND_INTEGER &&
		json_i64_of(status) > 0 && json_i64_of(status) < 1000)
		a->status = (unsigned)json_i64_of(status);
}

static bool take_answer(struct mint_answer *a, const struct json_t *root)
{
	const struct json_t *error;

	if (json_kind_of(root) != JSON_KIND_OBJECT)
		return false;
	error = json_member(root, STR("error"));
	if (!error)
		return take_text(root, "token", &a->token) &&
		       take_text(root, "url", &a->url);
	a->last = json_member(root, STR("line")) != NULL;
	take_status(a, error);
	if (!problem_of_json(error, &a->error))
		buf_text(&a->error, "the server refused it");
	return true;
}

enum err mint_answer_read(struct mint_answer *a, struct str line)
{
	struct json_findings findings = {0};
	struct json_t *root = NULL;
	enum err e;

	buf_reset(&a->token);
	buf_reset(&a->url);
	buf_reset(&a->error);
	a->last = false;
	a->status = 0;
	e = json_parse(line, ANSWER_MAX, &root, &findings);
	if (e)
		return e == ERR_NOMEM ? e : ERR_INVALID;
	if (!take_answer(a, root))
		e = ERR_INVALID;
	json_free(root);
	if (!e &&
		(buf_err(&a->token) || buf_err(&a->url) || buf_err(&a->error)))
		e = ERR_INVALID;
	return e;
}
