/* Commands on a data folder that no server has open: its regions, by the
 * settings that `ctio serve` would have there. */
#pragma once

#include "cli/command.h"
#include "cli/server_regions.h"
#include "cli/settings.h"

struct offline {
	struct settings_source source;
	struct option_texts sets;
	struct settings *settings;
	struct server_regions *regions;
};

/* Rows of a table of options. */
#define OFFLINE_OPTIONS(offline)                                               \
	{"config", 'c', OPTION_TEXT, "FILE", "the server's config file",       \
		&(offline)->source.file},                                      \
		{"data", 0, OPTION_TEXT, "DIR",                                \
			"the server's data folder (./ctio-data)",              \
			&(offline)->source.data},                              \
	{                                                                      \
		"set", 0, OPTION_TEXTS, "SECTION.KEY=VALUE",                   \
			"changes a setting; may be given often",               \
			&(offline)->sets                                       \
	}

/* After the options were parsed: an exit status, having said what is wrong. */
CHECKED int offline_open(struct offline *o);
/* Fine on all zero. */
void offline_close(struct offline *o);
