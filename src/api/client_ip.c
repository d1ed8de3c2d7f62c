#include "api/client_ip.h"

enum {
	HOPS_MAX = 16
};

static bool is_trusted(
	const struct ip *ip, const struct ip_prefix *trusted, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ip_in(ip, &trusted[i]))
			return true;
	return false;
}

/* Takes the last entry of a comma-separated list off it. */
static struct str split_last(struct str *list)
{
	size_t at = list->n;
	struct str last;

	while (at > 0 && list->p[at - 1] != ',')
		at--;
	last = str_trim(str_skip(*list, at));
	list->n = at ? at - 1 : 0;
	return last;
}

/* Goes back along one field's list while the address is a trusted proxy's.
 * False: *ip is whose request it is. */
static bool follow(struct str list, const struct ip_prefix *trusted,
	size_t trusted_n, struct ip *ip)
{
	for (int hop = 0; hop < HOPS_MAX && list.n; hop++) {
		struct ip before;

		if (!is_trusted(ip, trusted, trusted_n))
			return false;
		if (ip_parse(split_last(&list), &before))
			return false; /* what a proxy wrote: no further */
		*ip = before;
	}
	return list.n == 0;
}

void client_ip(struct http_exchange *ex, const struct http_request *request,
	const struct ip_prefix *trusted, size_t trusted_n, struct ip *ip)
{
	*ip = *http_peer(ex);
	if (trusted_n == 0 || !request->known[HTTP_X_FORWARDED_FOR].p)
		return;
	/* Several fields are one list (RFC 9110, section 5.3). */
	for (size_t i = request->fields_n; i-- > 0;)
		if (str_eq_nocase(
			    request->fields[i].name, STR("X-Forwarded-For")) &&
			!follow(request->fields[i].value, trusted, trusted_n,
				ip))
			return;
}
