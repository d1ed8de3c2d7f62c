#include "core/base62.h"

#include "base/assert.h"
#include "base/bytes.h"

/* A number is split at 62^10 into three parts that fit in 64 bits: 2, 10 and 10
 * digits. Dividing 128 bits by 62 digit by digit takes three times as long. */
enum {
	HIGH_DIGITS = 2,
	PART_DIGITS = 10,
	PAIRS_N = 62 * 62,
	PART_SHIFT = 4 /* part has 60 bits */
};

static const uint64_t part = 839299365868340224; /* 62^10 */
static const uint64_t cube = 56800235584;        /* 62^6 */

/* 2^128 in such parts. */
static const uint64_t two128_low = 132563393912672256;
static const uint64_t two128_middle = 54631736425750108;
static const uint64_t two128_high = 483;

/* All numbers of two digits, for those are written at a time. */
/* clang-format off */
#define PAIRS(d) \
	d "0" d "1" d "2" d "3" d "4" d "5" d "6" d "7" d "8" d "9" \
	d "A" d "B" d "C" d "D" d "E" d "F" d "G" d "H" d "I" d "J" \
	d "K" d "L" d "M" d "N" d "O" d "P" d "Q" d "R" d "S" d "T" \
	d "U" d "V" d "W" d "X" d "Y" d "Z" \
	d "a" d "b" d "c" d "d" d "e" d "f" d "g" d "h" d "i" d "j" \
	d "k" d "l" d "m" d "n" d "o" d "p" d "q" d "r" d "s" d "t" \
	d "u" d "v" d "w" d "x" d "y" d "z"

static const char pairs[] =
	PAIRS("0") PAIRS("1") PAIRS("2") PAIRS("3") PAIRS("4") PAIRS("5")
	PAIRS("6") PAIRS("7") PAIRS("8") PAIRS("9") PAIRS("A") PAIRS("B")
	PAIRS("C") PAIRS("D") PAIRS("E") PAIRS("F") PAIRS("G") PAIRS("H")
	PAIRS("I") PAIRS("J") PAIRS("K") PAIRS("L") PAIRS("M") PAIRS("N")
	PAIRS("O") PAIRS("P") PAIRS("Q") PAIRS("R") PAIRS("S") PAIRS("T")
	PAIRS("U") PAIRS("V") PAIRS("W") PAIRS("X") PAIRS("Y") PAIRS("Z")
	PAIRS("a") PAIRS("b") PAIRS("c") PAIRS("d") PAIRS("e") PAIRS("f")
	PAIRS("g") PAIRS("h") PAIRS("i") PAIRS("j") PAIRS("k") PAIRS("l")
	PAIRS("m") PAIRS("n") PAIRS("o") PAIRS("p") PAIRS("q") PAIRS("r")
	PAIRS("s") PAIRS("t") PAIRS("u") PAIRS("v") PAIRS("w") PAIRS("x")
	PAIRS("y") PAIRS("z");
/* clang-format on */

_Static_assert(sizeof(pairs) == 2 * PAIRS_N + 1, "each pair once");

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

static void put_pair(char *to, uint64_t v)
{
	memcpy(to, pairs + 2 * v, 2);
}

/* Ten digits, two at a time. The lower six are v / 62^4 in fixed point, with 64
 * bits behind the point: the first two stand before it, times 62^2 the next.
 * It is too large by less than 2^-27, and so never reaches the next multiple
 * of 62^-4. */
static void put_part(char *to, uint64_t v)
{
	const uint64_t scale = UINT64_MAX / ((uint64_t)PAIRS_N * PAIRS_N) + 1;
	uint32_t upper = (uint32_t)(v / cube);
	unsigned __int128 x = (unsigned __int128)scale * (v % cube);

	put_pair(to, upper / PAIRS_N);
	put_pair(to + 2, upper % PAIRS_N);
	put_pair(to + 4, (uint64_t)(x >> 64));
	x = (unsigned __int128)(uint64_t)x * PAIRS_N;
	put_pair(to + 6, (uint64_t)(x >> 64));
	x = (unsigned __int128)(uint64_t)x * PAIRS_N;
	put_pair(to + 8, (uint64_t)(x >> 64));
}

struct quotient {
	uint64_t quotient, rest;
};

/* (upper * 2^64 + lower) / part, where upper < part: a division of two words by
 * one through the reciprocal of the divisor, shifted until its top bit is set
 * (Moeller and Granlund, Improved division by invariant integers, 2011). The
 * compiler's own division of 128 bits takes three times as long. With B = 2^64,
 * the rest before the paper's last correction is below
 * B + d * (B^2 - (B + reciprocal) * d) / B - d = 0.30 B, which is less than d:
 * that one is left out. */
static struct quotient divide(uint64_t upper, uint64_t lower)
{
	const uint64_t d = part << PART_SHIFT;
	const uint64_t reciprocal = (uint64_t)(~(unsigned __int128)0 / d);
	uint64_t u1 = upper << PART_SHIFT | lower >> (64 - PART_SHIFT);
	uint64_t u0 = lower << PART_SHIFT;
	unsigned __int128 q = (unsigned __int128)reciprocal * u1;
	uint64_t quotient, rest;

	q += (unsigned __int128)u1 << 64 | u0;
	quotient = (uint64_t)(q >> 64) + 1;
	rest = u0 - quotient * d;
	if (rest > (uint64_t)q) {
		quotient--;
		rest += d;
	}
	return (struct quotient){quotient, rest >> PART_SHIFT};
}

void base62_write(
	char to[BASE62_LEN], unsigned top, const uint8_t block[BASE62_BLOCK])
{
	uint64_t upper = get_be64(block), carry = upper / part;
	struct quotient q = divide(upper % part, get_be64(block + 8));
	uint64_t low = q.rest, middle, high;

	ASSERT(top <= BASE62_TOP_MAX);
	/* What is left, carry * 2^64 + q.quotient, is below 2^69. */
	q = divide(carry, q.quotient);
	middle = q.rest;
	high = q.quotient;
	/* At most 7 * 62^10 each: that fits. */
	low += top * two128_low;
	middle += top * two128_middle + low / part;
	high += top * two128_high + middle / part;
	put_pair(to, high);
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
