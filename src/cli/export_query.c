#include "cli/export_query.h"

#include "core/uri_template.h"

static const char *const names[] = {
	[EXPORT_FROM] = "from",
	[EXPORT_TO] = "to",
	[EXPORT_LINK] = "link",
	[EXPORT_CAMPAIGN] = "campaign",
	[EXPORT_VERDICT] = "verdict",
	[EXPORT_RECIPIENT] = "recipient",
};

bool export_is_filtered(const struct export_filters *filters)
{
	for (size_t i = 0; i < EXPORT_FILTERS; i++)
		if (filters->text[i])
			return true;
	return false;
}

void export_target(const struct export_filters *filters,
	enum export_format format, bool wait, struct str cursor, struct buf *to)
{
	buf_printf(to, "/v1/clicks?limit=%d&format=%s", EXPORT_PAGE,
		format == EXPORT_CSV ? "csv" : "ndjson");
	if (wait)
		buf_printf(to, "&wait=%d", EXPORT_WAIT_S);
	for (size_t i = 0; i < EXPORT_FILTERS; i++) {
		if (!filters->text[i])
			continue;
		buf_printf(to, "&%s=", names[i]);
		uri_encode(to, str_from(filters->text[i]));
	}
	if (cursor.n) {
		buf_text(to, "&after=");
		uri_encode(to, cursor);
	}
}

/* Percent-decodes; '%' alone stands for itself. */
static void decode(struct str s, struct buf *to)
{
	for (size_t i = 0; i < s.n; i++) {
		int high = -1, low = -1;

		if (s.p[i] == '%' && i + 2 < s.n) {
			high = ascii_hex_value(s.p[i + 1]);
			low = ascii_hex_value(s.p[i + 2]);
		}
		if (high < 0 || low < 0) {
			buf_byte(to, s.p[i]);
			continue;
		}
		buf_byte(to, (char)(high << 4 | low));
		i += 2;
	}
}

/* RFC 8288: `<target>; rel="next"`, several apart by commas. */
static bool next_target(struct str link, struct str *target)
{
	while (link.n) {
		struct str head = str_split(&link, '>');
		size_t at = str_find(head, '<');
		struct str params = str_make(link.p, str_find(link, '<'));

		if (at == head.n)
			return false;
		*target = str_skip(head, at + 1);
		if (str_contains(params, STR("rel=\"next\"")) ||
			str_contains(params, STR("rel=next")))
			return true;
	}
	return false;
}

enum err export_next_of(struct str link, struct buf *cursor)
{
	struct str target, query;

	if (!next_target(link, &target))
		return ERR_INVALID;
	query = str_skip(target, str_find(target, '?') + 1);
	while (query.n) {
		struct str value = str_split(&query, '&');
		struct str name = str_split(&value, '=');

		if (!str_is(name, "after") || !value.n)
			continue;
		decode(value, cursor);
		return buf_err(cursor) ? ERR_INVALID : OK;
	}
	return ERR_INVALID;
}
