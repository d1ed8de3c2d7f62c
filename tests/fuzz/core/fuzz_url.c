/* Destinations: what is accepted holds no forbidden byte and is the sum of its
 * parts; adding a query, taken from behind the first line feed, keeps it so. */
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "core/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct str schemes[] = {{"http", 4}, {"https", 5}, {"app", 3}};
static const struct str hosts[] = {{"a", 1}, {"*.b", 3}, {"[::1]", 5}};
static const struct str own[] = {{"ct5.io", 6}};
static const struct url_rules rules = {schemes, 3, hosts, 3, own, 1};

static void add_part(struct buf *b, const char *mark, struct str part)
{
	if (!part.p)
		return;
	buf_text(b, mark);
	buf_str(b, part);
}

static void check_parts(struct str text, const struct url *url)
{
	struct buf b;

	buf_init(&b, URL_MAX);
	buf_str(&b, url->scheme);
	buf_text(&b, "://");
	buf_str(&b, url->host);
	add_part(&b, ":", url->port);
	buf_str(&b, url->path);
	add_part(&b, "?", url->query);
	add_part(&b, "#", url->fragment);
	ASSERT(buf_err(&b) == OK && str_eq(buf_view(&b), text));
	buf_deinit(&b);
	for (size_t i = 0; i < text.n; i++)
		ASSERT(text.p[i] > ' ' && text.p[i] < 0x7f &&
			text.p[i] != '\\');
	ASSERT(url->host.n && str_find(url->host, '@') == url->host.n);
}

static void check_forwarding(
	struct str text, const struct url *url, struct str query)
{
	struct url_problem problem;
	struct url longer;
	struct buf b;

	buf_init(&b, text.n + 3 * query.n + 1);
	url_forward_query(&b, text, query);
	ASSERT(buf_err(&b) == OK);
	if (b.n <= URL_MAX) {
		ASSERT(url_check(buf_view(&b), NULL, &longer, &problem) == OK);
		ASSERT(str_eq(longer.host, url->host));
		ASSERT(str_eq(longer.path, url->path));
		ASSERT(str_eq(longer.fragment, url->fragment));
		ASSERT(str_starts(longer.query, url->query));
	}
	buf_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str query = str_make((const char *)data, size);
	struct str text = str_split(&query, '\n');
	struct url_problem problem = {URL_REASONS, SIZE_MAX};
	struct url url;

	(void)url_is_host_pattern(text);
	if (url_check(text, &rules, &url, &problem) == OK) {
		check_parts(text, &url);
		ASSERT(!str_eq_nocase(url.host, own[0]));
	}
	if (url_check(text, NULL, &url, &problem) == OK) {
		check_parts(text, &url);
		check_forwarding(text, &url, query);
	} else {
		ASSERT(problem.reason < URL_REASONS && problem.at <= text.n);
	}
	return 0;
}
