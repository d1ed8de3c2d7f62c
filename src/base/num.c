#include "base/num.h"

#include <stdio.h>
#include <string.h>

size_t num_put_u64(char to[NUM_U64_MAX], uint64_t v)
{
	char reversed[NUM_U64_MAX];
	size_t n = 0;

	do {
		reversed[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	for (size_t i = 0; i < n; i++)
		to[i] = reversed[n - 1 - i];
	return n;
}

enum err num_parse_u64(struct str s, uint64_t max, uint64_t *v)
{
	uint64_t sum = 0;

	if (s.n == 0 || s.n > NUM_U64_MAX)
		return ERR_INVALID;
	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_is_digit(s.p[i]) ||
			__builtin_mul_overflow(sum, (uint64_t)10, &sum) ||
			__builtin_add_overflow(
				sum, (uint64_t)(s.p[i] - '0'), &sum))
			return ERR_INVALID;
	}
	if (sum > max)
		return ERR_INVALID;
	*v = sum;
	return OK;
}

enum err num_parse_hex(struct str s, void *to, size_t n)
{
	unsigned char *out = to;

	if (s.n != 2 * n)
		return ERR_INVALID;
	for (size_t i = 0; i < s.n; i++)
		if (ascii_hex_value(s.p[i]) < 0)
			return ERR_INVALID;
	for (size_t i = 0; i < n; i++) {
		int high = ascii_hex_value(s.p[2 * i]);
		int low = ascii_hex_value(s.p[2 * i + 1]);

		out[i] = (unsigned char)(high * 16 + low);
	}
	return OK;
}

void num_put_hex(char *to, const void *from, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = from;

	for (size_t i = 0; i < n; i++) {
		to[2 * i] = digits[in[i] >> 4];
		to[2 * i + 1] = digits[in[i] & 15];
	}
}

struct unit {
	const char *name;
	uint64_t factor;
};

/* Longest unit first, for num_put_duration(). */
static const struct unit durations[] = {
	{"d", 86400000},
	{"h", 3600000},
	{"m", 60000},
	{"s", 1000},
	{"ms", 1},
};

static const struct unit sizes[] = {
	{"G", 1 << 30},
	{"M", 1 << 20},
	{"K", 1 << 10},
	{"", 1},
};

static const uint64_t duration_ms_max = 100ull * 366 * 86400000;

static enum err parse_with_unit(struct str s, const struct unit *units,
	size_t count, uint64_t max, uint64_t *v)
{
	size_t digits = 0;
	uint64_t number;
	enum err e;

	while (digits < s.n && ascii_is_digit(s.p[digits]))
		digits++;
	e = num_parse_u64(str_make(s.p, digits), UINT64_MAX, &number);
	if (e)
		return e;
	for (size_t i = 0; i < count; i++) {
		if (!str_is(str_skip(s, digits), units[i].name))
			continue;
		if (__builtin_mul_overflow(number, units[i].factor, &number) ||
			number > max)
			return ERR_INVALID;
		*v = number;
		return OK;
	}
	return ERR_INVALID;
}

enum err num_parse_duration(struct str s, uint64_t *ms)
{
	if (str_is(s, "0")) {
		*ms = 0;
		return OK;
	}
	return parse_with_unit(s, durations,
		sizeof(durations) / sizeof(durations[0]), duration_ms_max, ms);
}

void num_put_duration(char to[NUM_DURATION_MAX], uint64_t ms)
{
	size_t i = 0;

	while (ms == 0 || ms % durations[i].factor) {
		if (ms == 0) {
			memcpy(to, "0", 2);
			return;
		}
		i++;
	}
	(void)snprintf(to, NUM_DURATION_MAX, "%llu%s",
		(unsigned long long)(ms / durations[i].factor),
		durations[i].name);
}

enum err num_parse_size(struct str s, uint64_t *bytes)
{
	return parse_with_unit(
		s, sizes, sizeof(sizes) / sizeof(sizes[0]), UINT64_MAX, bytes);
}
