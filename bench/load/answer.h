/* Reads one answer from a connection, in whatever pieces it comes (RFC 9112):
 * its status, its Location, and where it ends. Strict, since it also judges the
 * server: one request is out at a time, so not one byte may follow the answer.
 * No chunked bodies: a redirect has none. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum {
	ANSWER_HEAD_MAX = 12288,
	ANSWER_BYTES_MAX =
		16384, /* the head, then the body a piece at a time */
	ANSWER_BODY_MAX = 1 << 20,
};

/* Views are into the bytes it was read from. */
struct answer {
	int status;
	struct str location; /* p NULL: none */
	bool has_length;
	uint64_t length;
	bool closes; /* the server will close when it was sent */
};

enum answer_state {
	ANSWER_HEAD,
	ANSWER_BODY,
	ANSWER_BODY_TO_END, /* of the connection */
	ANSWER_DONE,
};

struct answer_reader {
	enum answer_state state;
	size_t n;           /* bytes of the head, or of what there is of it */
	uint64_t body_left; /* in ANSWER_BODY */
	struct answer answer;
	const char *fault; /* for people, after ERR_INVALID and ERR_TOO_LONG */
	char bytes[ANSWER_BYTES_MAX];
};

/* The head at the start of bytes, and its length with the empty line. ERR_AGAIN
 * if it is not whole; ERR_INVALID, ERR_TOO_LONG set *fault. */
CHECKED enum err answer_parse_head(struct str bytes, struct answer *answer,
	size_t *head_n, const char **fault);

/* Before each answer; leaves the bytes as they are, so it is cheap. */
void answer_reader_begin(struct answer_reader *r);
/* Where the next bytes go, and for how many there is room: never none. */
char *answer_reader_room(struct answer_reader *r, size_t *size);
/* n bytes came there. OK: r->answer is whole, and its views hold until the next
 * answer_reader_begin(). ERR_AGAIN, ERR_INVALID, ERR_TOO_LONG: *fault says what
 * is wrong. */
CHECKED enum err answer_reader_take(struct answer_reader *r, size_t n);
/* The connection ended. OK if that ends the answer; ERR_CLOSED if it is
 * missing, or a part of it. */
CHECKED enum err answer_reader_end(struct answer_reader *r);
