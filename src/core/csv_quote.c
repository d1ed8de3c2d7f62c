#include "core/csv_quote.h"

#include "core/plain.h"

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

enum {
	REPLACEMENT_LEN = sizeof(replacement) - 1
};

/* What wants quotes around it, and what is not ASCII. */
PLAIN_INLINE plain_block not_plain(plain_block bytes)
{
	return (bytes < 0) | (bytes == '"') | (bytes == ',') | (bytes == '\r') |
	       (bytes == '\n');
}

/* The same within quotes. */
PLAIN_INLINE plain_block not_plain_quoted(plain_block bytes)
{
	return (bytes < 0) | (bytes == '"');
}

static bool needs_quotes(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '"' || s.p[i] == ',' || s.p[i] == '\r' ||
			s.p[i] == '\n')
			return true;
	return false;
}

/* Writes the quotes and foreign bytes at the front. */
static char *put_special(char *to, struct str *s)
{
	while (s->n && (s->p[0] == '"' || (signed char)s->p[0] < 0)) {
		size_t run = str_utf8_sequence(*s);

		if (s->p[0] == '"') {
			*to++ = '"';
			*to++ = '"';
		} else if (run) {
			memcpy(to, s->p, run);
			to += run;
		} else {
			memcpy(to, replacement, REPLACEMENT_LEN);
			to += REPLACEMENT_LEN;
			run = 1;
		}
		*s = str_skip(*s, run);
	}
	return to;
}

char *csv_quote(char *to, struct str s)
{
	size_t n = plain_copy(to, s, not_plain);
	bool quoted;

	if (n == s.n)
		return to + n;
	quoted = needs_quotes(str_skip(s, n));
	if (quoted)
		*to++ = '"';
	while (s.n) {
		n = plain_copy(to, s, not_plain_quoted);
		s = str_skip(s, n);
		to = put_special(to + n, &s);
	}
	if (quoted)
		*to++ = '"';
	return to;
}
