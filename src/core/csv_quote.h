/* A field of CSV (RFC 4180) written to memory, for those who know how much
 * they have: quoted only when needed, and always UTF-8. */
#pragma once

#include <stddef.h>

#include "base/str.h"

/* What n bytes may take at most: U+FFFD each, and the quotes. */
#define CSV_QUOTED_MAX(n) (3 * (size_t)(n) + 2)

/* Writes s, where CSV_QUOTED_MAX(s.n) bytes are; returns the end. Bytes that
 * are not UTF-8 become U+FFFD each. */
char *csv_quote(char *to, struct str s);
