/* Members of a JSON answer that may be null. */
#pragma once

#include <stdint.h>

#include "base/str.h"
#include "core/json_writer.h"

/* null for the empty string. */
void member_text(struct json_writer *w, const char *key, struct str s);
/* RFC 3339; null for 0. */
void member_time(struct json_writer *w, const char *key, uint64_t ms);
