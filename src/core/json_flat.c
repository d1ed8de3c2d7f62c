#include "core/json_flat.h"

#include "base/assert.h"

/* Takes from the front of what is left of the text. */
struct scan {
	const char *p;
	const char *end;
	struct json_flat *flat;
};

static void skip_blanks(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' ||
					*s->p == '\n' || *s->p == '\r'))
		s->p++;
}

static bool take(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* The same between blanks. */
static bool take_mark(struct scan *s, char c)
{
	skip_blanks(s);
	if (!take(s, c))
		return false;
	skip_blanks(s);
	return true;
}

static bool take_string(struct scan *s, struct str *to)
{
	const char *start = s->p + 1;

	if (!take(s, '"'))
		return false;
	while (s->p < s->end && *s->p != '"') {
		unsigned char c = (unsigned char)*s->p;
		size_t n = 1;

		if (c < 0x20 || c == '\\')
			return false;
		if (c >= 0x80)
			n = str_utf8_sequence(
				str_make(s->p, (size_t)(s->end - s->p)));
		if (n == 0)
			return false;
		s->p += n;
	}
	*to = str_make(start, (size_t)(s->p - start));
	return take(s, '"');
}

static bool take_word(struct scan *s, struct str word)
{
	if (!str_starts(str_make(s->p, (size_t)(s->end - s->p)), word))
		return false;
	s->p += word.n;
	return true;
}

/* Of the object whose members begin at this place. */
static bool is_new_name(
	const struct json_flat *flat, size_t from, size_t to, struct str name)
{
	size_t i = from;

	while (i < to && !str_eq(flat->members[i].name, name))
		i += 1 + flat->members[i].members_n;
	return i >= to;
}

/* The next member, with its name; NULL if it is not plain. Its object's
 * members begin at this place. */
static struct json_flat_member *take_name(struct scan *s, size_t from)
{
	struct json_flat *flat = s->flat;
	struct json_flat_member *m = &flat->members[flat->n];
	struct str name;

	if (flat->n == JSON_FLAT_MEMBERS_MAX || !take_string(s, &name) ||
		!is_new_name(flat, from, flat->n, name) || !take_mark(s, ':'))
		return NULL;
	flat->n++;
	m->name = name;
	m->members_n = 0;
	return m;
}

/* The members of an object within the object, behind its brace. */
static bool take_strings(struct scan *s, struct json_flat_member *object)
{
	size_t from = s->flat->n;

	skip_blanks(s);
	if (take(s, '}'))
		return true;
	do {
		struct json_flat_member *m;

		skip_blanks(s);
		m = take_name(s, from);
		if (!m || !take_string(s, &m->text))
			return false;
		m->kind = JSON_FLAT_STR;
		skip_blanks(s);
	} while (take(s, ','));
	object->members_n = s->flat->n - from;
	return take(s, '}');
}

static bool take_value(struct scan *s, struct json_flat_member *m)
{
	if (s->p < s->end && *s->p == '"') {
		m->kind = JSON_FLAT_STR;
		return take_string(s, &m->text);
	}
	if (take(s, '{')) {
		m->kind = JSON_FLAT_OBJECT;
		return take_strings(s, m);
	}
	m->kind = JSON_FLAT_TRUE;
	if (take_word(s, STR("true")))
		return true;
	m->kind = JSON_FLAT_FALSE;
	if (take_word(s, STR("false")))
		return true;
	m->kind = JSON_FLAT_NULL;
	return take_word(s, STR("null"));
}

bool json_flat_read(struct str text, struct json_flat *flat)
{
	struct scan s = {text.p, text.p + text.n, flat};

	flat->n = 0;
	if (text.n == 0 || !take_mark(&s, '{'))
		return false;
	if (!take(&s, '}')) {
		do {
			struct json_flat_member *m;

			skip_blanks(&s);
			m = take_name(&s, 0);
			if (!m || !take_value(&s, m))
				return false;
			skip_blanks(&s);
		} while (take(&s, ','));
		if (!take(&s, '}'))
			return false;
	}
	skip_blanks(&s);
	return s.p == s.end;
}

static bool is_length(const struct json_field *field, size_t n)
{
	return n ? !field->max || n <= field->max
		 : !(field->flags & JSON_NONEMPTY);
}

/* Types that no plain object has are refused here, too. */
static bool read_value(
	const struct json_flat_member *m, const struct json_field *field)
{
	bool is_bool = m->kind == JSON_FLAT_TRUE || m->kind == JSON_FLAT_FALSE;

	if (field->type == JSON_FIELD_STR && m->kind == JSON_FLAT_STR)
		*(struct str *)field->to = m->text;
	else if (field->type == JSON_FIELD_BOOL && is_bool)
		*(bool *)field->to = m->kind == JSON_FLAT_TRUE;
	else if (field->type == JSON_FIELD_OBJECT &&
		 m->kind == JSON_FLAT_OBJECT)
		*(const struct json_flat_member **)field->to = m;
	else
		return false;
	return is_bool ||
	       is_length(field,
		       m->kind == JSON_FLAT_STR ? m->text.n : m->members_n);
}

static bool read_field(
	const struct json_flat_member *m, const struct json_field *field)
{
	bool is_null = m->kind == JSON_FLAT_NULL;

	if (field->state)
		*field->state = is_null ? JSON_IS_NULL : JSON_PRESENT;
	return is_null ? field->flags & JSON_NULLABLE : read_value(m, field);
}

bool json_flat_read_fields(const struct json_flat *flat,
	const struct json_field *fields, size_t fields_n)
{
	uint32_t seen = 0;

	ASSERT(fields_n <= JSON_FIELDS_MAX);
	for (size_t i = 0; i < fields_n; i++)
		if (fields[i].state)
			*fields[i].state = JSON_ABSENT;
	for (size_t at = 0; at < flat->n; at++) {
		const struct json_flat_member *m = &flat->members[at];
		size_t i = 0;

		while (i < fields_n && !str_is(m->name, fields[i].name))
			i++;
		if (i == fields_n || !read_field(m, &fields[i]))
			return false;
		seen |= UINT32_C(1) << i;
		at += m->members_n;
	}
	for (size_t i = 0; i < fields_n; i++)
		if ((fields[i].flags & JSON_REQUIRED) && !(seen >> i & 1))
			return false;
	return true;
}
