/* Pulls a streamed answer from its source. */
#pragma once

#include "http/conn.h"

/* Puts the head into the stream's buffer. */
void stream_begin(struct http_conn *conn, int status, struct str lines);
/* A step in BUSY; true if it did something. */
bool stream_step(struct http_conn *conn, struct conn_budget *budget);
