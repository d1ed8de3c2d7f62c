/* Reading JSON strictly (RFC 8259, UTF-8): one value, no duplicate members, no
 * NUL in strings, bounded size and depth; objects are read by a table of
 * fields, and all findings are collected with their JSON pointers (RFC 6901).
 * Writing is core/json_writer.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum {
	JSON_DEPTH_MAX = 32,    /* objects and arrays within each other */
	JSON_FIELDS_MAX = 32,   /* rows of a table of fields */
	JSON_FINDINGS_MAX = 16, /* findings kept */
	JSON_DETAIL_MAX = 192,  /* bytes of a detail, with its NUL */
	JSON_POINTER_MAX = 256  /* bytes of a pointer, with its NUL */
};

/* A value: jansson's, opaque here. All belong to the root of their text. */
struct json_t;

enum json_kind {
	JSON_KIND_NULL,
	JSON_KIND_BOOL,
	JSON_KIND_INTEGER,
	JSON_KIND_REAL,
	JSON_KIND_STR,
	JSON_KIND_ARRAY,
	JSON_KIND_OBJECT
};

struct json_finding {
	char detail[JSON_DETAIL_MAX];
	char pointer[JSON_POINTER_MAX]; /* `#/params/cart` */
};

/* Zero n before use. Findings past the maximum are counted only. */
struct json_findings {
	size_t n;
	size_t more;
	struct json_finding items[JSON_FINDINGS_MAX];
};

/* pointer is `at` (such as "#" or "#/params"), or its member if member.p is
 * not NULL. */
void json_finding_add(struct json_findings *findings, const char *at,
	struct str member, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* The pointer of a member of the object at `at`, escaped as RFC 6901 section 6
 * says; cut when it is too long. NUL-terminated. */
void json_pointer(char to[JSON_POINTER_MAX], const char *at, struct str member);

/* ERR_TOO_LONG over bytes_max, ERR_INVALID with one finding that names line
 * and column, ERR_NOMEM. The root is the caller's, to json_free(). */
CHECKED enum err json_parse(struct str text, size_t bytes_max,
	struct json_t **root, struct json_findings *findings);
/* NULL is fine. */
void json_free(struct json_t *root);

enum json_kind json_kind_of(const struct json_t *value);
/* A string's bytes, UTF-8; valid until the root is freed. */
struct str json_str_of(const struct json_t *value);
bool json_bool_of(const struct json_t *value);
int64_t json_i64_of(const struct json_t *value);
size_t json_array_length(const struct json_t *array);
const struct json_t *json_array_at(const struct json_t *array, size_t i);
size_t json_object_length(const struct json_t *object);
/* NULL if there is none. */
const struct json_t *json_member(const struct json_t *object, struct str name);

/* A walk over an object's members in the order of the text:
 * `struct json_members m = {.object = o}; while (json_members_next(&m))`. */
struct json_members {
	const struct json_t *object;
	void *position;
	struct str name;
	const struct json_t *value;
};
bool json_members_next(struct json_members *m);

enum json_field_type {
	JSON_FIELD_STR,    /* to: struct str */
	JSON_FIELD_BOOL,   /* to: bool */
	JSON_FIELD_U64,    /* to: uint64_t; texts hold at most 2^63 - 1 */
	JSON_FIELD_I64,    /* to: int64_t */
	JSON_FIELD_OBJECT, /* to: const struct json_t * */
	JSON_FIELD_ARRAY,  /* to: const struct json_t * */
	JSON_FIELD_ANY     /* to: const struct json_t * */
};

enum {
	JSON_REQUIRED = 1, /* absent is a finding */
	JSON_NULLABLE = 2, /* null is no finding, and leaves *to alone */
	JSON_NONEMPTY = 4  /* an empty string, object or array is a finding */
};

/* What a text says of a field; for RFC 7396, where null deletes. */
enum json_state {
	JSON_ABSENT,
	JSON_IS_NULL,
	JSON_PRESENT
};

struct json_field {
	const char *name;
	enum json_field_type type;
	unsigned flags;
	uint64_t max; /* a string's bytes, an array's or object's length, a
		       * number's value; 0: no limit */
	void *to;
	enum json_state *state; /* may be NULL */
};

/* Fills every field's `to` from a value that should be an object at the
 * pointer `at`; absent fields are left alone. Findings for a value that is no
 * object, for wrong types, lengths and missing fields, and for each unknown
 * member. True if it added no finding. */
bool json_read_object(const struct json_t *value, const char *at,
	const struct json_field *fields, size_t fields_n,
	struct json_findings *findings);
