#include "base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/num.h"

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static void set_v4(struct ip *ip, const void *bytes)
{
	*ip = (struct ip){.n = 4};
	memcpy(ip->bytes, bytes, 4);
}

static void set_v6(struct ip *ip, const void *bytes)
{
	const uint8_t *b = bytes;

	if (memcmp(b, mapped, sizeof(mapped)) == 0) {
		set_v4(ip, b + 12);
		return;
	}
	ip->n = 16;
	memcpy(ip->bytes, b, 16);
}

enum err ip_parse(struct str s, struct ip *ip)
{
	char text[IP_TEXT_MAX];
	uint8_t bytes[16];

	if (s.n == 0 || s.n >= sizeof(text) || memchr(s.p, 0, s.n))
		return ERR_INVALID;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (inet_pton(AF_INET, text, bytes) == 1) {
		set_v4(ip, bytes);
		return OK;
	}
	if (inet_pton(AF_INET6, text, bytes) == 1) {
		set_v6(ip, bytes);
		return OK;
	}
	return ERR_INVALID;
}

enum err ip_parse_prefix(struct str s, struct ip_prefix *prefix)
{
	size_t slash = str_find(s, '/');
	struct ip_prefix got;
	uint64_t bits;
	enum err e;

	e = ip_parse(str_make(s.p, slash), &got.ip);
	if (e)
		return e;
	bits = (uint64_t)got.ip.n * 8;
	if (slash < s.n) {
		e = num_parse_u64(str_skip(s, slash + 1), bits, &bits);
		if (e)
			return e;
	}
	got.bits = (uint8_t)bits;
	*prefix = got;
	return OK;
}

static size_t put_v4(char *to, const uint8_t *bytes)
{
	size_t n = 0;

	for (unsigned i = 0; i < 4; i++) {
		unsigned v = bytes[i];

		if (i)
			to[n++] = '.';
		if (v >= 100)
			to[n++] = (char)('0' + v / 100);
		if (v >= 10)
			to[n++] = (char)('0' + v / 10 % 10);
		to[n++] = (char)('0' + v % 10);
	}
	return n;
}

enum {
	V6_GROUPS = 8
};

static unsigned group_of(const uint8_t *bytes, unsigned i)
{
	return get_be16(bytes + 2 * (size_t)i);
}

/* The first of the longest runs of two zero groups or more: *n is how many,
 * or 0. */
static unsigned longest_zeroes(const uint8_t *bytes, unsigned *n)
{
	unsigned best = 0, run = 0;

	*n = 0;
	for (unsigned i = 0; i < V6_GROUPS; i++) {
		run = group_of(bytes, i) ? 0 : run + 1;
		if (run < 2 || run <= *n)
			continue;
		best = i + 1 - run;
		*n = run;
	}
	return best;
}

static size_t put_group(char *to, unsigned v)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (int shift = 12; shift >= 0; shift -= 4)
		if (v >> shift || !shift)
			to[n++] = digits[v >> shift & 0xf];
	return n;
}

/* RFC 5952, section 4. */
static size_t put_v6(char *to, const uint8_t *bytes)
{
	unsigned zeroes_n, zeroes = longest_zeroes(bytes, &zeroes_n);
	size_t n = 0;

	for (unsigned i = 0; i < V6_GROUPS; i++) {
		if (zeroes_n && i == zeroes) {
			to[n++] = ':';
			i += zeroes_n - 1;
			if (i == V6_GROUPS - 1)
				to[n++] = ':';
			continue;
		}
		if (i)
			to[n++] = ':';
		n += put_group(to + n, group_of(bytes, i));
	}
	return n;
}

size_t ip_put(char to[IP_TEXT_MAX], const struct ip *ip)
{
	size_t n = 0;

	if (ip->n == 4)
		n = put_v4(to, ip->bytes);
	else if (ip->n)
		n = put_v6(to, ip->bytes);
	to[n] = '\0';
	return n;
}

void ip_from_sockaddr(const struct sockaddr *sa, struct ip *ip)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	*ip = (struct ip){0};
	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		set_v4(ip, &v4.sin_addr);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof(v6));
		set_v6(ip, &v6.sin6_addr);
	}
}

bool ip_eq(const struct ip *a, const struct ip *b)
{
	return a->n == b->n && memcmp(a->bytes, b->bytes, a->n) == 0;
}

static uint8_t high_bits(unsigned bits)
{
	return (uint8_t)(0xff00u >> bits);
}

bool ip_in(const struct ip *ip, const struct ip_prefix *prefix)
{
	unsigned whole = prefix->bits / 8u, rest = prefix->bits % 8u;

	if (ip->n != prefix->ip.n || ip->n == 0)
		return false;
	if (memcmp(ip->bytes, prefix->ip.bytes, whole) != 0)
		return false;
	if (!rest)
		return true;
	return ((ip->bytes[whole] ^ prefix->ip.bytes[whole]) &
		       high_bits(rest)) == 0;
}

void ip_truncate(struct ip *ip)
{
	size_t keep = ip->n == 4 ? 3 : 6;

	if (ip->n)
		memset(ip->bytes + keep, 0, ip->n - keep);
}

void ip_keep(struct ip *ip, enum ip_policy policy)
{
	if (policy == IP_TRUNCATED)
		ip_truncate(ip);
	else if (policy == IP_NONE)
		*ip = (struct ip){0};
}

enum err ip_parse_endpoint(struct str s, struct ip_endpoint *to)
{
	struct ip_endpoint got = {0};
	size_t colon = s.n;
	bool bracketed;
	struct str host;
	uint64_t port;
	enum err e;

	while (colon > 0 && s.p[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return ERR_INVALID;
	e = num_parse_u64(str_skip(s, colon), 65535, &port);
	if (e)
		return e;
	got.port = (uint16_t)port;
	host = str_make(s.p, colon - 1);
	bracketed =
		host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
	if (bracketed)
		host = str_make(host.p + 1, host.n - 2);
	if (bracketed != (str_find(host, ':') < host.n))
		return ERR_INVALID; /* brackets are for IPv6, which wants them
				     */
	if (!str_is(host, "*")) {
		e = ip_parse(host, &got.ip);
		if (e)
			return e;
	}
	*to = got;
	return OK;
}
