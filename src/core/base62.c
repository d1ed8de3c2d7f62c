#include "core/base62.h"

#include "base/assert.h"
#include "base/bytes.h"

/* A number is split at 62^10 into three parts that fit in 64 bits: 2, 10 and 10
 * digits. Dividing 128 bits by 62 digit by digit takes three times as long. */
enum {
	HIGH_DIGITS = 2,
	PART_DIGITS = 10,
	HALF_DIGITS = 5
};

static const uint64_t part = 839299365868340224; /* 62^10 */
static const uint32_t half = 916132832;          /* 62^5 */

/* 2^128 in such parts. */
static const uint64_t two128_low = 132563393912672256;
static const uint64_t two128_middle = 54631736425750108;
static const uint64_t two128_high = 483;

static const char digits[] =
	"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* A digit's value plus one; 0 for what is no digit. */
/* clang-format off */
static const uint8_t values[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6,
	['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10, ['A'] = 11, ['B'] = 12,
	['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16, ['G'] = 17, ['H'] = 18,
	['I'] = 19, ['J'] = 20, ['K'] = 21, ['L'] = 22, ['M'] = 23, ['N'] = 24,
	['O'] = 25, ['P'] = 26, ['Q'] = 27, ['R'] = 28, ['S'] = 29, ['T'] = 30,
	['U'] = 31, ['V'] = 32, ['W'] = 33, ['X'] = 34, ['Y'] = 35, ['Z'] = 36,
	['a'] = 37, ['b'] = 38, ['c'] = 39, ['d'] = 40, ['e'] = 41, ['f'] = 42,
	['g'] = 43, ['h'] = 44, ['i'] = 45, ['j'] = 46, ['k'] = 47, ['l'] = 48,
	['m'] = 49, ['n'] = 50, ['o'] = 51, ['p'] = 52, ['q'] = 53, ['r'] = 54,
	['s'] = 55, ['t'] = 56, ['u'] = 57, ['v'] = 58, ['w'] = 59, ['x'] = 60,
	['y'] = 61, ['z'] = 62,
};
/* clang-format on */

static void put_digits(char *to, uint32_t v, size_t n)
{
	while (n) {
		to[--n] = digits[v % 62];
		v /= 62;
	}
}

static void put_part(char *to, uint64_t v)
{
	put_digits(to, (uint32_t)(v / half), HALF_DIGITS);
	put_digits(to + HALF_DIGITS, (uint32_t)(v % half), HALF_DIGITS);
}

void base62_write(
	char to[BASE62_LEN], unsigned top, const uint8_t block[BASE62_BLOCK])
{
	unsigned __int128 v =
		(unsigned __int128)get_be64(block) << 64 | get_be64(block + 8);
	unsigned __int128 rest = v / part;
	uint64_t low = (uint64_t)v - (uint64_t)rest * part;
	uint64_t high = (uint64_t)(rest / part);
	uint64_t middle = (uint64_t)rest - high * part;

	ASSERT(top <= BASE62_TOP_MAX);
	/* At most 7 * 62^10 each: that fits. */
	low += top * two128_low;
	middle += top * two128_middle + low / part;
	high += top * two128_high + middle / part;
	put_digits(to, (uint32_t)high, HIGH_DIGITS);
	put_part(to + HIGH_DIGITS, middle % part);
	put_part(to + HIGH_DIGITS + PART_DIGITS, low % part);
}

/* Sets *bad when one is no digit. */
static uint64_t get_digits(const char *p, size_t n, unsigned *bad)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t value = values[(uint8_t)p[i]];

		*bad |= value == 0;
		v = v * 62 + (uint8_t)(value - 1);
	}
	return v;
}

enum err base62_read(struct str s, unsigned *top, uint8_t block[BASE62_BLOCK])
{
	unsigned __int128 upper, lower;
	uint64_t high, middle, low;
	unsigned bad = 0;

	if (s.n != BASE62_LEN)
		return ERR_INVALID;
	high = get_digits(s.p, HIGH_DIGITS, &bad);
	middle = get_digits(s.p + HIGH_DIGITS, PART_DIGITS, &bad);
	low = get_digits(s.p + HIGH_DIGITS + PART_DIGITS, PART_DIGITS, &bad);
	if (bad)
		return ERR_INVALID;
	/* (high * 62^10 + middle) * 62^10 + low, in two halves: the first
	 * factor has 72 bits, the number 131. */
	upper = (unsigned __int128)high * part + middle;
	lower = (unsigned __int128)(uint64_t)upper * part + low;
	upper = (unsigned __int128)(uint64_t)(upper >> 64) * part +
		(uint64_t)(lower >> 64);
	if (upper >> 64 > BASE62_TOP_MAX)
		return ERR_INVALID;
	*top = (unsigned)(upper >> 64);
	put_be64(block, (uint64_t)upper);
	put_be64(block + 8, (uint64_t)lower);
	return OK;
}
