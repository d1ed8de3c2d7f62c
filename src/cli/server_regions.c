#include "cli/server_regions.h"

#include "base/clock.h"

static enum ip_policy ip_policy(enum settings_ip ip)
{
	switch (ip) {
	case SETTINGS_IP_FULL:
		return IP_FULL;
	case SETTINGS_IP_NONE:
		return IP_NONE;
	default:
		return IP_TRUNCATED;
	}
}

static const struct str *views_of(
	struct str to[CONF_LIST_MAX], const struct conf_strings *list)
{
	for (size_t i = 0; i < list->n; i++)
		to[i] = str_from(list->text[i]);
	return to;
}

void server_regions_fill(
	struct server_regions *to, const struct settings *settings)
{
	for (size_t i = 0; i < settings->regions_n; i++) {
		const struct settings_region *r = &settings->regions[i];

		to->regions[i] = (struct region_settings){
			.name = str_from(r->name),
			.tag = r->tag[0],
			.url = str_from(r->url),
			.domains = views_of(to->hosts[i], &r->domains),
			.domains_n = r->domains.n,
			.serve = r->serve,
			.ip = ip_policy(r->ip),
			.homepage = str_from(r->homepage),
			.fallback = str_from(r->fallback),
			.schemes = views_of(to->schemes[i], &r->schemes),
			.schemes_n = r->schemes.n,
		};
	}
	for (size_t i = 0; i < settings->domains_n; i++) {
		const struct settings_domain *d = &settings->domains[i];

		to->domains[i] = (struct domain_settings){str_from(d->host),
			str_from(d->region), str_from(d->account)};
	}
	to->all = (struct regions_settings){
		.regions = to->regions,
		.regions_n = settings->regions_n,
		.domains = to->domains,
		.domains_n = settings->domains_n,
		.data_dir = settings->server.data,
		.clock = &clock_system,
	};
}
