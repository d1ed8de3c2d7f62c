/* Reads the plainest JSON objects (RFC 8259) without building a tree, for
 * lines that come by the million: members that are strings without escapes,
 * true, false, null, or an object of such strings. What is taken here means
 * the same to json_parse() of core/json.h, which alone can say what is wrong
 * with a text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "core/json.h"

enum {
	JSON_FLAT_MEMBERS_MAX = 48 /* of all objects together */
};

enum json_flat_kind {
	JSON_FLAT_STR,
	JSON_FLAT_TRUE,
	JSON_FLAT_FALSE,
	JSON_FLAT_NULL,
	JSON_FLAT_OBJECT
};

/* Strings are views of the text. */
struct json_flat_member {
	struct str name;
	struct str text; /* of a string */
	enum json_flat_kind kind;
	size_t members_n; /* of an object: that many follow, all strings */
};

struct json_flat {
	size_t n;
	struct json_flat_member members[JSON_FLAT_MEMBERS_MAX];
};

/* Members in the order of the text. False: it is not that plain, or wrong. */
bool json_flat_read(struct str text, struct json_flat *flat);

/* Fills the fields as json_read_object() does; an object's `to` is a const
 * struct json_flat_member **, and its members follow it. False, with some of
 * them filled, if that would have added a finding. */
bool json_flat_read_fields(const struct json_flat *flat,
	const struct json_field *fields, size_t fields_n);
