#include <string.h>

#include "cli/command.h"
#include "cli/request.h"
#include "core/json_writer.h"

int command_campaign_show(struct command_context *context)
{
	return request_command(context,
		(struct request){
			.method = "GET", .collection = "/v1/campaigns/"},
		1);
}

static void put_campaign(
	struct buf *body, const char *state, const char *override)
{
	struct json_writer w;

	json_writer_init(&w, body);
	json_object_begin(&w);
	if (state) {
		json_key(&w, "state");
		json_put_str(&w, str_from(state));
	}
	if (override) {
		json_key(&w, "override");
		json_put_str_or_null(&w, strcmp(override, "none") == 0
						 ? str_make(NULL, 0)
						 : str_from(override));
	}
	json_object_end(&w);
}

int command_campaign_set(struct command_context *context)
{
	struct request request = {
		.method = "PATCH", .collection = "/v1/campaigns/"};
	struct session_options session = {0};
	bool disable = false, enable = false;
	const char *override = NULL;
	struct command_args args;
	struct buf body;
	int status;
	const struct option options[] = {
		{"disable", 0, OPTION_FLAG, NULL, "its tokens stop working",
			&disable},
		{"enable", 0, OPTION_FLAG, NULL, "they work again", &enable},
		{"override", 0, OPTION_TEXT, "URL",
			"where all its tokens lead now; none: where they did",
			&override},
		{"json", 0, OPTION_FLAG, NULL, "JSON instead of a table",
			&request.json},
		SESSION_OPTIONS(&session),
	};

	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), 1, 1, &args, &status))
		return status;
	if (disable && enable)
		return command_usage_error(
			context, "--disable and --enable exclude each other");
	if (!disable && !enable && !override)
		return command_usage_error(context, "nothing to set");
	request.name = args.arg[0];
	buf_init(&body, REQUEST_BODY_MAX);
	put_campaign(&body,
		disable  ? "disabled"
		: enable ? "active"
			 : NULL,
		override);
	request.body = buf_view(&body);
	status = buf_err(&body) ? command_failed("%s", err_text(buf_err(&body)))
				: request_run(context, &session, &request);
	buf_deinit(&body);
	return status;
}
