/* Errors that the server answers with, RFC 9457, as one line for people. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

enum {
	PROBLEM_BODY_MAX = 64 << 10 /* bytes of a body that is looked at */
};

struct json_t;

/* Appends what an answer of this status says. */
void problem_of_answer(unsigned status, struct str body, struct buf *to);
/* Appends a problem object's detail, or its title, and each of its errors.
 * False if it is none. */
bool problem_of_json(const struct json_t *problem, struct buf *to);
/* A member of the problem that is a string, such as "oldest_cursor"; appended
 * to `to`. False if there is none. */
bool problem_member(struct str body, const char *name, struct buf *to);
