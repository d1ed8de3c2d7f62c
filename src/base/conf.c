#include "base/conf.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/conf_value.h"

static const size_t none = (size_t)-1;

enum {
	SHOWN_MAX = 80 /* bytes of a wrong value that an error repeats */
};

static size_t find_section(const struct conf_table *t, struct str name)
{
	for (size_t i = 0; i < t->sections_n; i++)
		if (str_is(name, t->sections[i].name))
			return i;
	return none;
}

static size_t find_setting(
	const struct conf_table *t, const char *section, struct str key)
{
	for (size_t i = 0; i < t->settings_n; i++)
		if (strcmp(t->settings[i].section, section) == 0 &&
			str_is(key, t->settings[i].key))
			return i;
	return none;
}

/* Where the places of settings end those of sections begin. */
static struct conf_place *place_of_setting(
	const struct conf *c, size_t setting, size_t instance)
{
	return &c->places[setting * c->stride + instance];
}

static struct conf_place *place_of_section(
	const struct conf *c, size_t section, size_t instance)
{
	return place_of_setting(c, c->table->settings_n + section, instance);
}

static char *instance_at(
	const struct conf *c, const struct conf_section *s, size_t i)
{
	return (char *)c->to + s->offset + i * s->size;
}

static size_t *count_of(const struct conf *c, const struct conf_section *s)
{
	return (size_t *)(void *)((char *)c->to + s->count_offset);
}

/* The instance of this name, or the number of instances. */
static size_t find_instance(
	const struct conf *c, const struct conf_section *s, struct str name)
{
	size_t n = *count_of(c, s);

	for (size_t i = 0; i < n; i++)
		if (str_is(name, instance_at(c, s, i)))
			return i;
	return n;
}

/* An error that finds no room is only counted: the earlier ones say enough. */
static void end_error(struct conf *c, size_t start)
{
	buf_byte(&c->errors, '\n');
	c->errors_n++;
	if (buf_err(&c->errors) == ERR_TOO_LONG) {
		c->errors.n = start;
		c->errors.err = OK;
	}
}

static size_t begin_error(struct conf *c, struct conf_place at)
{
	size_t start = c->errors.n;

	if (at.source)
		buf_text(&c->errors, at.source);
	if (at.source && at.line)
		buf_printf(&c->errors, ":%u", at.line);
	if (at.source)
		buf_text(&c->errors, ": ");
	return start;
}

void conf_error(struct conf *c, struct conf_place at, const char *format, ...)
{
	size_t start = begin_error(c, at);
	va_list args;

	va_start(args, format);
	buf_vprintf(&c->errors, format, args);
	va_end(args);
	end_error(c, start);
}

void conf_error_key(struct conf *c, const char *section, size_t instance,
	const char *key, const char *format, ...)
{
	size_t i = find_section(c->table, str_from(section));
	const struct conf_section *s;
	struct conf_place at;
	va_list args;
	size_t start;

	ASSERT(i != none);
	s = &c->table->sections[i];
	at = *place_of_section(c, i, instance);
	if (key && conf_is_set(c, section, instance, key))
		at = *place_of_setting(c,
			find_setting(c->table, section, str_from(key)),
			instance);
	start = begin_error(c, at);
	buf_printf(&c->errors, "[%s%s%s]", section, s->max ? " " : "",
		s->max ? instance_at(c, s, instance) : "");
	if (key)
		buf_printf(&c->errors, " %s", key);
	buf_text(&c->errors, ": ");
	va_start(args, format);
	buf_vprintf(&c->errors, format, args);
	va_end(args);
	end_error(c, start);
}

bool conf_is_set(const struct conf *c, const char *section, size_t instance,
	const char *key)
{
	size_t i = find_setting(c->table, section, str_from(key));

	ASSERT(i != none && instance < c->stride);
	return place_of_setting(c, i, instance)->source != NULL;
}

static void value_error(struct conf *c, struct conf_place at,
	struct str section, const struct conf_setting *row, struct str value)
{
	size_t start = begin_error(c, at);

	buf_printf(&c->errors, "[%.*s] %s: ", STR_FMT(section), row->key);
	conf_value_expected(&c->errors, row);
	buf_printf(&c->errors, ", got \"%.*s%s\"",
		(int)(value.n < SHOWN_MAX ? value.n : SHOWN_MAX), value.p,
		value.n > SHOWN_MAX ? "..." : "");
	end_error(c, start);
}

/* A NUL would cut a string short, other controls would garble the log. */
static bool is_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') ||
			s.p[i] == 0x7f)
			return false;
	return str_is_utf8(s);
}

static void set_defaults(
	struct conf *c, const struct conf_section *s, size_t instance)
{
	for (size_t i = 0; i < c->table->settings_n; i++) {
		const struct conf_setting *row = &c->table->settings[i];

		if (strcmp(row->section, s->name) != 0 || !row->fallback)
			continue;
		if (conf_value_store(row, str_from(row->fallback),
			    instance_at(c, s, instance) + row->offset))
			ASSERT(!"a default that its own row refuses");
	}
}

