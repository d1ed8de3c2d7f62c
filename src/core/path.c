#include "core/path.h"

#include <stddef.h>

#include "core/token.h"

/* What stands for one of these characters as it is, or escaped. */
struct mark {
	char plain;
	char escape[4];
};

static const struct mark slash = {'/', "%2f"};
static const struct mark colon = {':', "%3a"};

/* The bytes of the mark at the front of s, or 0. */
static size_t mark_at(struct str s, const struct mark *mark)
{
	if (s.n && s.p[0] == mark->plain)
		return 1;
	if (s.n >= 3 && str_eq_nocase(str_make(s.p, 3), str_from(mark->escape)))
		return 3;
	return 0;
}

static bool skip_mark(struct str *s, const struct mark *mark)
{
	size_t n = mark_at(*s, mark);

	*s = str_skip(*s, n);
	return n > 0;
}

static bool skip_slashes(struct str *s)
{
	bool any = false;

	while (skip_mark(s, &slash))
		any = true;
	return any;
}

/* `https:` and the like; http and https alone. */
static bool skip_scheme(struct str *s)
{
	struct str rest = *s;
	size_t n = 0;

	while (n < rest.n && n < 5 && ascii_is_alnum(rest.p[n]))
		n++;
	if (!str_eq_nocase(str_make(rest.p, n), STR("https")) &&
		!str_eq_nocase(str_make(rest.p, n), STR("http")))
		return false;
	rest = str_skip(rest, n);
	if (!skip_mark(&rest, &colon) || !skip_slashes(&rest))
		return false;
	*s = rest;
	return true;
}

/* A host, a port perhaps, and the slashes behind. Without a scheme before it, a
 * host must have a dot. */
static bool skip_host(struct str *s, bool after_scheme)
{
	struct str rest = *s;
	bool dot = after_scheme;
	size_t n = 0;

	while (n < rest.n && (ascii_is_alnum(rest.p[n]) || rest.p[n] == '-' ||
				     rest.p[n] == '.')) {
		dot |= rest.p[n] == '.';
		n++;
	}
	if (!n || !dot)
		return false;
	rest = str_skip(rest, n);
	if (skip_mark(&rest, &colon))
		while (rest.n && ascii_is_digit(rest.p[0]))
			rest = str_skip(rest, 1);
	if (!skip_slashes(&rest))
		return false;
	*s = rest;
	return true;
}

/* TOKEN_LEN letters and digits and no more of them. */
static bool find_token(struct str s, struct path *path)
{
	if (s.n < TOKEN_LEN ||
		(s.n > TOKEN_LEN && ascii_is_alnum(s.p[TOKEN_LEN])))
		return false;
	for (size_t i = 0; i < TOKEN_LEN; i++)
		if (!ascii_is_alnum(s.p[i]))
			return false;
	path->kind = PATH_TOKEN;
	path->token = str_make(s.p, TOKEN_LEN);
	return true;
}

static const struct mark open_close[][2] = {
	{{'{', "%7b"}, {'}', "%7d"}},
	{{'<', "%3c"}, {'>', "%3e"}},
};

static bool skip_pair(struct str *s, const struct mark *mark)
{
	size_t first = mark_at(*s, mark);
	size_t second = first ? mark_at(str_skip(*s, first), mark) : 0;

	if (!second)
		return false;
	*s = str_skip(*s, first + second);
	return true;
}

/* Begins with `{{`, and has `}}` behind it; or angle brackets. */
static bool is_unfilled(struct str s)
{
	for (size_t i = 0; i < 2; i++) {
		struct str rest = s;

		if (!skip_pair(&rest, &open_close[i][0]))
			continue;
		for (; rest.n; rest = str_skip(rest, 1))
			if (skip_pair(&rest, &open_close[i][1]))
				return true;
	}
	return false;
}

struct known {
	struct str path;
	enum path_kind kind;
};

static const struct known known[] = {
	{{"/", 1}, PATH_ROOT},
	{{"/sample", 7}, PATH_ROOT},
	{{"/healthz", 8}, PATH_HEALTHZ},
	{{"/robots.txt", 11}, PATH_ROBOTS},
	{{"/favicon.ico", 12}, PATH_FAVICON},
};

static enum path_kind kind_of(struct str path)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_eq(path, known[i].path))
			return known[i].kind;
	if (str_starts(path, STR("/.well-known/")))
		return PATH_WELL_KNOWN;
	if (str_starts(path, STR("/apple-touch-icon")) &&
		str_ends(path, STR(".png")))
		return PATH_FAVICON;
	return PATH_OTHER;
}

/* A whole URL, or more slashes, where a token alone belongs: takes them off s;
 * true if a token is behind them. */
static bool find_misfilled(struct str *s, struct path *path)
{
	bool scheme;

	/* Before a host is tried: a token and a dot look like one. */
	if (skip_slashes(s) && find_token(*s, path))
		return true;
	scheme = skip_scheme(s);
	(void)skip_host(s, scheme); /* there may be none */
	return find_token(*s, path);
}

struct path path_classify(struct str target)
{
	struct path path = {.kind = PATH_OTHER};
	struct str rest = str_skip(target, 1);

	if (!str_starts(target, STR("/")) || find_token(rest, &path))
		return path;
	path.kind = kind_of(target);
	if (path.kind != PATH_OTHER)
		return path;
	path.misfilled = find_misfilled(&rest, &path);
	if (!path.misfilled && is_unfilled(rest))
		path.kind = PATH_UNFILLED;
	return path;
}
