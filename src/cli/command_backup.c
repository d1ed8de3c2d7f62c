#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/command.h"
#include "cli/job.h"
#include "cli/request.h"
#include "cli/session.h"
#include "core/json_writer.h"

/* The server's current folder is another one. */
static int absolute(const char *dir, char to[PATH_MAX])
{
	char here[PATH_MAX];

	if (dir[0] == '/') {
		int n = snprintf(to, PATH_MAX, "%s", dir);

		return n < PATH_MAX ? EXIT_DONE
				    : command_failed("%s: too long", dir);
	}
	if (!getcwd(here, sizeof(here)))
		return command_failed(
			"the current folder: %s", strerror(errno));
	return file_path(to, here, dir) ? command_failed("%s: too long", dir)
					: EXIT_DONE;
}

static void put_request(struct buf *body, const char *dir, bool with_keys)
{
	struct json_writer w;

	json_writer_init(&w, body);
	json_object_begin(&w);
	json_key(&w, "directory");
	json_put_str(&w, str_from(dir));
	json_key(&w, "keys");
	json_put_bool(&w, with_keys);
	json_object_end(&w);
}

static int back_up(
	struct session *s, const char *dir, bool with_keys, bool json)
{
	static const struct job job = {
		.target = "/v1/backup",
		.member = "written",
		.unit = 1000000,
		.units = "MB",
	};
	char path[PATH_MAX];
	struct buf body;
	int status = absolute(dir, path);

	if (status)
		return status;
	buf_init(&body, REQUEST_BODY_MAX);
	put_request(&body, path, with_keys);
	status = buf_err(&body)
			 ? command_failed("%s", err_text(buf_err(&body)))
			 : session_call(s, "POST", job.target, buf_view(&body));
	buf_deinit(&body);
	return status ? status : job_follow(s, &job, json);
}

int command_backup(struct command_context *context)
{
	struct session_options session = {.socket_only = true};
	bool no_keys = false, json = false;
	struct command_args args;
	struct session s;
	int status;
	const struct option options[] = {
		{"no-keys", 0, OPTION_FLAG, NULL,
			"leave out token.keys, without which no token works",
			&no_keys},
		{"json", 0, OPTION_FLAG, NULL, "JSON instead of a table",
			&json},
		SESSION_OPTIONS(&session),
	};

	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), 1, 1, &args, &status))
		return status;
	status = session_open(&s, context, &session);
	if (!status)
		status = back_up(&s, args.arg[0], !no_keys, json);
	session_close(&s);
	return status;
}
