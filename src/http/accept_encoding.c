#include "http/accept_encoding.h"

enum {
	WEIGHT_ONE = 1000,
	WEIGHT_MAX = 5, /* bytes: 0.123 */
};

/* qvalue, RFC 9110 12.4.2; -1 for anything else. */
static int read_weight(struct str s)
{
	int weight, unit = WEIGHT_ONE / 10;

	if (s.n == 0 || s.n > WEIGHT_MAX || (s.p[0] != '0' && s.p[0] != '1') ||
		(s.n > 1 && s.p[1] != '.'))
		return -1;
	weight = s.p[0] == '1' ? WEIGHT_ONE : 0;
	for (size_t i = 2; i < s.n; i++, unit /= 10) {
		if (!ascii_is_digit(s.p[i]))
			return -1;
		weight += (s.p[i] - '0') * unit;
	}
	return weight <= WEIGHT_ONE ? weight : -1;
}

/* The weight of `coding ; q=...`, whose name goes to *coding. */
static int read_element(struct str element, struct str *coding)
{
	struct str rest = element, name;

	*coding = str_trim(str_split(&rest, ';'));
	if (!rest.p)
		return WEIGHT_ONE;
	name = str_split(&rest, '=');
	if (!rest.p || !str_eq_nocase(str_trim(name), STR("q")))
		return -1;
	return read_weight(str_trim(rest));
}

static void note(int *to, int weight)
{
	if (*to < 0)
		*to = weight;
}

void accepted_codings_read(struct accepted_codings *c, struct str value)
{
	while (value.p) {
		struct str coding;
		int weight = read_element(str_split(&value, ','), &coding);

		if (weight < 0)
			continue;
		if (str_eq_nocase(coding, STR("gzip")) ||
			str_eq_nocase(coding, STR("x-gzip")))
			note(&c->gzip, weight);
		else if (str_eq_nocase(coding, STR("identity")))
			note(&c->identity, weight);
		else if (str_is(coding, "*"))
			note(&c->any, weight);
	}
}

bool accepted_codings_want_gzip(const struct accepted_codings *c)
{
	int gzip = c->gzip < 0 ? c->any : c->gzip;

	return gzip > 0 && gzip >= c->identity;
}

bool http_wants_gzip(const struct http_request *request)
{
	struct accepted_codings codings = ACCEPTED_NONE;
	struct str value;
	size_t at = 0;

	if (!request->known[HTTP_ACCEPT_ENCODING].p)
		return false;
	while ((value = http_request_next(request, STR("Accept-Encoding"), &at))
			.p)
		accepted_codings_read(&codings, value);
	return accepted_codings_want_gzip(&codings);
}
