#include "core/agent_rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <yaml.h>

enum {
	KEY_MAX = 64,         /* bytes of a key */
	SKIP_DEPTH_MAX = 16,  /* nesting of what is not ours */
	RULES_FIRST = 1024,   /* allocated at first */
	EVENTS_MAX = 1000000, /* of a file */
	TEXT_MAX = 3 * AGENT_RULES_FILE_MAX
};

/* Its names in the file. */
static const struct {
	const char *section;
	const char *family;
} lists[AGENT_LISTS] = {
	[AGENT_BROWSER] = {"user_agent_parsers", "family_replacement"},
	[AGENT_OS] = {"os_parsers", "os_replacement"},
	[AGENT_DEVICE] = {"device_parsers", "device_replacement"},
};

struct reader {
	struct agent_rules *rules;
	yaml_parser_t yaml;
	yaml_event_t event; /* the one at hand */
	bool has_event;
	unsigned events_n;
	size_t size; /* of rules->rules */
	bool seen[AGENT_LISTS];
	const char *file;
	struct agent_problem *problem;
};

const char *agent_list_name(enum agent_list list)
{
	return lists[list].section;
}

/* ERR_INVALID, with a problem of the line at hand. */
__attribute__((format(printf, 3, 4))) static enum err refuse(
	struct reader *r, size_t line, const char *format, ...)
{
	size_t max = sizeof(r->problem->text);
	int n = snprintf(r->problem->text, max, "%s:%zu: ", r->file, line);
	va_list args;

	va_start(args, format);
	if (n > 0 && (size_t)n < max)
		(void)vsnprintf(
			r->problem->text + n, max - (size_t)n, format, args);
	va_end(args);
	return ERR_INVALID;
}

/* Counted from 1. */
static size_t line_at(const struct reader *r)
{
	return r->event.start_mark.line + 1;
}

static enum err next(struct reader *r)
{
	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = yaml_parser_parse(&r->yaml, &r->event) != 0;
	if (!r->has_event) {
		if (r->yaml.error == YAML_MEMORY_ERROR)
			return ERR_NOMEM;
		return refuse(r, r->yaml.problem_mark.line + 1, "not YAML: %s",
			r->yaml.problem ? r->yaml.problem : "unreadable");
	}
	if (++r->events_n > EVENTS_MAX)
		return refuse(r, line_at(r), "more than %d values", EVENTS_MAX);
	if (r->event.type == YAML_ALIAS_EVENT)
		return refuse(r, line_at(r), "an alias, which is not read");
	return OK;
}

/* The next event must be of this type. */
static enum err expect(
	struct reader *r, yaml_event_type_t type, const char *what)
{
	enum err e = next(r);

	if (!e && r->event.type != type)
		e = refuse(r, line_at(r), "%s was expected", what);
	return e;
}

static struct str scalar(const struct reader *r)
{
	return str_make((const char *)r->event.data.scalar.value,
		r->event.data.scalar.length);
}

/* Goes on behind a value whose first event is the next one. */
static enum err skip_value(struct reader *r)
{
	size_t depth = 0;
	enum err e;

	do {
		e = next(r);
		if (e)
			return e;
		switch (r->event.type) {
		case YAML_SEQUENCE_START_EVENT:
		case YAML_MAPPING_START_EVENT:
			if (++depth > SKIP_DEPTH_MAX)
				return refuse(r, line_at(r),
					"values within values, more than %d",
					SKIP_DEPTH_MAX);
			break;
		case YAML_SEQUENCE_END_EVENT:
		case YAML_MAPPING_END_EVENT:
			depth--;
			break;
		default:
			break;
		}
	} while (depth > 0);
	return OK;
}

/* The value at hand, kept. */
static enum err keep(
	struct reader *r, size_t max, const char *key, struct agent_span *span)
{
	struct buf *text = &r->rules->text;
	struct str value = scalar(r);

	if (value.n > max)
		return refuse(
			r, line_at(r), "%s is longer than %zu bytes", key, max);
	span->at = (uint32_t)text->n;
	span->n = (uint32_t)value.n;
	buf_str(text, value);
	return buf_err(text);
}

static bool ends_replacement(struct str key)
{
	return str_ends(key, STR("_replacement"));
}

/* A member of a rule; its value is the event at hand. */
static enum err take_member(struct reader *r, enum agent_list list,
	struct agent_rule *rule, const char *key)
{
	struct str name = str_from(key);
	struct str value = scalar(r);

	if (str_is(name, "regex")) {
		if (value.n == 0)
			return refuse(r, line_at(r), "an empty regex");
		if (rule->regex.n)
			return refuse(r, line_at(r), "a second regex");
		return keep(r, AGENT_REGEX_MAX, key, &rule->regex);
	}
	if (str_is(name, "regex_flag")) {
		if (!str_is(value, "i"))
			return refuse(r, line_at(r),
				"the regex_flag %.*s, which is not known",
				STR_FMT(value));
		rule->caseless = true;
		return OK;
	}
	if (!str_is(name, lists[list].family)) {
		if (ends_replacement(name) && value.n > AGENT_REPLACEMENT_MAX)
			return refuse(r, line_at(r),
				"%s is longer than %d bytes", key,
				AGENT_REPLACEMENT_MAX);
		return OK; /* versions, brand, model, and what may come */
	}
	if (rule->has_family)
		return refuse(r, line_at(r), "a second %s", key);
	rule->has_family = true;
	rule->is_spider = list == AGENT_DEVICE && str_is(value, "Spider");
	return keep(r, AGENT_REPLACEMENT_MAX, key, &rule->family);
}

