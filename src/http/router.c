#include "http/router.h"

#include <string.h>

#include "base/assert.h"

static const char *const method_names[HTTP_METHODS_N] = {
	[HTTP_GET] = "GET",
	[HTTP_HEAD] = "HEAD",
	[HTTP_POST] = "POST",
	[HTTP_PUT] = "PUT",
	[HTTP_PATCH] = "PATCH",
	[HTTP_DELETE] = "DELETE",
	[HTTP_OPTIONS] = "OPTIONS",
};

static bool is_capture(struct str segment)
{
	return segment.n >= 2 && segment.p[0] == '{' &&
	       segment.p[segment.n - 1] == '}';
}

/* Matches the raw path; captures are views into it. */
static bool fits(
	const char *pattern, struct str path, struct str *captures, size_t *n)
{
	struct str rest = str_from(pattern);

	*n = 0;
	while (rest.p && path.p) {
		struct str want = str_split(&rest, '/');
		struct str got = str_split(&path, '/');

		if (is_capture(want)) {
			ASSERT(*n < HTTP_CAPTURES_MAX);
			if (got.n == 0)
				return false;
			captures[(*n)++] = got;
		} else if (!str_eq(want, got)) {
			return false;
		}
	}
	return !rest.p && !path.p;
}

/* The index of the row, n if there is none; *allowed are the methods of all
 * rows that the path fits, as bits. */
static size_t find_row(const struct http_route *routes, size_t n,
	enum http_method method, struct str path, struct http_match *match,
	unsigned *allowed)
{
	for (size_t i = 0; i < n; i++) {
		if (!fits(routes[i].pattern, path, match->captures,
			    &match->captures_n))
			continue;
		if (routes[i].method == method)
			return i;
		*allowed |= 1u << routes[i].method;
	}
	return n;
}

static void put_allow(char to[HTTP_ALLOW_MAX], unsigned allowed)
{
	size_t at = 0;

	if (allowed & 1u << HTTP_GET)
		allowed |= 1u << HTTP_HEAD;
	for (unsigned i = 0; i < HTTP_METHODS_N; i++) {
		size_t n = strlen(method_names[i]);

		if (!(allowed & 1u << i))
			continue;
		ASSERT(at + 2 + n < HTTP_ALLOW_MAX);
		if (at) {
			memcpy(to + at, ", ", 2);
			at += 2;
		}
		memcpy(to + at, method_names[i], n);
		at += n;
	}
	to[at] = '\0';
}

/* Strict: every '%' takes two hex digits; no NUL. */
static enum err decode(struct str raw, char *to, size_t max, size_t *n)
{
	size_t used = 0;

	for (size_t i = 0; i < raw.n; i++) {
		char c = raw.p[i];

		if (c == '%') {
			int high, low;

			if (raw.n - i < 3)
				return ERR_INVALID;
			high = ascii_hex_value(raw.p[i + 1]);
			low = ascii_hex_value(raw.p[i + 2]);
			if (high < 0 || low < 0)
				return ERR_INVALID;
			c = (char)(high * 16 + low);
			i += 2;
		}
		if (c == '\0')
			return ERR_INVALID;
		if (used == max)
			return ERR_TOO_LONG;
		to[used++] = c;
	}
	*n = used;
	return OK;
}

static enum err decode_captures(struct http_match *match)
{
	size_t used = 0;

	for (size_t i = 0; i < match->captures_n; i++) {
		char *to = match->bytes + used;
		size_t n;
		enum err e = decode(match->captures[i], to,
			sizeof(match->bytes) - used, &n);

		if (e)
			return e;
		match->captures[i] = str_make(to, n);
		used += n;
	}
	return OK;
}

enum err http_route_find(const struct http_route *routes, size_t n,
	enum http_method method, struct str path, struct http_match *match)
{
	unsigned allowed = 0;
	size_t row;

	match->route = NULL;
	match->captures_n = 0;
	match->allow[0] = '\0';
	row = find_row(routes, n, method, path, match, &allowed);
	if (row == n && method == HTTP_HEAD)
		row = find_row(routes, n, HTTP_GET, path, match, &allowed);
	if (row < n) {
		match->route = &routes[row];
		return decode_captures(match);
	}
	match->captures_n = 0;
	if (!allowed)
		return ERR_NOT_FOUND;
	put_allow(match->allow, allowed);
	return ERR_DENIED;
}
