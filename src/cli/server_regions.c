#include "cli/server_regions.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"

enum {
	SERVER_FILES_MAX = 16 << 20, /* bytes, of all domains together */
	DOMAIN_FILES = 4,            /* that a domain may have */
};

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

/* Where a file's bytes are in the buffer, which moves while it grows. */
struct extent {
	size_t at, n;
};

/* A file at the end of the buffer; nothing for an empty path. */
static enum err read_file(
	struct server_regions *to, const char *path, struct extent *extent)
{
	enum err e;

	extent->at = to->files.n;
	extent->n = 0;
	if (!path[0])
		return OK;
	e = file_read(path, &to->files);
	extent->n = to->files.n - extent->at;
	return e;
}

/* The files' settings, in the order of set_files(). */
static const char *path_of_file(const struct settings_domain *d, size_t i)
{
	const char *const paths[DOMAIN_FILES] = {d->page_not_found,
		d->page_gone, d->assetlinks, d->app_site_association};

	return paths[i];
}

static void set_files(struct server_regions *to, size_t domain,
	const struct extent extents[DOMAIN_FILES])
{
	struct domain_settings *d = &to->domains[domain];
	struct str *const views[DOMAIN_FILES] = {&d->page_not_found,
		&d->page_gone, &d->assetlinks, &d->app_site_association};

	for (size_t i = 0; i < DOMAIN_FILES; i++)
		if (extents[i].n)
			*views[i] = str_make(
				to->files.p + extents[i].at, extents[i].n);
}

static enum err read_files(struct server_regions *to,
	const struct settings *settings, const char **path)
{
	struct extent extents[SETTINGS_DOMAINS_MAX][DOMAIN_FILES];

	buf_init(&to->files, SERVER_FILES_MAX);
	for (size_t i = 0; i < settings->domains_n; i++)
		for (size_t j = 0; j < DOMAIN_FILES; j++) {
			enum err e;

			*path = path_of_file(&settings->domains[i], j);
			e = read_file(to, *path, &extents[i][j]);
			if (e)
				return e;
		}
	for (size_t i = 0; i < settings->domains_n; i++)
		set_files(to, i, extents[i]);
	return OK;
}

void server_regions_deinit(struct server_regions *r)
{
	buf_deinit(&r->files);
}

static void fill_domain(
	struct domain_settings *to, const struct settings_domain *d)
{
	*to = (struct domain_settings){
		/* GCC 12 warns wrongly of an optimized loop over strlen(). */
		.host = str_make(d->host, strnlen(d->host, sizeof(d->host))),
		.region = str_from(d->region),
		.account = str_from(d->account),
		.acme_challenge =
			d->acme_challenge[0] ? d->acme_challenge : NULL,
	};
}

static const char *path_or_none(const char *path)
{
	return path[0] ? path : NULL;
}

struct judging_settings server_judging(const struct settings_click *click)
{
	return (struct judging_settings){
		.rules = path_or_none(click->verdict_rules),
		.agents = path_or_none(click->agents),
		.agents_may_lack = strcmp(click->agents, SETTINGS_AGENTS) == 0,
		.countries = path_or_none(click->countries),
		.repeat_window_ms = click->repeat_window_ms,
	};
}

enum err server_regions_fill(struct server_regions *to,
	const struct settings *settings, const char **path)
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
			.retention_max_ms = r->retention_max_ms,
			.retention_min_ms = r->retention_min_ms,
			.forget_after_ms = r->forget_after_ms,
		};
	}
	for (size_t i = 0; i < settings->domains_n; i++)
		fill_domain(&to->domains[i], &settings->domains[i]);
	to->judging = server_judging(&settings->click);
	to->all = (struct regions_settings){
		.judging = &to->judging,
		.regions = to->regions,
		.regions_n = settings->regions_n,
		.domains = to->domains,
		.domains_n = settings->domains_n,
		.replies_do_not_wait = settings->click.commit_wait_max_ms == 0,
		.data_dir = settings->server.data,
		.clock = &clock_system,
	};
	return read_files(to, settings, path);
}
