/* Accounts and keys: /v1/account for the holder of a key, /v1/accounts for the
 * administrator. */
#pragma once

#include "api/call.h"

void account_get(struct call *c);     /* GET /v1/account */
void accounts_list(struct call *c);   /* GET /v1/accounts */
void accounts_post(struct call *c);   /* POST /v1/accounts */
void accounts_get(struct call *c);    /* GET /v1/accounts/{account} */
void accounts_patch(struct call *c);  /* PATCH */
void api_keys_list(struct call *c);   /* GET /v1/accounts/{account}/keys */
void api_keys_post(struct call *c);   /* POST */
void api_keys_delete(struct call *c); /* DELETE .../keys/{id} */

/* The account that the path names: fills view and account. False after
 * call_fail(). */
bool accounts_find(struct call *c, struct account *a);
