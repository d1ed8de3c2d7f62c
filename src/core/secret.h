/* API keys' text, and how they are kept: `ctio_REGION_ID_SECRET`, ID the 8
 * random bytes that find its record, SECRET 24 random bytes of which only the
 * SHA-256 is stored. Both are lower-case hexadecimal. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum {
	SECRET_HASH_BYTES = 32,
	SECRET_BYTES = 24,
	API_KEY_TEXT_MAX = 128,
	API_KEY_ID_MAX = 17, /* with its NUL */
	API_KEY_REGION_MAX = 32,
};

struct api_key_text {
	struct str region; /* a view of the text */
	uint64_t id;
	struct str secret; /* a view of the text, hexadecimal */
};

/* ERR_INVALID for anything but the one spelling. */
CHECKED enum err api_key_parse(struct str text, struct api_key_text *key);
/* NUL-terminated; region is at most API_KEY_REGION_MAX bytes. */
void api_key_put(char to[API_KEY_TEXT_MAX], struct str region, uint64_t id,
	const uint8_t secret[SECRET_BYTES]);
/* The id alone: 16 lower-case hexadecimal digits. */
void api_key_id_put(char to[API_KEY_ID_MAX], uint64_t id);
CHECKED enum err api_key_id_parse(struct str text, uint64_t *id);
/* SHA-256 of the secret's hexadecimal text. */
void secret_hash(struct str secret, uint8_t to[SECRET_HASH_BYTES]);
/* In constant time. */
bool secret_hash_eq(
	const uint8_t a[SECRET_HASH_BYTES], const uint8_t b[SECRET_HASH_BYTES]);
