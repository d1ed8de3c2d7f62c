/* How many connections each address has: an open hash table that grows, keyed
 * with a random seed so that nobody can choose its collisions. IPv6 addresses
 * are counted by their /64, since that is what one customer gets. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"

struct ip_count_slot {
	uint64_t key[2];
	uint32_t count; /* 0: free */
};

struct ip_count {
	struct ip_count_slot *slots;
	size_t size; /* a power of two, or 0 */
	size_t used;
	uint64_t seed[2];
};

void ip_count_init(struct ip_count *counts);
void ip_count_deinit(struct ip_count *counts);
/* ERR_FULL: there are max already; ERR_NOMEM. */
CHECKED enum err ip_count_add(
	struct ip_count *counts, const struct ip *ip, uint32_t max);
/* Of one that was added. */
void ip_count_remove(struct ip_count *counts, const struct ip *ip);
