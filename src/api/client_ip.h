/* Whose request it is. */
#pragma once

#include <stddef.h>

#include "base/ip.h"
#include "http/exchange.h"

/* The peer, or, when the peer is a trusted proxy, the last address of
 * X-Forwarded-For that is not one. n is 0 when nobody can say. */
void client_ip(struct http_exchange *ex, const struct http_request *request,
	const struct ip_prefix *trusted, size_t trusted_n, struct ip *ip);
