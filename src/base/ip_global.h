/* Which addresses the whole Internet can reach: what a server may connect to
 * on the word of a stranger. By IANA's registries of special-purpose addresses
 * (RFC 6890 and what came after it). */
#pragma once

#include <stdbool.h>

#include "base/ip.h"

/* False for private, local, shared, documentation, benchmark, multicast and
 * reserved addresses, and for those that carry such an IPv4 address (NAT64) or
 * any at all by a way that is no longer used (6to4, Teredo, IPv4-compatible).
 * Of IPv6 only 2000::/3 and NAT64's prefix are ever global. */
bool ip_is_global(const struct ip *ip);
