/* SHA-256 (FIPS 180-4) of bytes that come in pieces. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum {
	SHA256_TEXT_LEN = 64 /* lower-case hex digits */
};

struct sha256;

CHECKED enum err sha256_new(struct sha256 **to);
void sha256_add(struct sha256 *s, struct str bytes);
/* No NUL. Afterwards it begins anew. */
void sha256_end(struct sha256 *s, char to[SHA256_TEXT_LEN]);
/* NULL is fine. */
void sha256_free(struct sha256 *s);
