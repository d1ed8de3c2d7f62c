/* Cuts a regular expression into its items, as PCRE2 reads one of bytes without
 * any option. Only what agents' rules use is known; anything else ends the scan
 * with REGEX_UNKNOWN, and then nothing may be assumed of the expression. It
 * checks no more than it needs: whether an expression is valid, PCRE2 says. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum {
	REGEX_DEPTH_MAX = 32,     /* groups within groups */
	REGEX_REPEAT_MAX = 65535, /* of a quantifier's numbers */
	REGEX_MANY = 65536        /* a quantifier without an upper bound */
};

enum regex_kind {
	REGEX_END,
	REGEX_UNKNOWN,
	REGEX_SET,  /* one byte, out of a set */
	REGEX_ZERO, /* no byte, but only at some places: ^ $ \b */
	REGEX_OPEN,
	REGEX_CLOSE,
	REGEX_OR,
};

struct regex_set {
	uint64_t bits[4];
};

struct regex_item {
	enum regex_kind kind;
	struct regex_set set; /* of REGEX_SET */
	bool is_look; /* of REGEX_OPEN: (?= (?! (?<= (?<!, which take no bytes
		       */
	unsigned min; /* of REGEX_SET and REGEX_CLOSE: how often it stands */
	unsigned max;
	size_t end; /* the offset behind it and its quantifier */
};

struct regex_scan {
	struct str text;
	size_t at;
	unsigned depth; /* groups that are open */
};

void regex_scan_init(struct regex_scan *s, struct str text);
/* The next item. Groups that do not pair, or nest deeper than REGEX_DEPTH_MAX,
 * are REGEX_UNKNOWN; after that, and after REGEX_END, it must not go on. */
void regex_scan_next(struct regex_scan *s, struct regex_item *item);

static inline bool regex_set_has(const struct regex_set *set, uint8_t byte)
{
	return set->bits[byte / 64] >> byte % 64 & 1;
}

static inline void regex_set_add(struct regex_set *set, uint8_t byte)
{
	set->bits[byte / 64] |= (uint64_t)1 << byte % 64;
}
