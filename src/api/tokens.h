/* /v1/tokens: minting, looking at, changing and revoking tokens. */
#pragma once

#include "api/call.h"
#include "service/mint_line.h"

void tokens_post(struct call *c);   /* POST /v1/tokens */
void tokens_list(struct call *c);   /* GET /v1/tokens?recipient= */
void tokens_get(struct call *c);    /* GET /v1/tokens/{token} */
void tokens_patch(struct call *c);  /* PATCH /v1/tokens/{token} */
void tokens_delete(struct call *c); /* DELETE /v1/tokens/{token} */
/* GET /v1/explain/{token}, for the administrator. */
void tokens_explain(struct call *c);

extern const char *const tokens_post_params[];
extern const char *const tokens_list_params[];

/* POST as NDJSON; the defaults point into the call. */
void token_stream_begin(struct call *c, const struct mint_defaults *defaults);
