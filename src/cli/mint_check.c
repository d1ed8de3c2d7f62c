#include "cli/mint_check.h"

#include <stdbool.h>

#include "core/json.h"
#include "core/token_block.h"

struct line {
	struct str recipient;
	struct str ref;
	const struct json_t *params;
};

static void add(struct buf *why, const char *text, struct str name)
{
	buf_printf(why, "%s%.*s%s", why->n ? "; " : "", STR_FMT(name), text);
}

static bool is_known(const struct mint_vars *vars, struct str name)
{
	for (size_t i = 0; i < vars->n; i++)
		if (str_eq(vars->name[i], name))
			return true;
	return false;
}

/* Counts the bytes of names and values. */
static size_t check_params(const struct mint_vars *vars,
	const struct json_t *params, struct buf *why)
{
	struct json_members m = {.object = params};
	size_t n = 0;

	while (params && json_members_next(&m)) {
		if (!is_known(vars, m.name))
			add(why, ": the link has no such variable", m.name);
		else if (json_kind_of(m.value) != JSON_KIND_STR)
			add(why, ": must be a text", m.name);
		else
			n += m.name.n + json_str_of(m.value).n;
	}
	return n;
}

static void check_needed(
	const struct mint_vars *vars, const struct line *l, struct buf *why)
{
	for (size_t i = 0; i < vars->needed_n; i++) {
		struct str name = vars->needed[i];

		if ((str_is(name, "recipient") && l->recipient.n) ||
			(str_is(name, "ref") && l->ref.n) ||
			(l->params && json_member(l->params, name)))
			continue;
		add(why, ": has neither value nor default", name);
	}
}

static void check_fields(
	const struct mint_vars *vars, const struct line *l, struct buf *why)
{
	size_t n = l->recipient.n + l->ref.n;

	if (l->recipient.n > TOKEN_RECIPIENT_MAX)
		add(why, ": is longer than 128 bytes", STR("recipient"));
	if (l->ref.n > TOKEN_REF_MAX)
		add(why, ": is longer than 128 bytes", STR("ref"));
	n += check_params(vars, l->params, why);
	if (n > TOKEN_BYTES_MAX)
		add(why, ": recipient, ref and variables are too long",
			STR("the row"));
	check_needed(vars, l, why);
}

void mint_check_line(
	const struct mint_vars *vars, struct str line, struct buf *why)
{
	struct json_findings findings = {0};
	struct line l = {0};
	struct json_t *root = NULL;
	const struct json_field fields[] = {
		{"recipient", JSON_FIELD_STR, JSON_NULLABLE, 0, &l.recipient,
			NULL},
		{"ref", JSON_FIELD_STR, JSON_NULLABLE, 0, &l.ref, NULL},
		{"params", JSON_FIELD_OBJECT, JSON_NULLABLE, 0, &l.params,
			NULL},
	};

	if (json_parse(line, MINT_LINE_MAX, &root, &findings) ||
		!json_read_object(root, "#", fields,
			sizeof(fields) / sizeof(fields[0]), &findings))
		buf_text(why, findings.n ? findings.items[0].detail
					 : "cannot be read");
	else
		check_fields(vars, &l, why);
	json_free(root);
}
