#include <stdio.h>

#include "cli/command.h"
#include "cli/print.h"
#include "cli/request.h"
#include "cli/session.h"
#include "core/json_writer.h"
#include "core/token_block.h"

enum {
	LINE_BYTES = TOKEN_RECIPIENT_MAX + 3 /* an end of line, and a NUL */
};

int command_erasure_show(struct command_context *context)
{
	return request_command(context,
		(struct request){
			.method = "GET", .collection = "/v1/erasures/"},
		1);
}

int command_erasure_list(struct command_context *context)
{
	return request_command(context,
		(struct request){.method = "GET", .collection = "/v1/erasures"},
		0);
}

/* From stdin, so that it need not stand in a shell's history. */
static bool read_recipient(char line[LINE_BYTES], struct str *recipient)
{
	if (!fgets(line, LINE_BYTES, stdin))
		return false;
	*recipient = str_from(line);
	if (str_ends(*recipient, STR("\n")))
		recipient->n--;
	if (str_ends(*recipient, STR("\r")))
		recipient->n--;
	return recipient->n > 0;
}

int command_erasure_create(struct command_context *context)
{
	struct request request = {.method = "POST",
		.collection = "/v1/erasures",
		.about = "the erasure"};
	struct session_options session = {0};
	struct command_args args;
	struct json_writer w;
	struct str recipient;
	struct buf body;
	char line[LINE_BYTES];
	int status;
	const struct option options[] = {
		{"json", 0, OPTION_FLAG, NULL, "JSON instead of a table",
			&request.json},
		SESSION_OPTIONS(&session),
	};

	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), 0, 1, &args, &status))
		return status;
	if (args.n)
		recipient = str_from(args.arg[0]);
	else if (!read_recipient(line, &recipient))
		return command_failed("stdin: no recipient");
	buf_init(&body, REQUEST_BODY_MAX);
	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_key(&w, "recipient");
	json_put_str(&w, recipient);
	json_object_end(&w);
	request.body = buf_view(&body);
	status = buf_err(&body) ? command_failed("%s", err_text(buf_err(&body)))
				: request_run(context, &session, &request);
	buf_deinit(&body);
	return status;
}

static enum err write_out(void *arg, struct str bytes)
{
	(void)arg;
	return fwrite(bytes.p, 1, bytes.n, stdout) == bytes.n ? OK : ERR_IO;
}

int command_erasure_export(struct command_context *context)
{
	struct http_client_request request = {.method = "GET",
		.target = "/v1/erased",
		.push = write_out,
		.answer_max = SESSION_ANSWER_MAX,
		.stop_fd = -1};
	struct session_options options = {.socket_only = true};
	struct command_args args;
	struct session s;
	int status;
	const struct option rows[] = {
		SESSION_OPTIONS(&options),
	};

	if (!command_parse(context, rows, sizeof(rows) / sizeof(rows[0]), 0, 0,
		    &args, &status))
		return status;
	status = session_open(&s, context, &options);
	if (!status) {
		enum err e = session_send(&s, &request);

		if (e || s.answer.status >= 300)
			status = session_failed(&s, e);
	}
	session_close(&s);
	return status;
}
