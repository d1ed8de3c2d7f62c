/* The TZ string of POSIX (IEEE 1003.1, Base Definitions, section 8.3) with the
 * wider times of RFC 8536, section 3.3.1: how far local time is from UTC, for
 * all times, by a rule that repeats every year. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum tz_date_kind {
	TZ_DATE_JULIAN, /* Jn: 1 to 365, February 29 is not counted */
	TZ_DATE_DAY,    /* n: 0 to 365, it is */
	TZ_DATE_WEEKDAY /* Mm.w.d: the w-th day d of month m, 5: the last */
};

struct tz_date {
	enum tz_date_kind kind;
	uint16_t day; /* also d: 0 is Sunday */
	uint8_t month, week;
	int32_t time_s; /* of local time then; may be outside of the day */
};

/* Offsets are seconds east of Greenwich. */
struct tz_rule {
	int32_t standard_s;
	int32_t summer_s;
	bool has_summer;
	struct tz_date begin, end; /* of summer time */
};

enum {
	TZ_OFFSET_MAX_S = 25 * 3600 /* either way, and somewhat more than any */
};

/* ERR_INVALID for anything that is no such string in whole. */
CHECKED enum err tz_rule_parse(struct str s, struct tz_rule *rule);
/* At this time, in seconds since 1970. */
int32_t tz_rule_offset(const struct tz_rule *rule, int64_t at_s);
