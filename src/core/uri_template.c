#include "core/uri_template.h"

#include "base/assert.h"
#include "core/uri_chars.h"

static enum err refuse(
	struct uri_template_problem *problem, size_t at, const char *text)
{
	problem->at = at;
	problem->text = text;
	return ERR_INVALID;
}

/* Level 2 and above, RFC 6570 sections 2.2 and 2.4. */
static const char *why_not_level_1(char c)
{
	static const char operators[] = "+#./;?&=,!@|";

	if (c == ':' || c == '*')
		return "modifiers (:3, *) are not supported";
	if (c != '\0' && strchr(operators, c))
		return "operators and lists of variables are not supported";
	if (c == '{')
		return "'{' within an expression";
	return "this may not stand in a variable's name";
}

/* The bytes of one element of a name at s (section 2.3: varname), or 0. */
static size_t name_element(struct str s)
{
	if (uri_is_escape(s))
		return 3;
	return s.n && (ascii_is_alnum(s.p[0]) || s.p[0] == '_') ? 1 : 0;
}

/* text.p[at] is '{'. Sets name, and gives the offset behind the '}'. */
static enum err parse_expression(struct str text, size_t at, struct str *name,
	size_t *behind, struct uri_template_problem *problem)
{
	size_t begin = at + 1, i = begin;
	size_t step;

	while (i < text.n && text.p[i] != '}') {
		step = name_element(str_skip(text, i));
		/* Dots stand between two elements only. */
		if (!step && text.p[i] == '.' && i > begin &&
			name_element(str_skip(text, i + 1)))
			step = 1;
		if (!step)
			return refuse(problem, i, why_not_level_1(text.p[i]));
		i += step;
	}
	if (i == text.n)
		return refuse(problem, at, "'{' without '}'");
	if (i == begin)
		return refuse(problem, at, "an expression without a name");
	if (i - begin > URI_TEMPLATE_NAME_MAX)
		return refuse(
			problem, begin, "a variable's name over 64 bytes");
	*name = str_make(text.p + begin, i - begin);
	*behind = i + 1;
	return OK;
}

static enum err add_variable(struct uri_template *t, struct str name, size_t at,
	struct uri_template_problem *problem)
{
	size_t var = uri_template_find(t, name);

	if (var == URI_TEMPLATE_VARS_MAX)
		return refuse(problem, at, "more than 32 variables");
	if (var == t->vars_n)
		t->vars[t->vars_n++] = name;
	t->parts[t->parts_n++] = (struct uri_template_part){
		.at = (uint16_t)at, .var = (uint8_t)var};
	return OK;
}

/* The end of the literal that begins at `at`, checked. */
static enum err scan_literal(struct str text, size_t at, size_t *end,
	struct uri_template_problem *problem)
{
	size_t i = at;

	while (i < text.n && text.p[i] != '{') {
		bool escape = uri_is_escape(str_skip(text, i));

		if (text.p[i] == '}')
			return refuse(problem, i, "'}' without '{'");
		if (text.p[i] == '%' && !escape)
			return refuse(problem, i,
				"'%' without two hexadecimal digits");
		if (!escape && !uri_is(text.p[i], URI_ANY))
			return refuse(problem, i,
				"a character that a URL may not hold");
		i += escape ? 3 : 1;
	}
	*end = i;
	return OK;
}

static enum err compile(struct str text, struct uri_template *t,
	struct uri_template_problem *problem)
{
	size_t exprs = 0;
	size_t i = 0;
	enum err e;

	while (i < text.n) {
		struct str name;
		size_t at = i;

		if (text.p[i] != '{') {
			e = scan_literal(text, i, &i, problem);
			if (e)
				return e;
			t->parts[t->parts_n++] = (struct uri_template_part){
				(uint16_t)at, (uint16_t)(i - at),
				URI_TEMPLATE_LITERAL};
			continue;
		}
		if (++exprs > URI_TEMPLATE_EXPRS_MAX)
			return refuse(problem, at, "more than 64 expressions");
		e = parse_expression(text, at, &name, &i, problem);
		if (!e)
			e = add_variable(t, name, at, problem);
		if (e)
			return e;
	}
	return OK;
}

enum err uri_template_compile(struct str text, struct uri_template *t,
	struct uri_template_problem *problem)
{
	t->text = text;
	t->vars_n = 0;
	t->parts_n = 0;
	if (text.n <= URI_TEMPLATE_MAX)
		return compile(text, t, problem);
	(void)refuse(problem, URI_TEMPLATE_MAX, "longer than 2,000 bytes");
	return ERR_TOO_LONG;
}

enum err uri_template_check_authority(
	const struct uri_template *t, struct uri_template_problem *problem)
{
	struct str text = t->text;
	size_t colon = str_find(text, ':');
	size_t i;

	if (!str_starts(str_skip(text, colon), STR("://")))
		return refuse(problem, 0, "not scheme://host");
	i = str_find(text, '{');
	if (i < colon)
		return refuse(problem, i, "a variable in the scheme");
	for (i = colon + 3; i < text.n; i++) {
		if (text.p[i] == '{')
			return refuse(problem, i, "a variable before the path");
		if (text.p[i] == '/' || text.p[i] == '?' || text.p[i] == '#')
			break;
	}
	return OK;
}

size_t uri_template_find(const struct uri_template *t, struct str name)
{
	size_t i = 0;

	while (i < t->vars_n && !str_eq(t->vars[i], name))
		i++;
	return i;
}

void uri_template_expand(
	struct buf *out, const struct uri_template *t, const struct str *values)
{
	for (size_t i = 0; i < t->parts_n; i++) {
		const struct uri_template_part *part = &t->parts[i];

		if (part->var == URI_TEMPLATE_LITERAL)
			buf_add(out, t->text.p + part->at, part->n);
		else if (values[part->var].p)
			uri_encode(out, values[part->var]);
	}
}

void uri_encode(struct buf *out, struct str s)
{
	uri_encode_class(out, s, URI_UNRESERVED, false);
}
