#include "api/well_known.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"

enum {
	ACME_TOKEN_MAX = 128
};

/* RFC 8555, section 8.3: base64url, so no name leads out of the folder. */
static bool is_acme_token(struct str s)
{
	if (s.n == 0 || s.n > ACME_TOKEN_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
			return false;
	return true;
}

static enum err read_challenge(
	const char *dir, struct str token, struct buf *room)
{
	char path[PATH_MAX];
	struct stat s;
	int n;

	if (!dir || !is_acme_token(token))
		return ERR_NOT_FOUND;
	n = snprintf(path, sizeof(path), "%s/%.*s", dir, STR_FMT(token));
	if (n < 0 || (size_t)n >= sizeof(path))
		return ERR_NOT_FOUND;
	/* A click loop must not wait for a pipe, or read at length. */
	if (stat(path, &s) != 0 || !S_ISREG(s.st_mode) ||
		s.st_size > WELL_KNOWN_BYTES_MAX)
		return ERR_NOT_FOUND;
	buf_reset(room);
	return file_read(path, room) ? ERR_NOT_FOUND : OK;
}

enum err well_known_find(const struct domain_settings *domain, struct str path,
	struct buf *room, struct well_known *found)
{
	struct str acme = STR("/.well-known/acme-challenge/");
	struct str json = str_make(NULL, 0);
	enum err e;

	if (!domain)
		return ERR_NOT_FOUND;
	if (str_starts(path, acme)) {
		e = read_challenge(
			domain->acme_challenge, str_skip(path, acme.n), room);
		*found = (struct well_known){
			"application/octet-stream", buf_view(room)};
		return e;
	}
	if (str_is(path, "/.well-known/assetlinks.json"))
		json = domain->assetlinks;
	else if (str_is(path, "/.well-known/apple-app-site-association"))
		json = domain->app_site_association;
	*found = (struct well_known){"application/json", json};
	return json.p ? OK : ERR_NOT_FOUND;
}
