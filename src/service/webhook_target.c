#include "service/webhook_target.h"

#include "base/ip_global.h"
#include "core/url.h"

bool webhook_may_connect(const struct webhook_rules *rules, const struct ip *ip)
{
	if (ip_is_global(ip))
		return true;
	for (size_t i = 0; i < rules->allowed_n; i++)
		if (ip_in(ip, &rules->allowed[i]))
			return true;
	return false;
}

/* The address that a host is, without a name: an IPv6 one has brackets. */
static bool is_address(struct str host, struct ip *ip)
{
	if (host.n > 2 && host.p[0] == '[')
		host = str_make(host.p + 1, host.n - 2);
	return ip_parse(host, ip) == OK;
}

bool webhook_target_check(const struct webhook_rules *rules,
	const struct regions *regions, struct str text,
	struct json_findings *findings)
{
	static const struct str schemes[] = {{"https", 5}, {"http", 4}};
	const struct url_rules url_rules = {
		.schemes = schemes,
		.schemes_n = rules->allow_http ? 2 : 1,
		.own_domains = regions->own_domains,
		.own_domains_n = regions->own_domains_n,
	};
	struct url_problem problem;
	struct url url;
	struct ip ip;

	if (url_check(text, &url_rules, &url, &problem)) {
		json_finding_add(findings, "#", STR("url"),
			"%s (%s, at byte %zu)", url_reason_text(problem.reason),
			url_reason_name(problem.reason), problem.at);
		return false;
	}
	if (url.fragment.p) {
		json_finding_add(findings, "#", STR("url"),
			"has a fragment, which is never sent");
		return false;
	}
	if (!is_address(url.host, &ip) || webhook_may_connect(rules, &ip))
		return true;
	json_finding_add(findings, "#", STR("url"),
		"has an address that webhooks may not be sent to");
	return false;
}
