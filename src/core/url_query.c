/* url_forward_query() of core/url.h. */
#include "core/url.h"

#include "core/uri_chars.h"

static struct str name_of(struct str parameter)
{
	return str_make(parameter.p, str_find(parameter, '='));
}

/* One byte of a form-encoded name. */
static uint8_t next_byte(struct str *s)
{
	if (s->p[0] != '+')
		return uri_decode_next(s);
	*s = str_skip(*s, 1);
	return ' ';
}

/* Equal once decoded. */
static bool same_name(struct str a, struct str b)
{
	while (a.n && b.n)
		if (next_byte(&a) != next_byte(&b))
			return false;
	return a.n == b.n;
}

static bool has_name(struct str query, struct str name)
{
	while (query.n)
		if (same_name(name_of(str_split(&query, '&')), name))
			return true;
	return false;
}

void url_forward_query(
	struct buf *out, struct str destination, struct str query)
{
	size_t end = str_find(destination, '#');
	struct str before = str_make(destination.p, end);
	struct str own = str_skip(before, str_find(before, '?') + 1);
	bool has_mark = str_find(before, '?') < before.n;
	char sep = has_mark ? '&' : '?';
	size_t count = 0;

	buf_str(out, before);
	if (has_mark && (!own.n || own.p[own.n - 1] == '&'))
		sep = '\0';
	while (query.n && count < URL_FORWARD_MAX) {
		struct str parameter = str_split(&query, '&');

		if (!parameter.n)
			continue;
		count++;
		if (has_name(own, name_of(parameter)))
			continue;
		if (sep)
			buf_byte(out, sep);
		uri_encode_class(out, parameter, URI_QUERY, true);
		sep = '&';
	}
	buf_str(out, str_skip(destination, end));
}
