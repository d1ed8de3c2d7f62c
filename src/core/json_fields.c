/* json_read_object() of core/json.h. */
#include "core/json.h"

#include "base/assert.h"

/* One member, as far as findings on it need it. */
struct place {
	const char *at;
	struct str name;
	struct json_findings *findings;
};

#define FIND(place, ...)                                                       \
	json_finding_add(                                                      \
		(place)->findings, (place)->at, (place)->name, __VA_ARGS__)

struct type_row {
	enum json_kind kind; /* what the value must be; not used for ANY */
	const char *wrong;
};

static const struct type_row types[] = {
	[JSON_FIELD_STR] = {JSON_KIND_STR, "must be a string"},
	[JSON_FIELD_BOOL] = {JSON_KIND_BOOL, "must be true or false"},
	[JSON_FIELD_U64] = {JSON_KIND_INTEGER,
		"must be a whole number, 0 or more"},
	[JSON_FIELD_I64] = {JSON_KIND_INTEGER, "must be a whole number"},
	[JSON_FIELD_OBJECT] = {JSON_KIND_OBJECT, "must be an object"},
	[JSON_FIELD_ARRAY] = {JSON_KIND_ARRAY, "must be an array"},
	[JSON_FIELD_ANY] = {JSON_KIND_NULL, ""},
};

static void check_length(const struct place *place,
	const struct json_field *field, size_t n, const char *unit)
{
	if (n == 0 && (field->flags & JSON_NONEMPTY))
		FIND(place, "must not be empty");
	else if (field->max && n > field->max)
		FIND(place, "has more than %llu %s",
			(unsigned long long)field->max, unit);
}

static void read_number(
	const struct place *place, const struct json_field *field, int64_t v)
{
	if (field->type == JSON_FIELD_U64 && v < 0)
		FIND(place, "%s", types[JSON_FIELD_U64].wrong);
	else if (field->max && v > 0 && (uint64_t)v > field->max)
		FIND(place, "must be at most %llu",
			(unsigned long long)field->max);
	else if (field->type == JSON_FIELD_U64)
		*(uint64_t *)field->to = (uint64_t)v;
	else
		*(int64_t *)field->to = v;
}

/* The value is of the field's type. */
static void read_value(const struct place *place,
	const struct json_field *field, const struct json_t *value)
{
	switch (field->type) {
	case JSON_FIELD_STR:
		*(struct str *)field->to = json_str_of(value);
		check_length(place, field, json_str_of(value).n, "bytes");
		break;
	case JSON_FIELD_BOOL:
		*(bool *)field->to = json_bool_of(value);
		break;
	case JSON_FIELD_U64:
	case JSON_FIELD_I64:
		read_number(place, field, json_i64_of(value));
		break;
	case JSON_FIELD_OBJECT:
		*(const struct json_t **)field->to = value;
		check_length(
			place, field, json_object_length(value), "members");
		break;
	case JSON_FIELD_ARRAY:
		*(const struct json_t **)field->to = value;
		check_length(
			place, field, json_array_length(value), "elements");
		break;
	case JSON_FIELD_ANY:
		*(const struct json_t **)field->to = value;
		break;
	}
}

static void read_field(const struct place *place,
	const struct json_field *field, const struct json_t *value)
{
	enum json_kind kind = json_kind_of(value);
	bool is_null = kind == JSON_KIND_NULL;

	if (field->state)
		*field->state = is_null ? JSON_IS_NULL : JSON_PRESENT;
	if (is_null && (field->flags & JSON_NULLABLE))
		return;
	if (field->type != JSON_FIELD_ANY && kind != types[field->type].kind)
		FIND(place, "%s", types[field->type].wrong);
	else
		read_value(place, field, value);
}

static size_t find_field(
	const struct json_field *fields, size_t n, struct str name)
{
	size_t i = 0;

	while (i < n && !str_is(name, fields[i].name))
		i++;
	return i;
}

bool json_read_object(const struct json_t *value, const char *at,
	const struct json_field *fields, size_t fields_n,
	struct json_findings *findings)
{
	size_t before = findings->n + findings->more;
	struct json_members m = {.object = value};
	struct place place = {at, {0}, findings};
	uint32_t seen = 0;

	ASSERT(fields_n <= JSON_FIELDS_MAX);
	for (size_t i = 0; i < fields_n; i++)
		if (fields[i].state)
			*fields[i].state = JSON_ABSENT;
	if (json_kind_of(value) != JSON_KIND_OBJECT) {
		FIND(&place, "must be an object");
		return false;
	}
	while (json_members_next(&m)) {
		size_t i = find_field(fields, fields_n, m.name);

		place.name = m.name;
		if (i == fields_n) {
			FIND(&place, "is not known here");
			continue;
		}
		seen |= UINT32_C(1) << i;
		read_field(&place, &fields[i], m.value);
	}
	for (size_t i = 0; i < fields_n; i++) {
		place.name = str_from(fields[i].name);
		if ((fields[i].flags & JSON_REQUIRED) && !(seen >> i & 1))
			FIND(&place, "is missing");
	}
	return findings->n + findings->more == before;
}
