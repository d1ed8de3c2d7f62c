#include "core/time_zone.h"

#include <string.h>

#include "base/bytes.h"
#include "core/record.h"

enum {
	QUARTER_S = 900,
	DAY_S = 86400,
	VERSION_AT = 4,
	COUNTS_AT = 20, /* behind what is reserved */
	HEADER_BYTES = 44,
	TYPES_MAX = 256,
	OFFSET_LEN = 6, /* +05:30 */
};

void time_zone_fixed(int32_t offset_s, struct time_zone *z)
{
	z->first_s = offset_s;
	z->has_rule = false;
	z->n = 0;
}

static int digits(const char *p, int max)
{
	int v = (p[0] - '0') * 10 + (p[1] - '0');

	return ascii_is_digit(p[0]) && ascii_is_digit(p[1]) && v <= max ? v
									: -1;
}

enum err time_zone_parse_fixed(struct str s, struct time_zone *z)
{
	int hours, minutes;

	if (str_is(s, "UTC") || str_is(s, "Z")) {
		time_zone_fixed(0, z);
		return OK;
	}
	if (s.n != OFFSET_LEN || (s.p[0] != '+' && s.p[0] != '-') ||
		s.p[3] != ':')
		return ERR_NOT_FOUND;
	hours = digits(s.p + 1, 23);
	minutes = digits(s.p + 4, 59);
	if (hours < 0 || minutes < 0)
		return ERR_NOT_FOUND;
	time_zone_fixed(
		(hours * 60 + minutes) * 60 * (s.p[0] == '-' ? -1 : 1), z);
	return OK;
}

/* A TZif header's counts. */
struct header {
	uint8_t version;
	uint32_t is_ut, is_std, leap, times, types, chars;
};

static void read_header(struct reader *r, struct header *h)
{
	struct str bytes = reader_raw(r, HEADER_BYTES);
	const char *counts;

	*h = (struct header){0};
	if (bytes.n != HEADER_BYTES ||
		memcmp(bytes.p, "TZif", VERSION_AT) != 0) {
		reader_fail(r);
		return;
	}
	h->version = (uint8_t)bytes.p[VERSION_AT];
	counts = bytes.p + COUNTS_AT;
	h->is_ut = get_be32(counts);
	h->is_std = get_be32(counts + 4);
	h->leap = get_be32(counts + 8);
	h->times = get_be32(counts + 12);
	h->types = get_be32(counts + 16);
	h->chars = get_be32(counts + 20);
}

/* Over a block whose times have so many bytes. */
static void skip_block(struct reader *r, const struct header *h, uint64_t size)
{
	uint64_t n = h->times * (size + 1) + h->types * (uint64_t)6 + h->chars +
		     h->leap * (size + 4) + h->is_std + h->is_ut;

	if (n > reader_left(r))
		reader_fail(r);
	else
		(void)reader_raw(r, (size_t)n);
}

static int64_t read_time(struct reader *r, uint64_t size)
{
	return size == 8 ? (int64_t)reader_be64(r)
			 : (int64_t)(int32_t)reader_be32(r);
}

static void read_types(struct reader *r, uint32_t n, int32_t offsets[TYPES_MAX])
{
	for (uint32_t i = 0; i < n; i++) {
		int32_t offset = (int32_t)reader_be32(r);

		/* Whether it is summer time, and what it is called. */
		(void)reader_be16(r);
		if (offset > TZ_OFFSET_MAX_S || offset < -TZ_OFFSET_MAX_S)
			reader_fail(r);
		offsets[i] = offset;
	}
}

static enum err read_block(struct reader *r, const struct header *h,
	uint64_t size, struct time_zone *z)
{
	int32_t offsets[TYPES_MAX];
	struct str types;

	if (!h->types || h->types > TYPES_MAX || h->leap)
		return ERR_CORRUPT;
	if (h->times > ZONE_TRANSITIONS_MAX)
		return ERR_TOO_LONG;
	for (uint32_t i = 0; i < h->times; i++) {
		z->transitions[i].at_s = read_time(r, size);
		if (i && z->transitions[i].at_s <= z->transitions[i - 1].at_s)
			reader_fail(r);
	}
	types = reader_raw(r, h->times);
	read_types(r, h->types, offsets);
	(void)reader_raw(r, h->chars);
	(void)reader_raw(r, h->is_std);
	(void)reader_raw(r, h->is_ut);
	if (r->err || (h->times && !types.p))
		return ERR_CORRUPT;
	z->n = h->times;
	z->first_s = offsets[0];
	for (uint32_t i = 0; i < z->n; i++) {
		uint8_t type = (uint8_t)types.p[i];

		if (type >= h->types)
			return ERR_CORRUPT;
		z->transitions[i].offset_s = offsets[type];
	}
	return OK;
}

/* The rule for the time behind the last transition; empty: as after that. */
static enum err read_footer(struct reader *r, struct time_zone *z)
{
	struct str rest = reader_raw(r, reader_left(r)), rule;

	if (!rest.n || rest.p[0] != '\n')
		return ERR_CORRUPT;
	rest = str_skip(rest, 1);
	rule = str_make(rest.p, str_find(rest, '\n'));
	if (rule.n == rest.n)
		return ERR_CORRUPT;
	z->has_rule = rule.n > 0;
	return z->has_rule && tz_rule_parse(rule, &z->rule) ? ERR_CORRUPT : OK;
}

enum err time_zone_parse(struct str bytes, struct time_zone *z)
{
	struct header h;
	struct reader r;
	enum err e;

	time_zone_fixed(0, z);
	reader_init(&r, bytes);
	read_header(&r, &h);
	if (r.err)
		return ERR_CORRUPT;
	if (h.version == '\0')
		return read_block(&r, &h, 4, z);
	skip_block(&r, &h, 4);
	read_header(&r, &h);
	if (r.err)
		return ERR_CORRUPT;
	e = read_block(&r, &h, 8, z);
	return e ? e : read_footer(&r, z);
}

static bool is_in_name(char c)
{
	return ascii_is_alnum(c) || c == '_' || c == '-' || c == '+';
}

bool time_zone_is_name(struct str s)
{
	if (!s.n || s.n > ZONE_NAME_MAX)
		return false;
	while (s.n) {
		struct str part = str_split(&s, '/');

		/* No dot, so none that leads upwards. */
		for (size_t i = 0; i < part.n; i++)
			if (!is_in_name(part.p[i]))
				return false;
		if (!part.n || (s.p && !s.n))
			return false;
	}
	return true;
}

int32_t time_zone_offset(const struct time_zone *z, int64_t at_s)
{
	uint32_t low = 0, high = z->n;

	/* How many transitions were up to then. */
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (z->transitions[mid].at_s <= at_s)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == z->n && z->has_rule)
		return tz_rule_offset(&z->rule, at_s);
	return low ? z->transitions[low - 1].offset_s : z->first_s;
}

static int64_t floor_day(int64_t s)
{
	return s / DAY_S - (s % DAY_S < 0);
}

int64_t time_zone_day_begin(const struct time_zone *z, int64_t day)
{
	int64_t at = day * DAY_S - TZ_OFFSET_MAX_S;

	/* Few steps, and right wherever clocks were set. */
	while (floor_day(time_zone_local(z, at)) < day)
		at += QUARTER_S;
	return at;
}
