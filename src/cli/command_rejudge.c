#include <stdio.h>
#include <time.h>

#include "cli/command.h"
#include "cli/print.h"
#include "cli/problem.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "core/json.h"

enum {
	POLL_MS = 200
};

/* What is needed of the server's answer while it runs. */
struct run {
	struct str state;
	uint64_t looked;
};

static int read_run(
	const struct session *s, struct run *run, struct json_t **root)
{
	struct json_findings findings = {0};
	const struct json_t *state, *looked;

	if (json_parse(buf_view(&s->answer.body), SESSION_ANSWER_MAX, root,
		    &findings))
		return command_failed("the server's answer is no JSON");
	state = json_member(*root, STR("state"));
	looked = json_member(*root, STR("looked_at"));
	if (!state || json_kind_of(state) != JSON_KIND_STR || !looked ||
		json_kind_of(looked) != JSON_KIND_INTEGER)
		return command_failed("the server's answer is not understood");
	run->state = json_str_of(state);
	run->looked = (uint64_t)json_i64_of(looked);
	return EXIT_DONE;
}

static void wait_a_little(void)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};

	(void)nanosleep(&pause, NULL);
}

/* Until it ends; *failed tells how. */
static int follow(struct session *s, bool *failed)
{
	struct progress progress;
	uint64_t shown = 0;
	bool running = true;
	int status = EXIT_DONE;

	progress_begin(&progress, "clicks");
	while (running && !status) {
		struct json_t *root = NULL;
		struct run run = {0};

		wait_a_little();
		status = session_call(
			s, "GET", "/v1/rejudge", str_make(NULL, 0));
		if (!status)
			status = read_run(s, &run, &root);
		if (!status) {
			running = str_is(run.state, "running");
			*failed = str_is(run.state, "failed");
			progress_add(&progress, run.looked - shown);
			shown = run.looked;
		}
		json_free(root);
	}
	progress_end(&progress);
	return status;
}

int command_rejudge(struct command_context *context)
{
	struct session_options session = {.socket_only = true};
	bool dry = false, json = false, failed = false;
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
		status = session_call(&s, "POST", "/v1/rejudge",
			dry ? STR("{\"dry_run\":true}") : STR("{}"));
	if (!status)
		status = follow(&s, &failed);
	if (!status && json)
		print_line(stdout, buf_view(&s.answer.body));
	else if (!status && print_tree(stdout, buf_view(&s.answer.body)))
		status = command_failed("the server's answer is no JSON");
	if (!status && failed)
		status = EXIT_FAILED;
	session_close(&s);
	return status;
}
