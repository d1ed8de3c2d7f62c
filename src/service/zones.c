#include "service/zones.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"

#define ZONES_DIR "/usr/share/zoneinfo"

struct zone_entry {
	size_t name_n;
	char name[ZONE_NAME_MAX];
	struct time_zone zone;
};

void zones_deinit(struct zones *z)
{
	for (size_t i = 0; i < z->n; i++)
		free(z->items[i]);
	z->n = 0;
}

static const struct time_zone *find_kept(const struct zones *z, struct str name)
{
	for (size_t i = 0; i < z->n; i++)
		if (str_eq(str_make(z->items[i]->name, z->items[i]->name_n),
			    name))
			return &z->items[i]->zone;
	return NULL;
}

/* What is there and is no zone is not found: tables lie beside them. */
static enum err read_zone(
	const struct zones *z, struct str name, struct time_zone *to)
{
	char path[PATH_MAX];
	struct buf bytes;
	enum err e;
	int n = snprintf(path, sizeof(path), "%s/%.*s",
		z->dir ? z->dir : ZONES_DIR, STR_FMT(name));

	if (n < 0 || (size_t)n >= sizeof(path))
		return ERR_NOT_FOUND;
	buf_init(&bytes, ZONE_FILE_MAX);
	e = file_read(path, &bytes);
	if (!e)
		e = time_zone_parse(buf_view(&bytes), to);
	buf_deinit(&bytes);
	return e && e != ERR_NOMEM ? ERR_NOT_FOUND : e;
}

static void keep(struct zones *z, struct str name, const struct time_zone *zone)
{
	struct zone_entry *entry;

	if (z->n == ZONES_MAX)
		return;
	entry = malloc(sizeof(*entry));
	if (!entry)
		return;
	entry->name_n = name.n;
	memcpy(entry->name, name.p, name.n);
	entry->zone = *zone;
	z->items[z->n++] = entry;
}

enum err zones_find(struct zones *z, struct str name, struct time_zone *to)
{
	const struct time_zone *kept;
	enum err e = time_zone_parse_fixed(name, to);

	if (e != ERR_NOT_FOUND)
		return e;
	if (!time_zone_is_name(name))
		return ERR_NOT_FOUND;
	kept = find_kept(z, name);
	if (kept) {
		*to = *kept;
		return OK;
	}
	e = read_zone(z, name, to);
	if (!e)
		keep(z, name, to);
	return e;
}
