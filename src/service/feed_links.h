/* The links that a feed's clicks name, each at a revision, with its template
 * compiled: few, and dear to read. A copy of the record is kept; in every
 * snapshot the stored one must still have its seal. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/link_record.h"
#include "core/uri_template.h"
#include "store/db.h"
#include "store/token_reader.h"

enum {
	FEED_LINKS = 64,            /* kept at once */
	FEED_LINK_BYTES_MAX = 8192, /* of a record */
};

/* The strings are views of the copy, valid until another link is asked for. */
struct feed_link {
	uint64_t id; /* 0: none */
	uint32_t revision;
	uint64_t snapshot; /* in which the record was compared last */
	struct buf record;
	struct link link;
	enum err template_err; /* ERR_CORRUPT if it does not compile */
	struct uri_template template;
};

struct feed_links {
	uint64_t snapshot; /* the present one's number */
	struct feed_link items[FEED_LINKS];
};

void feed_links_init(struct feed_links *l);
void feed_links_deinit(struct feed_links *l);
/* Another snapshot: all is compared again before it is used. */
void feed_links_renew(struct feed_links *l);
/* ERR_NOT_FOUND, ERR_CORRUPT, ERR_NOMEM or the transaction's error. */
CHECKED enum err feed_links_get(struct feed_links *l, struct db_txn *t,
	uint64_t id, uint32_t revision, const struct feed_link **to);
/* Appends the URL that the token led to by this link. ERR_CORRUPT if the
 * template does not compile, or the buffer's error. */
CHECKED enum err feed_link_expand(const struct feed_link *l,
	const struct minted_token *token, struct buf *out);
