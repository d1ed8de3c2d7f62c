/* Hands a request's body to the handler's sink. */
#pragma once

#include "http/conn.h"

/* A step in BUSY; true if it did something. */
bool body_step(struct http_conn *conn, struct conn_budget *budget);
/* n bytes were read from the socket: moves the body's deadline. */
void body_arrived(struct http_conn *conn, size_t n);
/* The handler no longer wants it; the sink is forgotten. */
void body_abandon(struct http_exchange *ex);
