/* Leaves nothing on disk of what was overwritten, deleted or replaced in an
 * environment. LMDB keeps old bytes in four places: in pages that it freed, in
 * the unused middle of pages in use and the unused end of a value's own page,
 * behind the last page, and in the memory of pages that it writes again for
 * others without clearing them. So, after the transactions that overwrote it:
 *
 *	db_wash() for each pass          the memory
 *	db_scrub_some() until it is OK   the file, a stretch a call
 *	db_scrub_flush()
 *
 * The first two on the writing thread, between transactions; other transactions
 * may come between the calls. What readers may still look at is waited for. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/db.h"

enum {
	DB_WASH_PASSES = 6,
	DB_SCRUB_PAGES = 256, /* looked at in one call */
};

/* Has LMDB's spare pages in memory overwritten, but for the few that it needs
 * to do so, which differ from pass to pass. Writes nothing to the file. */
CHECKED enum err db_wash(struct db_env *env, unsigned pass, size_t *pages);

/* On the caller's storage. */
struct db_scrub {
	struct db_env *env;
	uint64_t begun_at; /* the version that all is gone from */
	uint64_t page;     /* the next one to look at */
	uint64_t freed_n;  /* pages cleared whole */
	uint64_t slack_n;  /* pages whose unused bytes were cleared */
	char *pages;       /* DB_SCRUB_PAGES of them */
};

CHECKED enum err db_scrub_init(struct db_env *env, struct db_scrub *s);
void db_scrub_deinit(struct db_scrub *s);
/* OK: the whole file is clean; ERR_AGAIN: call it again; ERR_BUSY: again, when
 * readers of older versions have left; others: the disk. */
CHECKED enum err db_scrub_some(struct db_scrub *s);
/* Any thread. */
CHECKED enum err db_scrub_flush(struct db_scrub *s);
