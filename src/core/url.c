#include "core/url.h"

#include "base/ip.h"
#include "base/num.h"
#include "core/uri_chars.h"

enum {
	PORT_MAX = 65535
};

static const struct str default_schemes[] = {{"http", 4}, {"https", 5}};

struct reason_row {
	const char *name;
	const char *text;
};

static const struct reason_row reasons[URL_REASONS] = {
	[URL_EMPTY] = {"empty", "is empty"},
	[URL_TOO_LONG] = {"too-long", "is longer than 2,000 bytes"},
	[URL_BAD_CHARACTER] = {"bad-character",
		"holds a character that must be percent-encoded"},
	[URL_BAD_ESCAPE] = {"bad-escape",
		"holds a '%' without two hexadecimal digits"},
	[URL_NOT_ABSOLUTE] = {"not-absolute",
		"must begin with a scheme and '://', such as https://"},
	[URL_SCHEME_NOT_ALLOWED] = {"scheme-not-allowed",
		"has a scheme that is not allowed"},
	[URL_HAS_USERINFO] = {"has-userinfo",
		"must not hold a user name before its host"},
	[URL_BAD_HOST] = {"bad-host", "has no valid host"},
	[URL_BAD_PORT] = {"bad-port", "has a port that is not 1 to 65535"},
	[URL_OWN_DOMAIN] = {"own-domain",
		"leads to one of this service's own domains"},
	[URL_HOST_NOT_ALLOWED] = {"host-not-allowed",
		"leads to a host that this account does not allow"},
};

const char *url_reason_name(enum url_reason reason)
{
	return reason < URL_REASONS ? reasons[reason].name : "unknown";
}

const char *url_reason_text(enum url_reason reason)
{
	return reason < URL_REASONS ? reasons[reason].text : "is refused";
}

static enum err refuse(
	struct url_problem *problem, enum url_reason reason, size_t at)
{
	problem->reason = reason;
	problem->at = at;
	return ERR_INVALID;
}

static enum err check_characters(struct str text, struct url_problem *problem)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '%' && !uri_is_escape(str_skip(text, i)))
			return refuse(problem, URL_BAD_ESCAPE, i);
		if (text.p[i] != '%' && !uri_is(text.p[i], URI_ANY))
			return refuse(problem, URL_BAD_CHARACTER, i);
	}
	return OK;
}

static bool is_scheme(struct str s)
{
	if (!s.n || ascii_is_digit(s.p[0]))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) &&
			(i == 0 || str_find(STR("+-."), s.p[i]) == 3))
			return false;
	return true;
}

static bool in_list_nocase(struct str s, const struct str *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(s, list[i]))
			return true;
	return false;
}

static bool scheme_is_allowed(struct str s, const struct url_rules *rules)
{
	if (rules && rules->schemes_n)
		return in_list_nocase(s, rules->schemes, rules->schemes_n);
	return in_list_nocase(s, default_schemes, 2);
}

