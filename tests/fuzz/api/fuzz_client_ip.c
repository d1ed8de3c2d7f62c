/* Text as X-Forwarded-For behind a trusted proxy: the result is an address that
 * stands in it, or the proxy's. */
#include <string.h>

#include "api/client_ip.h"
#include "base/assert.h"
#include "http/conn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool stands_in(struct str list, const struct ip *ip)
{
	while (list.n) {
		struct str one = str_trim(str_split(&list, ','));
		struct ip got;

		if (ip_parse(one, &got) == OK && ip_eq(&got, ip))
			return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_conn conn;
	struct http_exchange ex = {.conn = &conn};
	static struct http_request request;
	struct str list = str_make((const char *)data, size);
	struct ip_prefix trusted[2];
	struct ip ip;

	ASSERT(ip_parse_prefix(STR("10.0.0.0/8"), &trusted[0]) == OK);
	ASSERT(ip_parse_prefix(STR("fd00::/8"), &trusted[1]) == OK);
	ASSERT(ip_parse(STR("10.1.2.3"), &conn.peer) == OK);
	/* Two fields, the input cut at its middle, are the same list. */
	request.fields_n = 2;
	for (size_t i = 0; i < 2; i++)
		request.fields[i].name = STR("X-Forwarded-For");
	request.fields[0].value = str_make(list.p, size / 2);
	request.fields[1].value = str_skip(list, size / 2);
	request.known[HTTP_X_FORWARDED_FOR] = request.fields[1].value;
	client_ip(&ex, &request, trusted, 2, &ip);
	ASSERT(ip_eq(&ip, &conn.peer) ||
		stands_in(request.fields[0].value, &ip) ||
		stands_in(request.fields[1].value, &ip));
	client_ip(&ex, &request, trusted, 0, &ip);
	ASSERT(ip_eq(&ip, &conn.peer));
	return 0;
}
