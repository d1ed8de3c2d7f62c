/* An HTTP/1.1 client for ctio's own commands, on libcurl: one request at a
 * time over a connection that is kept, to a unix socket or a URL. It sends and
 * receives at once, so a server that answers while it is still being sent to
 * never waits for us; an answer of 300 or more ends the sending. One thread;
 * the first http_client_new() must come before other threads. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
	HTTP_CLIENT_HEADERS_MAX = 16,    /* headers a request may add */
	HTTP_CLIENT_HEADER_MAX = 4096,   /* bytes of one of them */
	HTTP_CLIENT_HEAD_MAX = 64 << 10, /* bytes of an answer's head */
	HTTP_CLIENT_PROBLEM_MAX = 512,   /* bytes of a failure's text */
};

struct http_client_options {
	const char *socket_path; /* NULL: none; then url says where to */
	const char *url; /* http or https, no path; NULL with a socket */
	const char *key; /* bearer, or NULL */
	const char *user_agent;
	uint64_t connect_timeout_ms;
	uint64_t silence_max_ms; /* with no byte sent or received */
};

struct http_client;

/* Copies the options. ERR_INVALID for a URL that is none, ERR_NOMEM. */
CHECKED enum err http_client_new(
	const struct http_client_options *options, struct http_client **out);
void http_client_free(struct http_client *c);

struct http_client_header {
	const char *name;
	const char *value;
};

struct http_client_request {
	const char *method;
	const char *target; /* path and query, escaped */
	const struct http_client_header *headers;
	size_t headers_n;
	struct str body; /* sent if body.p is not NULL; borrowed */
	/* Takes the body of an answer below 300 as it comes; an error ends the
	 * request and is returned. NULL: it goes to answer->body. Other
	 * answers' bodies always go there. */
	enum err (*push)(void *arg, struct str bytes);
	void *arg;
	bool compressed;   /* asks for gzip; the body comes unpacked */
	size_t answer_max; /* bytes that answer->body may take */
	uint64_t wait_ms;  /* added to silence_max_ms: the server was asked to
			      wait */
	int stop_fd;       /* ends the request once it is readable; -1: none */
};

struct http_client_answer {
	unsigned status; /* 0: none came */
	struct buf head; /* lines `Name: value\n`, of the last answer's head */
	struct buf body;
	/* Why there is no whole answer, one line for people. */
	char problem[HTTP_CLIENT_PROBLEM_MAX];
};

void http_client_answer_init(struct http_client_answer *a);
void http_client_answer_deinit(struct http_client_answer *a);

/* OK: a whole answer came, of whatever status. Else answer->problem says why,
 * and answer->status whether one had begun: ERR_NOT_FOUND nobody listens there,
 * ERR_DENIED not allowed to connect, ERR_CLOSED the connection was lost,
 * ERR_TIMEOUT, ERR_TOO_LONG past answer_max, ERR_AGAIN stopped by stop_fd,
 * ERR_INVALID the answer is no HTTP or a certificate is wrong, ERR_NOMEM, or
 * push's error. answer was initialised, and is reset here. */
CHECKED enum err http_client_send(struct http_client *c,
	const struct http_client_request *request,
	struct http_client_answer *answer);

/* The first header of that name, any case; p NULL if there is none. A view of
 * the answer. */
struct str http_client_answer_header(
	const struct http_client_answer *a, const char *name);
