/* A time zone: how far local time is from UTC at any time. A fixed offset, or
 * what a file of the IANA database says (TZif, RFC 8536). Immutable. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "core/posix_tz.h"

enum {
	ZONE_FILE_MAX = 64 << 10, /* bytes */
	ZONE_TRANSITIONS_MAX = 1000,
	ZONE_NAME_MAX = 64,
};

struct zone_transition {
	int64_t at_s;     /* from here on */
	int32_t offset_s; /* east of Greenwich */
};

struct time_zone {
	int32_t first_s; /* before the first transition */
	bool has_rule;   /* behind the last one */
	struct tz_rule rule;
	uint32_t n;
	struct zone_transition transitions[ZONE_TRANSITIONS_MAX];
};

void time_zone_fixed(int32_t offset_s, struct time_zone *z);
/* `UTC`, `Z`, or `+05:30`: ERR_NOT_FOUND for anything else. */
CHECKED enum err time_zone_parse_fixed(struct str s, struct time_zone *z);
/* The bytes of a TZif file. ERR_CORRUPT for what is none, or has leap seconds;
 * ERR_TOO_LONG for one with more transitions than fit. */
CHECKED enum err time_zone_parse(struct str bytes, struct time_zone *z);
/* True for what may be a zone's name, such as Asia/Kolkata, and, as a path,
 * does not leave the folder that it is looked for in. */
bool time_zone_is_name(struct str s);

/* In seconds, at a time in seconds since 1970. */
int32_t time_zone_offset(const struct time_zone *z, int64_t at_s);
/* Local time, as seconds since a local 1970. */
static inline int64_t time_zone_local(const struct time_zone *z, int64_t at_s)
{
	return at_s + time_zone_offset(z, at_s);
}
/* The first quarter of an hour, in seconds, at which it is that local day
 * (since 1970) or a later one: where the day begins, in zones that are whole
 * quarters from UTC. */
int64_t time_zone_day_begin(const struct time_zone *z, int64_t day);
