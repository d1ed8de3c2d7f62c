#include "http/target.h"

#include "base/ip.h"

enum {
	HOST_MAX = 253, /* RFC 1035: of a domain name, as text */
	PORT_DIGITS_MAX = 5
};

static bool is_host_char(char c)
{
	return ascii_is_alnum(c) || c == '.' || c == '-' || c == '_';
}

static bool is_port(struct str s)
{
	if (s.n > PORT_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_is_digit(s.p[i]))
			return false;
	}
	return true;
}

static enum err parse_ipv6_host(struct str authority, size_t *n)
{
	size_t end = str_find(authority, ']');
	struct ip ip;

	if (end == authority.n)
		return ERR_INVALID;
	*n = end + 1;
	return ip_parse(str_make(authority.p + 1, end - 1), &ip);
}

enum err http_parse_authority(struct str authority, struct str *host)
{
	size_t n = 0;
	struct str rest;

	if (authority.n && authority.p[0] == '[') {
		if (parse_ipv6_host(authority, &n))
			return ERR_INVALID;
	} else {
		while (n < authority.n && is_host_char(authority.p[n]))
			n++;
	}
	if (n == 0 || n > HOST_MAX)
		return ERR_INVALID;
	rest = str_skip(authority, n);
	if (rest.n && (rest.p[0] != ':' || !is_port(str_skip(rest, 1))))
		return ERR_INVALID;
	*host = str_make(authority.p, n);
	return OK;
}

/* The bytes of a target: anything but controls and blanks, since people's
 * templates hold braces and brackets, and phones send UTF-8 as it is. */
static bool is_clean(struct str target)
{
	for (size_t i = 0; i < target.n; i++) {
		unsigned char c = (unsigned char)target.p[i];

		if (c <= 0x20 || c == 0x7f)
			return false;
	}
	return true;
}

static bool starts_nocase(struct str s, struct str prefix)
{
	return s.n >= prefix.n &&
	       str_eq_nocase(str_make(s.p, prefix.n), prefix);
}

/* Takes scheme and authority off an absolute target. */
static enum err take_authority(struct str *target, struct str *host)
{
	size_t n = 0;
	enum err e;

	if (starts_nocase(*target, STR("http://")))
		*target = str_skip(*target, 7);
	else if (starts_nocase(*target, STR("https://")))
		*target = str_skip(*target, 8);
	else
		return ERR_INVALID;
	while (n < target->n && target->p[n] != '/' && target->p[n] != '?')
		n++;
	e = http_parse_authority(str_make(target->p, n), host);
	*target = str_skip(*target, n);
	return e;
}

enum err http_parse_target(struct http_request *to)
{
	struct str rest = to->target;
	size_t query;

	if (!is_clean(rest))
		return ERR_INVALID;
	if (to->method == HTTP_OPTIONS && str_is(rest, "*")) {
		to->path = rest;
		return OK;
	}
	if (rest.n == 0)
		return ERR_INVALID;
	if (rest.p[0] != '/' && take_authority(&rest, &to->host))
		return ERR_INVALID;
	query = str_find(rest, '?');
	to->path = query ? str_make(rest.p, query) : STR("/");
	to->has_query = query < rest.n;
	to->query = str_skip(rest, query + 1);
	return OK;
}
