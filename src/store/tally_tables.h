/* The tally's tables and records, for the files of store/tally*.c alone. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "core/agent_family.h"
#include "core/count_record.h"
#include "store/db.h"
#include "store/tally.h"

enum tally_table {
	TALLY_META,
	TALLY_SEEN,     /* chunk number, 8 bytes -> bitmap of its tokens */
	TALLY_COUNTERS, /* count records of clicks: core/count_record.h */
	TALLY_POSTINGS, /* account, first sequence -> the following ones */
	TALLY_BASE_SEEN,
	TALLY_BASE_COUNTERS,
	TALLY_AGENTS, /* hash128 of an agent -> its families; outlives rebuilds
		       */
	TALLY_LOST,   /* count records of what no click tells of; likewise */
	/* TALLY_SEEN and TALLY_COUNTERS of odd generations. */
	TALLY_SEEN_ODD,
	TALLY_COUNTERS_ODD,
	TALLY_TABLES_N,
};

/* Where a batch goes. */
struct tally_target {
	unsigned seen, counters;
	bool postings;
};
/* The view in a generation, which has the postings in common with the next. */
struct tally_target tally_target(uint32_t generation);
struct tally_target tally_target_base(void);

enum {
	TALLY_CHUNK_BYTES = 2000, /* of bitmap: two records fill a page */
	TALLY_CHUNK_TOKENS = TALLY_CHUNK_BYTES * 8,
	TALLY_POSTING_KEY = 16,
	TALLY_POSTINGS_MAX = 1900, /* bytes of a chunk's differences */
	TALLY_RECORD_MAX = 2022,
	TALLY_AGENT_RECORD_MAX = 256,
};

/* What the tally, or its base, stands at. */
struct tally_state {
	uint64_t position;
	struct counts totals;      /* of clicks */
	uint64_t complete_from_ms; /* earlier ones are lost; 0: none are */
	uint32_t generation;       /* which tables it is in */
	bool is_marked;            /* the log is being decided anew */
};

/* ERR_NOT_FOUND: none, or of an older format, which a base that holds nothing
 * is not. ERR_CORRUPT, ERR_VERSION; errors of the transaction. */
CHECKED enum err tally_get_state(
	struct db_txn *t, bool is_base, struct tally_state *state);
/* Errors stick in the transaction, here and below. */
void tally_put_state(
	struct db_txn *t, bool is_base, const struct tally_state *state);
void tally_delete_state(struct db_txn *t, bool is_base);

/* The number of the bitmap chunk that has this token, and its place there. */
uint64_t tally_chunk_of(uint64_t token, unsigned *bit);
/* The chunk's bytes, a view; ERR_NOT_FOUND if there is none: all zero. */
CHECKED enum err tally_get_chunk(
	struct db_txn *t, unsigned table, uint64_t chunk, struct str *bits);
/* scratch is an empty buffer, for no longer than the call. */
void tally_put_chunk(struct db_txn *t, unsigned table, uint64_t chunk,
	const uint8_t bits[TALLY_CHUNK_BYTES], struct buf *scratch);
/* A record of the chunk's table, as found by a cursor. */
CHECKED enum err tally_read_chunk(
	struct str key, struct str value, struct str *bits);

struct tally_posting_key {
	char bytes[TALLY_POSTING_KEY];
};
struct tally_posting_key tally_posting_key(uint64_t account, uint64_t first);

/* A chunk of postings: first, then each one's difference to the one before. */
struct tally_chunk {
	uint64_t account, first, last;
	struct str differences; /* varints */
};
CHECKED enum err tally_read_postings(
	struct str key, struct str value, struct tally_chunk *chunk);
void tally_put_postings(
	struct db_txn *t, const struct tally_chunk *chunk, struct buf *scratch);

CHECKED enum err tally_open_env(
	const char *dir, size_t map_bytes, struct db_env **env);
/* For reading alone, while nobody writes it. */
CHECKED enum err tally_open_sealed(const char *dir, struct db_env **env);
const char *tally_table_name(unsigned table);
CHECKED enum err tally_create_env(
	const char *dir, size_t map_bytes, uint64_t complete_from_ms);

/* What is kept of an agent; ERR_NOT_FOUND. */
CHECKED enum err tally_get_agent(
	struct db_txn *t, struct str agent, struct agent_families *to);
void tally_put_agent(struct db_txn *t, struct str agent,
	const struct agent_families *families, struct buf *scratch);
/* A record found by a cursor. */
CHECKED enum err tally_read_agent(
	struct str key, struct str value, struct agent_families *to);
