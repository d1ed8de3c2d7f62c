/* The regions that are there without a config file. Only cli/settings*.c
 * include it. */
#pragma once

#include <stddef.h>

#include "base/conf.h"

extern const struct conf_example settings_regions[];
extern const size_t settings_regions_n;
