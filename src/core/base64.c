#include "core/base64.h"

#include <stdint.h>

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum {
	DIGIT_BITS = 6,
	DIGIT_MASK = 63,
	GROUP_BYTES = 3,
	GROUP_CHARS = 4,
};

/* Up to three bytes as four characters. */
static void put_group(char *to, const uint8_t *from, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < GROUP_BYTES; i++)
		v = v << 8 | (i < n ? from[i] : 0u);
	for (size_t i = 0; i < GROUP_CHARS; i++) {
		unsigned shift = DIGIT_BITS * (unsigned)(GROUP_CHARS - 1 - i);

		to[i] = i <= n ? digits[v >> shift & DIGIT_MASK] : '=';
	}
}

size_t base64_put(char *to, const void *from, size_t n)
{
	const uint8_t *p = from;
	char *at = to;

	for (; n > GROUP_BYTES; n -= GROUP_BYTES, p += GROUP_BYTES) {
		put_group(at, p, GROUP_BYTES);
		at += GROUP_CHARS;
	}
	if (n) {
		put_group(at, p, n);
		at += GROUP_CHARS;
	}
	return (size_t)(at - to);
}

/* 0 to 63, or -1. */
static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (ascii_is_digit(c))
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* The bytes of a group that ends in `padding` signs of it, 3 - padding of
 * them; false for one that is none. */
static bool read_group(const char *p, size_t padding, uint8_t *to)
{
	uint32_t v = 0;

	for (size_t i = 0; i < GROUP_CHARS; i++) {
		int digit = i < GROUP_CHARS - padding ? value_of(p[i]) : 0;

		if (digit < 0)
			return false;
		v = v << DIGIT_BITS | (uint32_t)digit;
	}
	/* What the padding stands for must be zero. */
	if (v & ((1u << 8 * padding) - 1))
		return false;
	for (size_t i = 0; i < GROUP_BYTES - padding; i++)
		to[i] = (uint8_t)(v >> 8 * (GROUP_BYTES - 1 - i));
	return true;
}

enum err base64_read(struct str text, void *to, size_t max, size_t *n)
{
	uint8_t *out = to;
	size_t padding = 0, size;

	if (text.n % GROUP_CHARS)
		return ERR_INVALID;
	while (padding < 2 && padding < text.n &&
		text.p[text.n - 1 - padding] == '=')
		padding++;
	size = text.n / GROUP_CHARS * GROUP_BYTES - padding;
	if (size > max)
		return ERR_TOO_LONG;
	for (size_t at = 0; at < text.n; at += GROUP_CHARS) {
		bool is_last = at + GROUP_CHARS == text.n;

		if (!read_group(text.p + at, is_last ? padding : 0, out))
			return ERR_INVALID;
		out += GROUP_BYTES;
	}
	*n = size;
	return OK;
}
