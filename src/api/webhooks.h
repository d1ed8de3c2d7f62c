/* /v1/webhooks. Reading them takes the scope `read` or `links`; changing them
 * takes both: it is an object of the account, and it sends clicks away. */
#pragma once

#include "api/call.h"
#include "core/json_writer.h"
#include "core/webhook_record.h"

void webhooks_list(struct call *c);   /* GET /v1/webhooks */
void webhooks_get(struct call *c);    /* GET /v1/webhooks/{name} */
void webhooks_put(struct call *c);    /* PUT */
void webhooks_patch(struct call *c);  /* PATCH */
void webhooks_delete(struct call *c); /* DELETE */
void webhooks_replay(struct call *c); /* POST /v1/webhooks/{name}/replay */
void webhooks_try(struct call *c);    /* POST /v1/webhooks/{name}/test */

/* Members of an object: what the thread that sends knows of a webhook, its lag
 * and its next try. null for one that is disabled: nothing counts it. */
void webhook_put_sight(struct json_writer *w, struct call *c,
	const struct region *region, const struct webhook *h);