enum err conf_init(struct conf *c, const struct conf_table *table, void *to)
{
	*c = (struct conf){.table = table, .to = to, .stride = 1};
	buf_init(&c->errors, CONF_ERRORS_MAX);
	for (size_t i = 0; i < table->sections_n; i++)
		if (table->sections[i].max > c->stride)
			c->stride = table->sections[i].max;
	c->places = calloc((table->settings_n + table->sections_n) * c->stride,
		sizeof(*c->places));
	if (!c->places)
		return ERR_NOMEM;
	for (size_t i = 0; i < table->sections_n; i++) {
		const struct conf_section *s = &table->sections[i];

		if (s->max)
			*count_of(c, s) = 0;
		else
			set_defaults(c, s, 0);
	}
	return OK;
}

void conf_deinit(struct conf *c)
{
	buf_deinit(&c->errors);
	free(c->places);
	c->places = NULL;
}

/* The section's index, and the instance, made if it is new; none after an
 * error. */
static size_t enter(
	struct conf *c, struct conf_place at, struct str text, size_t *instance)
{
	struct str name = str_trim(text);
	struct str kind = str_split(&name, ' ');
	size_t i = find_section(c->table, kind);
	const struct conf_section *s;

	name = str_trim(name);
	if (i == none || (!c->table->sections[i].max && name.n)) {
		conf_error(c, at, "[%.*s]: there is no such section",
			STR_FMT(text));
		return none;
	}
	s = &c->table->sections[i];
	*instance = 0;
	if (!s->max)
		return i;
	if (name.n == 0 || name.n > s->name_max) {
		conf_error(c, at,
			"[%.*s]: expected a name of 1 to %zu bytes after "
			"\"%s\"",
			STR_FMT(text), s->name_max, s->name);
		return none;
	}
	*instance = find_instance(c, s, name);
	if (*instance < *count_of(c, s))
		return i;
	if (*instance == s->max) {
		conf_error(c, at, "[%.*s]: more than %zu such sections",
			STR_FMT(text), s->max);
		return none;
	}
	memset(instance_at(c, s, *instance), 0, s->size);
	memcpy(instance_at(c, s, *instance), name.p, name.n);
	set_defaults(c, s, *instance);
	*place_of_section(c, i, *instance) = at;
	(*count_of(c, s))++;
	return i;
}

bool conf_section(struct conf *c, struct conf_place at, struct str section)
{
	size_t instance;

	if (!is_text(section)) {
		conf_error(c, at, "section: control characters or no UTF-8");
		return false;
	}
	return enter(c, at, section, &instance) != none;
}

static bool same_source(const struct conf_place *a, const struct conf_place *b)
{
	return a->source && b->source && a->line && b->line &&
	       strcmp(a->source, b->source) == 0;
}

void conf_set(struct conf *c, struct conf_place at, struct str section,
	struct str key, struct str value)
{
	const struct conf_setting *row;
	const struct conf_section *s;
	struct conf_place *before;
	size_t section_i, setting_i, instance;

	if (!is_text(section) || !is_text(key) || !is_text(value) ||
		value.n > CONF_VALUE_MAX) {
		conf_error(c, at,
			"control characters, no UTF-8, or more than %d bytes",
			CONF_VALUE_MAX);
		return;
	}
	section_i = enter(c, at, section, &instance);
	if (section_i == none)
		return;
	s = &c->table->sections[section_i];
	setting_i = find_setting(c->table, s->name, key);
	if (setting_i == none) {
		conf_error(c, at, "[%.*s] %.*s: there is no such key",
			STR_FMT(section), STR_FMT(key));
		return;
	}
	row = &c->table->settings[setting_i];
	before = place_of_setting(c, setting_i, instance);
	if (same_source(before, &at)) {
		conf_error(c, at, "[%.*s] %s: set already in line %u",
			STR_FMT(section), row->key, before->line);
		return;
	}
	*before = at;
	if (conf_value_store(
		    row, value, instance_at(c, s, instance) + row->offset))
		value_error(c, at, section, row, value);
}

void conf_override(struct conf *c, const char *source, struct str text)
{
	struct conf_place at = {.source = source};
	size_t equals = str_find(text, '=');
	size_t dot = equals;

	while (dot > 0 && text.p[dot - 1] != '.')
		dot--;
	if (equals == text.n || dot == 0) {
		conf_error(c, at, "expected section.key=value, got \"%.*s\"",
			(int)(text.n < SHOWN_MAX ? text.n : SHOWN_MAX), text.p);
		return;
	}
	conf_set(c, at, str_trim(str_make(text.p, dot - 1)),
		str_trim(str_make(text.p + dot, equals - dot)),
		str_trim(str_skip(text, equals + 1)));
}
