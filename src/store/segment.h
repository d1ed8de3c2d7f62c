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
	SEGMENT_FORMAT = 1,
	SEGMENT_AGENTS_MAX = 65536, /* interned in one segment */
};

/* Address space of the segment that is written, a day's clicks. */
#ifdef CTIO_SMALL_MAPS
#define SEGMENT_MAP_BYTES ((size_t)1 << 30)
#else
#define SEGMENT_MAP_BYTES ((size_t)64 << 30)
#endif

/* Makes an empty segment at dir whose first click will be this sequence or a
 * later one. */
CHECKED enum err segment_create(
	const char *dir, size_t map_bytes, uint64_t first_sequence);
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
/* Interns it; the id is one above segment_last_agent(). */
void segment_put_agent(
	struct db_txn *t, struct str agent, uint64_t hash, uint32_t id);
/* The highest id in use, 0 for none. */
uint32_t segment_last_agent(struct db_txn *t);