static bool is_label(struct str s)
{
	if (s.n == 0 || s.n > URL_LABEL_MAX || s.p[0] == '-' ||
		s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-')
			return false;
	return true;
}

/* Browsers take a host for an IPv4 address, in any of its odd spellings, when
 * its last label is a number. */
static bool is_number(struct str label)
{
	size_t i = 0;

	if (label.n >= 2 && label.p[0] == '0' &&
		ascii_lower(label.p[1]) == 'x') {
		for (i = 2; i < label.n; i++)
			if (ascii_hex_value(label.p[i]) < 0)
				return false;
		return true;
	}
	while (i < label.n && ascii_is_digit(label.p[i]))
		i++;
	return i == label.n;
}

static struct str without_final_dot(struct str host)
{
	if (host.n > 1 && host.p[host.n - 1] == '.')
		host.n--;
	return host;
}

static bool is_host_name(struct str host)
{
	struct str rest = without_final_dot(host);
	struct str label = {0};
	struct ip ip;

	if (rest.n == 0 || rest.n > URL_HOST_MAX)
		return false;
	host = rest;
	while (rest.p) {
		label = str_split(&rest, '.');
		if (!is_label(label))
			return false;
	}
	return !is_number(label) || (ip_parse(host, &ip) == OK && ip.n == 4);
}

static bool is_host(struct str s)
{
	struct ip ip;

	if (s.n < 2 || s.p[0] != '[' || s.p[s.n - 1] != ']')
		return is_host_name(s);
	s = str_make(s.p + 1, s.n - 2);
	return str_find(s, ':') < s.n && ip_parse(s, &ip) == OK;
}

/* Splits host and port; at is the authority's place in the text. */
static enum err parse_authority(
	struct str s, size_t at, struct url *url, struct url_problem *problem)
{
	size_t user = str_find(s, '@');
	size_t close = str_find(s, ']');
	size_t end;
	uint64_t port;

	if (user < s.n)
		return refuse(problem, URL_HAS_USERINFO, at + user);
	if (s.n && s.p[0] == '[')
		end = close < s.n ? close + 1 : s.n;
	else
		end = str_find(s, ':');
	url->host = str_make(s.p, end);
	if ((end < s.n && s.p[end] != ':') || !is_host(url->host))
		return refuse(problem, URL_BAD_HOST, at);
	url->port = str_make(NULL, 0);
	if (end == s.n)
		return OK;
	url->port = str_skip(s, end + 1);
	if (num_parse_u64(url->port, PORT_MAX, &port) || port == 0)
		return refuse(problem, URL_BAD_PORT, at + end + 1);
	return OK;
}

/* What comes behind the authority. */
static enum err parse_rest(struct str text, size_t at, struct url *url,
	struct url_problem *problem)
{
	struct str rest = str_skip(text, at);
	size_t hash = str_find(rest, '#');
	size_t again = str_find(str_skip(rest, hash + 1), '#');
	size_t mark;

	if (hash < rest.n && hash + 1 + again < rest.n)
		return refuse(
			problem, URL_BAD_CHARACTER, at + hash + 1 + again);
	url->fragment = str_make(NULL, 0);
	if (hash < rest.n)
		url->fragment = str_skip(rest, hash + 1);
	rest.n = hash;
	mark = str_find(rest, '?');
	url->query = str_make(NULL, 0);
	if (mark < rest.n)
		url->query = str_skip(rest, mark + 1);
	url->path = str_make(rest.p, mark);
	return OK;
}

static bool in_patterns(struct str host, const struct str *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (url_host_matches(host, list[i]))
			return true;
	return false;
}

static enum err check_host(const struct url *url, size_t at,
	const struct url_rules *rules, struct url_problem *problem)
{
	if (!rules)
		return OK;
	if (in_patterns(url->host, rules->own_domains, rules->own_domains_n))
		return refuse(problem, URL_OWN_DOMAIN, at);
	if (rules->hosts_n &&
		!in_patterns(url->host, rules->hosts, rules->hosts_n))
		return refuse(problem, URL_HOST_NOT_ALLOWED, at);
	return OK;
}

static size_t authority_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '/' && s.p[n] != '?' && s.p[n] != '#')
		n++;
	return n;
}

static enum err check(struct str text, const struct url_rules *rules,
	struct url *url, struct url_problem *problem)
{
	size_t colon = str_find(text, ':');
	size_t at = colon + 3;
	struct str authority;
	enum err e;

	url->scheme = str_make(text.p, colon);
	if (!str_starts(str_skip(text, colon), STR("://")) ||
		!is_scheme(url->scheme))
		return refuse(problem, URL_NOT_ABSOLUTE, 0);
	if (!scheme_is_allowed(url->scheme, rules))
		return refuse(problem, URL_SCHEME_NOT_ALLOWED, 0);
	authority = str_skip(text, at);
	authority.n = authority_length(authority);
	e = parse_authority(authority, at, url, problem);
	if (!e)
		e = parse_rest(text, at + authority.n, url, problem);
	if (!e)
		e = check_host(url, at, rules, problem);
	return e;
}

enum err url_check(struct str text, const struct url_rules *rules,
	struct url *url, struct url_problem *problem)
{
	struct url found;
	enum err e;

	if (text.n == 0)
		return refuse(problem, URL_EMPTY, 0);
	if (text.n > URL_MAX) {
		(void)refuse(problem, URL_TOO_LONG, URL_MAX);
		return ERR_TOO_LONG;
	}
	e = check_characters(text, problem);
	if (!e)
		e = check(text, rules, &found, problem);
	if (!e)
		*url = found;
	return e;
}

static const struct str wildcard = {"*.", 2};

bool url_host_matches(struct str host, struct str pattern)
{
	host = without_final_dot(host);
	if (!str_starts(pattern, wildcard))
		return str_eq_nocase(host, pattern);
	/* With its dot, and something before it. */
	pattern = str_skip(pattern, 1);
	return host.n > pattern.n &&
	       str_eq_nocase(str_skip(host, host.n - pattern.n), pattern);
}

bool url_is_host_pattern(struct str s)
{
	struct str name = str_starts(s, wildcard) ? str_skip(s, 2) : s;

	if (name.n && name.p[name.n - 1] == '.')
		return false;
	return name.n == s.n ? is_host(name) : is_host_name(name);
}
