/* The router: captures are bounded, and hold no NUL. */
#include "base/assert.h"
#include "http/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct http_route routes[] = {
	{HTTP_GET, "/", NULL},
	{HTTP_POST, "/v1/tokens", NULL},
	{HTTP_GET, "/v1/tokens/{token}", NULL},
	{HTTP_PUT, "/v1/templates/{name}/{language}", NULL},
	{HTTP_POST, "/v1/templates/{name}/{language}/messages", NULL},
};

static void check_match(const struct http_match *match)
{
	size_t n = 0;

	ASSERT(match->route && match->captures_n <= HTTP_CAPTURES_MAX);
	for (size_t i = 0; i < match->captures_n; i++) {
		struct str capture = match->captures[i];

		ASSERT(capture.n > 0 && capture.p == match->bytes + n);
		ASSERT(str_find(capture, '\0') == capture.n);
		n += capture.n;
	}
	ASSERT(n <= HTTP_CAPTURE_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_match match;
	enum http_method method;
	enum err e;

	if (size == 0)
		return 0;
	method = (enum http_method)(data[0] % (HTTP_OTHER + 1));
	e = http_route_find(routes, sizeof(routes) / sizeof(routes[0]), method,
		str_make((const char *)data + 1, size - 1), &match);
	if (e == OK)
		check_match(&match);
	ASSERT(e == OK || e == ERR_NOT_FOUND || e == ERR_DENIED ||
		e == ERR_INVALID || e == ERR_TOO_LONG);
	ASSERT((e == ERR_DENIED) == (match.allow[0] != '\0'));
	return 0;
}
