#include "core/posix_tz.h"

enum {
	HOUR_S = 3600,
	DAY_S = 86400,
	NAME_MIN = 3,
	NAME_MAX = 16,
	DEFAULT_TIME_S = 2 * HOUR_S,
	OFFSET_HOURS_MAX = 24,
	TIME_HOURS_MAX = 167,
	EPOCH_YEAR = 1970,
	EPOCH_WEEKDAY = 4, /* a Thursday */
	YEAR_DAYS_MIN = 365,
};

/* What is left to be read. */
struct text {
	struct str rest;
	bool bad;
};

static bool take(struct text *t, char c)
{
	if (!t->rest.n || t->rest.p[0] != c)
		return false;
	t->rest = str_skip(t->rest, 1);
	return true;
}

static void expect(struct text *t, char c)
{
	if (!take(t, c))
		t->bad = true;
}

/* One digit at least. */
static int32_t number(struct text *t, int32_t max)
{
	int32_t v = 0;
	size_t n = 0;

	while (n < t->rest.n && ascii_is_digit(t->rest.p[n]) && v <= max)
		v = v * 10 + (t->rest.p[n++] - '0');
	if (!n || v > max)
		t->bad = true;
	t->rest = str_skip(t->rest, n);
	return v;
}

static bool is_in_name(char c, bool quoted)
{
	bool letter = ascii_is_alnum(c) && !ascii_is_digit(c);

	return letter ||
	       (quoted && (ascii_is_digit(c) || c == '+' || c == '-'));
}

/* Letters, or <what is quoted>; it says nothing to us. */
static void name(struct text *t)
{
	bool quoted = take(t, '<');
	size_t n = 0;

	while (n < t->rest.n && is_in_name(t->rest.p[n], quoted))
		n++;
	if (n < NAME_MIN || n > NAME_MAX)
		t->bad = true;
	t->rest = str_skip(t->rest, n);
	if (quoted)
		expect(t, '>');
}

/* [+-]hh[:mm[:ss]] */
static int32_t time_of(struct text *t, int32_t hours_max)
{
	int32_t sign = take(t, '-') ? -1 : 1, s;

	if (sign > 0)
		(void)take(t, '+');
	s = number(t, hours_max) * HOUR_S;
	if (take(t, ':')) {
		s += number(t, 59) * 60;
		if (take(t, ':'))
			s += number(t, 59);
	}
	return sign * s;
}

static struct tz_date date_of(struct text *t)
{
	struct tz_date d = {.time_s = DEFAULT_TIME_S};

	if (take(t, 'J')) {
		d.kind = TZ_DATE_JULIAN;
		d.day = (uint16_t)number(t, 365);
		t->bad |= d.day < 1;
	} else if (take(t, 'M')) {
		d.kind = TZ_DATE_WEEKDAY;
		d.month = (uint8_t)number(t, 12);
		expect(t, '.');
		d.week = (uint8_t)number(t, 5);
		expect(t, '.');
		d.day = (uint16_t)number(t, 6);
		t->bad |= d.month < 1 || d.week < 1;
	} else {
		d.kind = TZ_DATE_DAY;
		d.day = (uint16_t)number(t, 365);
	}
	if (take(t, '/'))
		d.time_s = time_of(t, TIME_HOURS_MAX);
	return d;
}

enum err tz_rule_parse(struct str s, struct tz_rule *rule)
{
	struct text t = {.rest = s};
	struct tz_rule r = {0};

	name(&t);
	r.standard_s = -time_of(&t, OFFSET_HOURS_MAX);
	r.summer_s = r.standard_s;
	if (t.rest.n) {
		r.has_summer = true;
		name(&t);
		r.summer_s = r.standard_s + HOUR_S;
		if (t.rest.n && t.rest.p[0] != ',')
			r.summer_s = -time_of(&t, OFFSET_HOURS_MAX);
		expect(&t, ',');
		r.begin = date_of(&t);
		expect(&t, ',');
		r.end = date_of(&t);
	}
	if (t.bad || t.rest.n)
		return ERR_INVALID;
	*rule = r;
	return OK;
}

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days since 1970 of January 1. */
static int64_t year_begin(int64_t year)
{
	int64_t before = year - 1;

	return (year - EPOCH_YEAR) * YEAR_DAYS_MIN + floor_div(before, 4) -
	       floor_div(before, 100) + floor_div(before, 400) -
	       (1969 / 4 - 1969 / 100 + 1969 / 400);
}

static int64_t year_of(int64_t day)
{
	int64_t year = EPOCH_YEAR + floor_div(day, YEAR_DAYS_MIN);

	/* Leap days make that too late, by few years. */
	while (year_begin(year) > day)
		year--;
	return year;
}

/* Of its month, days since January 1. */
static int64_t month_begin(int64_t year, int month)
{
	static const uint16_t days[] = {
		0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

	return days[month - 1] + (month > 2 && is_leap(year));
}

static int64_t weekday_date(const struct tz_date *d, int64_t year)
{
	int64_t first = year_begin(year) + month_begin(year, d->month);
	int64_t next = d->month == 12 ? year_begin(year + 1)
				      : year_begin(year) +
						month_begin(year, d->month + 1);
	int64_t weekday = ((first + EPOCH_WEEKDAY) % 7 + 7) % 7;
	int64_t day =
		first + (d->day - weekday + 7) % 7 + (int64_t)7 * (d->week - 1);

	return day < next ? day : day - 7;
}

/* When it is that local time, were it UTC. */
static int64_t date_s(const struct tz_date *d, int64_t year)
{
	int64_t day = year_begin(year);

	switch (d->kind) {
	case TZ_DATE_JULIAN:
		day += d->day - 1 + (d->day > 59 && is_leap(year));
		break;
	case TZ_DATE_DAY:
		day += d->day;
		break;
	case TZ_DATE_WEEKDAY:
		day = weekday_date(d, year);
		break;
	}
	return day * DAY_S + d->time_s;
}

int32_t tz_rule_offset(const struct tz_rule *rule, int64_t at_s)
{
	int64_t year, latest = INT64_MIN;
	bool summer = false;

	if (!rule->has_summer)
		return rule->standard_s;
	year = year_of(floor_div(at_s + rule->standard_s, DAY_S));
	/* The latest change up to then; of two at once, into summer time: so
	 * they say that it never ends. */
	for (int64_t y = year - 1; y <= year + 1; y++) {
		int64_t begin = date_s(&rule->begin, y) - rule->standard_s;
		int64_t end = date_s(&rule->end, y) - rule->summer_s;

		if (end <= at_s && end > latest) {
			latest = end;
			summer = false;
		}
		if (begin <= at_s && begin >= latest) {
			latest = begin;
			summer = true;
		}
	}
	return summer ? rule->summer_s : rule->standard_s;
}
