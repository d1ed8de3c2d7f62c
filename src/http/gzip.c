#include "http/gzip.h"

#include <stdbool.h>
#include <stdlib.h>

/* Its input is const. */
#define ZLIB_CONST
#include <zlib.h>

#include "base/assert.h"

enum {
	/* Rows of JSON shrink to a seventh for 3 us of CPU each; the default
	 * level takes twice that for a tenth less. A larger window gains them
	 * nothing. */
	GZIP_LEVEL = 1,
	GZIP_WINDOW_BITS = 14 + 16, /* deflateInit2(): gzip's wrapper */
	GZIP_MEMORY = 7,
	GZIP_ROOM = 4096, /* appended at a time, at least */
};

struct gzip {
	z_stream z;
	bool is_dirty; /* there is something to flush */
	bool has_ended;
};

enum err gzip_new(struct gzip **to)
{
	struct gzip *g = calloc(1, sizeof(*g));

	if (!g)
		return ERR_NOMEM;
	if (deflateInit2(&g->z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS,
		    GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(g);
		return ERR_NOMEM;
	}
	*to = g;
	return OK;
}

void gzip_free(struct gzip *g)
{
	if (!g)
		return;
	(void)deflateEnd(&g->z); /* says whether bytes were left */
	free(g);
}

static int flush_of(enum gzip_flush flush)
{
	switch (flush) {
	case GZIP_SYNC:
		return Z_SYNC_FLUSH;
	case GZIP_END:
		return Z_FINISH;
	case GZIP_KEEP:
		break;
	}
	return Z_NO_FLUSH;
}

enum err gzip_put(struct gzip *g, struct str bytes, enum gzip_flush flush,
	struct buf *out)
{
	z_stream *z = &g->z;

	ASSERT(!g->has_ended && bytes.n <= UINT32_MAX);
	if (bytes.n == 0 && flush != GZIP_END &&
		(flush == GZIP_KEEP || !g->is_dirty))
		return OK;
	z->next_in = (const Bytef *)bytes.p;
	z->avail_in = (uInt)bytes.n;
	do {
		char *to = buf_reserve(out, GZIP_ROOM);

		if (!to)
			return buf_err(out);
		z->next_out = (Bytef *)to;
		z->avail_out = GZIP_ROOM;
		/* Z_BUF_ERROR: nothing was left to be done. */
		ASSERT(deflate(z, flush_of(flush)) != Z_STREAM_ERROR);
		buf_wrote(out, GZIP_ROOM - z->avail_out);
	} while (z->avail_out == 0);
	ASSERT(z->avail_in == 0);
	g->is_dirty = flush == GZIP_KEEP;
	g->has_ended = flush == GZIP_END;
	return OK;
}
