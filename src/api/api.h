/* The API: what senders, pipelines and the administrator talk to. One object,
 * on one loop, for the API listener and the administrator's socket. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"
#include "http/exchange.h"
#include "http/server.h"
#include "service/region.h"

struct api;
struct backup;
struct keeper;
struct loop;
struct rejudge;
struct tap_site;
struct webhooks;

struct api_options {
	struct loop *loop;
	struct regions *regions;
	struct rejudge *rejudge;
	struct backup *backup;
	struct webhooks *webhooks;
	struct keeper *keeper; /* NULL: nothing is woken */
	size_t body_max;       /* bytes of a JSON body, or of a stream's line */
	const char *version;
	/* What metrics and status tell of; all outlive the API. */
	struct tap_site *const *sites;
	struct http_listener *const *click_listeners;
	size_t sites_n;
};

CHECKED enum err api_new(const struct api_options *options, struct api **to);
/* For metrics; after the listeners were made. */
void api_set_listeners(struct api *api, const struct http_listener *tcp,
	const struct http_listener *local);
/* Drops its snapshots; after the loop has ended, before the regions are
 * closed. */
void api_leave(struct api *api);
/* After the regions are closed. NULL is fine. */
void api_free(struct api *api);

struct http_handler api_handler(struct api *api);
