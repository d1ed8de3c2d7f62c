/* A region's links environment, DATA/REGION/links/: accounts, API keys, links,
 * campaigns, their revisions, token blocks, changes to single tokens, mint
 * streams, and webhooks. Read through transactions of store/db.h; written only
 * by the apply functions, within the links writer's transactions. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "store/db.h"

enum links_table {
	LINKS_META,
	LINKS_ACCOUNTS,         /* account id -> account record */
	LINKS_ACCOUNT_NAMES,    /* name -> account id */
	LINKS_API_KEYS,         /* key id -> API key record */
	LINKS_LINKS,            /* link id -> link record */
	LINKS_LINK_NAMES,       /* account id, name -> link id */
	LINKS_CAMPAIGNS,        /* campaign id -> campaign record */
	LINKS_CAMPAIGN_NAMES,   /* account id, name -> campaign id */
	LINKS_REVISIONS,        /* kind, id, revision -> that record then */
	LINKS_BLOCKS,           /* last token of the block -> token block */
	LINKS_TOKEN_CHANGES,    /* token -> token change record */
	LINKS_STREAMS,          /* day, account, key -> mint stream record */
	LINKS_RANGES,           /* stream id, first line -> range record */
	LINKS_WEBHOOKS,         /* webhook id -> webhook record */
	LINKS_WEBHOOK_NAMES,    /* account id, name -> webhook id */
	LINKS_HOOK_PROGRESS,    /* webhook id -> webhook progress record */
	LINKS_ERASURES,         /* account id, erasure id -> erasure record */
	LINKS_ERASURES_PENDING, /* the same keys, of those not done */
	LINKS_ERASED,           /* erasure id, first token -> token numbers */
	LINKS_MINTED,           /* count records of tokens: store/minted.h */
	LINKS_RESTORES,         /* first click after it -> restore record */
	LINKS_TABLES_N,
};

/* An id or a token's number: the shard of the node that made it, above a
 * 48-bit sequence that starts at 1. */
enum {
	LINKS_SEQUENCE_BITS = 48
};

#define LINKS_SEQUENCE_MAX ((1ull << LINKS_SEQUENCE_BITS) - 1)

static inline uint64_t links_number(uint16_t shard, uint64_t sequence)
{
	return (uint64_t)shard << LINKS_SEQUENCE_BITS | sequence;
}

static inline uint64_t links_sequence(uint64_t number)
{
	return number & LINKS_SEQUENCE_MAX;
}

struct links {
	struct db_env *env;
	uint16_t shard;
};

/* Opens the environment at dir, making it first if it is not there, and tables
 * that an older one has not.
 * ERR_VERSION: made by another version of ctio. */
CHECKED enum err links_open(const char *dir, uint16_t shard, struct links *l);
void links_close(struct links *l);
/* For reading alone, while nobody writes it. */
CHECKED enum err links_open_sealed(const char *dir, struct db_env **env);

/* The first numbers that were never given out, as of this transaction. */
CHECKED enum err links_next_id(struct db_txn *t, uint64_t *next);
CHECKED enum err links_next_token(
	struct db_txn *t, uint16_t shard, uint64_t *next);
/* Numbers kept under names of their own; ERR_NOT_FOUND if never put. */
CHECKED enum err links_get_number(
	struct db_txn *t, const char *name, uint64_t *value);
void links_put_number(struct db_txn *t, const char *name, uint64_t value);
/* Tokens minted before are not all counted in LINKS_MINTED; 0: all are. */
CHECKED enum err links_minted_from(struct db_txn *t, uint64_t *ms);
/* Writes down that ids below next are given out. */
void links_put_next_id(struct db_txn *t, uint64_t next);
