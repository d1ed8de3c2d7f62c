#include "base/ip_global.h"

#include <stddef.h>
#include <string.h>

#define V4(a, b, c, d, bits)                                                   \
	{                                                                      \
		{4, {a, b, c, d}}, bits                                        \
	}
/* The first 32 bits; the rest is zero. */
#define V6(a, b, bits)                                                         \
	{                                                                      \
		{16, {(a) >> 8, (a)&0xff, (b) >> 8, (b)&0xff}}, bits           \
	}

static const struct ip_prefix special[] = {
	V4(0, 0, 0, 0, 8),       /* this network, RFC 791 */
	V4(10, 0, 0, 0, 8),      /* private, RFC 1918 */
	V4(100, 64, 0, 0, 10),   /* shared by a carrier's NAT, RFC 6598 */
	V4(127, 0, 0, 0, 8),     /* loopback, RFC 1122 */
	V4(169, 254, 0, 0, 16),  /* link-local, RFC 3927: cloud metadata */
	V4(172, 16, 0, 0, 12),   /* private, RFC 1918 */
	V4(192, 0, 0, 0, 24),    /* IETF protocols, RFC 6890 */
	V4(192, 0, 2, 0, 24),    /* documentation, RFC 5737 */
	V4(192, 88, 99, 0, 24),  /* 6to4 relays, RFC 7526 */
	V4(192, 168, 0, 0, 16),  /* private, RFC 1918 */
	V4(198, 18, 0, 0, 15),   /* benchmarks, RFC 2544 */
	V4(198, 51, 100, 0, 24), /* documentation, RFC 5737 */
	V4(203, 0, 113, 0, 24),  /* documentation, RFC 5737 */
	V4(224, 0, 0, 0, 4),     /* multicast, RFC 5771 */
	V4(240, 0, 0, 0, 4),     /* reserved, and broadcast, RFC 1112 */
	/* Within 2000::/3. */
	V6(0x2001, 0, 23),     /* IETF protocols, RFC 2928 */
	V6(0x2001, 0xdb8, 32), /* documentation, RFC 3849 */
	V6(0x2002, 0, 16),     /* 6to4, RFC 3056 */
	V6(0x3fff, 0, 20),     /* documentation, RFC 9637 */
};

static const struct ip_prefix unicast = V6(0x2000, 0, 3);
static const struct ip_prefix nat64 = V6(0x64, 0xff9b, 96);

static bool is_special(const struct ip *ip)
{
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (ip_in(ip, &special[i]))
			return true;
	return false;
}

bool ip_is_global(const struct ip *ip)
{
	struct ip inner = {.n = 4};

	if (ip->n == 4)
		return !is_special(ip);
	if (ip->n != 16)
		return false;
	if (!ip_in(ip, &nat64))
		return ip_in(ip, &unicast) && !is_special(ip);
	/* RFC 6052 2.2: the last 32 bits. */
	memcpy(inner.bytes, ip->bytes + 12, 4);
	return !is_special(&inner);
}
