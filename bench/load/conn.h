/* One connection of the load: it carries one request at a time, and opens its
 * socket anew when there is none. What becomes of a request is told to its
 * owner through hooks, from within the event loop or from conn_begin(). One
 * thread. */
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "load/answer.h"
#include "load/dial.h"
#include "load/request.h"
#include "load/targets.h"
#include "load/transport.h"

/* Who closes. */
enum conn_mode {
	CONN_KEEP_ALIVE,
	CONN_CLOSE,    /* the server: the request asks for it */
	CONN_ONE_SHOT, /* we, when the answer is whole, if not the server */
};

enum conn_outcome {
	CONN_ANSWERED,   /* whole, whatever it says */
	CONN_MALFORMED,  /* not an answer */
	CONN_UNANSWERED, /* sent, at least in part, and nothing came of it */
	CONN_REFUSED,    /* never sent: no connection was to be had */
};

struct conn;

struct conn_hooks {
	/* Once for each request. answer is for CONN_ANSWERED, and only during
	 * the call; why is for people, for all others. After CONN_REFUSED the
	 * connection can be used again when the call that led here has
	 * returned; else `free` says so. */
	void (*done)(void *arg, struct conn *c, enum conn_outcome outcome,
		const struct answer *answer, const char *why);
	/* It can take another request, now or later. */
	void (*free)(void *arg, struct conn *c);
	/* The request was answered, but the connection did not end as it
	 * should. */
	void (*unclean)(void *arg, struct conn *c, const char *why);
	void *arg;
};

/* What connections share; outlives them. */
struct conn_shared {
	struct event_base *base;
	enum conn_mode mode;
	struct dialer *dialer;
	struct tls *tls; /* NULL: plain */
	const struct request_maker *maker;
	const struct targets *targets;
	struct conn_hooks hooks;
};

enum conn_state {
	CONN_FREE, /* no request; the socket may be open */
	CONN_GREETING,
	CONN_SENDING,
	CONN_WAITING,
	CONN_ENDING, /* answered; the server is to close */
};

struct conn {
	const struct conn_shared *shared;
	struct transport transport;
	enum conn_state state;
	bool is_fresh; /* the socket was opened for this request */
	bool is_reading;
	bool is_writing;
	uint32_t target;
	uint32_t agent;
	size_t sent; /* bytes of the request */
	uint64_t due_ns;
	uint64_t begun_ns;
	struct event read_event;
	struct event write_event;
	struct answer_reader reader;
};

void conn_init(struct conn *c, const struct conn_shared *shared);
/* Closes it; no hook is called. */
void conn_deinit(struct conn *c);

/* On a free one: asks for that target. due_ns and now_ns are for the owner. */
void conn_begin(struct conn *c, uint32_t target, uint32_t agent,
	uint64_t due_ns, uint64_t now_ns);
/* It took too long: closes the socket, and says so by the hooks. Does nothing
 * on a free one. */
void conn_give_up(struct conn *c);
