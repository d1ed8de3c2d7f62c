/* Times and days as text: RFC 3339 in UTC with milliseconds, days of the
 * proleptic Gregorian calendar, quarters of an hour. A time is milliseconds
 * since 1970 without leap seconds, a day is days since then. */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

enum {
	TIMESTAMP_LEN = 24, /* 2026-11-23T05:30:00.123Z */
	DAY_LEN = 10,       /* 2026-11-23 */
	DAY_MAX = 2932896,  /* 9999-12-31 */
	MS_PER_QUARTER = 15 * 60 * 1000
};

/* The last millisecond of DAY_MAX. */
#define TIMESTAMP_MS_MAX (((uint64_t)DAY_MAX + 1) * MS_PER_DAY - 1)

/* No NUL; times past TIMESTAMP_MS_MAX are written as that one. */
void timestamp_write(char to[TIMESTAMP_LEN], uint64_t ms);
/* RFC 3339's date-time: any offset, none to nine digits of a second's fraction
 * (cut to milliseconds). ERR_INVALID for anything else, for times before 1970
 * or past TIMESTAMP_MS_MAX, and for second 60. */
CHECKED enum err timestamp_parse(struct str s, uint64_t *ms);

static inline uint64_t day_of_ms(uint64_t ms)
{
	return ms / MS_PER_DAY;
}

static inline uint64_t day_start_ms(uint64_t day)
{
	return day * MS_PER_DAY;
}

/* No NUL; days past DAY_MAX are written as that one. */
void day_write(char to[DAY_LEN], uint64_t day);
/* `YYYY-MM-DD` from 1970-01-01 on; ERR_INVALID for anything else. */
CHECKED enum err day_parse(struct str s, uint64_t *day);

/* Quarters of an hour since 1970. */
static inline uint64_t quarter_of_ms(uint64_t ms)
{
	return ms / MS_PER_QUARTER;
}
