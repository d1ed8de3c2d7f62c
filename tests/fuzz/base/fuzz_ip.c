/* What parses as an address, prefix or endpoint prints as something that parses
 * to the same, and lies in its own prefixes. */
#include <stdint.h>

#include "base/assert.h"
#include "base/ip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_ip(const struct ip *ip)
{
	struct ip again, cut = *ip;
	char text[IP_TEXT_MAX];
	struct ip_prefix prefix = {.ip = *ip};

	ASSERT(ip->n == 4 || ip->n == 16);
	ip_put(text, ip);
	ASSERT(ip_parse(str_from(text), &again) == OK);
	ASSERT(ip_eq(ip, &again));
	for (unsigned bits = 0; bits <= ip->n * 8u; bits++) {
		prefix.bits = (uint8_t)bits;
		ASSERT(ip_in(ip, &prefix));
	}
	ip_truncate(&cut);
	prefix.bits = ip->n == 4 ? 24 : 48;
	ASSERT(ip_in(&cut, &prefix));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_make((const char *)data, size);
	struct ip_endpoint endpoint;
	struct ip_prefix prefix;
	struct ip ip;

	if (ip_parse(s, &ip) == OK)
		check_ip(&ip);
	if (ip_parse_prefix(s, &prefix) == OK) {
		check_ip(&prefix.ip);
		ASSERT(prefix.bits <= prefix.ip.n * 8u);
		ASSERT(ip_in(&prefix.ip, &prefix));
	}
	if (ip_parse_endpoint(s, &endpoint) == OK && endpoint.ip.n)
		check_ip(&endpoint.ip);
	return 0;
}
