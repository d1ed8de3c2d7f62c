/* A listener's insides; for this folder alone. */
#pragma once

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/answer.h"
#include "http/conn.h"
#include "http/ip_count.h"
#include "http/pool.h"
#include "http/server.h"
#include "http/transport.h"

enum {
	HTTP_ACCEPTS_PER_TURN = 64,
	HTTP_ACCEPT_RETRY_MS = 100, /* when out of descriptors */
	HTTP_ACCEPT_LOG_MS = 60000, /* at most one line in that time */
	HTTP_REFUSE_LINES_MAX = 4096,
	HTTP_REFUSE_BODY_MAX = 65536,
};

struct http_listener {
	struct loop *loop;
	struct http_listen_options options;
	char unix_path[HTTP_PATH_MAX + 1]; /* "" for TCP */
	const struct transport *transport;
	int fd; /* -1 once closed */
	struct ip_endpoint endpoint;
	struct event accept_event;
	struct loop_timer retry; /* set while accepting is paused */
	uint64_t may_log_ms;
	struct loop_holder holder;
	struct pool blocks;
	struct pool conns;
	struct ip_count ips;
	struct http_conn *lists[CONN_STATES_N];
	struct http_conn *cursor;    /* of a walk over a list */
	struct http_request request; /* of the on_request() that runs */
	struct buf refuse_lines, refuse_body;
	struct buf plain; /* what a source wrote, before it is compressed */
	uint64_t date_s;
	char date_line[HTTP_DATE_LINE_MAX];
	size_t date_line_n;
	struct http_counters counters;
};

/* A connection's descriptor was closed: accepting may go on. */
void listener_descriptor_freed(struct http_listener *listener);
struct str listener_date_line(struct http_listener *listener);
/* Asks the owner to dress a refusal, counts it; the result is in refuse_lines
 * and refuse_body until the next one. */
void listener_refuse(
	struct http_listener *listener, int status, const char *why);
