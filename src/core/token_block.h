/* Token blocks: the tokens of one commit that lie next to each other, in one
 * record. What tokens share (a shape) is kept once; each token then costs its
 * nonce, the shape's place, lengths and the caller's bytes. A line that a
 * stream refused takes a place too, with its error.
 *
 * A block lies under the number of its last token. Body:
 *   key version u8 | minted_ms varint | count varint | length of the shapes
 *   varint | shapes, each its length varint and its bytes | if count > 1: count
 *   places, each an offset be16 into the entries and the entry's sum be32 |
 *   entries, each
 *     place of its shape among the shapes + 1 varint, nonce be32, tail bytes
 *     or 0, hash of the refused line be64, the refusal's bytes
 * A token that was erased keeps its place, nonce and shape; its tail has the
 * same length, but says only that (core/token_erase.h).
 * An entry's sum covers all that its token hangs on, so that a tap touches its
 * own bytes and not those of the hundred tokens around it (one alone has the
 * block's): the low half of
 * XXH3(entry, seeded by the token's number) + XXH3(shape, seeded by minted_ms
 * and key version). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
	TOKEN_RECIPIENT_MAX = 128,
	TOKEN_REF_MAX = 128,
	TOKEN_PARAMS_MAX = 32,
	TOKEN_BYTES_MAX = 1500, /* recipient, ref and params together */
	TOKEN_REFUSAL_MAX = 600,
	TOKEN_TAIL_ERASED = 0xff, /* the first byte of such a tail */
	BLOCK_BYTES_MAX = 4080,   /* a page's worth of value */
	/* One shape with a long destination still leaves room for a token. */
	SHAPE_BYTES_MAX = 2200,
	BLOCK_TOKENS_MAX = 1024,
	BLOCK_SHAPES_MAX = 64,
};

/* What tokens of a kind share. Strings are views. */
struct token_shape {
	uint64_t account;
	uint64_t link;          /* id, 0: destination is used */
	struct str destination; /* empty with a link */
	uint64_t campaign;      /* the token's own, 0: none */
	uint64_t ttl_ms;        /* 0: none */
	bool test;
	size_t names_n; /* params, ascending by name */
	struct str names[TOKEN_PARAMS_MAX];
};

/* A token's own bytes. values are aligned with the shape's names. An absent
 * recipient or ref is empty. */
struct token_tail {
	bool erased; /* recipient, ref and values are gone: all are empty */
	struct str recipient;
	struct str ref;
	struct str values[TOKEN_PARAMS_MAX];
};

/* The canonical bytes: equal shapes have equal bytes. */
void token_shape_put(struct buf *out, const struct token_shape *s);
CHECKED enum err token_shape_get(struct str bytes, struct token_shape *s);
void token_tail_put(
	struct buf *out, const struct token_tail *t, size_t values_n);
CHECKED enum err token_tail_get(
	struct str bytes, size_t values_n, struct token_tail *t);

bool token_tail_is_erased(struct str bytes);

/* Gathers entries until the next one does not fit. */
struct block_draft {
	uint8_t key_version;
	uint64_t minted_ms;
	size_t count;
	struct buf shapes;
	size_t shapes_n;
	uint16_t shape_at[BLOCK_SHAPES_MAX]; /* places in shapes */
	struct buf entries;
	uint16_t offsets[BLOCK_TOKENS_MAX];
};

void block_draft_init(struct block_draft *d);
void block_draft_deinit(struct block_draft *d);
/* Empties it for the next block. */
void block_draft_reset(
	struct block_draft *d, uint8_t key_version, uint64_t minted_ms);
/* ERR_FULL, and nothing added, if the block would exceed bytes_max. */
CHECKED enum err block_draft_add(struct block_draft *d, struct str shape,
	uint32_t nonce, struct str tail, size_t bytes_max);
CHECKED enum err block_draft_refuse(struct block_draft *d, uint64_t line_hash,
	struct str refusal, size_t bytes_max);
/* The bytes that the finished record would take. */
size_t block_draft_size(const struct block_draft *d);
/* Appends the record, sealed for this key. */
void block_draft_put(
	struct buf *out, const struct block_draft *d, struct str key);

/* A block that was opened: views of the record. */
struct block {
	uint8_t key_version;
	uint64_t minted_ms;
	uint64_t first; /* number of the first token */
	uint64_t last;
	size_t count;
	struct str shapes;
	struct str places;
	struct str entries;
};

/* Checks the whole record; key is 8 bytes big-endian. */
CHECKED enum err block_open(struct str record, struct str key, struct block *b);

struct block_entry {
	bool refused;
	uint32_t nonce;
	struct str shape;   /* token_shape_get() */
	struct str tail;    /* token_tail_get() */
	uint64_t line_hash; /* of a refused line */
	struct str refusal;
};

/* The entry of a number between first and last. */
CHECKED enum err block_entry(
	const struct block *b, uint64_t number, struct block_entry *entry);

/* Makes its sums right again after bytes of entries or shapes were changed
 * where they lie. ERR_CORRUPT. */
CHECKED enum err block_reseal(char *record, size_t n, struct str key);

/* Opens a block for one number and checks that entry alone. ERR_NOT_FOUND: it
 * lies outside of the block. */
CHECKED enum err block_find(struct str record, struct str key, uint64_t number,
	struct block *b, struct block_entry *entry);

/* The way of block_find() in two steps, which check nothing: each asks for the
 * bytes that the next one reads, and does not wait for them. False: there is no
 * such entry. */
CHECKED bool block_near(
	struct str record, struct str key, uint64_t number, struct block *b);
void block_entry_near(const struct block *b, uint64_t number);
