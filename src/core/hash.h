/* XXH3 of bytes, for checksums and content hashes; not a defence against an
 * adversary. The values are stored: they never change. */
#pragma once

#include <stdint.h>

#include "base/str.h"

enum {
	HASH128_BYTES = 16
};

uint64_t hash64(struct str bytes);
uint64_t hash64_seeded(struct str bytes, uint64_t seed);
/* 16 bytes in xxHash's canonical order, big-endian. */
void hash128(struct str bytes, uint8_t to[HASH128_BYTES]);
void hash128_seeded(struct str bytes, uint64_t seed, uint8_t to[HASH128_BYTES]);
