#include "cli/offline.h"

#include <stdio.h>
#include <stdlib.h>

static int load(struct offline *o)
{
	struct buf errors;
	int status = EXIT_DONE;
	enum err e;

	o->source.overrides = o->sets.text;
	o->source.overrides_n = o->sets.n;
	buf_init(&errors, CONF_ERRORS_MAX);
	e = settings_load(&o->source, &o->settings, &errors);
	if (e == ERR_INVALID) {
		(void)fputs(buf_cstr(&errors), stderr);
		status = EXIT_FAILED;
	} else if (e) {
		status = command_failed("%s", err_text(e));
	}
	buf_deinit(&errors);
	return status;
}

int offline_open(struct offline *o)
{
	const char *path = "settings";
	int status = load(o);
	enum err e;

	if (status)
		return status;
	o->regions = calloc(1, sizeof(*o->regions));
	e = o->regions ? server_regions_fill(o->regions, o->settings, &path)
		       : ERR_NOMEM;
	return e ? command_failed("%s: %s", path, err_text(e)) : EXIT_DONE;
}

void offline_close(struct offline *o)
{
	if (o->regions)
		server_regions_deinit(o->regions);
	free(o->regions);
	settings_free(o->settings);
	o->regions = NULL;
	o->settings = NULL;
}
