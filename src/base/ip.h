/* IP addresses and prefixes: parsed, printed, cut, compared. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum {
	IP_TEXT_MAX = 46
};

/* n is 4 or 16 bytes in network order, 0 for none (such as a unix socket). An
 * IPv4-mapped IPv6 address is always held as IPv4. */
struct ip {
	uint8_t n;
	uint8_t bytes[16];
};

struct ip_prefix {
	struct ip ip;
	uint8_t bits;
};

struct sockaddr;

/* No port, no brackets, no zone: ERR_INVALID. */
CHECKED enum err ip_parse(struct str s, struct ip *ip);
/* "10.0.0.0/8", or an address alone for all its bits. */
CHECKED enum err ip_parse_prefix(struct str s, struct ip_prefix *prefix);
/* NUL-terminated, RFC 5952 for IPv6; "" for none. Returns its length. */
size_t ip_put(char to[IP_TEXT_MAX], const struct ip *ip);
void ip_from_sockaddr(const struct sockaddr *sa, struct ip *ip);
bool ip_eq(const struct ip *a, const struct ip *b);
bool ip_in(const struct ip *ip, const struct ip_prefix *prefix);
/* Zeroes all but the network part: /24 of IPv4, /48 of IPv6. */
void ip_truncate(struct ip *ip);

/* How much of a visitor's address is kept. */
enum ip_policy {
	IP_TRUNCATED, /* IPv4 /24, IPv6 /48 */
	IP_FULL,
	IP_NONE,
};
void ip_keep(struct ip *ip, enum ip_policy policy);

/* An address to listen on: "127.0.0.1:8080", "[::1]:8080", "*:80" (all of
 * IPv4 and IPv6: n is 0). */
struct ip_endpoint {
	struct ip ip;
	uint16_t port;
};
CHECKED enum err ip_parse_endpoint(struct str s, struct ip_endpoint *to);
