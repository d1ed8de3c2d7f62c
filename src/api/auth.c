#include "api/auth.h"

#include <stdio.h>
#include <string.h>

#include "core/secret.h"
#include "http/loop.h"
#include "service/lookup.h"

/* Which digits of a key are wrong is nobody's business. */
static bool refuse(struct call *c)
{
	problem_set(&c->problem, PROBLEM_UNAUTHORIZED,
		"The key is missing, wrong, expired or revoked.");
	return false;
}

static void take_account(
	struct call *c, struct view *v, const struct account *a)
{
	c->view = v;
	c->account = a->id;
	c->account_name_n = a->name.n;
	memcpy(c->account_name, a->name.p, a->name.n);
}

/* The account of this name, or with no name the only one there is. */
static enum err find_local(struct call *c, struct str name, struct view **found)
{
	struct regions *regions = c->api->options.regions;
	struct account a, only;
	size_t n = 0;

	*found = NULL;
	for (size_t i = 0; i < regions->n; i++) {
		struct view *v = view_of(&c->api->views, &regions->items[i]);
		enum err e;

		if (!v)
			continue;
		e = name.n ? lookup_account_name(v, name, &a)
			   : lookup_account_next(v, name, &a);
		if (e == ERR_NOT_FOUND)
			continue;
		if (e)
			return e;
		n++;
		*found = v;
		take_account(c, v, &a);
		if (!name.n && lookup_account_next(v, a.name, &only) == OK)
			n++;
	}
	if (n == 0)
		return ERR_NOT_FOUND;
	return n > 1 ? ERR_CONFLICT : OK;
}

static bool check_local(struct call *c, const struct http_request *request)
{
	struct str name = request->known[HTTP_CTIO_ACCOUNT];
	struct view *v;
	enum err e = find_local(c, name, &v);

	c->scopes = SCOPES_ALL;
	if (e == ERR_NOT_FOUND)
		problem_set(&c->problem, PROBLEM_NOT_FOUND, "%s",
			name.n ? "There is no account of this name."
			       : "There is no account yet.");
	else if (e == ERR_CONFLICT)
		problem_set(&c->problem, PROBLEM_BAD_PARAMETER,
			"There are several accounts: say which one, with "
			"--account, CTIO_ACCOUNT or the header Ctio-Account.");
	else if (e)
		problem_from_err(&c->problem, e);
	return !e;
}

static bool check_key(struct call *c, struct view *v,
	const struct api_key_text *text, struct api_key *key)
{
	uint64_t now = loop_wall_ms(c->api->options.loop);
	uint8_t hash[SECRET_HASH_BYTES];
	enum err e = lookup_api_key(v, text->id, key);

	if (e == ERR_NOT_FOUND)
		return refuse(c);
	if (e) {
		problem_from_err(&c->problem, e);
		return false;
	}
	secret_hash(text->secret, hash);
	if (!secret_hash_eq(hash, key->hash) || key->revoked_ms ||
		(key->expires_ms && key->expires_ms <= now))
		return refuse(c);
	return true;
}

static bool check_account(struct call *c, struct view *v, uint64_t id)
{
	struct account a;
	enum err e = lookup_account(v, id, &a);

	if (e) {
		problem_from_err(&c->problem, e);
		return false;
	}
	if (!a.active) {
		problem_set(&c->problem, PROBLEM_FORBIDDEN,
			"The account is disabled.");
		return false;
	}
	take_account(c, v, &a);
	return true;
}

static bool suffices(const struct route *route, uint8_t scopes)
{
	uint8_t got = scopes & route->scopes;

	return route->needs_all ? got == route->scopes : got || !route->scopes;
}

static void refuse_scope(struct call *c)
{
	const char *between = c->route->needs_all ? " and " : " or ";
	char names[64] = "";
	size_t n = 0;

	for (unsigned i = 0; i < SCOPES_N; i++)
		if (c->route->scopes & 1u << i)
			n += (size_t)snprintf(names + n, sizeof(names) - n,
				"%s%s", n ? between : "", api_scope_name(i));
	problem_set(&c->problem, PROBLEM_FORBIDDEN,
		"The key lacks the scope that this call needs: %s.", names);
}

static bool check_bearer(struct call *c, const struct http_request *request)
{
	struct str header = request->known[HTTP_AUTHORIZATION];
	struct str scheme = str_split(&header, ' ');
	struct api_key_text text;
	struct region *region;
	struct api_key key;
	struct view *v;

	if (!str_eq_nocase(scheme, STR("Bearer")) ||
		api_key_parse(str_trim(header), &text))
		return refuse(c);
	region = region_by_name(c->api->options.regions, text.region);
	v = region ? view_of(&c->api->views, region) : NULL;
	if (!v)
		return refuse(c);
	if (!check_key(c, v, &text, &key))
		return false;
	if (!check_account(c, v, key.account))
		return false;
	c->scopes = key.scopes;
	if (!suffices(c->route, key.scopes)) {
		refuse_scope(c);
		return false;
	}
	return true;
}

bool auth_check(struct call *c, const struct http_request *request)
{
	if (c->route->auth != AUTH_ACCOUNT)
		return true;
	return c->is_local ? check_local(c, request) : check_bearer(c, request);
}
