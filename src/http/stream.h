/* Pulls a streamed answer from its source. */
#pragma once

#include "http/conn.h"

/* Puts the head into the stream's buffer; from here on it is compressed if the
 * client wants that. */
void stream_begin(struct http_conn *conn, int status, struct str lines);
/* Frees what it holds; fine for one that never began. */
void stream_discard(struct http_exchange *ex);
/* A step in BUSY; true if it did something. */
bool stream_step(struct http_conn *conn, struct conn_budget *budget);
