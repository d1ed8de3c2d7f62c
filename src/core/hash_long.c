#include "core/hash_long.h"

/* The library chooses at run time; only for x86 does it offer that. */
#if defined(__x86_64__)
#include <xxh_x86dispatch.h>
#else
#include <xxhash.h>
#endif

uint64_t hash64_long(struct str bytes)
{
	return XXH3_64bits(bytes.p, bytes.n);
}
