/* What parses as a number, duration or hex prints as something that parses to
 * the same. */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/num.h"

enum {
	HEX_BYTES_MAX = 64
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_u64(struct str s)
{
	char text[NUM_U64_MAX];
	uint64_t v, again;

	if (num_parse_u64(s, UINT64_MAX, &v))
		return;
	ASSERT(!num_parse_u64(
		str_make(text, num_put_u64(text, v)), UINT64_MAX, &again));
	ASSERT(v == again);
	ASSERT(v == 0 || num_parse_u64(s, v - 1, &again) == ERR_INVALID);
	ASSERT(num_parse_u64(s, v, &again) == OK);
}

static void check_duration(struct str s)
{
	char text[NUM_DURATION_MAX];
	uint64_t ms, again;

	if (num_parse_duration(s, &ms))
		return;
	num_put_duration(text, ms);
	ASSERT(!num_parse_duration(str_from(text), &again));
	ASSERT(ms == again);
	ASSERT(strlen(text) <= s.n);
}

static void check_hex(struct str s)
{
	char bytes[HEX_BYTES_MAX], text[2 * HEX_BYTES_MAX];
	size_t n = s.n / 2;

	if (n > sizeof(bytes) || num_parse_hex(s, bytes, n))
		return;
	num_put_hex(text, bytes, n);
	ASSERT(str_eq_nocase(s, str_make(text, 2 * n)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_make((const char *)data, size);
	uint64_t bytes;

	check_u64(s);
	check_duration(s);
	check_hex(s);
	if (num_parse_size(s, &bytes) == OK)
		ASSERT(s.n > 0 && ascii_is_digit(s.p[0]));
	return 0;
}
