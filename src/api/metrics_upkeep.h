/* What the slow work on the data has done, for metrics and status. */
#pragma once

#include "api/call.h"
#include "core/json_writer.h"

/* Prometheus's text format, as api/metrics.c. */
void metrics_upkeep_put(struct call *c, struct buf *out);
/* Members of a region's object in GET /v1/status. */
void status_upkeep_put(
	struct call *c, struct json_writer *w, const struct region *g);
