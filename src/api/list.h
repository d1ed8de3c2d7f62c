/* Lists: {"items": [...], "next": name | null}, by names in order. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/call.h"
#include "core/json_writer.h"

enum {
	LIST_LIMIT_DEFAULT = 100,
	LIST_LIMIT_MAX = 1000
};

/* Reads after and limit; false after call_fail(). after is a view of the
 * call. */
bool list_read(struct call *c, struct str *after, uint64_t *limit);
/* Items are written between these two; next.p NULL: no more. */
void list_begin(struct call *c, struct json_writer *w);
void list_answer(struct call *c, struct json_writer *w, struct str next);
