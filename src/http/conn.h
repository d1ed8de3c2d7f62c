/* A connection and the exchange on it; for this folder alone.
 *
 * DESIGN. A connection's state is the list it is on, and conn_move() alone
 * moves it and sets the state's deadline. Whatever happens (bytes, room to
 * write, a deadline, an answer) is noted in the connection, then conn_run()
 * takes steps until none is left: the next request, bytes for the sink, bytes
 * for the client, a pull from the source, the end of the exchange. Handlers
 * are called from steps only, never from within a function that they called;
 * an answer given outside of a step sends at once, and leaves what would call
 * a handler to the next turn.
 *
 * Events are edge-triggered, which saves the kernel a look at each socket that
 * was served: what is left unread is asked for anew (see unread).
 *
 * A connection whose peer is lost, but whose exchange is not answered, stays
 * BUSY without a socket. A freed one is kept until the end of the turn. */
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/ip.h"
#include "http/chunked.h"
#include "http/exchange.h"
#include "http/gzip.h"
#include "http/loop.h"
#include "http/parse.h"

enum {
	HTTP_BLOCK_SIZE = 16384,       /* of input and of small answers */
	HTTP_BLOCKS_KEPT = 256,        /* free ones, per listener and loop */
	HTTP_CONNS_KEPT = 4096,        /* the same, of connections */
	HTTP_REQUESTS_PER_TURN = 16,   /* of one connection */
	HTTP_PULLS_PER_TURN = 4,       /* of one connection */
	HTTP_BODY_QUANTUM = 1024,      /* bytes per body timeout */
	HTTP_WRITE_QUANTUM = 16384,    /* bytes per write timeout */
	HTTP_DRAIN_BYTES_MAX = 262144, /* read after the last answer */
	/* The same, of a body that the handler had begun to take. */
	HTTP_DRAIN_BODY_MAX = 64 << 20,
	HTTP_DRAIN_MS = 2000,
};

enum conn_state {
	CONN_HEAD,  /* a request's head arrives */
	CONN_IDLE,  /* between requests */
	CONN_BUSY,  /* with an exchange */
	CONN_DRAIN, /* all said; reading what the client still sends */
	CONN_GONE,  /* freed, until the turn ends */
	CONN_STATES_N,
};

enum body_state {
	BODY_DONE,   /* whole, or none */
	BODY_WAITS,  /* the handler has not asked for it */
	BODY_OPEN,   /* goes to the sink */
	BODY_PAUSED, /* the sink did not take all */
	BODY_DEAD,   /* will never be whole */
};

struct http_exchange {
	struct http_conn *conn;
	bool head_only;
	bool keep; /* the connection may live on after it */
	bool expects_continue;
	bool answered;
	bool resume;      /* http_body_resume() was called */
	bool chunked_out; /* the stream is sent chunked */
	bool wants_gzip;  /* the client, of a listener that has it */
	bool ended;       /* the source has no more */
	bool waits;       /* the source said PULL_WAIT */
	bool wake;        /* http_stream_wake() was called */
	uint8_t version_minor;
	uint8_t framing;  /* enum http_framing */
	uint8_t body;     /* enum body_state */
	enum err trouble; /* the body is to be broken off with this */
	struct http_chunked chunked;
	uint64_t left;  /* body bytes to come, with Content-Length */
	uint64_t taken; /* body bytes handed over */
	uint64_t max;
	const struct http_sink *sink; /* NULL behind end and broken */
	void *sink_arg;
	const struct http_source *source; /* NULL behind stop */
	void *source_arg;
	struct buf stream; /* what the source wrote, as it is sent */
	struct gzip *gzip; /* of the stream; NULL: it is sent as it is */
};

enum output_owner {
	OUT_NONE,
	OUT_POOL,
	OUT_HEAP,
	OUT_STREAM, /* the exchange's stream buffer */
};

/* What waits to be sent. */
struct output {
	char *p;
	size_t at, n;
	size_t quantum; /* sent since the deadline was set */
	uint8_t owner;  /* enum output_owner; OUT_NONE: nothing waits */
	bool blocked;   /* until the socket says otherwise */
};

struct http_conn {
	struct http_listener *listener;
	struct http_conn *prev, *next;
	int fd; /* -1 when lost */
	uint8_t state;
	bool running;   /* conn_run() is on the stack */
	bool closing;   /* to be freed when it returns */
	bool lost;      /* the peer is gone */
	bool eof;       /* the peer has ended its side */
	bool timed_out; /* the state's deadline has passed */
	bool unread;    /* more may be there than was read */
	bool reading;   /* read_event is in the loop */
	bool writing;   /* write_event is in the loop */
	bool counted;   /* in the listener's ip_count */
	struct ip peer;
	uint32_t drain_left;
	uint32_t body_quantum; /* bytes since the deadline was set */
	char *in;              /* a block, or NULL */
	size_t in_at, in_n;    /* unused bytes are from in_at to in_n */
	struct http_scan scan;
	struct output out;
	struct loop_timer timer; /* of the state; of the body when BUSY */
	struct loop_timer write_timer;
	struct loop_task task;
	struct event read_event;
	struct event write_event;
	struct http_exchange ex;
};
_Static_assert(sizeof(struct http_conn) <= 1024 - 64,
	"with libevent's own, an idle connection takes 1 KB at most");

/* What one conn_run() may still do. */
struct conn_budget {
	bool may_call; /* handlers */
	unsigned requests;
	unsigned pulls;
};

/* Takes over fd and reads at once; counted says that the peer's address is.
 * Without memory the fd is closed. */
void conn_accept(struct http_listener *listener, int fd, const struct ip *peer,
	bool counted);
void conn_run(struct http_conn *conn, bool may_call);
/* Runs it on the next turn. */
void conn_run_later(struct http_conn *conn);
/* The peer is gone: no more reading or writing. To be followed by conn_run().
 */
void conn_lose(struct http_conn *conn);
/* Nothing is left to do; for steps, or before conn_run(). */
void conn_close(struct http_conn *conn);
void conn_move(struct http_conn *conn, enum conn_state state);
/* Frees without a word what is left when the listener is. */
void conn_discard(struct http_conn *conn);

static inline struct str conn_pending(const struct http_conn *conn)
{
	if (!conn->in)
		return (struct str){0};
	return str_make(conn->in + conn->in_at, conn->in_n - conn->in_at);
}
