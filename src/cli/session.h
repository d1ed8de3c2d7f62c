/* A command's way to the server: over the administrator's socket in the data
 * folder, or over HTTP with a key. It says on stderr what went wrong. One
 * thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/command.h"
#include "client/http_client.h"

enum {
	SESSION_ANSWER_MAX = 4 << 20, /* bytes of an answer kept whole */
	SESSION_TARGET_MAX = 8 << 10, /* bytes of a path and query */
};

/* Where the options' rows put their texts; all NULL at first. */
struct session_options {
	const char *config;
	const char *data;
	const char *url;
	const char *key;
	const char *account;
	bool socket_only; /* the API has no such call: CTIO_URL is not meant */
};

/* The rows, for a command's table. */
#define SESSION_OPTIONS(o)                                                     \
	{"data", 0, OPTION_TEXT, "DIR",                                        \
		"the server's data folder (./ctio-data)", &(o)->data},         \
		{"config", 'c', OPTION_TEXT, "FILE",                           \
			"the server's config file, for its data folder",       \
			&(o)->config},                                         \
		{"url", 0, OPTION_TEXT, "URL",                                 \
			"the server's API instead (CTIO_URL)", &(o)->url},     \
		{"key", 0, OPTION_TEXT, "KEY", "a key for --url (CTIO_KEY)",   \
			&(o)->key},                                            \
	{                                                                      \
		"account", 0, OPTION_TEXT, "NAME",                             \
			"for whom, over the socket (CTIO_ACCOUNT)",            \
			&(o)->account                                          \
	}

struct session {
	struct http_client *client;
	struct http_client_answer answer; /* of the last request */
	const char *account;              /* NULL: none was named */
	const char *about; /* what failures are told of; NULL: nothing */
	bool local;        /* over the socket */
	struct buf where;  /* the socket's path, or the URL */
};

/* EXIT_DONE, or the status to return, having said why. Close it in any case. */
CHECKED int session_open(struct session *s, struct command_context *context,
	const struct session_options *options);
void session_close(struct session *s);

/* Sends; the account's header is added to the request's own. As
 * http_client_send(). */
CHECKED enum err session_send(
	struct session *s, struct http_client_request *request);
/* Sends a request whose answer is to be 2xx JSON; body.p NULL: none. EXIT_DONE
 * with s->answer, or EXIT_FAILED, having said why. */
CHECKED int session_call(struct session *s, const char *method,
	const char *target, struct str body);

/* Says why a request failed: err is what session_send() returned, or OK for an
 * answer that is an error's. Returns EXIT_FAILED. */
int session_failed(const struct session *s, enum err err);
/* Appends that text, one line without an end. */
void session_problem(const struct session *s, enum err err, struct buf *to);
