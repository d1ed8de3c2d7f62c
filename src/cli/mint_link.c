#include "cli/mint_link.h"

#include <string.h>

#include "core/json.h"
#include "core/uri_template.h"

static void copy_name(char to[URI_TEMPLATE_NAME_MAX + 1], struct str name)
{
	/* uri_template_compile() bounds it. */
	memcpy(to, name.p, name.n);
	to[name.n] = '\0';
}

static bool is_builtin(struct str name)
{
	return str_is(name, "recipient") || str_is(name, "ref");
}

static enum err take_template(struct mint_link *link, struct str destination,
	const struct json_t *defaults)
{
	struct uri_template_problem problem;
	struct uri_template t;

	if (uri_template_compile(destination, &t, &problem))
		return ERR_INVALID;
	*link = (struct mint_link){0};
	for (size_t i = 0; i < t.vars_n; i++) {
		if (!is_builtin(t.vars[i]))
			copy_name(link->vars[link->vars_n++], t.vars[i]);
		if (!defaults || !json_member(defaults, t.vars[i]))
			copy_name(link->needed[link->needed_n++], t.vars[i]);
	}
	return OK;
}

static enum err take(const struct json_t *root, struct mint_link *link)
{
	const struct json_t *destination, *defaults, *state;

	if (json_kind_of(root) != JSON_KIND_OBJECT)
		return ERR_INVALID;
	destination = json_member(root, STR("destination"));
	defaults = json_member(root, STR("defaults"));
	state = json_member(root, STR("state"));
	if (!destination || json_kind_of(destination) != JSON_KIND_STR)
		return ERR_INVALID;
	if (defaults && json_kind_of(defaults) != JSON_KIND_OBJECT)
		defaults = NULL;
	if (state && json_kind_of(state) == JSON_KIND_STR &&
		str_is(json_str_of(state), "disabled"))
		return ERR_DENIED;
	return take_template(link, json_str_of(destination), defaults);
}

enum err mint_link_read(struct str json, struct mint_link *link)
{
	struct json_findings findings = {0};
	struct json_t *root;
	enum err e;

	e = json_parse(json, SESSION_ANSWER_MAX, &root, &findings);
	if (e)
		return e == ERR_NOMEM ? e : ERR_INVALID;
	e = take(root, link);
	json_free(root);
	return e;
}

int mint_link_get(struct session *s, const char *name, struct mint_link *link)
{
	struct buf target;
	int status;
	enum err e;

	buf_init(&target, SESSION_TARGET_MAX);
	buf_text(&target, "/v1/links/");
	uri_encode(&target, str_from(name));
	if (buf_err(&target))
		status = command_failed("the link's name is too long");
	else
		status = session_call(
			s, "GET", buf_cstr(&target), str_make(NULL, 0));
	buf_deinit(&target);
	if (status)
		return status;
	e = mint_link_read(buf_view(&s->answer.body), link);
	if (e == ERR_DENIED)
		return command_failed("the link %s is disabled", name);
	return e ? command_failed("the link %s: the server's answer: %s", name,
			   err_text(e))
		 : EXIT_DONE;
}

void mint_link_vars(const struct mint_link *link, struct mint_vars *vars)
{
	*vars = (struct mint_vars){
		.n = link->vars_n, .needed_n = link->needed_n};
	for (size_t i = 0; i < link->vars_n; i++)
		vars->name[i] = str_from(link->vars[i]);
	for (size_t i = 0; i < link->needed_n; i++)
		vars->needed[i] = str_from(link->needed[i]);
}
