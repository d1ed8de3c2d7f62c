/* Base64 (RFC 4648 section 4), with its padding: one spelling for each string
 * of bytes. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/* Characters for n bytes. */
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4)

/* Writes BASE64_SIZE(n) characters, no NUL; returns how many. */
size_t base64_put(char *to, const void *from, size_t n);
/* Into at most max bytes. ERR_INVALID for any other character, for padding
 * that is missing, and for bits that no byte takes; ERR_TOO_LONG. */
CHECKED enum err base64_read(struct str text, void *to, size_t max, size_t *n);
