#include "api/routes.h"

#include "api/accounts.h"
#include "api/call.h"
#include "api/clicks.h"
#include "api/links.h"
#include "api/openapi.h"
#include "api/server_info.h"
#include "api/tokens.h"
#include "api/webhooks.h"

#define ROUTE(...) (&(const struct route){__VA_ARGS__})

enum {
	MINT = SCOPE_MINT,
	LINKS = SCOPE_LINKS,
	READ = SCOPE_READ
};

const struct http_route api_routes[] = {
	{HTTP_POST, "/v1/tokens",
		ROUTE(AUTH_ACCOUNT, MINT, BODY_HANDLER, tokens_post_params,
			tokens_post)},
	{HTTP_GET, "/v1/tokens",
		ROUTE(AUTH_ACCOUNT, READ, BODY_NONE, tokens_list_params,
			tokens_list)},
	{HTTP_GET, "/v1/tokens/{token}",
		ROUTE(AUTH_ACCOUNT, MINT | READ, BODY_NONE, NULL, tokens_get)},
	{HTTP_PATCH, "/v1/tokens/{token}",
		ROUTE(AUTH_ACCOUNT, MINT, BODY_JSON, NULL, tokens_patch)},
	{HTTP_DELETE, "/v1/tokens/{token}",
		ROUTE(AUTH_ACCOUNT, MINT, BODY_NONE, NULL, tokens_delete)},
	{HTTP_GET, "/v1/links",
		ROUTE(AUTH_ACCOUNT, LINKS | READ | MINT, BODY_NONE, list_params,
			links_list)},
	{HTTP_GET, "/v1/links/{name}",
		ROUTE(AUTH_ACCOUNT, LINKS | READ | MINT, BODY_NONE, NULL,
			links_get)},
	{HTTP_PUT, "/v1/links/{name}",
		ROUTE(AUTH_ACCOUNT, LINKS, BODY_JSON, NULL, links_put)},
	{HTTP_PATCH, "/v1/links/{name}",
		ROUTE(AUTH_ACCOUNT, LINKS, BODY_JSON, NULL, links_patch)},
	{HTTP_DELETE, "/v1/links/{name}",
		ROUTE(AUTH_ACCOUNT, LINKS, BODY_NONE, NULL, links_delete)},
	{HTTP_GET, "/v1/campaigns",
		ROUTE(AUTH_ACCOUNT, LINKS | READ, BODY_NONE, list_params,
			campaigns_list)},
	{HTTP_GET, "/v1/campaigns/{name}",
		ROUTE(AUTH_ACCOUNT, LINKS | READ, BODY_NONE, NULL,
			campaigns_get)},
	{HTTP_PATCH, "/v1/campaigns/{name}",
		ROUTE(AUTH_ACCOUNT, LINKS, BODY_JSON, NULL, campaigns_patch)},
	{HTTP_GET, "/v1/clicks",
		ROUTE(AUTH_ACCOUNT, READ, BODY_NONE, clicks_params,
			clicks_get)},
	{HTTP_GET, "/v1/webhooks",
		ROUTE(AUTH_ACCOUNT, LINKS | READ, BODY_NONE, list_params,
			webhooks_list)},
	{HTTP_GET, "/v1/webhooks/{name}",
		ROUTE(AUTH_ACCOUNT, LINKS | READ, BODY_NONE, NULL,
			webhooks_get)},
	{HTTP_PUT, "/v1/webhooks/{name}",
		ROUTE(AUTH_ACCOUNT, LINKS | READ, BODY_JSON, NULL, webhooks_put,
			.needs_all = true)},
	{HTTP_PATCH, "/v1/webhooks/{name}",
		ROUTE(AUTH_ACCOUNT, LINKS | READ, BODY_JSON, NULL,
			webhooks_patch, .needs_all = true)},
	{HTTP_DELETE, "/v1/webhooks/{name}",
		ROUTE(AUTH_ACCOUNT, LINKS | READ, BODY_NONE, NULL,
			webhooks_delete, .needs_all = true)},
	{HTTP_POST, "/v1/webhooks/{name}/replay",
		ROUTE(AUTH_ACCOUNT, LINKS | READ, BODY_JSON, NULL,
			webhooks_replay, .needs_all = true)},
	{HTTP_POST, "/v1/webhooks/{name}/test",
		ROUTE(AUTH_ACCOUNT, LINKS | READ, BODY_NONE, NULL, webhooks_try,
			.needs_all = true)},
	{HTTP_GET, "/v1/account",
		ROUTE(AUTH_ACCOUNT, 0, BODY_NONE, NULL, account_get)},
	{HTTP_GET, "/livez", ROUTE(AUTH_NONE, 0, BODY_NONE, NULL, livez_get)},
	{HTTP_GET, "/readyz",
		ROUTE(AUTH_NONE, 0, BODY_NONE, readyz_params, readyz_get)},
	{HTTP_GET, "/metrics",
		ROUTE(AUTH_NONE, 0, BODY_NONE, NULL, metrics_get)},
	{HTTP_GET, "/openapi.yaml",
		ROUTE(AUTH_NONE, 0, BODY_NONE, NULL, openapi_get)},
	{HTTP_GET, "/problems/{name}",
		ROUTE(AUTH_NONE, 0, BODY_NONE, NULL, problem_get)},
	{HTTP_GET, "/v1/accounts",
		ROUTE(AUTH_ADMIN, 0, BODY_NONE, list_params, accounts_list)},
	{HTTP_POST, "/v1/accounts",
		ROUTE(AUTH_ADMIN, 0, BODY_JSON, NULL, accounts_post)},
	{HTTP_GET, "/v1/accounts/{account}",
		ROUTE(AUTH_ADMIN, 0, BODY_NONE, NULL, accounts_get)},
	{HTTP_PATCH, "/v1/accounts/{account}",
		ROUTE(AUTH_ADMIN, 0, BODY_JSON, NULL, accounts_patch)},
	{HTTP_GET, "/v1/accounts/{account}/keys",
		ROUTE(AUTH_ADMIN, 0, BODY_NONE, NULL, api_keys_list)},
	{HTTP_POST, "/v1/accounts/{account}/keys",
		ROUTE(AUTH_ADMIN, 0, BODY_JSON, NULL, api_keys_post)},
	{HTTP_DELETE, "/v1/accounts/{account}/keys/{id}",
		ROUTE(AUTH_ADMIN, 0, BODY_NONE, NULL, api_keys_delete)},
	{HTTP_GET, "/v1/status",
		ROUTE(AUTH_ADMIN, 0, BODY_NONE, NULL, status_get)},
	{HTTP_GET, "/v1/explain/{token}",
		ROUTE(AUTH_ADMIN, 0, BODY_NONE, NULL, tokens_explain)},
};

const size_t api_routes_n = sizeof(api_routes) / sizeof(api_routes[0]);
