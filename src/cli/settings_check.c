#include "cli/settings_check.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"
#include "core/url.h"

static void lower(char *z)
{
	for (; *z; z++)
		*z = ascii_lower(*z);
}

/* Schemes that run in the page that leads there, or reach into the phone. */
static bool is_dangerous(struct str scheme)
{
	static const char *const refused[] = {
		"about", "blob", "data", "file", "javascript", "vbscript"};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (str_is(scheme, refused[i]))
			return true;
	return false;
}

/* RFC 3986 section 3.1. */
static bool is_scheme(struct str s)
{
	if (s.n == 0 || !ascii_is_alnum(s.p[0]) || ascii_is_digit(s.p[0]))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) && s.p[i] != '+' && s.p[i] != '-' &&
			s.p[i] != '.')
			return false;
	return true;
}

static void check_name(struct conf *c, const char *name, size_t i)
{
	for (const char *p = name; *p; p++) {
		if (ascii_is_digit(*p) || (*p >= 'a' && *p <= 'z'))
			continue;
		conf_error_key(
			c, "region", i, NULL, "expected a name of a-z and 0-9");
		return;
	}
}

static void check_tag(struct conf *c, struct settings *s, size_t i)
{
	const char *tag = s->regions[i].tag;

	if (!tag[0]) {
		conf_error_key(c, "region", i, "tag", "is missing");
		return;
	}
	if (!ascii_is_alnum(tag[0])) {
		conf_error_key(c, "region", i, "tag",
			"expected one of A-Z a-z 0-9, got \"%s\"", tag);
		return;
	}
	for (size_t k = 0; k < i; k++)
		if (tag[0] == s->regions[k].tag[0])
			conf_error_key(c, "region", i, "tag",
				"\"%s\" is the tag of region %s already", tag,
				s->regions[k].name);
}

/* The host of `http[s]://HOST[:PORT]/{{1}}`; empty after an error. */
static struct str check_template(
	struct conf *c, const struct settings_region *r, size_t i)
{
	static const struct str end = {"{{1}}", 5};
	const struct str nothing = {"", 0};
	struct str text = str_from(r->url);
	struct url_problem problem;
	struct url url;

	if (!text.n) {
		conf_error_key(c, "region", i, "url", "is missing");
		return nothing;
	}
	if (!str_ends(text, end)) {
		conf_error_key(c, "region", i, "url",
			"expected a URL that ends in /{{1}}, got \"%s\"",
			r->url);
		return nothing;
	}
	text.n -= end.n;
	if (url_check(text, NULL, &url, &problem)) {
		conf_error_key(c, "region", i, "url", "\"%s\": %s", r->url,
			url_reason_text(problem.reason));
		return nothing;
	}
	if (!str_is(url.path, "/") || url.query.p || url.fragment.p) {
		conf_error_key(c, "region", i, "url",
			"expected nothing but /{{1}} after the host, got "
			"\"%s\"",
			r->url);
		return nothing;
	}
	return url.host;
}

static void check_target(
	struct conf *c, size_t i, const char *key, const char *text)
{
	struct url_problem problem;
	struct url url;

	if (text[0] && url_check(str_from(text), NULL, &url, &problem))
		conf_error_key(c, "region", i, key, "\"%s\": %s", text,
			url_reason_text(problem.reason));
}

static void check_schemes(struct conf *c, struct settings_region *r, size_t i)
{
	if (r->schemes.n == 0)
		conf_error_key(c, "region", i, "schemes", "is empty");
	for (size_t k = 0; k < r->schemes.n; k++) {
		char *text = r->schemes.text[k];

		lower(text);
		if (!is_scheme(str_from(text)) || is_dangerous(str_from(text)))
			conf_error_key(c, "region", i, "schemes",
				"\"%s\" cannot be a destination's scheme",
				text);
	}
}

static bool is_host(const char *text)
{
	return url_is_host_pattern(str_from(text)) && text[0] != '*';
}

/* The url's host comes first among the domains. */
static void put_first(struct conf_strings *domains, struct str host)
{
	size_t at = 0;

	while (at < domains->n && !str_is(host, domains->text[at]))
		at++;
	if (at == domains->n)
		domains->n++;
	memmove(domains->text[1], domains->text[0],
		at * sizeof(domains->text[0]));
	memcpy(domains->text[0], host.p, host.n);
	domains->text[0][host.n] = '\0';
}

static void check_domains(
	struct conf *c, struct settings_region *r, size_t i, struct str host)
{
	char first[SETTINGS_HOST_MAX + 1];

