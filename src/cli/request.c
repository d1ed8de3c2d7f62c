#include "cli/request.h"

#include <stdio.h>

#include "base/assert.h"
#include "cli/print.h"
#include "cli/problem.h"
#include "core/uri_template.h"

static void put_target(struct buf *to, const struct request *r)
{
	buf_text(to, r->collection);
	if (r->name)
		uri_encode(to, str_from(r->name));
	if (r->rest)
		buf_text(to, r->rest);
	if (r->rest_name) {
		buf_byte(to, '/');
		uri_encode(to, str_from(r->rest_name));
	}
}

static int show_key(struct str body)
{
	int status = EXIT_DONE;
	struct buf key;

	buf_init(&key, PROBLEM_BODY_MAX);
	if (!problem_member(body, "key", &key) || buf_err(&key))
		status = command_failed("the server's answer has no key");
	else
		print_line(stdout, buf_view(&key));
	buf_deinit(&key);
	return status;
}

static int show(const struct request *r, struct str body)
{
	if (r->show == REQUEST_NOTHING || !body.n)
		return EXIT_DONE;
	if (r->json)
		print_line(stdout, body);
	else if (r->show == REQUEST_KEY)
		return show_key(body);
	else if (print_tree(stdout, body))
		return command_failed("the server's answer is no JSON");
	return EXIT_DONE;
}

bool request_is_socket_only(const char *collection)
{
	static const char *const only[] = {"/v1/accounts", "/v1/status",
		"/v1/erased", "/v1/explain/", "/v1/rejudge", "/v1/backup"};

	for (size_t i = 0; i < sizeof(only) / sizeof(only[0]); i++)
		if (str_starts(str_from(collection), str_from(only[i])))
			return true;
	return false;
}

int request_run(struct command_context *context,
	const struct session_options *options, const struct request *request)
{
	struct session_options with = *options;
	struct session s;
	struct buf target;
	int status;

	with.socket_only = request_is_socket_only(request->collection);
	status = session_open(&s, context, &with);
	s.about = request->about ? request->about : request->name;
	buf_init(&target, SESSION_TARGET_MAX);
	put_target(&target, request);
	if (!status && buf_err(&target))
		status = command_failed("a name is too long");
	if (!status)
		status = session_call(
			&s, request->method, buf_cstr(&target), request->body);
	if (!status)
		status = show(request, buf_view(&s.answer.body));
	session_close(&s);
	buf_deinit(&target);
	return status;
}

int request_command(
	struct command_context *context, struct request request, size_t args_n)
{
	struct session_options session = {0};
	struct command_args args;
	int status;
	const struct option options[] = {
		SESSION_OPTIONS(&session),
		{"json", 0, OPTION_FLAG, NULL, "JSON instead of a table",
			&request.json},
	};

	ASSERT(args_n <= 2);
	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), args_n, args_n, &args,
		    &status))
		return status;
	if (args_n > 0)
		request.name = args.arg[0];
	if (args_n > 1)
		request.rest_name = args.arg[1];
	return request_run(context, &session, &request);
}
