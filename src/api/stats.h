/* /v1/stats: what was counted, by one dimension. */
#pragma once

#include "api/call.h"

extern const char *const stats_params[];

void stats_get(struct call *c); /* GET /v1/stats */
