/* What the store keeps of mint requests beside their tokens, as records: the
 * stream that an Idempotency-Key names (or an answer still to be given), the
 * runs of its lines, and later changes to single tokens. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "core/hash.h"

enum stream_kind {
	STREAM_BATCH = 1,  /* NDJSON */
	STREAM_SINGLE = 2, /* one object */
	STREAM_KINDS,
};

enum {
	STREAM_KEY_BYTES = 4 + 8 + HASH128_BYTES,
	RANGE_KEY_BYTES = 16,
	STREAM_DAYS_KEPT = 7,
};

struct stream {
	uint64_t id;
	uint64_t created_ms;
	enum stream_kind kind;
};

/* Lines first to first + count - 1 (from 0) have the numbers from token on. */
struct range {
	uint64_t line;
	uint64_t count;
	uint64_t token;
};

/* A change to one token since it was minted. */
struct token_change {
	bool revoked;
	bool has_expires;    /* expires_ms replaces what minting said */
	uint64_t expires_ms; /* 0: never */
	uint64_t changed_ms;
};

/* A stream's key: its day, so that old ones lie together, its account, and
 * the hash of what names it. */
void stream_key_put(uint8_t to[STREAM_KEY_BYTES], uint32_t day,
	uint64_t account, const uint8_t name[HASH128_BYTES]);
void stream_record_put(struct buf *out, struct str key, const struct stream *s);
CHECKED enum err stream_record_get(
	struct str record, struct str key, struct stream *s);

/* Under stream id and first line, both 8 bytes big-endian. */
void range_key_put(uint8_t to[RANGE_KEY_BYTES], uint64_t stream, uint64_t line);
void range_record_put(struct buf *out, struct str key, const struct range *r);
/* The line comes from the key. */
CHECKED enum err range_record_get(
	struct str record, struct str key, struct range *r);

/* Under the token's number, 8 bytes big-endian. */
void token_change_put(
	struct buf *out, struct str key, const struct token_change *c);
CHECKED enum err token_change_get(
	struct str record, struct str key, struct token_change *c);
