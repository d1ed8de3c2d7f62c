#include "cli/job.h"

#include <stdio.h>
#include <time.h>

#include "cli/command.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "core/json.h"

enum {
	POLL_MS = 200
};

/* What is needed of an answer; the state is a view of the root. */
struct look {
	struct json_t *root;
	struct str state;
	uint64_t done;
};

static int read_look(
	const struct session *s, const char *member, struct look *to)
{
	struct json_findings findings = {0};
	const struct json_t *state, *done;

	if (json_parse(buf_view(&s->answer.body), SESSION_ANSWER_MAX, &to->root,
		    &findings))
		return command_failed("the server's answer is no JSON");
	state = json_member(to->root, STR("state"));
	done = json_member(to->root, str_from(member));
	if (!state || json_kind_of(state) != JSON_KIND_STR || !done ||
		json_kind_of(done) != JSON_KIND_INTEGER)
		return command_failed("the server's answer is not understood");
	to->state = json_str_of(state);
	to->done = (uint64_t)json_i64_of(done);
	return EXIT_DONE;
}

static void wait_a_little(void)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};

	(void)nanosleep(&pause, NULL); /* shorter is fine */
}

static int await_end(struct session *s, const struct job *job, bool *failed)
{
	struct progress progress;
	uint64_t shown = 0;
	bool running = true;
	int status = EXIT_DONE;

	progress_begin(&progress, job->units);
	while (running && !status) {
		struct look look = {0};

		wait_a_little();
		status = session_call(s, "GET", job->target, str_make(NULL, 0));
		if (!status)
			status = read_look(s, job->member, &look);
		if (!status) {
			running = str_is(look.state, "running");
			*failed = !str_is(look.state, "done");
			/* What it was told before is forgotten. */
			if (str_is(look.state, "idle"))
				status = command_failed(
					"the server was started anew "
					"meanwhile, and this did not end");
			progress_add(&progress, look.done / job->unit - shown);
			shown = look.done / job->unit;
		}
		json_free(look.root);
	}
	progress_end(&progress);
	return status;
}

static int print_answer(const struct session *s, bool json)
{
	if (json)
		print_line(stdout, buf_view(&s->answer.body));
	else if (print_tree(stdout, buf_view(&s->answer.body)))
		return command_failed("the server's answer is no JSON");
	return EXIT_DONE;
}

int job_follow(struct session *s, const struct job *job, bool json)
{
	bool failed = false;
	int status = await_end(s, job, &failed);

	if (!status)
		status = print_answer(s, json);
	return !status && failed ? EXIT_FAILED : status;
}
