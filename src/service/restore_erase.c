#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/erasure_list.h"
#include "service/erasure_reapply.h"
#include "service/restore.h"

/* The regions in the folder where they are put together. */
struct erasing {
	struct restore_run *run;
	struct regions *regions;
	struct upkeep upkeeps[REGIONS_MAX];
};

static enum err erase_line(struct erasing *x, struct str line)
{
	enum err e = ERR_CONFLICT;
	size_t tokens;

	for (size_t i = 0; e == ERR_CONFLICT && i < x->regions->n; i++)
		if (x->regions->items[i].settings.serve)
			e = erasure_reapply_line(&x->upkeeps[i], line, &tokens);
	if (!e) {
		x->run->result->erased_lines++;
		x->run->result->erased_tokens += tokens;
	} else if (e == ERR_CONFLICT || e == ERR_NOT_FOUND) {
		x->run->result->other_lines++;
		e = OK;
	}
	return e;
}

static enum err erase_lines(struct erasing *x, FILE *file)
{
	const char *path = x->run->options->erasures;
	char *line = malloc(ERASED_LINE_MAX + 2), what[64];
	enum err e = line ? OK : ERR_NOMEM;
	size_t at = 0;

	while (!e && fgets(line, ERASED_LINE_MAX + 2, file)) {
		struct str text = str_trim(str_from(line));

		at++;
		if (!str_ends(text, STR("\n")))
			e = ERR_INVALID; /* cut off, or too long */
		else if (text.n > 1)
			e = erase_line(x, str_make(text.p, text.n - 1));
		if (!e)
			continue;
		(void)snprintf(what, sizeof(what), "line %zu: %s", at,
			e == ERR_INVALID ? "is not what `ctio erasure export` "
					   "writes"
					 : err_text(e));
		e = restore_fail(x->run, e, path, what);
	}
	if (!e && ferror(file))
		e = restore_fail(x->run, ERR_IO, path, strerror(errno));
	free(line);
	return e;
}

static enum err read_erasures(struct erasing *x)
{
	const char *path = x->run->options->erasures;
	FILE *file;
	enum err e;

	if (!path)
		return OK;
	file = fopen(path, "re");
	if (!file)
		return restore_fail(x->run, ERR_SYSTEM, path, strerror(errno));
	e = erase_lines(x, file);
	(void)fclose(file); /* it was only read */
	return e;
}

/* All that may be done now is done: clicks too, and the disk is cleared. */
static enum err bring_to_end(struct erasing *x)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < x->regions->n; i++) {
		struct upkeep *u = &x->upkeeps[i];
		uint64_t due_ms = 0;

		if (!x->regions->items[i].settings.serve)
			continue;
		while (!e && due_ms <= clock_wall_ms(u->clock)) {
			due_ms = UINT64_MAX;
			e = erase_turn(u, &due_ms);
		}
		if (e)
			e = restore_fail(x->run, e, x->run->options->from,
				"erasures cannot be done again");
		x->run->result->erasures_failed +=
			counter_get(&u->metrics.failed);
	}
	return e;
}

static enum err erase_all(struct erasing *x)
{
	const struct clock *clock = x->run->options->settings->clock;
	enum err e;

	for (size_t i = 0; i < x->regions->n; i++)
		upkeep_init(&x->upkeeps[i], &x->regions->items[i], clock);
	e = read_erasures(x);
	if (!e)
		e = bring_to_end(x);
	for (size_t i = 0; i < x->regions->n; i++)
		upkeep_deinit(&x->upkeeps[i]);
	return e;
}

/* They alone are served that are put back. */
static void choose(const struct restore_run *r, struct region_settings *to)
{
	const struct regions_settings *settings = r->options->settings;

	for (size_t i = 0; i < settings->regions_n; i++) {
		to[i] = settings->regions[i];
		to[i].serve = false;
		for (size_t k = 0; k < r->result->regions_n; k++)
			if (str_is(to[i].name, r->result->regions[k].name))
				to[i].serve = true;
	}
}

enum err restore_erase(struct restore_run *r)
{
	struct regions_settings settings = *r->options->settings;
	struct region_settings *regions = calloc(REGIONS_MAX, sizeof(*regions));
	struct erasing *x = calloc(1, sizeof(*x));
	enum err e = regions && x ? OK : ERR_NOMEM;

	if (!e) {
		choose(r, regions);
		settings.regions = regions;
		settings.data_dir = r->part;
		x->run = r;
		e = regions_open(&settings, &x->regions, r->problem);
	}
	if (!e) {
		e = erase_all(x);
		regions_close(x->regions);
	}
	free(regions);
	free(x);
	return e;
}
