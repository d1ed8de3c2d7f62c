#include "cli/json_text.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct str *s)
{
	while (s->n && is_blank(s->p[0]))
		*s = str_skip(*s, 1);
}

/* Bytes of the string that s begins with, its quotes included. */
static size_t string_length(struct str s)
{
	size_t i = 1;

	while (i < s.n && s.p[i] != '"')
		i += s.p[i] == '\\' ? 2 : 1;
	return i < s.n ? i + 1 : s.n;
}

/* Bytes of the value that s begins with. */
static size_t value_length(struct str s)
{
	size_t depth = 0;
	size_t i = 0;

	while (i < s.n) {
		char c = s.p[i];

		if (c == '"') {
			i += string_length(str_skip(s, i));
			if (depth == 0)
				return i;
			continue;
		}
		if (depth == 0 &&
			(c == ',' || c == '}' || c == ']' || is_blank(c)))
			return i;
		if (c == '{' || c == '[')
			depth++;
		i++;
		if ((c == '}' || c == ']') && --depth == 0)
			return i;
	}
	return i;
}

void json_text_init(struct json_text *t, struct str text)
{
	skip_blanks(&text);
	t->object = text.n && text.p[0] == '{';
	t->rest = str_skip(text, 1);
}

bool json_text_next(struct json_text *t, struct str *value)
{
	struct str *rest = &t->rest;

	skip_blanks(rest);
	if (rest->n && rest->p[0] == ',')
		*rest = str_skip(*rest, 1);
	skip_blanks(rest);
	if (rest->n == 0 || rest->p[0] == '}' || rest->p[0] == ']')
		return false;
	if (t->object) {
		*rest = str_skip(*rest, string_length(*rest));
		skip_blanks(rest);
		*rest = str_skip(*rest, 1);
		skip_blanks(rest);
	}
	*value = str_make(rest->p, value_length(*rest));
	*rest = str_skip(*rest, value->n);
	return true;
}
