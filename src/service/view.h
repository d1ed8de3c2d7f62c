/* What one thread sees of the regions: its ciphers, and its snapshots of the
 * store, begun when they are asked for and dropped at the end of a turn of its
 * event loop, so that no snapshot is held while the thread waits. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/metric.h"
#include "core/cipher.h"
#include "core/opaque.h"
#include "core/token.h"
#include "service/catalog.h"
#include "service/region.h"
#include "store/click_reader.h"
#include "store/db.h"
#include "store/token_places.h"

struct view {
	struct region *region;
	struct token_codec codec;
	struct cipher click_ids; /* of exported click ids */
	struct cipher cursors;   /* of the feed's cursors */
	struct db_txn links;
	struct db_cursor blocks;    /* of tokens, in that snapshot */
	struct token_places places; /* of those blocks */
	struct catalog catalog;
	uint64_t commits;         /* that the snapshot has, at least */
	uint64_t changes_version; /* of the table that has_changes is about */
	bool has_changes;         /* of single tokens */
	struct db_txn tally;
	struct click_reader clicks;
	struct counter *snapshots; /* of all views together */
	bool is_open;
};

/* One thread's. */
struct views {
	struct regions *regions;
	struct counter snapshots; /* of links, begun */
	struct view items[REGIONS_MAX];
};

CHECKED enum err views_init(struct regions *regions, struct views *v);
void views_deinit(struct views *v);
/* Drops all snapshots: at the end of a turn, and when a commit must be seen
 * in the same turn. Views of stored bytes die here. */
void views_reset(struct views *v);

/* Drops this region's snapshot of the links alone, if something was committed
 * since it was begun. A request that was read after an edit was answered must
 * not be served from before it: within one turn, too. */
void view_refresh_links(struct view *v);

/* NULL if the region is not served here. */
struct view *view_of(struct views *v, const struct region *region);
/* The snapshot, begun if there is none; NULL when there can be none (then
 * *e says why). */
struct db_txn *view_links(struct view *v, enum err *e);
struct db_txn *view_tally(struct view *v, enum err *e);
