/* Copying text of which most bytes need no thought, sixteen at a time: with
 * the compiler's vectors, which become SSE2 on x86-64 and NEON on ARM. For
 * core/json_quote.c and core/csv_quote.c. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

enum {
	PLAIN_BLOCK = 16
};

/* Signed, so that a byte of 0x80 and above is below zero. */
typedef int8_t plain_block __attribute__((vector_size(PLAIN_BLOCK)));

/* In each place -1 where a byte is not plain, else 0. */
typedef plain_block (*plain_test)(plain_block bytes);

#define PLAIN_INLINE static inline __attribute__((always_inline))

PLAIN_INLINE bool plain_is_all(plain_block bad)
{
	uint64_t halves[2];

	memcpy(halves, &bad, sizeof(halves));
	return (halves[0] | halves[1]) == 0;
}

/* Copies the n bytes of a short text, 0 to 15, to where as many fit, and
 * gives them as a block: some of them twice, the rest plain. */
PLAIN_INLINE plain_block plain_copy_short(char *to, const char *p, size_t n)
{
	char bytes[PLAIN_BLOCK];
	plain_block block;

	memset(bytes, 'a', sizeof(bytes));
	if (n >= 8) {
		memcpy(bytes, p, 8);
		memcpy(bytes + 8, p + n - 8, 8);
		memcpy(to, bytes, 8);
		memcpy(to + n - 8, bytes + 8, 8);
	} else if (n >= 4) {
		memcpy(bytes, p, 4);
		memcpy(bytes + 4, p + n - 4, 4);
		memcpy(to, bytes, 4);
		memcpy(to + n - 4, bytes + 4, 4);
	} else {
		for (size_t i = 0; i < n; i++)
			to[i] = bytes[i] = p[i];
	}
	memcpy(&block, bytes, sizeof(block));
	return block;
}

/* The place of the first byte that is not plain; there is one. */
PLAIN_INLINE size_t plain_first(plain_block bad)
{
	int8_t places[PLAIN_BLOCK];
	size_t at = 0;

	memcpy(places, &bad, sizeof(places));
	while (!places[at])
		at++;
	return at;
}

/* The same within the last bytes of s, from i on. */
PLAIN_INLINE size_t plain_first_short(struct str s, size_t i, plain_test test)
{
	while (i < s.n && plain_is_all(test((plain_block){0} + (int8_t)s.p[i])))
		i++;
	return i;
}

/* Copies the plain bytes at the front of s; returns how many there are, and
 * may have written anything to the rest of the s.n bytes at `to`. */
PLAIN_INLINE size_t plain_copy(char *to, struct str s, plain_test test)
{
	plain_block block;
	size_t i = 0;

	for (; i + PLAIN_BLOCK <= s.n; i += PLAIN_BLOCK) {
		memcpy(&block, s.p + i, sizeof(block));
		memcpy(to + i, &block, sizeof(block));
		if (!plain_is_all(test(block)))
			return i + plain_first(test(block));
	}
	if (i == s.n ||
		plain_is_all(test(plain_copy_short(to + i, s.p + i, s.n - i))))
		return s.n;
	return plain_first_short(s, i, test);
}

/* How many bytes at the front of s are plain. */
PLAIN_INLINE size_t plain_run(struct str s, plain_test test)
{
	char nowhere[PLAIN_BLOCK];
	plain_block block;
	size_t i = 0;

	for (; i + PLAIN_BLOCK <= s.n; i += PLAIN_BLOCK) {
		memcpy(&block, s.p + i, sizeof(block));
		if (!plain_is_all(test(block)))
			return i + plain_first(test(block));
	}
	if (i == s.n ||
		plain_is_all(test(plain_copy_short(nowhere, s.p + i, s.n - i))))
		return s.n;
	return plain_first_short(s, i, test);
}
