/* AES-128 on single blocks under one key. Making one is slow (about 1 us),
 * using it is not (about 20 ns): each thread makes its own once and keeps it;
 * a struct cipher is never shared between threads. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
	CIPHER_KEY = 16,   /* bytes of a key */
	CIPHER_BLOCK = 16, /* bytes of a block */
	CIPHER_BLOCKS_MAX = 1024,
};

struct evp_cipher_ctx_st;

struct cipher {
	struct evp_cipher_ctx_st *encrypt;
	struct evp_cipher_ctx_st *decrypt;
};

/* ERR_NOMEM, or ERR_SYSTEM when OpenSSL has no AES. */
CHECKED enum err cipher_init(struct cipher *c, const uint8_t key[CIPHER_KEY]);
/* A zeroed struct is fine. */
void cipher_deinit(struct cipher *c);

/* from and to may be the same. */
void cipher_encrypt(const struct cipher *c, const uint8_t from[CIPHER_BLOCK],
	uint8_t to[CIPHER_BLOCK]);
void cipher_decrypt(const struct cipher *c, const uint8_t from[CIPHER_BLOCK],
	uint8_t to[CIPHER_BLOCK]);

/* n blocks, CIPHER_BLOCKS_MAX at most, in place: quicker than one after the
 * other. */
void cipher_encrypt_all(
	const struct cipher *c, uint8_t (*blocks)[CIPHER_BLOCK], size_t n);

/* A key for one purpose, such as "click id", from a secret that has others: the
 * first half of HMAC-SHA256(secret, "ctio " purpose). ERR_SYSTEM when OpenSSL
 * has no SHA-256. */
CHECKED enum err cipher_derive_key(const uint8_t secret[CIPHER_KEY],
	const char *purpose, uint8_t to[CIPHER_KEY]);
