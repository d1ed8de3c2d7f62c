/* Where a redirect may lead: the rules for a destination URL (RFC 3986), its
 * parts, and the tapper's query added to it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
	URL_MAX = 2000,      /* bytes of a destination */
	URL_HOST_MAX = 253,  /* bytes of a host name */
	URL_LABEL_MAX = 63,  /* bytes between two dots of it */
	URL_FORWARD_MAX = 64 /* parameters taken from a tapper's query */
};

/* Views of the checked text. A part that is not there has p NULL; the path may
 * be empty. */
struct url {
	struct str scheme;
	struct str host; /* as written; an IPv6 address with its brackets */
	struct str port; /* digits */
	struct str path;
	struct str query;    /* without '?' */
	struct str fragment; /* without '#' */
};

enum url_reason {
	URL_EMPTY,
	URL_TOO_LONG,
	URL_BAD_CHARACTER,
	URL_BAD_ESCAPE,
	URL_NOT_ABSOLUTE,
	URL_SCHEME_NOT_ALLOWED,
	URL_HAS_USERINFO,
	URL_BAD_HOST,
	URL_BAD_PORT,
	URL_OWN_DOMAIN,
	URL_HOST_NOT_ALLOWED,
	URL_REASONS
};

/* What an account and a server allow. Hosts and domains are patterns, see
 * url_host_matches(). The lists are borrowed. */
struct url_rules {
	const struct str *schemes; /* lower case; none: http and https */
	size_t schemes_n;
	const struct str *hosts; /* none: any host */
	size_t hosts_n;
	const struct str *own_domains; /* never a destination: loops */
	size_t own_domains_n;
};

struct url_problem {
	enum url_reason reason;
	size_t at; /* byte offset into the text */
};

/* ERR_INVALID, or ERR_TOO_LONG past URL_MAX, with the problem. rules may be
 * NULL: http and https, any host. */
CHECKED enum err url_check(struct str text, const struct url_rules *rules,
	struct url *url, struct url_problem *problem);
/* For machines ("scheme-not-allowed") and for people; static. */
const char *url_reason_name(enum url_reason reason);
const char *url_reason_text(enum url_reason reason);

/* `example.com` is that host alone, `*.example.com` every host below it, but
 * not itself. Case and one final dot of the host do not matter. */
bool url_host_matches(struct str host, struct str pattern);
/* True if s may stand in a list of hosts: a host name or IP address, or `*.`
 * and a host name. */
bool url_is_host_pattern(struct str s);

/* Appends the destination with the query's parameters added before the
 * fragment. A parameter whose name the destination has already is left out;
 * so is what comes after URL_FORWARD_MAX parameters. Bytes that may not stand
 * in a query are percent-encoded. */
void url_forward_query(
	struct buf *out, struct str destination, struct str query);
