#include "core/timestamp.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	YEAR_MIN = 1970,
	DAYS_PER_ERA = 146097, /* 400 years */
	DAYS_TO_1970 = 719468, /* from 0000-03-01, when an era begins */
	MS_PER_MINUTE = 60000,
	FRACTION_DIGITS_MAX = 9,
	SHORTEST = 20 /* 2026-11-23T05:30:00Z */
};

struct civil {
	unsigned year;
	unsigned month;
	unsigned day;
};

/* Years are counted from March, so that a leap day ends one. */
static struct civil civil_of_day(uint64_t number)
{
	unsigned days = (unsigned)number + DAYS_TO_1970;
	unsigned era = days / DAYS_PER_ERA;
	unsigned doe = days % DAYS_PER_ERA;
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned march = (5 * doy + 2) / 153;
	struct civil c;

	c.day = doy - (153 * march + 2) / 5 + 1;
	c.month = march < 10 ? march + 3 : march - 9;
	c.year = era * 400 + yoe + (c.month <= 2);
	return c;
}

static uint64_t day_of_civil(const struct civil *c)
{
	unsigned year = c->year - (c->month <= 2);
	unsigned era = year / 400;
	unsigned yoe = year % 400;
	unsigned march = c->month > 2 ? c->month - 3 : c->month + 9;
	unsigned doy = (153 * march + 2) / 5 + c->day - 1;
	unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return (uint64_t)era * DAYS_PER_ERA + doe - DAYS_TO_1970;
}

static void put2(char *to, unsigned v)
{
	to[0] = (char)('0' + v / 10);
	to[1] = (char)('0' + v % 10);
}

void day_write(char to[DAY_LEN], uint64_t day)
{
	struct civil c = civil_of_day(day <= DAY_MAX ? day : DAY_MAX);

	put2(to, c.year / 100);
	put2(to + 2, c.year % 100);
	to[4] = '-';
	put2(to + 5, c.month);
	to[7] = '-';
	put2(to + 8, c.day);
}

void timestamp_write(char to[TIMESTAMP_LEN], uint64_t ms)
{
	unsigned of_day, seconds;

	if (ms > TIMESTAMP_MS_MAX)
		ms = TIMESTAMP_MS_MAX;
	of_day = (unsigned)(ms % MS_PER_DAY);
	seconds = of_day / 1000;
	day_write(to, day_of_ms(ms));
	to[10] = 'T';
	put2(to + 11, seconds / 3600);
	to[13] = ':';
	put2(to + 14, seconds / 60 % 60);
	to[16] = ':';
	put2(to + 17, seconds % 60);
	to[19] = '.';
	to[20] = (char)('0' + of_day / 100 % 10);
	put2(to + 21, of_day % 100);
	to[23] = 'Z';
}

/* Sets *bad unless p holds n digits. */
static unsigned get_number(const char *p, size_t n, bool *bad)
{
	unsigned v = 0;

	for (size_t i = 0; i < n; i++) {
		*bad |= !ascii_is_digit(p[i]);
		v = v * 10 + (unsigned)(p[i] - '0');
	}
	return v;
}

static unsigned days_in_month(const struct civil *c)
{
	static const uint8_t days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap =
		c->year % 4 == 0 && (c->year % 100 != 0 || c->year % 400 == 0);

	return days[c->month - 1] + (c->month == 2 && leap);
}

enum err day_parse(struct str s, uint64_t *day)
{
	struct civil c;
	bool bad = false;

	if (s.n != DAY_LEN || s.p[4] != '-' || s.p[7] != '-')
		return ERR_INVALID;
	c.year = get_number(s.p, 4, &bad);
	c.month = get_number(s.p + 5, 2, &bad);
	c.day = get_number(s.p + 8, 2, &bad);
	if (bad || c.year < YEAR_MIN || c.month < 1 || c.month > 12 ||
		c.day < 1 || c.day > days_in_month(&c))
		return ERR_INVALID;
	*day = day_of_civil(&c);
	return OK;
}

/* hh:mm:ss, in milliseconds. */
static enum err parse_clock(const char *p, unsigned *ms)
{
	bool bad = p[2] != ':' || p[5] != ':';
	unsigned hour = get_number(p, 2, &bad);
	unsigned minute = get_number(p + 3, 2, &bad);
	unsigned second = get_number(p + 6, 2, &bad);

	if (bad || hour > 23 || minute > 59 || second > 59)
		return ERR_INVALID;
	*ms = ((hour * 60 + minute) * 60 + second) * 1000;
	return OK;
}

/* Takes `.` and its digits off the front; adds their milliseconds. */
static enum err parse_fraction(struct str *rest, unsigned *ms)
{
	unsigned weight = 100;
	size_t n = 1;

	if (rest->n == 0 || rest->p[0] != '.')
		return OK;
	while (n < rest->n && ascii_is_digit(rest->p[n])) {
		*ms += (unsigned)(rest->p[n] - '0') * weight;
		weight /= 10;
		n++;
	}
	if (n == 1 || n > 1 + FRACTION_DIGITS_MAX)
		return ERR_INVALID;
	*rest = str_skip(*rest, n);
	return OK;
}

/* `Z` or `+hh:mm` or `-hh:mm`: minutes east of Greenwich. */
static enum err parse_offset(struct str s, int *minutes)
{
	unsigned hour, minute;
	bool bad = false;

	if (s.n == 1 && ascii_lower(s.p[0]) == 'z') {
		*minutes = 0;
		return OK;
	}
	if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':')
		return ERR_INVALID;
	hour = get_number(s.p + 1, 2, &bad);
	minute = get_number(s.p + 4, 2, &bad);
	if (bad || hour > 23 || minute > 59)
		return ERR_INVALID;
	*minutes = (int)(hour * 60 + minute) * (s.p[0] == '-' ? -1 : 1);
	return OK;
}

enum err timestamp_parse(struct str s, uint64_t *ms)
{
	uint64_t day, local, shift;
	unsigned of_day;
	int minutes;
	struct str rest;

	if (s.n < SHORTEST || day_parse(str_make(s.p, DAY_LEN), &day) ||
		ascii_lower(s.p[DAY_LEN]) != 't' ||
		parse_clock(s.p + DAY_LEN + 1, &of_day))
		return ERR_INVALID;
	rest = str_skip(s, SHORTEST - 1);
	if (parse_fraction(&rest, &of_day) || parse_offset(rest, &minutes))
		return ERR_INVALID;
	local = day_start_ms(day) + of_day;
	shift = (uint64_t)(minutes < 0 ? -minutes : minutes) * MS_PER_MINUTE;
	if (minutes > 0 ? local < shift : local + shift > TIMESTAMP_MS_MAX)
		return ERR_INVALID;
	*ms = minutes > 0 ? local - shift : local + shift;
	return OK;
}