	for (size_t k = 0; k < r->domains.n; k++) {
		lower(r->domains.text[k]);
		if (!is_host(r->domains.text[k]))
			conf_error_key(c, "region", i, "domains",
				"\"%s\" is no host name", r->domains.text[k]);
	}
	if (!host.n || host.n >= sizeof(first))
		return;
	if (r->domains.n == CONF_LIST_MAX) {
		conf_error_key(c, "region", i, "domains",
			"at most %d besides the url's", CONF_LIST_MAX - 1);
		return;
	}
	memcpy(first, host.p, host.n);
	first[host.n] = '\0';
	lower(first);
	put_first(&r->domains, str_from(first));
}

static bool has_domain(const struct settings_region *r, const char *host)
{
	for (size_t i = 0; i < r->domains.n; i++)
		if (strcmp(r->domains.text[i], host) == 0)
			return true;
	return false;
}

static void check_shared_domains(
	struct conf *c, const struct settings *s, size_t i)
{
	const struct settings_region *r = &s->regions[i];

	for (size_t d = 0; d < r->domains.n; d++)
		for (size_t k = 0; k < i; k++)
			if (has_domain(&s->regions[k], r->domains.text[d]))
				conf_error_key(c, "region", i,
					d ? "domains" : "url",
					"%s is a domain of region %s already",
					r->domains.text[d], s->regions[k].name);
}

static void check_retention(
	struct conf *c, const struct settings_region *r, size_t i)
{
	if (r->retention_max_ms && r->retention_min_ms > r->retention_max_ms)
		conf_error_key(c, "region", i, "retention_min",
			"is longer than retention_max");
}

static void check_region(struct conf *c, struct settings *s, size_t i)
{
	struct settings_region *r = &s->regions[i];

	check_name(c, r->name, i);
	check_tag(c, s, i);
	check_domains(c, r, i, check_template(c, r, i));
	check_shared_domains(c, s, i);
	check_target(c, i, "homepage", r->homepage);
	check_target(c, i, "fallback", r->fallback);
	check_schemes(c, r, i);
	check_retention(c, r, i);
}

static void check_domain(struct conf *c, struct settings *s, size_t i)
{
	struct settings_domain *d = &s->domains[i];

	lower(d->host);
	if (!is_host(d->host))
		conf_error_key(c, "domain", i, NULL, "is no host name");
	for (size_t k = 0; k < i; k++)
		if (strcmp(d->host, s->domains[k].host) == 0)
			conf_error_key(c, "domain", i, NULL,
				"differs only in case from an earlier one");
	for (size_t k = 0; k < s->regions_n; k++) {
		if (strcmp(s->regions[k].name, d->region) != 0 &&
			has_domain(&s->regions[k], d->host))
			conf_error_key(c, "domain", i, "region",
				"%s is a domain of region %s", d->host,
				s->regions[k].name);
	}
	if (!d->region[0]) {
		conf_error_key(c, "domain", i, "region", "is missing");
		return;
	}
	for (d->region_i = 0; d->region_i < s->regions_n; d->region_i++)
		if (strcmp(s->regions[d->region_i].name, d->region) == 0)
			return;
	conf_error_key(c, "domain", i, "region", "there is no region \"%s\"",
		d->region);
}

static void check_served(struct conf *c, const struct settings *s)
{
	const struct conf_place nowhere = {0};

	for (size_t i = 0; i < s->regions_n; i++)
		if (s->regions[i].serve)
			return;
	conf_error(
		c, nowhere, "no region is served: every one says serve = no");
}

static void check_listeners(struct conf *c, const struct settings *s)
{
	const struct ip_endpoint *a = &s->click.listen, *b = &s->api.listen;

	if (a->port && a->port == b->port &&
		(ip_eq(&a->ip, &b->ip) || !a->ip.n || !b->ip.n))
		conf_error_key(c, "api", 0, "listen",
			"is the address of [click] listen too");
}

static void check_webhook(struct conf *c, const struct settings *s)
{
	if (s->webhook.retry_max_ms < s->webhook.retry_first_ms)
		conf_error_key(c, "webhook", 0, "retry_max",
			"is shorter than retry_first");
	if (s->webhook.timeout_ms < s->webhook.connect_timeout_ms)
		conf_error_key(c, "webhook", 0, "timeout",
			"is shorter than connect_timeout");
}

void settings_check(struct conf *c, struct settings *s)
{
	check_webhook(c, s);
	check_listeners(c, s);
	for (size_t i = 0; i < s->regions_n; i++)
		check_region(c, s, i);
	for (size_t i = 0; i < s->domains_n; i++)
		check_domain(c, s, i);
	check_served(c, s);
}
