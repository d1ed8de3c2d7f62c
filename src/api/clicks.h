/* /v1/clicks: the feed. */
#pragma once

#include "api/call.h"

extern const char *const clicks_params[];

void clicks_get(struct call *c); /* GET /v1/clicks */
