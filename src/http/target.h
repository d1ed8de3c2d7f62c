/* The request target and the authority in it (RFC 9112 3.2, RFC 3986 3.2). */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "http/request.h"

/* Sets path, query, and for an absolute target host, from target; method is
 * set. ERR_INVALID. */
CHECKED enum err http_parse_target(struct http_request *to);
/* "host", "host:port", "[IPv6]:port": the host, never empty. ERR_INVALID. */
CHECKED enum err http_parse_authority(struct str authority, struct str *host);
