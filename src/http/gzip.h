/* A gzip stream (RFC 1952) on zlib, made as its bytes come. One thread. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct gzip;

/* What becomes of bytes that the compressor would rather keep for now. */
enum gzip_flush {
	GZIP_KEEP, /* they stay with it */
	GZIP_SYNC, /* all that came so far can be read from what is out */
	GZIP_END,  /* and the stream is whole; nothing may follow */
};

/* About 130 KB until gzip_free(). ERR_NOMEM. */
CHECKED enum err gzip_new(struct gzip **to);
/* NULL is fine. */
void gzip_free(struct gzip *g);
/* Appends to out, nothing where there is nothing to flush; its error, with
 * which the stream is lost. */
CHECKED enum err gzip_put(struct gzip *g, struct str bytes,
	enum gzip_flush flush, struct buf *out);
