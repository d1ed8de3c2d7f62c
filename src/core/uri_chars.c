#include "core/uri_chars.h"

#define A URI_ANY
#define Q (A | URI_QUERY)
#define U (Q | URI_UNRESERVED)

/* Brackets are not RFC 3986's outside an address, but stand in many queries as
 * they are, and every browser sends them so.
 * clang-format off */
const uint8_t uri_classes[256] = {
	['!'] = Q,
	['#'] = A,
	['$'] = Q,
	['&'] = Q,
	['\''] = Q,
	['('] = Q,
	[')'] = Q,
	['*'] = Q,
	['+'] = Q,
	[','] = Q,
	['-'] = U,
	['.'] = U,
	['/'] = Q,
	['0'] = U,
	['1'] = U,
	['2'] = U,
	['3'] = U,
	['4'] = U,
	['5'] = U,
	['6'] = U,
	['7'] = U,
	['8'] = U,
	['9'] = U,
	[':'] = Q,
	[';'] = Q,
	['='] = Q,
	['?'] = Q,
	['@'] = Q,
	['A'] = U,
	['B'] = U,
	['C'] = U,
	['D'] = U,
	['E'] = U,
	['F'] = U,
	['G'] = U,
	['H'] = U,
	['I'] = U,
	['J'] = U,
	['K'] = U,
	['L'] = U,
	['M'] = U,
	['N'] = U,
	['O'] = U,
	['P'] = U,
	['Q'] = U,
	['R'] = U,
	['S'] = U,
	['T'] = U,
	['U'] = U,
	['V'] = U,
	['W'] = U,
	['X'] = U,
	['Y'] = U,
	['Z'] = U,
	['['] = Q,
	[']'] = Q,
	['_'] = U,
	['a'] = U,
	['b'] = U,
	['c'] = U,
	['d'] = U,
	['e'] = U,
	['f'] = U,
	['g'] = U,
	['h'] = U,
	['i'] = U,
	['j'] = U,
	['k'] = U,
	['l'] = U,
	['m'] = U,
	['n'] = U,
	['o'] = U,
	['p'] = U,
	['q'] = U,
	['r'] = U,
	['s'] = U,
	['t'] = U,
	['u'] = U,
	['v'] = U,
	['w'] = U,
	['x'] = U,
	['y'] = U,
	['z'] = U,
	['~'] = U,
};
/* clang-format on */

#undef A
#undef Q
#undef U

static void put_escape(char to[3], uint8_t byte)
{
	static const char digits[] = "0123456789ABCDEF";

	to[0] = '%';
	to[1] = digits[byte >> 4];
	to[2] = digits[byte & 15];
}

void uri_encode_class(
	struct buf *out, struct str s, unsigned class, bool keep_escapes)
{
	size_t plain = 0;
	char escape[3];

	for (size_t i = 0; i < s.n; i++) {
		if (uri_is(s.p[i], class) ||
			(keep_escapes && uri_is_escape(str_skip(s, i))))
			continue;
		put_escape(escape, (uint8_t)s.p[i]);
		buf_add(out, s.p + plain, i - plain);
		buf_add(out, escape, sizeof(escape));
		plain = i + 1;
	}
	if (plain < s.n)
		buf_add(out, s.p + plain, s.n - plain);
}

uint8_t uri_decode_next(struct str *s)
{
	bool escaped = uri_is_escape(*s);
	uint8_t byte = (uint8_t)s->p[0];

	if (escaped)
		byte = (uint8_t)(ascii_hex_value(s->p[1]) * 16 +
				 ascii_hex_value(s->p[2]));
	*s = str_skip(*s, escaped ? 3 : 1);
	return byte;
}
