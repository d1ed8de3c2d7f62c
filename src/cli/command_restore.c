#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/offline.h"
#include "cli/progress.h"
#include "core/json_writer.h"
#include "core/timestamp.h"
#include "service/restore.h"

enum {
	MB = 1000000,
	JSON_MAX = 65536,
};

/* Copied bytes, shown in MB. */
struct shown {
	struct progress progress;
	uint64_t bytes, mb;
};

static void note(void *arg, uint64_t bytes)
{
	struct shown *s = arg;

	s->bytes += bytes;
	progress_add(&s->progress, s->bytes / MB - s->mb);
	s->mb = s->bytes / MB;
}

static void say(const struct restore_result *r, bool with_erasures)
{
	char at[TIMESTAMP_LEN];

	if (r->is_finished) {
		(void)printf("finished what was cut off");
		for (size_t i = 0; i < r->regions_n; i++)
			(void)printf(
				"%s %s", i ? "," : ":", r->regions[i].name);
		(void)printf("\n");
		return;
	}
	timestamp_write(at, r->begun_ms);
	for (size_t i = 0; i < r->regions_n; i++) {
		(void)printf("%s: put back as of %.*s\n", r->regions[i].name,
			TIMESTAMP_LEN, at);
		if (r->regions[i].left_out)
			(void)printf("%s: the backup lacks %llu days of "
				     "clicks, which could not be read\n",
				r->regions[i].name,
				(unsigned long long)r->regions[i].left_out);
	}
	if (r->erasures_failed)
		(void)printf("%llu erasures cannot be done, since something "
			     "cannot be read: see `ctio erasure list`\n",
			(unsigned long long)r->erasures_failed);
	if (with_erasures)
		(void)printf("erased again: %llu tokens; %llu lines of other "
			     "regions, or of accounts that the backup has "
			     "not\n",
			(unsigned long long)r->erased_tokens,
			(unsigned long long)r->other_lines);
}

static void put_region(
	struct json_writer *w, const struct restored_region *region)
{
	json_object_begin(w);
	json_key(w, "region");
	json_put_str(w, str_from(region->name));
	json_key(w, "left_out");
	json_put_u64(w, region->left_out);
	json_object_end(w);
}

static int say_json(const struct restore_result *r)
{
	char at[TIMESTAMP_LEN];
	struct json_writer w;
	int status = EXIT_DONE;
	struct buf out;

	timestamp_write(at, r->begun_ms);
	buf_init(&out, JSON_MAX);
	json_writer_init(&w, &out);
	json_object_begin(&w);
	json_key(&w, "finished");
	json_put_bool(&w, r->is_finished);
	json_key(&w, "as_of");
	json_put_str(&w, str_make(at, sizeof(at)));
	json_key(&w, "regions");
	json_array_begin(&w);
	for (size_t i = 0; i < r->regions_n; i++)
		put_region(&w, &r->regions[i]);
	json_array_end(&w);
	json_key(&w, "erased_tokens");
	json_put_u64(&w, r->erased_tokens);
	json_key(&w, "erasures_failed");
	json_put_u64(&w, r->erasures_failed);
	json_key(&w, "other_lines");
	json_put_u64(&w, r->other_lines);
	json_object_end(&w);
	json_line_end(&w);
	if (buf_err(&out))
		status = command_failed("%s", err_text(buf_err(&out)));
	else
		(void)fwrite(out.p, 1, out.n, stdout);
	buf_deinit(&out);
	return status;
}

static int put_back(struct restore_options *options, bool is_json)
{
	struct restore_result *result = calloc(1, sizeof(*result));
	struct region_problem problem = {{0}};
	struct shown shown = {0};
	int status = EXIT_DONE;
	enum err e = ERR_NOMEM;

	options->note = note;
	options->arg = &shown;
	if (result) {
		progress_begin(&shown.progress, "MB");
		e = restore_backup(options, result, &problem);
		progress_end(&shown.progress);
	}
	if (e)
		status = command_failed(
			"%s", problem.text[0] ? problem.text : err_text(e));
	else if (is_json)
		status = say_json(result);
	else
		say(result, options->erasures != NULL);
	free(result);
	return status;
}

int command_restore(struct command_context *context)
{
	struct offline offline = {0};
	const char *erasures = NULL, *region = NULL;
	struct command_args args;
	bool is_json = false;
	int status;
	const struct option rows[] = {
		OFFLINE_OPTIONS(&offline),
		{"erasures", 0, OPTION_TEXT, "FILE",
			"erase again what `ctio erasure export` wrote there",
			&erasures},
		{"region", 0, OPTION_TEXT, "NAME",
			"this one alone, of those in the backup", &region},
		{"json", 0, OPTION_FLAG, NULL, "JSON instead of lines",
			&is_json},
	};

	if (!command_parse(context, rows, sizeof(rows) / sizeof(rows[0]), 1, 1,
		    &args, &status))
		return status;
	status = offline_open(&offline);
	if (!status)
		status = put_back(&(struct restore_options){.from = args.arg[0],
					  .settings = &offline.regions->all,
					  .only = str_from(region),
					  .erasures = erasures},
			is_json);
	offline_close(&offline);
	return status;
}
