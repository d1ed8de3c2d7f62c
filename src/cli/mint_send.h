/* Sends a chunk of rows, writes the answered rows out in order, and tries
 * again under the same Idempotency-Key when the server or the way to it fails
 * for a while. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/mint_chunk.h"
#include "cli/mint_json.h"
#include "cli/out.h"
#include "cli/progress.h"

enum {
	MINT_TRIES_MAX = 10, /* in a row that brought no answer */
	MINT_KEY_MAX = 64,
	MINT_SHOWN_ERRORS_MAX = 5,
	MINT_SHOWN_ERROR_MAX = 200
};

/* How a request ended. */
struct mint_reply {
	enum err err;    /* as http_client_send() */
	unsigned status; /* with OK */
	uint64_t retry_after_ms;
	struct buf problem; /* what is wrong, one line */
};

/* The server, or a test's. */
struct mint_server {
	/* Sends lines under the key; push takes an answer's bytes, if the
	 * status is below 300. Fills reply, which was emptied. */
	void (*post)(void *arg, const char *key, struct str lines,
		enum err (*push)(void *arg, struct str bytes), void *push_arg,
		struct mint_reply *reply);
	void (*pause)(void *arg, uint64_t ms, const char *why);
	void *arg;
};

struct mint_counts {
	uint64_t minted;
	uint64_t bad; /* rows that came out with an error */
	size_t shown_n;
	uint64_t shown_row[MINT_SHOWN_ERRORS_MAX];
	char shown[MINT_SHOWN_ERRORS_MAX][MINT_SHOWN_ERROR_MAX];
};

/* Counts a row, which is bad if error is not empty. */
void mint_count(struct mint_counts *c, uint64_t number, struct str error);
/* The first errors, on stderr. */
void mint_show_errors(const struct mint_counts *c);

struct mint_sender {
	const struct mint_server *server;
	struct out *out;
	enum mint_format format;
	struct progress *progress; /* or NULL */
	struct mint_counts counts;
	struct mint_reply reply;
	/* While a request runs. */
	struct mint_chunk *chunk;
	size_t asked;        /* the row whose answer comes next, or chunk->n */
	bool heard;          /* an answer came that was not written before */
	bool ended;          /* the stream said that it cannot go on */
	unsigned end_status; /* with which status, 0: none */
	enum err push_err;   /* of our own, while taking an answer */
	struct buf said;     /* what that, or the stream's end, said */
	struct mint_answer answer;
	struct buf line; /* a line of the answer that came in parts */
	struct buf row;
};

void mint_sender_init(struct mint_sender *s, const struct mint_server *server,
	struct out *out, enum mint_format format, struct progress *progress);
void mint_sender_deinit(struct mint_sender *s);

/* Until every row of the chunk is written. On an error, s->reply.problem says
 * what it was (ERR_CLOSED: of the server), or is empty for one of the output;
 * what was answered is written. */
CHECKED enum err mint_send(
	struct mint_sender *s, struct mint_chunk *chunk, const char *key);
