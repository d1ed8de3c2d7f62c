#include "core/json.h"

#include <jansson.h>

#include "base/assert.h"

/* jansson walks only over objects that it may change, though it changes
 * nothing. */
static json_t *unconst(const struct json_t *value)
{
	union {
		const struct json_t *from;
		json_t *to;
	} pointer = {value};

	return pointer.to;
}

/* The depth is checked before jansson sees the text: its parser recurses. */
static bool is_too_deep(struct str text)
{
	bool in_string = false;
	unsigned depth = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '"')
			in_string = !in_string;
		else if (in_string)
			i += c == '\\';
		else if (c == '[' || c == '{')
			depth++;
		else if ((c == ']' || c == '}') && depth)
			depth--;
		if (depth > JSON_DEPTH_MAX)
			return true;
	}
	return false;
}

enum err json_parse(struct str text, size_t bytes_max, struct json_t **root,
	struct json_findings *findings)
{
	json_error_t error;
	json_t *found;

	if (text.n > bytes_max) {
		json_finding_add(findings, "#", (struct str){0},
			"longer than %zu bytes", bytes_max);
		return ERR_TOO_LONG;
	}
	if (is_too_deep(text)) {
		json_finding_add(findings, "#", (struct str){0},
			"more than %d objects and arrays within each other",
			JSON_DEPTH_MAX);
		return ERR_INVALID;
	}
	found = json_loadb(text.n ? text.p : "", text.n,
		JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (found) {
		*root = found;
		return OK;
	}
	if (json_error_code(&error) == json_error_out_of_memory)
		return ERR_NOMEM;
	json_finding_add(findings, "#", (struct str){0},
		"line %d, column %d: %s", error.line, error.column, error.text);
	return ERR_INVALID;
}

void json_free(struct json_t *root)
{
	json_decref(root);
}

enum json_kind json_kind_of(const struct json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return JSON_KIND_OBJECT;
	case JSON_ARRAY:
		return JSON_KIND_ARRAY;
	case JSON_STRING:
		return JSON_KIND_STR;
	case JSON_INTEGER:
		return JSON_KIND_INTEGER;
	case JSON_REAL:
		return JSON_KIND_REAL;
	case JSON_TRUE:
	case JSON_FALSE:
		return JSON_KIND_BOOL;
	case JSON_NULL:
		break;
	}
	return JSON_KIND_NULL;
}

struct str json_str_of(const struct json_t *value)
{
	ASSERT(json_is_string(value));
	return str_make(json_string_value(value), json_string_length(value));
}

bool json_bool_of(const struct json_t *value)
{
	return json_is_true(value);
}

int64_t json_i64_of(const struct json_t *value)
{
	return json_integer_value(value);
}

size_t json_array_length(const struct json_t *array)
{
	return json_array_size(array);
}

const struct json_t *json_array_at(const struct json_t *array, size_t i)
{
	return json_array_get(array, i);
}

size_t json_object_length(const struct json_t *object)
{
	return json_object_size(object);
}

const struct json_t *json_member(const struct json_t *object, struct str name)
{
	return name.p ? json_object_getn(object, name.p, name.n) : NULL;
}

bool json_members_next(struct json_members *m)
{
	json_t *object = unconst(m->object);

	m->position = m->position ? json_object_iter_next(object, m->position)
				  : json_object_iter(object);
	if (!m->position)
		return false;
	m->name = str_make(json_object_iter_key(m->position),
		json_object_iter_key_len(m->position));
	m->value = json_object_iter_value(m->position);
	return true;
}
