/* What the small commands share: one request, and its answer shown. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/session.h"

enum {
	REQUEST_BODY_MAX = 256 << 10
};

/* How an answer's body is shown. */
enum request_show {
	REQUEST_TREE,   /* indented, or as it is with --json */
	REQUEST_KEY,    /* its "key" alone, or as it is with --json */
	REQUEST_NOTHING /* it has none */
};

struct request {
	const char *method;
	const char *collection; /* "/v1/links/"; the name follows, escaped */
	const char *name;       /* NULL: none */
	const char *rest;       /* such as "/keys"; NULL: none */
	const char *rest_name;  /* after rest and a slash, escaped; or NULL */
	struct str body;        /* JSON; p NULL: none */
	const char *about;      /* for failures; NULL: the name */
	enum request_show show;
	bool json; /* --json */
};

/* True for what the socket alone serves: accounts, status, tokens explained.
 */
bool request_is_socket_only(const char *collection);

/* Opens a session, asks and shows; an exit status. */
CHECKED int request_run(struct command_context *context,
	const struct session_options *options, const struct request *request);

/* For a command whose only arguments are fixed words: parses the session's
 * options and --json, and runs the request with the first one or two words as
 * name and rest_name. */
CHECKED int request_command(
	struct command_context *context, struct request request, size_t args_n);
