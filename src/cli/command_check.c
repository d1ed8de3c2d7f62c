#include <stdio.h>

#include "cli/command.h"
#include "cli/server_regions.h"
#include "cli/settings.h"

static int print_defaults(void)
{
	struct buf text;
	int status = EXIT_DONE;

	buf_init(&text, CONF_ERRORS_MAX);
	settings_print_defaults(&text);
	if (buf_err(&text))
		status = command_failed("%s", err_text(buf_err(&text)));
	else
		(void)fputs(buf_cstr(&text), stdout);
	buf_deinit(&text);
	return status;
}

/* The files by which clicks are judged. */
static int check_judging(const struct settings *settings)
{
	struct judging_settings judging = server_judging(&settings->click);
	struct buf problem;
	int status = EXIT_DONE;
	enum err e;

	buf_init(&problem, JUDGING_PROBLEM_MAX);
	e = judging_check(&judging, &problem);
	if (problem.n)
		(void)fprintf(stderr, "%s\n", buf_cstr(&problem));
	else if (e)
		(void)command_failed("%s", err_text(e));
	if (e)
		status = EXIT_FAILED;
	buf_deinit(&problem);
	return status;
}

static int check(const struct settings_source *source)
{
	struct settings *settings = NULL;
	int status = EXIT_DONE;
	struct buf errors;
	enum err e;

	buf_init(&errors, CONF_ERRORS_MAX);
	e = settings_load(source, &settings, &errors);
	if (e) {
		(void)fputs(buf_cstr(&errors), stderr);
		status = EXIT_FAILED;
		if (e != ERR_INVALID)
			status = command_failed("%s", err_text(e));
	} else {
		status = check_judging(settings);
	}
	if (status == EXIT_DONE)
		(void)printf("%s: fine\n",
			source->file ? source->file : "the defaults");
	settings_free(settings);
	buf_deinit(&errors);
	return status;
}

int command_check(struct command_context *context)
{
	struct settings_source source = {0};
	struct option_texts sets = {0};
	bool defaults = false;
	struct command_args args;
	int status;
	const struct option options[] = {
		{"config", 'c', OPTION_TEXT, "FILE", "the config file",
			&source.file},
		{"data", 0, OPTION_TEXT, "DIR", "as for `ctio serve`",
			&source.data},
		{"set", 0, OPTION_TEXTS, "SECTION.KEY=VALUE",
			"changes a setting; may be given often", &sets},
		{"print-defaults", 0, OPTION_FLAG, NULL,
			"print a config file of all keys and their defaults",
			&defaults},
	};

	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), 0, 0, &args, &status))
		return status;
	if (defaults)
		return print_defaults();
	source.overrides = sets.text;
	source.overrides_n = sets.n;
	return check(&source);
}
