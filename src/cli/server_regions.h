/* The settings of regions and domains, as service/ takes them. */
#pragma once

#include "cli/settings.h"
#include "service/judging.h"
#include "service/region.h"

/* Views of the settings. */
struct server_regions {
	struct regions_settings all;
	struct judging_settings judging;
	struct region_settings regions[SETTINGS_REGIONS_MAX];
	struct domain_settings domains[SETTINGS_DOMAINS_MAX];
	struct str hosts[SETTINGS_REGIONS_MAX][CONF_LIST_MAX];
	struct str schemes[SETTINGS_REGIONS_MAX][CONF_LIST_MAX];
	struct buf files; /* the bytes of the domains' files */
};

struct judging_settings server_judging(const struct settings_click *click);
/* Reads the domains' files. On failure `path` names one. */
CHECKED enum err server_regions_fill(struct server_regions *to,
	const struct settings *settings, const char **path);
void server_regions_deinit(struct server_regions *r);
