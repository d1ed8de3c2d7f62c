#include <string.h>

#include "cli/command.h"
#include "cli/print.h"
#include "cli/request.h"
#include "core/json_writer.h"

static const char accounts[] = "/v1/accounts/";

static void put_text(struct json_writer *w, const char *key, const char *text)
{
	json_key(w, key);
	json_put_str_or_null(w, text[0] ? str_from(text) : str_make(NULL, 0));
}

static void put_hosts(struct json_writer *w, const struct option_texts *hosts)
{
	json_key(w, "allowed_hosts");
	json_array_begin(w);
	for (size_t i = 0; i < hosts->n; i++)
		if (hosts->text[i][0])
			json_put_str(w, str_from(hosts->text[i]));
	json_array_end(w);
}

/* What `account create` and `account set` share. */
struct account_options {
	const char *region;
	const char *fallback;
	struct option_texts hosts;
};

static void put_account(
	struct buf *body, const char *name, const struct account_options *o)
{
	struct json_writer w;

	json_writer_init(&w, body);
	json_object_begin(&w);
	if (name)
		put_text(&w, "account", name);
	if (o->region)
		put_text(&w, "region", o->region);
	if (o->fallback)
		put_text(&w, "fallback", o->fallback);
	if (o->hosts.n)
		put_hosts(&w, &o->hosts);
	json_object_end(&w);
}

static int run_with_body(struct command_context *context,
	const struct session_options *session, struct request *request,
	struct buf *body)
{
	int status;

	request->body = buf_view(body);
	if (buf_err(body))
		status = command_failed("%s", err_text(buf_err(body)));
	else
		status = request_run(context, session, request);
	buf_deinit(body);
	return status;
}

/* What is wrong may be the name or the region. */
static int create(struct command_context *context,
	const struct session_options *session, struct request *request,
	struct buf *body, const char *name, const char *region)
{
	struct buf about;
	int status;

	buf_init(&about, REQUEST_BODY_MAX);
	buf_printf(&about, "%s in %s", name, region);
	request->about = buf_cstr(&about);
	status = run_with_body(context, session, request, body);
	buf_deinit(&about);
	return status;
}

int command_account_create(struct command_context *context)
{
	struct request request = {.method = "POST",
		.collection = "/v1/accounts",
		.show = REQUEST_KEY};
	struct session_options session = {0};
	struct account_options account = {0};
	struct command_args args;
	struct buf body;
	int status;
	const struct option options[] = {
		{"region", 0, OPTION_TEXT, "REGION", "where its data lives",
			&account.region},
		{"fallback", 0, OPTION_TEXT, "URL",
			"where its dead tokens lead", &account.fallback},
		{"allow-host", 0, OPTION_TEXTS, "HOST",
			"where its links may lead; may be given often",
			&account.hosts},
		{"json", 0, OPTION_FLAG, NULL,
			"the account, region, key and its id as JSON",
			&request.json},
		SESSION_OPTIONS(&session),
	};

	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), 1, 1, &args, &status))
		return status;
	if (!account.region)
		return command_usage_error(context, "--region is missing");
	buf_init(&body, REQUEST_BODY_MAX);
	put_account(&body, args.arg[0], &account);
	return create(context, &session, &request, &body, args.arg[0],
		account.region);
}

int command_account_set(struct command_context *context)
{
	struct request request = {.method = "PATCH", .collection = accounts};
	struct session_options session = {0};
	struct account_options account = {0};
	struct command_args args;
	struct buf body;
	int status;
	const struct option options[] = {
		{"fallback", 0, OPTION_TEXT, "URL",
			"where its dead tokens lead; \"\": nowhere",
			&account.fallback},
		{"allow-host", 0, OPTION_TEXTS, "HOST",
			"where its links may lead, instead of what was set; "
			"\"\": anywhere",
			&account.hosts},
		{"json", 0, OPTION_FLAG, NULL, "JSON instead of a table",
			&request.json},
		SESSION_OPTIONS(&session),
	};

	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), 1, 1, &args, &status))
		return status;
	if (!account.fallback && !account.hosts.n)
		return command_usage_error(context, "nothing to set");
	request.name = args.arg[0];
	buf_init(&body, REQUEST_BODY_MAX);
	put_account(&body, NULL, &account);
	return run_with_body(context, &session, &request, &body);
}

int command_account_list(struct command_context *context)
{
	static const struct print_column columns[] = {{"ACCOUNT", "account"},
		{"REGION", "region"}, {"STATE", "state"},
		{"CREATED", "created_at"}, {"FALLBACK", "fallback"},
		{"HOSTS", "allowed_hosts"}};

	return print_list_command(context, "/v1/accounts", NULL, columns,
		sizeof(columns) / sizeof(columns[0]));
}

int command_account_show(struct command_context *context)
{
	return request_command(context,
		(struct request){.method = "GET", .collection = accounts}, 1);
}

int command_account_disable(struct command_context *context)
{
	return request_command(context,
		(struct request){.method = "PATCH",
			.collection = accounts,
			.body = STR("{\"state\":\"disabled\"}")},
		1);
}

int command_account_enable(struct command_context *context)
{
	return request_command(context,
		(struct request){.method = "PATCH",
			.collection = accounts,
			.body = STR("{\"state\":\"active\"}")},
		1);
}

int command_account_key_list(struct command_context *context)
{
	static const struct print_column columns[] = {{"KEY", "key_id"},
		{"SCOPES", "scopes"}, {"STATE", "state"},
		{"CREATED", "created_at"}, {"EXPIRES", "expires_at"}};

	return print_list_command(context, accounts, "/keys", columns,
		sizeof(columns) / sizeof(columns[0]));
}

static void put_key(struct buf *body, const char *scopes, const char *ttl)
{
	struct str rest = str_from(scopes);
	struct json_writer w;

	json_writer_init(&w, body);
	json_object_begin(&w);
	if (scopes) {
		json_key(&w, "scopes");
		json_array_begin(&w);
		while (rest.n)
			json_put_str(&w, str_trim(str_split(&rest, ',')));
		json_array_end(&w);
	}
	if (ttl)
		put_text(&w, "ttl", ttl);
	json_object_end(&w);
}

int command_account_key_add(struct command_context *context)
{
	struct request request = {.method = "POST",
		.collection = accounts,
		.rest = "/keys",
		.show = REQUEST_KEY};
	struct session_options session = {0};
	const char *scopes = NULL, *ttl = NULL;
	struct command_args args;
	struct buf body;
	int status;
	const struct option options[] = {
		{"scope", 0, OPTION_TEXT, "LIST",
			"what it may: mint,links,read,erase (all)", &scopes},
		{"expires", 0, OPTION_TEXT, "DURATION",
			"when it ends, such as 90d (never)", &ttl},
		{"json", 0, OPTION_FLAG, NULL, "all of the answer as JSON",
			&request.json},
		SESSION_OPTIONS(&session),
	};

	if (!command_parse(context, options,
		    sizeof(options) / sizeof(options[0]), 1, 1, &args, &status))
		return status;
	request.name = args.arg[0];
	buf_init(&body, REQUEST_BODY_MAX);
	put_key(&body, scopes, ttl);
	return run_with_body(context, &session, &request, &body);
}

int command_account_key_revoke(struct command_context *context)
{
	return request_command(context,
		(struct request){.method = "DELETE",
			.collection = accounts,
			.rest = "/keys",
			.show = REQUEST_NOTHING},
		2);
}
