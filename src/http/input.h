/* Reads from a connection, and finds its next request. */
#pragma once

#include "http/conn.h"

/* Reads once, if there is room. */
void input_fill(struct http_conn *conn);
/* Gives the handler an early look at what a request may begin with. */
void input_show(struct http_conn *conn);
/* Bytes were used up; gives the block back with the last of them. */
void input_used(struct http_conn *conn, size_t n);
void input_discard(struct http_conn *conn);
bool input_has_room(const struct http_conn *conn);
/* A step in HEAD or IDLE: hands the next request to the handler if it is
 * whole. True if it did something. */
bool input_step(struct http_conn *conn, struct conn_budget *budget);
