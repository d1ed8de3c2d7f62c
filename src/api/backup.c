#include "api/backup.h"

#include "api/member.h"
#include "service/backup.h"

static const char *const state_names[] = {
	[BACKUP_IDLE] = "idle",
	[BACKUP_RUNNING] = "running",
	[BACKUP_DONE] = "done",
	[BACKUP_FAILED] = "failed",
};

static void put_status(struct json_writer *w, const struct backup_status *s)
{
	json_object_begin(w);
	json_key(w, "state");
	json_put_str(w, str_from(state_names[s->state]));
	member_text(w, "directory", str_from(s->dir));
	json_key(w, "keys");
	json_put_bool(w, s->has_keys);
	member_time(w, "started_at", s->begun_ms);
	member_time(w, "ended_at", s->ended_ms);
	json_key(w, "bytes");
	json_put_u64(w, s->bytes);
	json_key(w, "written");
	json_put_u64(w, s->written);
	json_key(w, "left_out");
	json_put_u64(w, s->left_out);
	member_text(w, "problem", str_from(s->problem));
	json_object_end(w);
}

static void answer(struct call *c, int status)
{
	struct backup_status s;
	struct json_writer w;

	backup_get_status(c->api->options.backup, &s);
	json_writer_init(&w, call_answer_begin(c));
	put_status(&w, &s);
	call_answer(c, status, str_make(NULL, 0));
}

void backup_get(struct call *c)
{
	answer(c, 200);
}

static void fail(struct call *c, enum err e)
{
	if (e == ERR_BUSY)
		problem_set(&c->problem, PROBLEM_CONFLICT,
			"A backup is being made already.");
	else if (e == ERR_INVALID || e == ERR_TOO_LONG)
		json_finding_add(&c->problem.findings, "#", STR("directory"),
			e == ERR_TOO_LONG
				? "is too long"
				: "must be an absolute path of a new folder");
	if (e == ERR_INVALID || e == ERR_TOO_LONG)
		problem_set(&c->problem, PROBLEM_INVALID,
			"The request is invalid.");
	else if (e != ERR_BUSY)
		problem_from_err(&c->problem, e);
	call_fail(c);
}

void backup_post(struct call *c)
{
	struct str dir = {0};
	bool with_keys = true;
	enum err e;
	const struct json_field fields[] = {
		{.name = "directory",
			.type = JSON_FIELD_STR,
			.flags = JSON_REQUIRED,
			.to = &dir},
		{.name = "keys", .type = JSON_FIELD_BOOL, .to = &with_keys},
	};

	if (!json_read_object(c->json, "#", fields, 2, &c->problem.findings)) {
		call_fail_with(c, PROBLEM_INVALID, "The request is invalid.");
		return;
	}
	e = backup_start(c->api->options.backup, dir, with_keys);
	if (e)
		fail(c, e);
	else
		answer(c, 202);
}
