#include <string.h>

#include "cli/command.h"
#include "cli/print.h"
#include "cli/request.h"
#include "core/json_writer.h"

static const char links[] = "/v1/links/";

struct link_options {
	const char *to;
	const char *campaign;
	const char *ttl;
	const char *expires_at;
	const char *fallback;
	struct option_texts defaults;
	bool forward_query;
};

static void put_text(struct json_writer *w, const char *key, const char *text)
{
	if (!text)
		return;
	json_key(w, key);
	json_put_str(w, str_from(text));
}

/* False if one is not NAME=VALUE. */
static bool put_defaults(
	struct json_writer *w, const struct option_texts *defaults)
{
	json_key(w, "defaults");
	json_object_begin(w);
	for (size_t i = 0; i < defaults->n; i++) {
		struct str value = str_from(defaults->text[i]);
		struct str name = str_split(&value, '=');

		if (!value.p || !name.n)
			return false;
		json_key_str(w, name);
		json_put_str(w, value);
	}
	json_object_end(w);
	return true;
}

static bool put_link(struct buf *body, const struct link_options *o)
{
	struct json_writer w;

	json_writer_init(&w, body);
	json_object_begin(&w);
	put_text(&w, "destination", o->to);
	put_text(&w, "campaign", o->campaign);
	put_text(&w, "ttl", o->ttl);
	put_text(&w, "expires_at", o->expires_at);
	put_text(&w, "fallback", o->fallback);
	if (o->forward_query) {
		json_key(&w, "forward_query");
		json_put_bool(&w, true);
	}
	if (o->defaults.n && !put_defaults(&w, &o->defaults))
		return false;
	json_object_end(&w);
	return true;
}

static int set(struct command_context *context,
	const struct session_options *session, struct request *request,
	const struct link_options *link)
{
	struct buf body;
	int status;

	buf_init(&body, REQUEST_BODY_MAX);
	if (!put_link(&body, link))
		status = command_usage_error(
			context, "--default expects NAME=VALUE");
	else if (buf_err(&body))
		status = command_failed("%s", err_text(buf_err(&body)));
	else {
		request->body = buf_view(&body);
		status = request_run(context, session, request);
	}
	buf_deinit(&body);
	return status;
}

/* Whether anything but the destination is given. */
static bool names_change(const struct link_options *o)
{
	return o->campaign || o->ttl || o->expires_at || o->fallback ||
	       o->defaults.n || o->forward_query;
}

int command_link_set(struct command_context *context)
{
	struct request request = {.method = "PUT", .collection = links};
	struct session_options session = {0};
	struct link_options link = {0};
	struct command_args args;
	int status;
	const struct option options[] = {
		{"to", 0, OPTION_TEXT, "URL",
			"where it leads; {name} are its variables", &link.to},
		{"campaign", 0, OPTION_TEXT, "NAME", "what it belongs to",
			&link.campaign},
		{"ttl", 0, OPTION_TEXT, "DURATION",
			"how long its tokens work, such as 90d", &link.ttl},
		{"expires-at", 0, OPTION_TEXT, "TIME",
			"when all of them end, such as 2027-01-31T00:00:00Z",
			&link.expires_at},
		{"fallback", 0, OPTION_TEXT, "URL", "where they lead then",
			&link.fallback},
		{"default", 0, OPTION_TEXTS, "NAME=VALUE",
			"a variable's value when a token has none; may be "
			"given often",
			&link.defaults},
		{"forward-query", 0, OPTION_FLAG, NULL,
			"hand the tap's query on to the destination",
			&link.forward_query},
		{"json", 0, OPTION_FLAG, NULL, "JSON instead of a table",
			&request.json},
		SESSION_OPTIONS(&session),
	};

	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), 1, 1, &args, &status))
		return status;
	if (!link.to && !names_change(&link))
		return command_usage_error(
			context, "--to is missing, or something to change");
	/* Without --to the link is there, and the rest of it stays. */
	if (!link.to)
		request.method = "PATCH";
	request.name = args.arg[0];
	return set(context, &session, &request, &link);
}

int command_link_show(struct command_context *context)
{
	return request_command(context,
		(struct request){.method = "GET", .collection = links}, 1);
}

int command_link_list(struct command_context *context)
{
	static const struct print_column columns[] = {{"LINK", "name"},
		{"STATE", "state"}, {"CAMPAIGN", "campaign"},
		{"EXPIRES", "expires_at"}, {"DESTINATION", "destination"}};

	return print_list_command(context, "/v1/links", NULL, columns,
		sizeof(columns) / sizeof(columns[0]));
}

int command_link_enable(struct command_context *context)
{
	return request_command(context,
		(struct request){.method = "PATCH",
			.collection = links,
			.body = STR("{\"state\":\"active\"}")},
		1);
}

int command_link_disable(struct command_context *context)
{
	return request_command(context,
		(struct request){.method = "DELETE",
			.collection = links,
			.show = REQUEST_NOTHING},
		1);
}
