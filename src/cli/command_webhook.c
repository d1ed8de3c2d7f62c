#include <string.h>

#include "cli/command.h"
#include "cli/print.h"
#include "cli/problem.h"
#include "cli/request.h"
#include "core/json_writer.h"
#include "core/uri_template.h"

static const char webhooks[] = "/v1/webhooks/";

struct webhook_options {
	const char *url;
	const char *secret;
	const char *after;
	const char *revisions;
	bool new_secret;
	bool all;
};

static void put_text(struct json_writer *w, const char *key, const char *text)
{
	if (!text)
		return;
	json_key(w, key);
	json_put_str(w, str_from(text));
}

/* null, where it is asked for. */
static void put_null(struct json_writer *w, const char *key, bool wanted)
{
	if (!wanted)
		return;
	json_key(w, key);
	json_put_null(w);
}

static void put_webhook(struct buf *body, const struct webhook_options *o)
{
	struct json_writer w;

	json_writer_init(&w, body);
	json_object_begin(&w);
	put_text(&w, "url", o->url);
	put_text(&w, "secret", o->secret);
	put_null(&w, "secret", o->new_secret);
	put_text(&w, "after", o->after);
	put_null(&w, "after", o->all);
	if (o->revisions) {
		json_key(&w, "revisions");
		json_put_bool(&w, strcmp(o->revisions, "yes") == 0);
	}
	json_object_end(&w);
}

static int send_options(struct command_context *context,
	const struct session_options *session, struct request *request,
	const struct webhook_options *o)
{
	struct buf body;
	int status;

	buf_init(&body, REQUEST_BODY_MAX);
	put_webhook(&body, o);
	if (buf_err(&body)) {
		status = command_failed("%s", err_text(buf_err(&body)));
	} else {
		request->body = buf_view(&body);
		status = request_run(context, session, request);
	}
	buf_deinit(&body);
	return status;
}

int command_webhook_set(struct command_context *context)
{
	struct request request = {.method = "PUT", .collection = webhooks};
	struct session_options session = {0};
	struct webhook_options webhook = {0};
	struct command_args args;
	int status;
	const struct option options[] = {
		{"url", 0, OPTION_TEXT, "URL", "where clicks are sent to",
			&webhook.url},
		{"secret", 0, OPTION_TEXT, "SECRET",
			"what signs them: whsec_ and base64", &webhook.secret},
		{"new-secret", 0, OPTION_FLAG, NULL,
			"have another one made; the old one signs a day longer",
			&webhook.new_secret},
		{"after", 0, OPTION_TEXT, "CURSOR",
			"begin behind it, not with the next click",
			&webhook.after},
		{"all", 0, OPTION_FLAG, NULL, "begin with the oldest click",
			&webhook.all},
		{"revisions", 0, OPTION_TEXT, "yes|no",
			"whether clicks that were judged anew or erased come "
			"again (no)",
			&webhook.revisions},
		{"json", 0, OPTION_FLAG, NULL, "JSON instead of a table",
			&request.json},
		SESSION_OPTIONS(&session),
	};

	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), 1, 1, &args, &status))
		return status;
	if (webhook.secret && webhook.new_secret)
		return command_usage_error(context,
			"--secret and --new-secret exclude each other");
	if (webhook.after && webhook.all)
		return command_usage_error(
			context, "--after and --all exclude each other");
	if (webhook.revisions && strcmp(webhook.revisions, "yes") != 0 &&
		strcmp(webhook.revisions, "no") != 0)
		return command_usage_error(
			context, "--revisions must be yes or no");
	/* Without --url it is there, and the rest of it stays. */
	if (!webhook.url)
		request.method = "PATCH";
	request.name = args.arg[0];
	return send_options(context, &session, &request, &webhook);
}

int command_webhook_show(struct command_context *context)
{
	return request_command(context,
		(struct request){.method = "GET", .collection = webhooks}, 1);
}

int command_webhook_list(struct command_context *context)
{
	static const struct print_column columns[] = {{"WEBHOOK", "name"},
		{"STATE", "state"}, {"LAG", "lag_clicks"},
		{"FAILURES", "failures"}, {"LAST", "last_result"},
		{"URL", "url"}};

	return print_list_command(context, "/v1/webhooks", NULL, columns,
		sizeof(columns) / sizeof(columns[0]));
}

int command_webhook_enable(struct command_context *context)
{
	return request_command(context,
		(struct request){.method = "PATCH",
			.collection = webhooks,
			.body = STR("{\"state\":\"active\"}")},
		1);
}

int command_webhook_disable(struct command_context *context)
{
	return request_command(context,
		(struct request){.method = "PATCH",
			.collection = webhooks,
			.body = STR("{\"state\":\"disabled\"}")},
		1);
}

int command_webhook_delete(struct command_context *context)
{
	return request_command(context,
		(struct request){.method = "DELETE",
			.collection = webhooks,
			.show = REQUEST_NOTHING},
		1);
}

int command_webhook_replay(struct command_context *context)
{
	struct request request = {
		.method = "POST", .collection = webhooks, .rest = "/replay"};
	struct session_options session = {0};
	struct webhook_options webhook = {0};
	struct command_args args;
	int status;
	const struct option options[] = {
		{"after", 0, OPTION_TEXT, "CURSOR", "begin behind it",
			&webhook.after},
		{"all", 0, OPTION_FLAG, NULL,
			"begin with the oldest click that is kept",
			&webhook.all},
		{"json", 0, OPTION_FLAG, NULL, "JSON instead of a table",
			&request.json},
		SESSION_OPTIONS(&session),
	};

	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), 1, 1, &args, &status))
		return status;
	if (!webhook.after == !webhook.all)
		return command_usage_error(
			context, "expected --after CURSOR, or --all");
	request.name = args.arg[0];
	return send_options(context, &session, &request, &webhook);
}

/* What an answer tells of a delivery. */
static int show_result(struct str body, bool json)
{
	struct buf result;
	int status = EXIT_FAILED;

	buf_init(&result, PROBLEM_BODY_MAX);
	if (!problem_member(body, "result", &result))
		status = command_failed("the server's answer is no result");
	else if (str_is(buf_view(&result), "ok"))
		status = EXIT_DONE;
	if (json)
		print_line(stdout, body);
	else if (print_tree(stdout, body))
		status = command_failed("the server's answer is no JSON");
	buf_deinit(&result);
	return status;
}

static int run_test(struct command_context *context,
	const struct session_options *options, const char *name, bool json)
{
	struct session s;
	struct buf target;
	int status = session_open(&s, context, options);

	s.about = name;
	buf_init(&target, SESSION_TARGET_MAX);
	buf_text(&target, webhooks);
	uri_encode(&target, str_from(name));
	buf_text(&target, "/test");
	if (!status && buf_err(&target))
		status = command_failed("a name is too long");
	if (!status)
		status = session_call(
			&s, "POST", buf_cstr(&target), str_make(NULL, 0));
	if (!status)
		status = show_result(buf_view(&s.answer.body), json);
	session_close(&s);
	buf_deinit(&target);
	return status;
}

int command_webhook_test(struct command_context *context)
{
	struct session_options session = {0};
	struct command_args args;
	bool json = false;
	int status;
	const struct option options[] = {
		{"json", 0, OPTION_FLAG, NULL, "JSON instead of a table",
			&json},
		SESSION_OPTIONS(&session),
	};

	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), 1, 1, &args, &status))
		return status;
	return run_test(context, &session, args.arg[0], json);
}
