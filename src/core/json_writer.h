/* Writing JSON into a buffer, without spaces: commas come by themselves, and
 * bytes that are not UTF-8 become U+FFFD. The buffer's error is the writer's.
 *
 *	json_object_begin(&w);
 *	json_key(&w, "token");
 *	json_put_str(&w, token);
 *	json_object_end(&w);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct json_writer {
	struct buf *b;
	bool comma;     /* the next key or value needs one before it */
	unsigned depth; /* open objects and arrays */
};

/* Several values may follow each other, say a line each: init again for the
 * next, or json_line_end(). */
void json_writer_init(struct json_writer *w, struct buf *b);

void json_object_begin(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w);
void json_array_end(struct json_writer *w);
/* A constant name that needs no escaping. */
void json_key(struct json_writer *w, const char *name);
/* Any name. */
void json_key_str(struct json_writer *w, struct str name);

void json_put_str(struct json_writer *w, struct str s);
/* null if s.p is NULL. */
void json_put_str_or_null(struct json_writer *w, struct str s);
void json_put_u64(struct json_writer *w, uint64_t v);
void json_put_i64(struct json_writer *w, int64_t v);
void json_put_bool(struct json_writer *w, bool v);
void json_put_null(struct json_writer *w);
/* Bytes that are one JSON value already. */
void json_put_raw(struct json_writer *w, struct str json);
/* Ends a line of NDJSON; all must be closed. */
void json_line_end(struct json_writer *w);
