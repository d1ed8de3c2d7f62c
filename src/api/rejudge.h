/* Judging past clicks again: the administrator's. */
#pragma once

#include "api/call.h"

void rejudge_post(struct call *c); /* POST /v1/rejudge */
void rejudge_get(struct call *c);  /* GET /v1/rejudge */
