#include "api/token_json.h"
#include "api/tokens.h"
#include "core/json_writer.h"
#include "http/loop.h"
#include "service/lookup.h"

/* The region whose tag the text begins with, and how the rest reads. */
static const char *check(struct call *c, struct str text,
	struct region **region, struct token_id *id)
{
	enum err e;

	*region = text.n ? region_by_tag(c->api->options.regions, text.p[0])
			 : NULL;
	c->view = *region ? view_of(&c->api->views, *region) : NULL;
	if (!*region)
		return "no region has this tag";
	if (!c->view)
		return "its region is not served here";
	e = token_read(&c->view->codec, text, id);
	if (e == ERR_INVALID)
		return "it is not spelled like a token";
	return e ? "it was not made with this region's keys" : NULL;
}

static enum err put_stored(
	struct call *c, struct json_writer *w, const struct token_id *id)
{
	struct stored_token token;
	struct account account;
	enum err e = lookup_token(c->view, id, &token);

	json_key(w, "found");
	json_put_bool(w, e == OK);
	if (e)
		return e == ERR_NOT_FOUND ? OK : e;
	e = lookup_account(c->view, token.shape.account, &account);
	if (e)
		return e;
	json_key(w, "account");
	json_put_str(w, account.name);
	json_key(w, "details");
	return token_json_put(
		w, c->view, &token, loop_wall_ms(c->api->options.loop));
}

void tokens_explain(struct call *c)
{
	struct str text = call_capture(c, 0);
	struct region *region;
	struct json_writer w;
	struct token_id id;
	const char *why = check(c, text, &region, &id);
	enum err e = OK;

	json_writer_init(&w, call_answer_begin(c));
	json_object_begin(&w);
	json_key(&w, "token");
	json_put_str(&w, text);
	json_key(&w, "region");
	json_put_str_or_null(
		&w, region ? region->settings.name : str_make(NULL, 0));
	json_key(&w, "valid");
	json_put_bool(&w, !why);
	if (why) {
		json_key(&w, "reason");
		json_put_str(&w, str_from(why));
	} else {
		json_key(&w, "key_version");
		json_put_u64(&w, id.key_version);
		json_key(&w, "shard");
		json_put_u64(&w, id.shard);
		json_key(&w, "sequence");
		json_put_u64(&w, id.seq);
		e = put_stored(c, &w, &id);
	}
	json_object_end(&w);
	if (e)
		call_fail_err(c, e);
	else
		call_answer(c, 200, str_make(NULL, 0));
}
