#include "api/token_json.h"

#include "api/member.h"
#include "service/mint_answer.h"

static enum err put_link(
	struct json_writer *w, struct view *v, const struct stored_token *token)
{
	struct link link;
	enum err e;

	if (!token->shape.link) {
		json_key(w, "link");
		json_put_null(w);
		member_text(w, "destination", token->shape.destination);
		return OK;
	}
	e = lookup_link(v, token->shape.link, &link);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
	member_text(w, "link", link.name);
	json_key(w, "destination");
	json_put_null(w);
	return OK;
}

static enum err put_campaign(
	struct json_writer *w, struct view *v, const struct stored_token *token)
{
	struct campaign campaign = {0};
	enum err e = OK;

	if (token->shape.campaign)
		e = lookup_campaign(v, token->shape.campaign, &campaign);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
	member_text(w, "campaign", campaign.name);
	return OK;
}

static void put_params(struct json_writer *w, const struct stored_token *token)
{
	json_key(w, "params");
	json_object_begin(w);
	for (size_t i = 0; !token->erased && i < token->shape.names_n; i++) {
		json_key_str(w, token->shape.names[i]);
		json_put_str(w, token->tail.values[i]);
	}
	json_object_end(w);
}

static const char *state_of(const struct stored_token *t, uint64_t now_ms)
{
	if (t->erased)
		return "erased";
	if (t->revoked)
		return "revoked";
	return t->expires_ms && t->expires_ms <= now_ms ? "expired" : "active";
}

enum err token_json_put(struct json_writer *w, struct view *v,
	const struct stored_token *token, uint64_t now_ms)
{
	char text[TOKEN_LEN];
	enum err e = token_text_put(
		v, token->number, token->nonce, token->key_version, text);

	if (e)
		return e;
	json_object_begin(w);
	json_key(w, "token");
	json_put_str(w, str_make(text, sizeof(text)));
	json_key(w, "url");
	buf_byte(w->b, '"');
	token_url_put(
		w->b, v->region->settings.url, str_make(text, sizeof(text)));
	buf_byte(w->b, '"');
	w->comma = true;
	json_key(w, "state");
	json_put_str(w, str_from(state_of(token, now_ms)));
	e = put_link(w, v, token);
	if (!e)
		e = put_campaign(w, v, token);
	if (e)
		return e;
	member_text(w, "recipient", token->tail.recipient);
	member_text(w, "ref", token->tail.ref);
	put_params(w, token);
	json_key(w, "test");
	json_put_bool(w, token->shape.test);
	member_time(w, "created_at", token->minted_ms);
	member_time(w, "expires_at", token->expires_ms);
	json_object_end(w);
	return buf_err(w->b);
}
