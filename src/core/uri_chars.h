/* RFC 3986's classes of characters, and percent-encoding. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum {
	URI_UNRESERVED = 1, /* letters, digits, - . _ ~ */
	URI_QUERY = 2,      /* may stand in a query; without '%' */
	URI_ANY = 4         /* may stand somewhere in a URI; without '%' */
};

extern const uint8_t uri_classes[256];

static inline bool uri_is(char c, unsigned class)
{
	return uri_classes[(uint8_t)c] & class;
}

/* True if s begins with %HH. */
static inline bool uri_is_escape(struct str s)
{
	return s.n >= 3 && s.p[0] == '%' && ascii_hex_value(s.p[1]) >= 0 &&
	       ascii_hex_value(s.p[2]) >= 0;
}

/* Appends s with every byte outside the class as %XX; keeps what is an escape
 * already if so told. */
void uri_encode_class(
	struct buf *out, struct str s, unsigned class, bool keep_escapes);
/* Takes the next byte off s, an escape decoded; '%' alone stands for itself.
 * s must not be empty. */
uint8_t uri_decode_next(struct str *s);
