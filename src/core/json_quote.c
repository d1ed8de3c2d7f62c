#include "core/json_quote.h"

#include "core/plain.h"

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

enum {
	REPLACEMENT_LEN = sizeof(replacement) - 1,
	UNICODE_ESCAPE = 6, /* \u001f */
	SHORT_ESCAPE = 2,   /* \n */
	ASCII_MAX = 0x7f,
};

/* b to r as they are abbreviated, and what stands for itself; 0: none. */
static const char letters[ASCII_MAX + 1] = {['\b'] = 'b',
	['\f'] = 'f',
	['\n'] = 'n',
	['\r'] = 'r',
	['\t'] = 't',
	['"'] = '"',
	['\\'] = '\\'};

PLAIN_INLINE plain_block not_plain(plain_block bytes)
{
	return (bytes < ' ') | (bytes == '"') | (bytes == '\\');
}

static bool is_plain(char c)
{
	return (signed char)c >= ' ' && c != '"' && c != '\\';
}

static char *put_escape(char *to, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";

	*to++ = '\\';
	if (letters[c]) {
		*to++ = letters[c];
		return to;
	}
	*to++ = 'u';
	*to++ = '0';
	*to++ = '0';
	*to++ = digits[c >> 4];
	*to++ = digits[c & 15];
	return to;
}

/* Writes the bytes at the front that are not plain. */
static char *put_special(char *to, struct str *s)
{
	while (s->n && !is_plain(s->p[0])) {
		unsigned char c = (unsigned char)s->p[0];
		size_t run = str_utf8_sequence(*s);

		if (c <= ASCII_MAX) {
			to = put_escape(to, c);
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

/* How much longer they become: takes them off the front. */
static size_t special_growth(struct str *s)
{
	size_t growth = 0;

	while (s->n && !is_plain(s->p[0])) {
		unsigned char c = (unsigned char)s->p[0];
		size_t run = 1;

		if (c <= ASCII_MAX)
			growth += letters[c] ? SHORT_ESCAPE - 1
					     : UNICODE_ESCAPE - 1;
		else
			run = str_utf8_sequence(*s);
		if (!run) {
			run = 1;
			growth += REPLACEMENT_LEN - 1;
		}
		*s = str_skip(*s, run);
	}
	return growth;
}

size_t json_quoted_size(struct str s)
{
	size_t size = s.n + 2;

	while (s.n) {
		s = str_skip(s, plain_run(s, not_plain));
		size += special_growth(&s);
	}
	return size;
}

char *json_quote(char *to, struct str s)
{
	*to++ = '"';
	while (s.n) {
		/* What it writes too much is within what s still takes. */
		size_t n = plain_copy(to, s, not_plain);

		s = str_skip(s, n);
		to = put_special(to + n, &s);
	}
	*to++ = '"';
	return to;
}
