/* Numbers below 7 * 2^128 as exactly 22 characters 0-9A-Za-z, most significant
 * first: a 128-bit block and a small number above it. Each number has one
 * spelling, and each accepted spelling is one number's. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum {
	BASE62_LEN = 22,
	BASE62_BLOCK = 16,
	BASE62_TOP_MAX = 6 /* 62^22 / 2^128 is 7.96 */
};

/* Writes top * 2^128 + block (big-endian); top is at most BASE62_TOP_MAX. No
 * NUL. */
void base62_write(
	char to[BASE62_LEN], unsigned top, const uint8_t block[BASE62_BLOCK]);
/* ERR_INVALID for another length, another character, or a number too large. */
CHECKED enum err base62_read(
	struct str s, unsigned *top, uint8_t block[BASE62_BLOCK]);
