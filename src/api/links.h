/* /v1/links and /v1/campaigns. */
#pragma once

#include "api/call.h"

extern const char *const list_params[]; /* after, limit */

void links_list(struct call *c);   /* GET /v1/links */
void links_get(struct call *c);    /* GET /v1/links/{name} */
void links_put(struct call *c);    /* PUT */
void links_patch(struct call *c);  /* PATCH */
void links_delete(struct call *c); /* DELETE: disables */

void campaigns_list(struct call *c);  /* GET /v1/campaigns */
void campaigns_get(struct call *c);   /* GET /v1/campaigns/{name} */
void campaigns_patch(struct call *c); /* PATCH */
