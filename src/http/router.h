/* Finds the row of a const table of routes for a method and a path. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "http/request.h"

enum {
	HTTP_CAPTURES_MAX = 4,
	HTTP_CAPTURE_BYTES = 1024, /* of all captures together, decoded */
	HTTP_ALLOW_MAX = 64,
};

/* A pattern is segments, each a literal or one {capture}: it matches whole
 * segments, and an empty one never fits a capture. HEAD finds GET's row if it
 * has none of its own. Earlier rows win. */
struct http_route {
	enum http_method method;
	const char *pattern; /* "/v1/tokens/{token}" */
	const void *data;
};

/* Lives on the caller's storage; captures in the order of the pattern,
 * percent-decoded. */
struct http_match {
	const struct http_route *route;
	size_t captures_n;
	struct str captures[HTTP_CAPTURES_MAX];
	/* With ERR_DENIED: the value of Allow, NUL-terminated. */
	char allow[HTTP_ALLOW_MAX];
	char bytes[HTTP_CAPTURE_BYTES];
};

/* ERR_NOT_FOUND (404); ERR_DENIED: the path has routes, but none of this
 * method (405, match->allow); ERR_INVALID: a bad percent escape or an escaped
 * NUL in a capture (400); ERR_TOO_LONG: over HTTP_CAPTURE_BYTES (404 or 414).
 */
CHECKED enum err http_route_find(const struct http_route *routes, size_t n,
	enum http_method method, struct str path, struct http_match *match);
