/* Ids that tell nothing: two 64-bit numbers as 22 base62 characters, encrypted
 * as one block. Each purpose (click ids, cursors) has a key of its own, so that
 * one kind never reads as another. Reading proves nothing by itself: callers
 * keep some bits at a value that they check. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "core/base62.h"
#include "core/cipher.h"
#include "core/token_keys.h"

enum {
	OPAQUE_LEN = BASE62_LEN
};

/* The block holds a, then b, big-endian. */
struct sealed_id {
	uint64_t a;
	uint64_t b;
};

/* The cipher of a purpose, derived from the oldest key there is, so that a
 * rotation changes no id. Of one thread; freed with cipher_deinit(). */
CHECKED enum err opaque_cipher_init(
	struct cipher *c, const struct token_keys *keys, const char *purpose);

/* Any 16 bytes; no NUL. */
void opaque_write(const struct cipher *c, const uint8_t block[CIPHER_BLOCK],
	char to[OPAQUE_LEN]);
/* ERR_INVALID for another shape. */
CHECKED enum err opaque_read(
	const struct cipher *c, struct str s, uint8_t block[CIPHER_BLOCK]);

void sealed_id_write(const struct cipher *c, const struct sealed_id *id,
	char to[OPAQUE_LEN]);
CHECKED enum err sealed_id_read(
	const struct cipher *c, struct str s, struct sealed_id *id);

/* For many at once: their blocks, which cipher_encrypt_all() then seals, and
 * each one's text; no NUL. */
void sealed_id_block(const struct sealed_id *id, uint8_t block[CIPHER_BLOCK]);
void opaque_text(const uint8_t sealed[CIPHER_BLOCK], char to[OPAQUE_LEN]);
