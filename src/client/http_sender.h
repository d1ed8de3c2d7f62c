/* Sends POST requests to servers of other people, many at once, on libcurl:
 * what webhooks need. Nobody's proxy, no redirects, no cookies; an answer's
 * body is read up to a bound and dropped. Each address is asked about before
 * it is connected to, whatever a name resolves to, and when. One thread, but
 * for http_sender_wake(); the first http_sender_new() must come before other
 * threads. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/str.h"
#include "client/http_client.h"

enum {
	HTTP_SENDER_ANSWER_MAX = 64 << 10, /* bytes of a body that are read */
	HTTP_SENDER_KEPT_MAX = 64,         /* idle connections */
};

struct http_sender_options {
	const char *user_agent;
	const char *ca_file; /* certificates to trust; NULL: the system's */
	uint64_t connect_timeout_ms;
	uint64_t timeout_ms; /* of a request, from its name to its end */
	bool allow_http;     /* https alone otherwise */
	bool (*may_connect)(void *arg, const struct ip *ip);
	void *arg;
};

struct http_sender;

/* A request; what it points to stays until it is done or cancelled. */
struct http_post {
	const char *url;
	const struct http_client_header *headers;
	size_t headers_n;
	struct str body;
	void (*done)(struct http_post *p); /* from http_sender_run() */

	/* Out. OK: it answered. ERR_DENIED: an address, or a URL, that is not
	 * allowed. ERR_NOT_FOUND: its host has no address. ERR_CLOSED: no
	 * connection, or no whole answer. ERR_TIMEOUT; ERR_INVALID: its TLS
	 * cannot be trusted; ERR_NOMEM. */
	enum err err;
	unsigned status;
	uint64_t retry_after_s; /* 0: it did not say */

	/* The sender's own. */
	struct http_sender *sender;
	struct http_post *prev, *next;
	void *easy;
	void *header_list;
	size_t received;
	bool has_answered; /* the head of its answer is whole */
	bool was_refused;  /* an address */
	bool has_tried;    /* to connect to another */
};

/* Copies the options. ERR_NOMEM. */
CHECKED enum err http_sender_new(
	const struct http_sender_options *options, struct http_sender **to);
/* Cancels what is under way. NULL is fine. */
void http_sender_free(struct http_sender *s);

/* Begins it: done is called once, later. ERR_NOMEM; ERR_INVALID for a header
 * that cannot be sent. */
CHECKED enum err http_sender_start(struct http_sender *s, struct http_post *p);
/* Breaks it off without calling done. Fine for one that was never started, or
 * is done. */
void http_sender_cancel(struct http_post *p);
size_t http_sender_busy(const struct http_sender *s);
/* Works on all requests, and waits for the network for so long at most, or
 * until http_sender_wake(); UINT64_MAX: for ever. Returns after any is done.
 * ERR_NOMEM: it did not work or wait. */
CHECKED enum err http_sender_run(struct http_sender *s, uint64_t wait_ms);
/* Any thread: the present http_sender_run(), or the next, does not wait. */
void http_sender_wake(struct http_sender *s);
