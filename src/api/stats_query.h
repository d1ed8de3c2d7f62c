/* What a call asks of the statistics. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "api/call.h"
#include "service/stats.h"

struct stats_ask {
	struct stats_query query;
	size_t tz_n;
	char tz[ZONE_NAME_MAX]; /* as it was named */
};

/* False with a problem in the call. */
bool stats_ask_read(struct call *c, struct stats_ask *ask);
