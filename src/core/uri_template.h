/* RFC 6570 URI templates of level 1: literals and {variable}. Compiled once to
 * a checked list, expanded any number of times. Operators, modifiers and lists
 * are refused; so are literals that a URL may not hold as they are. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
	URI_TEMPLATE_MAX = 2000,     /* bytes of a template */
	URI_TEMPLATE_VARS_MAX = 32,  /* different variables */
	URI_TEMPLATE_EXPRS_MAX = 64, /* expressions, repetitions included */
	URI_TEMPLATE_NAME_MAX = 64,  /* bytes of a variable's name */
	URI_TEMPLATE_LITERAL = 0xff  /* a part that is no variable */
};

struct uri_template_part {
	uint16_t at; /* the literal's place in the text */
	uint16_t n;
	uint8_t var; /* index into vars, or URI_TEMPLATE_LITERAL */
};

/* Borrows the text: it must outlive the template. */
struct uri_template {
	struct str text;
	size_t vars_n;
	struct str vars[URI_TEMPLATE_VARS_MAX]; /* in order of appearance */
	size_t parts_n;
	struct uri_template_part parts[2 * URI_TEMPLATE_EXPRS_MAX + 1];
};

struct uri_template_problem {
	size_t at;        /* byte offset into the text */
	const char *text; /* for people, static */
};

/* ERR_INVALID or ERR_TOO_LONG, with the problem. */
CHECKED enum err uri_template_compile(struct str text, struct uri_template *t,
	struct uri_template_problem *problem);
/* Variables only after the authority: ERR_INVALID if the text is not
 * `scheme://authority` or has a '{' before the first '/', '?' or '#' behind
 * it, so that no value can choose the host. */
CHECKED enum err uri_template_check_authority(
	const struct uri_template *t, struct uri_template_problem *problem);

/* The variable's index, or vars_n if there is none of that name. */
size_t uri_template_find(const struct uri_template *t, struct str name);
/* Appends the expansion. values is aligned with vars; a value whose p is NULL
 * is undefined and, like an empty one, expands to nothing. */
void uri_template_expand(struct buf *out, const struct uri_template *t,
	const struct str *values);
/* Appends s with every byte outside RFC 3986's unreserved as %XX. */
void uri_encode(struct buf *out, struct str s);
