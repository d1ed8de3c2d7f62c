/* Borrowed strings: bytes with a length, owned by somebody else, not
 * NUL-terminated, any byte allowed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
/* For printf's %.*s. */
#define STR_FMT(s) (int)(s).n, (s).p

static inline struct str str_make(const char *p, size_t n)
{
	return (struct str){p, n};
}

/* Borrows a NUL-terminated string; NULL gives the empty string. */
static inline struct str str_from(const char *z)
{
	return (struct str){z ? z : "", z ? strlen(z) : 0};
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_is(struct str a, const char *z)
{
	return str_eq(a, str_from(z));
}

/* ASCII letters only. */
static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline bool ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool ascii_is_alnum(char c)
{
	char l = ascii_lower(c);

	return ascii_is_digit(c) || (l >= 'a' && l <= 'z');
}

/* The value of a hex digit, or -1. */
static inline int ascii_hex_value(char c)
{
	char l = ascii_lower(c);

	if (ascii_is_digit(c))
		return c - '0';
	return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/* Equal but for the case of ASCII letters. */
bool str_eq_nocase(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* The position of the first c, or s.n. */
size_t str_find(struct str s, char c);
/* True if needle occurs in s. */
bool str_contains(struct str s, struct str needle);
/* s without its first n bytes; the empty string when there are fewer. */
struct str str_skip(struct str s, size_t n);
/* s without blanks and tabs at both ends. */
struct str str_trim(struct str s);
/* Takes the part before the next sep off *rest and returns it; *rest moves
 * behind sep, or becomes empty with p NULL when there was none. */
struct str str_split(struct str *rest, char sep);
/* Less than, equal to, greater than zero, as memcmp, shorter first. */
int str_cmp(struct str a, struct str b);
/* The bytes of the well-formed UTF-8 sequence at the start of s (RFC 3629,
 * section 4), or 0. */
size_t str_utf8_sequence(struct str s);
/* True if s is well-formed UTF-8 (RFC 3629: no surrogates, no overlong). */
bool str_is_utf8(struct str s);
