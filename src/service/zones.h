/* Time zones by name: read from the system's database when they are first
 * asked for, then kept. One thread. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "core/time_zone.h"

enum {
	ZONES_MAX = 64 /* kept; more are read each time */
};

struct zones {
	const char *dir; /* NULL: /usr/share/zoneinfo */
	size_t n;
	struct zone_entry *items[ZONES_MAX];
};

/* All zero at first. */
void zones_deinit(struct zones *z);
/* UTC, an offset such as +05:30, or a name such as Asia/Kolkata. ERR_NOT_FOUND:
 * there is none of this name; others: it cannot be read. */
CHECKED enum err zones_find(
	struct zones *z, struct str name, struct time_zone *to);
