/* A zone's file: whatever is read stays within its bounds, and answers for all
 * times. Also names of zones, and rules by themselves. */
#include <string.h>

#include "base/assert.h"
#include "core/time_zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct time_zone *z)
{
	static const int64_t times[] = {-(1ll << 40), -1, 0, 951782400,
		1798761600, 4102444800, 1ll << 40};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		int32_t offset = time_zone_offset(z, times[i]);

		ASSERT(offset >= -TZ_OFFSET_MAX_S && offset <= TZ_OFFSET_MAX_S);
		ASSERT(time_zone_day_begin(z, times[i] / 86400) <=
			times[i] + 3 * TZ_OFFSET_MAX_S);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct time_zone z;
	struct str text = str_make((const char *)data, size);

	if (!time_zone_parse(text, &z))
		check(&z);
	if (!time_zone_parse_fixed(text, &z))
		check(&z);
	time_zone_fixed(0, &z);
	z.has_rule = !tz_rule_parse(text, &z.rule);
	check(&z);
	if (time_zone_is_name(text))
		ASSERT(!memchr(text.p, '.', text.n) && text.p[0] != '/');
	return 0;
}
