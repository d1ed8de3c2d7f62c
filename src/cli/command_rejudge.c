#include "cli/command.h"
#include "cli/job.h"
#include "cli/session.h"

int command_rejudge(struct command_context *context)
{
	static const struct job job = {
		.target = "/v1/rejudge",
		.member = "looked_at",
		.unit = 1,
		.units = "clicks",
	};
	struct session_options session = {.socket_only = true};
	bool dry = false, json = false;
	struct command_args args;
	struct session s;
	int status;
	const struct option options[] = {
		{"dry-run", 0, OPTION_FLAG, NULL,
			"say what would change, and change nothing", &dry},
		{"json", 0, OPTION_FLAG, NULL, "JSON instead of a table",
			&json},
		SESSION_OPTIONS(&session),
	};

	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), 0, 0, &args, &status))
		return status;
	status = session_open(&s, context, &session);
	if (!status)
		status = session_call(&s, "POST", job.target,
			dry ? STR("{\"dry_run\":true}") : STR("{}"));
	if (!status)
		status = job_follow(&s, &job, json);
	session_close(&s);
	return status;
}
