/* What no row of the table can tell alone: checks of and across settings. Only
 * cli/settings.c includes it. */
#pragma once

#include "base/conf.h"
#include "cli/settings.h"

/* Adds an error to c for everything wrong; puts hosts and schemes into lower
 * case, the url's host among the region's domains, and region_i. */
void settings_check(struct conf *c, struct settings *s);