/* A key, which is the event at hand; NUL-terminated. */
static enum err take_key(struct reader *r, char key[KEY_MAX + 1])
{
	struct str name;

	if (r->event.type != YAML_SCALAR_EVENT)
		return refuse(r, line_at(r), "a key was expected");
	name = scalar(r);
	if (name.n > KEY_MAX)
		return refuse(
			r, line_at(r), "a key longer than %d bytes", KEY_MAX);
	memcpy(key, name.p, name.n);
	key[name.n] = '\0';
	return OK;
}

static enum err add_rule(struct reader *r, const struct agent_rule *rule)
{
	struct agent_rules *rules = r->rules;
	struct agent_rule *more;

	if (rules->n == AGENT_RULES_MAX)
		return refuse(
			r, rule->line, "more than %d rules", AGENT_RULES_MAX);
	if (rules->n == r->size) {
		r->size = r->size ? 2 * r->size : RULES_FIRST;
		more = realloc(rules->rules, r->size * sizeof(*more));
		if (!more)
			return ERR_NOMEM;
		rules->rules = more;
	}
	rules->rules[rules->n++] = *rule;
	return OK;
}

/* A rule, whose mapping has begun. */
static enum err read_rule(struct reader *r, enum agent_list list)
{
	struct agent_rule rule = {.line = (uint32_t)line_at(r)};
	char key[KEY_MAX + 1];
	enum err e;

	for (;;) {
		e = next(r);
		if (e)
			return e;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			break;
		e = take_key(r, key);
		if (!e)
			e = expect(r, YAML_SCALAR_EVENT, "a text");
		if (!e)
			e = take_member(r, list, &rule, key);
		if (e)
			return e;
	}
	if (!rule.regex.n)
		return refuse(r, rule.line, "a rule of %s without a regex",
			lists[list].section);
	return add_rule(r, &rule);
}

/* A list's rules, whose key was at hand. */
static enum err read_list(struct reader *r, enum agent_list list)
{
	struct agent_rules *rules = r->rules;
	enum err e;

	if (r->seen[list])
		return refuse(
			r, line_at(r), "a second %s", lists[list].section);
	r->seen[list] = true;
	rules->lists[list].begin = rules->n;
	e = expect(r, YAML_SEQUENCE_START_EVENT, "a list of rules");
	while (!e) {
		e = next(r);
		if (e || r->event.type == YAML_SEQUENCE_END_EVENT)
			break;
		if (r->event.type != YAML_MAPPING_START_EVENT)
			e = refuse(r, line_at(r), "a rule was expected");
		if (!e)
			e = read_rule(r, list);
	}
	rules->lists[list].end = rules->n;
	return e;
}

/* A section, whose key is at hand. */
static enum err read_section(struct reader *r)
{
	char key[KEY_MAX + 1];
	enum err e = take_key(r, key);

	for (size_t i = 0; !e && i < AGENT_LISTS; i++)
		if (strcmp(key, lists[i].section) == 0)
			return read_list(r, (enum agent_list)i);
	return e ? e : skip_value(r);
}

static enum err read_document(struct reader *r)
{
	enum err e = expect(r, YAML_STREAM_START_EVENT, "a document");

	if (!e)
		e = expect(r, YAML_DOCUMENT_START_EVENT, "a document");
	if (!e)
		e = expect(r, YAML_MAPPING_START_EVENT,
			"user_agent_parsers, os_parsers and device_parsers");
	while (!e) {
		e = next(r);
		if (e || r->event.type == YAML_MAPPING_END_EVENT)
			break;
		e = read_section(r);
	}
	if (!e)
		e = expect(r, YAML_DOCUMENT_END_EVENT, "the document's end");
	if (!e)
		e = expect(r, YAML_STREAM_END_EVENT, "the file's end");
	for (size_t i = 0; !e && i < AGENT_LISTS; i++)
		if (!r->seen[i])
			e = refuse(r, line_at(r), "%s is missing",
				lists[i].section);
	return e;
}

enum err agent_rules_parse(struct agent_rules *rules, const char *file,
	struct str yaml, struct agent_problem *problem)
{
	struct reader r = {.rules = rules, .file = file, .problem = problem};
	enum err e;

	*rules = (struct agent_rules){.rules = NULL};
	buf_init(&rules->text, TEXT_MAX);
	buf_text(&rules->text, file);
	rules->file = (struct agent_span){0, (uint32_t)rules->text.n};
	if (yaml.n > AGENT_RULES_FILE_MAX) {
		(void)refuse(&r, 1, "the file is longer than %d bytes",
			AGENT_RULES_FILE_MAX);
		agent_rules_deinit(rules);
		return ERR_TOO_LONG;
	}
	if (!yaml_parser_initialize(&r.yaml)) {
		agent_rules_deinit(rules);
		return ERR_NOMEM;
	}
	yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&r.yaml, (const unsigned char *)(yaml.n ? yaml.p : ""), yaml.n);
	e = read_document(&r);
	if (r.has_event)
		yaml_event_delete(&r.event);
	yaml_parser_delete(&r.yaml);
	if (e)
		agent_rules_deinit(rules);
	return e;
}

void agent_rules_deinit(struct agent_rules *r)
{
	buf_deinit(&r->text);
	free(r->rules);
	*r = (struct agent_rules){.rules = NULL};
}
