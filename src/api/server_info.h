/* What operators and machines ask of the server itself. */
#pragma once

#include "api/call.h"

extern const char *const readyz_params[];

void livez_get(struct call *c);   /* GET /livez */
void readyz_get(struct call *c);  /* GET /readyz?for=mint */
void metrics_get(struct call *c); /* GET /metrics */
void status_get(struct call *c);  /* GET /v1/status, administrator */
void problem_get(struct call *c); /* GET /problems/{name} */
