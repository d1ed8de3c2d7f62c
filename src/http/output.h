/* Writes answers to a connection. */
#pragma once

#include "base/str.h"
#include "http/answer.h"
#include "http/conn.h"

static inline bool output_waits(const struct http_conn *conn)
{
	return conn->out.owner != OUT_NONE;
}

/* What is the same in the heads of all answers of this exchange; length is
 * how the body ends, content_length is left to the caller. */
struct http_answer_head output_head(struct http_conn *conn, int status,
	struct str lines, enum http_answer_length length);
/* Puts a whole answer out to be sent; the connection is lost without memory.
 */
void output_answer(
	struct http_conn *conn, int status, struct str lines, struct str body);
/* Puts out the exchange's stream buffer; it must not change until it left. */
void output_stream(struct http_conn *conn);
/* Sends what waits, as far as the socket takes it. True if it did something.
 */
bool output_flush(struct http_conn *conn);
void output_discard(struct http_conn *conn);
/* Between steps: sets or clears the write deadline. */
void output_watch(struct http_conn *conn);
/* Sends "100 Continue" outside of all answers. */
void output_continue(struct http_conn *conn);
