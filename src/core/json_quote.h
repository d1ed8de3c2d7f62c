/* JSON strings (RFC 8259, section 7) written to memory, for those who know how
 * much they have. Bytes that are not UTF-8 become U+FFFD each. */
#pragma once

#include <stddef.h>

#include "base/str.h"

/* What n bytes may take at most: \u001f each, and the quotes. */
#define JSON_QUOTED_MAX(n) (6 * (size_t)(n) + 2)

/* What these take. */
size_t json_quoted_size(struct str s);
/* Writes s with its quotes, json_quoted_size(s) bytes; returns their end. */
char *json_quote(char *to, struct str s);
