#include "core/hash.h"

#include "core/hash_long.h"

/* Inlined: most inputs are short, and a call through the library costs as much
 * as the hash. */
#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
	SHORT_MAX = 240 /* beyond it XXH3 works in vectors */
};

uint64_t hash64(struct str bytes)
{
	if (bytes.n > SHORT_MAX)
		return hash64_long(bytes);
	return XXH3_64bits(bytes.p, bytes.n);
}

uint64_t hash64_seeded(struct str bytes, uint64_t seed)
{
	return XXH3_64bits_withSeed(bytes.p, bytes.n, seed);
}

static void put128(uint8_t to[HASH128_BYTES], XXH128_hash_t hash)
{
	XXH128_canonical_t canonical;

	XXH128_canonicalFromHash(&canonical, hash);
	memcpy(to, canonical.digest, HASH128_BYTES);
}

void hash128(struct str bytes, uint8_t to[HASH128_BYTES])
{
	put128(to, XXH3_128bits(bytes.p, bytes.n));
}

void hash128_seeded(struct str bytes, uint64_t seed, uint8_t to[HASH128_BYTES])
{
	put128(to, XXH3_128bits_withSeed(bytes.p, bytes.n, seed));
}
