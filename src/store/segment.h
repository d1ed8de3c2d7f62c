/* One segment of a region's click log: the LMDB environment of one UTC day.
 * Its tables, its meta record, and the agents that it interns. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "store/db.h"

enum segment_table {
	SEGMENT_META,
	SEGMENT_CLICKS,    /* sequence, 8 bytes -> click record */
	SEGMENT_AGENTS,    /* id, 4 bytes -> agent record */
	SEGMENT_AGENT_IDS, /* XXH3-64 of an agent, 8 bytes -> id record */
	SEGMENT_TABLES_N,
};

enum {
	SEGMENT_FORMAT = 2,
	SEGMENT_AGENTS_MAX = 65536, /* interned in one segment */
};

/* Address space of the segment that is written, a day's clicks. */
#ifdef CTIO_SMALL_MAPS
#define SEGMENT_MAP_BYTES ((size_t)1 << 30)
#else
#define SEGMENT_MAP_BYTES ((size_t)64 << 30)
#endif

/* What a segment says of itself. */
struct segment_meta {
	uint64_t first;      /* its first click has this sequence or a later */
	uint64_t generation; /* how often it was rewritten */
};

/* Makes an empty segment at dir whose first click will be this sequence or a
 * later one. */
CHECKED enum err segment_create(
	const char *dir, size_t map_bytes, uint64_t first_sequence);
/* Makes the one that shall take another's place, and opens it unflushed. */
CHECKED enum err segment_begin_anew(const char *dir, size_t map_bytes,
	const struct segment_meta *meta, struct db_env **env);
CHECKED enum err segment_read_meta(struct db_txn *t, struct segment_meta *meta);
/* Opens it for the writer, or, sealed, for readers. */
CHECKED enum err segment_open(
	const char *dir, size_t map_bytes, bool sealed, struct db_env **env);
/* Its bounds; last is first - 1 when it is empty. ERR_VERSION: made by a
 * newer version; ERR_CORRUPT. */
CHECKED enum err segment_bounds(
	struct db_env *env, uint64_t *first, uint64_t *last);

/* An interned agent's text, a view of the transaction. ERR_NOT_FOUND or
 * ERR_CORRUPT if the segment cannot say; errors of the transaction itself
 * stick in it. */
CHECKED enum err segment_agent(
	struct db_txn *t, uint32_t id, struct str *agent);
/* The id under which this agent was interned; ERR_NOT_FOUND if it was not, or
 * if another agent has its hash: *taken tells. */
CHECKED enum err segment_find_agent(struct db_txn *t, struct str agent,
	uint64_t hash, uint32_t *id, bool *taken);
/* Interns it; the id is one above segment_last_agent(), or, where a segment is
 * made anew, the agent's old one, in any order. */
void segment_put_agent(
	struct db_txn *t, struct str agent, uint64_t hash, uint32_t id);
/* The highest id in use, 0 for none. */
uint32_t segment_last_agent(struct db_txn *t);
