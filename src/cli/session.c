#include "cli/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/problem.h"
#include "cli/settings.h"
#include "cli/version.h"

enum {
	CONNECT_TIMEOUT_MS = 10000,
	SILENCE_MAX_MS = 60000,
	WHERE_MAX = 8 << 10
};

/* The data folder that a config file names. */
static int data_of_config(const char *file, struct buf *to)
{
	const struct settings_source source = {.file = file};
	struct settings *settings;
	struct buf errors;
	enum err e;

	buf_init(&errors, CONF_ERRORS_MAX);
	e = settings_load(&source, &settings, &errors);
	if (e) {
		(void)fputs(buf_cstr(&errors), stderr);
		buf_deinit(&errors);
		return command_failed("%s: %s", file, err_text(e));
	}
	buf_text(to, settings->server.data);
	settings_free(settings);
	buf_deinit(&errors);
	return EXIT_DONE;
}

static int find_socket(const struct session_options *o, struct buf *where)
{
	int status = EXIT_DONE;

	if (o->data)
		buf_text(where, o->data);
	else if (o->config)
		status = data_of_config(o->config, where);
	else
		buf_text(where, "./ctio-data");
	buf_text(where, "/ctio.sock");
	return status;
}

/* What was said on the command line wins over the environment. */
static const char *or_env(const char *text, const char *name)
{
	return text ? text : getenv(name);
}

static int choose(struct session *s, struct command_context *context,
	const struct session_options *o, struct http_client_options *client)
{
	bool socket_named = o->data || o->config || o->socket_only;
	const char *url = socket_named ? o->url : or_env(o->url, "CTIO_URL");

	if (o->url && o->socket_only)
		return command_usage_error(context,
			"only the server's own machine may: --data, not --url");
	if (o->url && socket_named)
		return command_usage_error(
			context, "--url and a data folder exclude each other");
	if (o->url && o->account)
		return command_usage_error(
			context, "the key says for whom, not --account");
	if (!url && o->key)
		return command_usage_error(context, "--key needs --url");
	if (!url) {
		s->local = true;
		s->account = or_env(o->account, "CTIO_ACCOUNT");
		return find_socket(o, &s->where);
	}
	buf_text(&s->where, url);
	client->url = url;
	client->key = or_env(o->key, "CTIO_KEY");
	if (!client->key)
		return command_usage_error(
			context, "--url needs a key: --key or CTIO_KEY");
	return EXIT_DONE;
}

int session_open(struct session *s, struct command_context *context,
	const struct session_options *options)
{
	struct http_client_options client = {.user_agent = "ctio/" CTIO_VERSION,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.silence_max_ms = SILENCE_MAX_MS};
	int status;
	enum err e;

	*s = (struct session){0};
	buf_init(&s->where, WHERE_MAX);
	http_client_answer_init(&s->answer);
	status = choose(s, context, options, &client);
	if (status)
		return status;
	/* Ended here for all who print it. */
	if (s->local)
		client.socket_path = buf_cstr(&s->where);
	else
		(void)buf_cstr(&s->where);
	if (buf_err(&s->where))
		return command_failed("the data folder's path is too long");
	e = http_client_new(&client, &s->client);
	if (e == ERR_INVALID)
		return command_usage_error(context,
			"expected http://HOST:PORT or https://HOST and a key, "
			"got \"%s\"",
			client.url);
	if (e)
		return command_failed("%s", err_text(e));
	return EXIT_DONE;
}

void session_close(struct session *s)
{
	http_client_free(s->client);
	http_client_answer_deinit(&s->answer);
	buf_deinit(&s->where);
}

enum err session_send(struct session *s, struct http_client_request *request)
{
	struct http_client_header headers[HTTP_CLIENT_HEADERS_MAX];
	const struct http_client_header *own = request->headers;
	size_t own_n = request->headers_n;
	size_t n = 0;
	enum err e;

	for (; n < own_n && n + 1 < HTTP_CLIENT_HEADERS_MAX; n++)
		headers[n] = own[n];
	if (s->account)
		headers[n++] =
			(struct http_client_header){"Ctio-Account", s->account};
	request->headers = headers;
	request->headers_n = n;
	e = http_client_send(s->client, request, &s->answer);
	request->headers = own;
	request->headers_n = own_n;
	return e;
}

int session_call(struct session *s, const char *method, const char *target,
	struct str body)
{
	static const struct http_client_header json[] = {
		{"Content-Type", "application/json"}};
	struct http_client_request request = {.method = method,
		.target = target,
		.body = body,
		.headers = json,
		.headers_n = body.p ? 1 : 0,
		.answer_max = SESSION_ANSWER_MAX,
		.stop_fd = -1};
	enum err e = session_send(s, &request);

	if (e || s->answer.status >= 300)
		return session_failed(s, e);
	return EXIT_DONE;
}

void session_problem(const struct session *s, enum err err, struct buf *to)
{
	const char *where = s->where.p ? s->where.p : "";

	if (!err)
		problem_of_answer(
			s->answer.status, buf_view(&s->answer.body), to);
	else if (s->local && err == ERR_NOT_FOUND)
		buf_printf(
			to, "no server on %s: is `ctio serve` running?", where);
	else if (s->local && err == ERR_DENIED)
		buf_printf(to, "%s belongs to the server's user: not allowed",
			where);
	else
		buf_printf(to, "%s: %s", where,
			s->answer.problem[0] ? s->answer.problem
					     : err_text(err));
}

int session_failed(const struct session *s, enum err err)
{
	struct buf text;

	buf_init(&text, 64 << 10);
	session_problem(s, err, &text);
	(void)command_failed("%s%s%s", s->about ? s->about : "",
		s->about ? ": " : "",
		buf_err(&text) ? err_text(buf_err(&text)) : buf_cstr(&text));
	buf_deinit(&text);
	return EXIT_FAILED;
}
