/* UTF-8 against a decoder written the other way round, and that splitting
 * loses no byte. */
#include <stdint.h>

#include "base/assert.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Decodes one code point first and judges it afterwards: returns its length,
 * 0 for what RFC 3629 forbids. */
static size_t decode(const uint8_t *p, size_t n)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = 1;
	uint32_t c = p[0];

	if (c < 0x80)
		return 1;
	if ((c & 0xe0) == 0xc0) {
		length = 2;
		c &= 0x1f;
	} else if ((c & 0xf0) == 0xe0) {
		length = 3;
		c &= 0x0f;
	} else if ((c & 0xf8) == 0xf0) {
		length = 4;
		c &= 0x07;
	} else {
		return 0;
	}
	if (n < length)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < smallest[length] || c > 0x10ffff ||
		(c >= 0xd800 && c <= 0xdfff))
		return 0;
	return length;
}

static bool is_utf8(const uint8_t *p, size_t n)
{
	while (n) {
		size_t step = decode(p, n);

		if (!step)
			return false;
		p += step;
		n -= step;
	}
	return true;
}

static void check_split(struct str s)
{
	struct str rest = s;
	size_t n = 0;

	while (rest.p) {
		struct str part = str_split(&rest, ',');

		ASSERT(str_find(part, ',') == part.n);
		ASSERT(part.n == 0 || part.p == s.p + n);
		n += part.n + 1;
	}
	ASSERT(n == s.n + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_make((const char *)data, size);
	struct str trimmed = str_trim(s);

	ASSERT(str_is_utf8(s) == is_utf8(data, size));
	ASSERT(str_contains(s, trimmed));
	ASSERT(str_eq(str_trim(trimmed), trimmed));
	ASSERT(str_ends(s, str_skip(s, size / 2)));
	ASSERT(str_starts(s, str_make(s.p, size / 2)));
	if (s.p)
		check_split(s);
	return 0;
}
