/* Numbers and the config's units, to and from text; strict: no blanks, no sign
 * where none belongs, no overflow, nothing left over. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum {
	NUM_U64_MAX = 20,      /* digits of the largest uint64_t */
	NUM_DURATION_MAX = 24, /* bytes of the longest duration text */
};

/* Writes v in decimal, no NUL; returns the number of bytes. */
size_t num_put_u64(char to[NUM_U64_MAX], uint64_t v);
/* ERR_INVALID unless s is 1*DIGIT and at most max. */
CHECKED enum err num_parse_u64(struct str s, uint64_t max, uint64_t *v);
/* Hexadecimal digits, both cases, exactly 2 * n of them, into n bytes. */
CHECKED enum err num_parse_hex(struct str s, void *to, size_t n);
/* Lower-case hexadecimal, 2 * n bytes, no NUL. */
void num_put_hex(char *to, const void *from, size_t n);
/* A number with its unit, ms s m h d (such as 100ms, 90s, 24h, 90d; a bare 0
 * is 0), in milliseconds; at most 100 years. */
CHECKED enum err num_parse_duration(struct str s, uint64_t *ms);
/* The shortest exact text of a duration, NUL-terminated. */
void num_put_duration(char to[NUM_DURATION_MAX], uint64_t ms);
/* A number of bytes, with an optional unit K, M or G (powers of 1,024). */
CHECKED enum err num_parse_size(struct str s, uint64_t *bytes);
