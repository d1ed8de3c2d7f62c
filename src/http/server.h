/* A listener of a loop and its connections: HTTP/1.1, strict and bounded. The
 * same endpoint may be listened on by several loops; the kernel spreads the
 * connections (SO_REUSEPORT).
 *
 * All on the loop's thread, or while loop_run() is not running. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/metric.h"
#include "http/exchange.h"

struct loop;
struct http_listener;

enum {
	HTTP_LISTEN_BACKLOG = 4096,
	HTTP_CONNECTIONS_MAX = 65536, /* unless the options say otherwise */
	HTTP_HEAD_TIMEOUT_MS = 5000,
	HTTP_BODY_TIMEOUT_MS = 30000,
	HTTP_WRITE_TIMEOUT_MS = 30000,
	HTTP_IDLE_TIMEOUT_MS = 60000,
	HTTP_PATH_MAX = 107,  /* bytes of a unix socket's path */
	HTTP_GZIP_MIN = 1024, /* bytes of a fixed answer, else left as it is */
};

/* 0 means the default named above for timeouts and connections_max, no limit
 * for connections_per_ip_max. Deadlines are absolute: bytes that drip in do
 * not extend them. */
struct http_listen_options {
	struct ip_endpoint endpoint; /* port 0: the system chooses one */
	/* Instead, a unix socket of mode 0600; a stale file is replaced. */
	const char *unix_path;
	/* Another loop of this process listens there too. Without it, anybody
	 * listening there already is an error. */
	bool shared;
	bool keepalive; /* false: every answer closes its connection */
	/* Answers of HTTP_GZIP_MIN bytes or more, and all that are streamed,
	 * are compressed for clients that ask for it. */
	bool gzip;
	struct http_handler handler;
	uint32_t head_timeout_ms;  /* a request's whole head */
	uint32_t body_timeout_ms;  /* each KiB of a body */
	uint32_t write_timeout_ms; /* each 16 KiB of an answer */
	uint32_t idle_timeout_ms;  /* between requests */
	/* Of this listener on this loop; more get a 503. Idle ones take 1 KB
	 * each, those with bytes pending 16 KiB more in each direction. */
	uint32_t connections_max;
	/* The same, of one address (of IPv6: a /64). Not for trusted peers and
	 * unix sockets. */
	uint32_t connections_per_ip_max;
	const struct ip_prefix *trusted; /* outlive the listener */
	size_t trusted_n;
};

/* Accepts as soon as the loop runs. Options are copied. ERR_BUSY: the address
 * is in use; ERR_DENIED: not allowed to bind it; ERR_NOT_FOUND: no such
 * address here; ERR_TOO_LONG: the path; ERR_NOMEM; ERR_SYSTEM: errno. errno is
 * set with all but ERR_NOMEM and ERR_TOO_LONG. */
CHECKED enum err http_listen(struct loop *loop,
	const struct http_listen_options *options, struct http_listener **to);
/* After loop_run() returned, before loop_free(). NULL is fine. */
void http_listener_free(struct http_listener *listener);

/* The address that was really bound; of a unix socket all zero. An IPv4
 * address for "*" is never returned: n is 0 as in the options. */
struct ip_endpoint http_listener_endpoint(const struct http_listener *listener);

/* The statuses that the layer itself refuses requests with. */
enum {
	HTTP_REFUSALS_N = 9
};
extern const int http_refusal_status[HTTP_REFUSALS_N];

/* Written by the loop's thread, readable from any. */
struct http_counters {
	struct counter accepted;
	struct counter open;        /* now */
	struct counter refused_cap; /* over a connection limit; in accepted */
	struct counter requests;    /* that reached the handler */
	struct counter bytes_in;
	struct counter bytes_out;
	struct counter timeouts;     /* closed by a deadline, but idle */
	struct counter accept_stops; /* out of descriptors */
	struct counter refusals[HTTP_REFUSALS_N];
};
const struct http_counters *http_listener_counters(
	const struct http_listener *listener);
