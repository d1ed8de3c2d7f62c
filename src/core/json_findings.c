/* Findings and JSON pointers of core/json.h. */
#include "core/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/uri_chars.h"

/* One character of a member's name in a fragment's pointer: `~` and `/` as RFC
 * 6901 escapes them, then what no fragment may hold percent-encoded. */
static size_t put_character(char to[4], char c)
{
	if (c == '~' || c == '/')
		return (size_t)snprintf(to, 4, "~%d", c == '/');
	if (uri_is(c, URI_QUERY) && c != '[' && c != ']')
		return (size_t)snprintf(to, 4, "%c", c);
	return (size_t)snprintf(to, 4, "%%%02X", (unsigned)(uint8_t)c);
}

void json_pointer(char to[JSON_POINTER_MAX], const char *at, struct str member)
{
	size_t n = (size_t)snprintf(to, JSON_POINTER_MAX, "%s/", at);
	char escaped[4];

	if (n >= JSON_POINTER_MAX)
		return;
	for (size_t i = 0; i < member.n; i++) {
		size_t more = put_character(escaped, member.p[i]);

		if (n + more >= JSON_POINTER_MAX)
			return;
		memcpy(to + n, escaped, more + 1);
		n += more;
	}
}

void json_finding_add(struct json_findings *findings, const char *at,
	struct str member, const char *format, ...)
{
	struct json_finding *finding = &findings->items[findings->n];
	va_list args;

	if (findings->n == JSON_FINDINGS_MAX) {
		findings->more++;
		return;
	}
	findings->n++;
	if (member.p)
		json_pointer(finding->pointer, at, member);
	else
		(void)snprintf(
			finding->pointer, sizeof(finding->pointer), "%s", at);
	va_start(args, format);
	(void)vsnprintf(finding->detail, sizeof(finding->detail), format, args);
	va_end(args);
}
