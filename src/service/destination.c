#include "service/destination.h"

#include "base/buf.h"
#include "core/url.h"

bool destination_check(const struct regions *regions,
	const struct region *region, const struct account *account,
	struct str text, const char *at, struct str name,
	struct json_findings *findings)
{
	struct url_rules rules = {
		.schemes = region->settings.schemes,
		.schemes_n = region->settings.schemes_n,
		.hosts = account->hosts,
		.hosts_n = account->hosts_n,
		.own_domains = regions->own_domains,
		.own_domains_n = regions->own_domains_n,
	};
	struct url_problem problem;
	struct url url;

	if (url_check(text, &rules, &url, &problem) == OK)
		return true;
	json_finding_add(findings, at, name, "%s (%s, at byte %zu)",
		url_reason_text(problem.reason),
		url_reason_name(problem.reason), problem.at);
	return false;
}

/* The template with its variables left empty is a URL like any other; with
 * them its text is not. */
static bool check_expanded(const struct regions *regions,
	const struct region *region, const struct account *account,
	const char *at, struct str name, const struct uri_template *t,
	struct json_findings *findings)
{
	struct str values[URI_TEMPLATE_VARS_MAX] = {{0}};
	struct buf plain;
	bool ok = false;

	buf_init(&plain, URI_TEMPLATE_MAX);
	uri_template_expand(&plain, t, values);
	if (buf_err(&plain))
		json_finding_add(findings, at, name, "is too long");
	else
		ok = destination_check(regions, region, account,
			buf_view(&plain), at, name, findings);
	buf_deinit(&plain);
	return ok;
}

bool destination_check_template(const struct regions *regions,
	const struct region *region, const struct account *account,
	struct str text, const char *at, struct str name,
	struct uri_template *t, struct json_findings *findings)
{
	struct uri_template_problem problem;

	if (uri_template_compile(text, t, &problem) ||
		uri_template_check_authority(t, &problem)) {
		json_finding_add(findings, at, name, "%s (at byte %zu)",
			problem.text, problem.at);
		return false;
	}
	return check_expanded(regions, region, account, at, name, t, findings);
}
