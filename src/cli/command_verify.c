#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/offline.h"
#include "cli/progress.h"
#include "core/json_writer.h"
#include "service/verify.h"

enum {
	KINDS_MAX = 64,
	SHOWN_MAX = 20, /* of a kind */
	JSON_MAX = 16 << 20,
};

/* How often something was found wrong, by kind. */
struct kind {
	const char *name;
	uint64_t n;
};

struct verify {
	struct check check;
	struct progress progress;
	struct buf json;
	struct json_writer writer;
	bool is_json;
	struct str region; /* being checked */
	size_t kinds_n;
	struct kind kinds[KINDS_MAX];
	uint64_t records;
};

static struct kind *kind_of(struct verify *v, const char *name)
{
	size_t i = 0;

	while (i < v->kinds_n && strcmp(v->kinds[i].name, name) != 0)
		i++;
	if (i == v->kinds_n) {
		if (i == KINDS_MAX)
			return &v->kinds[0]; /* there are fewer */
		v->kinds[v->kinds_n++] = (struct kind){.name = name};
	}
	return &v->kinds[i];
}

static void on_found(void *arg, const char *name, const char *text)
{
	struct verify *v = arg;
	struct kind *kind = kind_of(v, name);

	if (kind->n++ >= SHOWN_MAX)
		return;
	if (v->is_json) {
		json_object_begin(&v->writer);
		json_key(&v->writer, "kind");
		json_put_str(&v->writer, str_from(name));
		json_key(&v->writer, "text");
		json_put_str(&v->writer, str_from(text));
		json_object_end(&v->writer);
		return;
	}
	progress_end(&v->progress);
	(void)printf("%.*s: %s: %s\n", STR_FMT(v->region), name, text);
}

static void on_looked(void *arg, uint64_t records)
{
	struct verify *v = arg;

	v->records += records;
	progress_add(&v->progress, records);
}

static void put_number(struct json_writer *w, const char *key, uint64_t n)
{
	json_key(w, key);
	json_put_u64(w, n);
}

static void begin_region(struct verify *v, struct str name)
{
	v->region = name;
	v->kinds_n = 0;
	v->records = 0;
	v->check.found_n = 0;
	if (!v->is_json)
		return;
	json_object_begin(&v->writer);
	json_key(&v->writer, "region");
	json_put_str(&v->writer, name);
	json_key(&v->writer, "found");
	json_array_begin(&v->writer);
}

static void end_json(struct verify *v, const struct verify_result *r)
{
	struct json_writer *w = &v->writer;

	json_array_end(w);
	put_number(w, "records", v->records);
	put_number(w, "clicks", r->clicks);
	put_number(w, "counted", r->counted);
	json_key(w, "has_tally");
	json_put_bool(w, r->has_tally);
	json_key(w, "differences");
	json_object_begin(w);
	for (size_t i = 0; i < v->kinds_n; i++)
		put_number(w, v->kinds[i].name, v->kinds[i].n);
	json_object_end(w);
	json_object_end(w);
}

static void say_region(struct verify *v, const struct verify_result *r)
{
	for (size_t i = 0; i < v->kinds_n; i++)
		if (v->kinds[i].n > SHOWN_MAX)
			(void)printf("%.*s: %s: and %llu more\n",
				STR_FMT(v->region), v->kinds[i].name,
				(unsigned long long)v->kinds[i].n - SHOWN_MAX);
	(void)printf("%.*s: %llu records, %llu clicks kept, ",
		STR_FMT(v->region), (unsigned long long)v->records,
		(unsigned long long)r->clicks);
	if (r->has_tally)
		(void)printf("%llu counted: ", (unsigned long long)r->counted);
	else
		(void)printf("to be counted by the next start: ");
	if (v->check.found_n)
		(void)printf("%llu differences\n",
			(unsigned long long)v->check.found_n);
	else
		(void)printf("all is well\n");
}

/* What helps: counts can be made anew, records cannot. */
static void hint(const struct verify *v, const char *data_dir)
{
	bool tally = false, other = false;

	for (size_t i = 0; i < v->kinds_n; i++) {
		const char *name = v->kinds[i].name;

		if (strncmp(name, "tally", 5) == 0 ||
			strcmp(name, "counts") == 0 ||
			strcmp(name, "postings") == 0 ||
			strcmp(name, "seen tokens") == 0)
			tally = true;
		else
			other = true;
	}
	if (tally)
		(void)fprintf(stderr,
			"%.*s: the clicks are counted anew, from what the log "
			"still has, if %s/%.*s/tally is moved away before the "
			"next start\n",
			STR_FMT(v->region), data_dir, STR_FMT(v->region));
	if (other)
		(void)fprintf(stderr,
			"%.*s: damaged records are not served; a backup may "
			"have them\n",
			STR_FMT(v->region));
}

static int verify_one(struct verify *v, const struct regions_settings *settings,
	const struct region_settings *region, bool *differs)
{
	struct region_problem problem = {{0}};
	struct verify_result result;
	enum err e;

	begin_region(v, region->name);
	progress_begin(&v->progress, "checked");
	e = verify_region(settings, region, &v->check, &result, &problem);
	progress_end(&v->progress);
	if (e)
		return command_failed("%s", problem.text);
	if (v->is_json)
		end_json(v, &result);
	else if (!result.is_absent)
		say_region(v, &result);
	*differs |= v->check.found_n > 0;
	if (v->check.found_n)
		hint(v, settings->data_dir);
	return EXIT_DONE;
}

static int verify_all(struct verify *v, const struct regions_settings *settings)
{
	struct region_problem problem = {{0}};
	bool differs = false;
	int status = EXIT_DONE, fd = -1;

	if (regions_lock(settings->data_dir, &fd, &problem))
		return command_failed("%s", problem.text);
	if (v->is_json)
		json_array_begin(&v->writer);
	for (size_t i = 0; !status && i < settings->regions_n; i++)
		if (settings->regions[i].serve)
			status = verify_one(
				v, settings, &settings->regions[i], &differs);
	(void)close(fd);
	if (status || !v->is_json)
		return status ? status : differs ? EXIT_FAILED : EXIT_DONE;
	json_array_end(&v->writer);
	if (buf_err(&v->json))
		return command_failed("%s", err_text(buf_err(&v->json)));
	(void)fwrite(v->json.p, 1, v->json.n, stdout);
	(void)fputc('\n', stdout);
	return differs ? EXIT_FAILED : EXIT_DONE;
}

static int verify(const struct regions_settings *regions, bool is_json)
{
	struct verify *v = calloc(1, sizeof(*v));
	int status;

	if (!v)
		return command_failed("%s", err_text(ERR_NOMEM));
	v->is_json = is_json;
	v->check = (struct check){
		.found = on_found, .looked = on_looked, .arg = v};
	buf_init(&v->json, JSON_MAX);
	json_writer_init(&v->writer, &v->json);
	status = verify_all(v, regions);
	buf_deinit(&v->json);
	free(v);
	return status;
}

int command_verify(struct command_context *context)
{
	struct offline offline = {0};
	struct command_args args;
	bool is_json = false;
	int status;
	const struct option options[] = {
		OFFLINE_OPTIONS(&offline),
		{"json", 0, OPTION_FLAG, NULL, "JSON instead of lines",
			&is_json},
	};

	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), 0, 0, &args, &status))
		return status;
	status = offline_open(&offline);
	if (!status)
		status = verify(&offline.regions->all, is_json);
	offline_close(&offline);
	return status;
}
