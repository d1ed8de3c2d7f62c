/* What handlers see: one request and its answer. A listener's on_request() is
 * called with an exchange, which ends by exactly one http_answer(), or one
 * http_answer_stream() and its stop(). Until then it stays valid, even if the
 * peer has left: an answer then goes nowhere. One that is never answered ends
 * with its listener. All on the loop's thread.
 *
 * None of these functions calls back into the handler. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/str.h"
#include "http/request.h"

struct http_exchange;
struct loop;

enum {
	/* What a source may append in one call. Its room is always
	 * out->max - out->n; it returns PULL_MORE when the next piece might not
	 * fit. */
	HTTP_OUT_MAX = 65536,
};

struct http_handler {
	/* The request dies when this returns, the exchange does not. */
	void (*on_request)(struct http_exchange *ex,
		const struct http_request *request, void *arg);
	/* Dresses the answer to a request that the layer refuses itself (400,
	 * 408, 413, 414, 417, 431, 501, 503, 505); why is a short English
	 * text. May be NULL: no body then. What is left in the buffers is
	 * used; both are empty before. */
	void (*on_refuse)(int status, const char *why, struct buf *header_lines,
		struct buf *body, void *arg);
	/* An early look at the bytes that the next request may begin with:
	 * connections that are ready together are all looked at (LOOP_SOON_MAX
	 * at once) before the first request of theirs is handled, so that what
	 * these will need can be brought near in one go. A hint, unchecked,
	 * and maybe only a part. May be NULL. */
	void (*on_bytes)(struct str bytes, void *arg);
	void *arg;
};

struct loop *http_exchange_loop(struct http_exchange *ex);
/* The peer of the connection, not what X-Forwarded-For says; n is 0 for a unix
 * socket. Lives as long as the exchange. */
const struct ip *http_peer(struct http_exchange *ex);
/* True on a unix socket. */
bool http_is_local(struct http_exchange *ex);

/* "Not Found" and the like; "" for a status that we do not know. */
const char *http_status_text(int status);

/* Answers, and ends the exchange. On a listener with gzip, answers of either
 * kind may leave compressed, and say so. header_lines are ready-made lines,
 * each ending in CRLF, or empty; status line, Date, Content-Length and
 * Connection are added here, and a HEAD gets them without the body. Both
 * strings are copied or sent before it returns. A body that was not read to its
 * end makes this the connection's last answer; its sink is not called again. */
void http_answer(struct http_exchange *ex, int status, struct str header_lines,
	struct str body);

/* An answer of any length, pulled as the client takes it: chunked, or in
 * HTTP/1.0 ended by closing. */
enum http_pull {
	PULL_MORE,  /* wrote, or will; call again */
	PULL_AGAIN, /* did its share of work; call again on the next turn */
	PULL_WAIT,  /* nothing now; http_stream_wake() follows */
	PULL_END,   /* what is in the buffer is the last */
	PULL_ABORT, /* send what is in the buffer, then break off: a client of
		     * HTTP/1.1 sees that the answer is not whole */
};

struct http_source {
	/* Appends to out (what is in it already is not the source's). Called
	 * only when what it wrote before has left. Passing HTTP_OUT_MAX aborts
	 * the answer. Not called for HEAD. */
	enum http_pull (*pull)(void *arg, struct buf *out);
	/* Exactly once: at the end, at an abort, or when the connection is
	 * lost. The exchange is gone after it. */
	void (*stop)(void *arg);
};

/* pull and stop are first called after this, and on_request(), returned. The
 * body, if accepted, goes on arriving meanwhile. */
void http_answer_stream(struct http_exchange *ex, int status,
	struct str header_lines, const struct http_source *source, void *arg);
/* Ends a PULL_WAIT; harmless at other times. */
void http_stream_wake(struct http_exchange *ex);

/* A request's body, handed over as it arrives. */
struct http_sink {
	/* Returns how many of these bytes (never none) it took; fewer than all
	 * pauses the body until http_body_resume(), and the rest comes again.
	 */
	size_t (*take)(void *arg, struct str bytes);
	/* The body is whole. */
	void (*end)(void *arg);
	/* The body will not be whole, and no more is coming: ERR_CLOSED (the
	 * client left; an answer goes nowhere, but is still due), ERR_TIMEOUT,
	 * ERR_INVALID (bad framing), ERR_TOO_LONG (over max). */
	void (*broken)(void *arg, enum err why);
};

/* Sends "100 Continue" if the client waits for it. max bounds the bytes
 * (UINT64_MAX: none). At most once, before answering, normally from within
 * on_request(); the sink is first called after both returned, also for a
 * request without a body (end at once), and never after the exchange ended. A
 * handler that does not want the body just answers. */
void http_accept_body(struct http_exchange *ex, const struct http_sink *sink,
	void *arg, uint64_t max);
/* Goes on after a pause; harmless at other times. */
void http_body_resume(struct http_exchange *ex);
