#include "api/rejudge.h"

#include "api/member.h"
#include "service/rejudge.h"

static const char *const state_names[] = {
	[REJUDGE_IDLE] = "idle",
	[REJUDGE_RUNNING] = "running",
	[REJUDGE_DONE] = "done",
	[REJUDGE_FAILED] = "failed",
};

static void put_moved(struct json_writer *w, const struct rejudge_status *s)
{
	json_key(w, "moved");
	json_array_begin(w);
	for (unsigned from = 0; from < VERDICTS; from++)
		for (unsigned to = 0; to < VERDICTS; to++) {
			if (!s->moved[from][to])
				continue;
			json_object_begin(w);
			json_key(w, "from");
			json_put_str(w, str_from(verdict_name(from)));
			json_key(w, "to");
			json_put_str(w, str_from(verdict_name(to)));
			json_key(w, "clicks");
			json_put_u64(w, s->moved[from][to]);
			json_object_end(w);
		}
	json_array_end(w);
}

static void put_status(struct json_writer *w, const struct rejudge_status *s)
{
	json_object_begin(w);
	json_key(w, "state");
	json_put_str(w, str_from(state_names[s->state]));
	json_key(w, "dry_run");
	json_put_bool(w, s->is_dry);
	json_key(w, "rules");
	json_put_u64(w, s->rules);
	member_time(w, "started_at", s->begun_ms);
	member_time(w, "ended_at", s->ended_ms);
	json_key(w, "clicks");
	json_put_u64(w, s->clicks);
	json_key(w, "looked_at");
	json_put_u64(w, s->looked);
	json_key(w, "changed");
	json_put_u64(w, s->changed);
	put_moved(w, s);
	member_text(w, "problem", str_from(s->problem));
	json_object_end(w);
}

static void answer(struct call *c, int status)
{
	struct rejudge_status s;
	struct json_writer w;

	rejudge_get_status(c->api->options.rejudge, &s);
	json_writer_init(&w, call_answer_begin(c));
	put_status(&w, &s);
	call_answer(c, status, str_make(NULL, 0));
}

void rejudge_get(struct call *c)
{
	answer(c, 200);
}

static void fail(struct call *c, enum err e, const struct buf *problem)
{
	if (e == ERR_BUSY)
		problem_set(&c->problem, PROBLEM_CONFLICT,
			"Clicks are being judged again already.");
	else if (problem->n)
		problem_set(&c->problem, PROBLEM_INVALID, "%.*s",
			STR_FMT(buf_view(problem)));
	else
		problem_from_err(&c->problem, e);
	call_fail(c);
}

void rejudge_post(struct call *c)
{
	bool is_dry = false;
	struct buf problem;
	enum err e;
	const struct json_field fields[] = {
		{.name = "dry_run", .type = JSON_FIELD_BOOL, .to = &is_dry},
	};

	if (!json_read_object(c->json, "#", fields, 1, &c->problem.findings)) {
		call_fail_with(c, PROBLEM_INVALID, "The request is invalid.");
		return;
	}
	buf_init(&problem, JUDGING_PROBLEM_MAX);
	e = rejudge_start(c->api->options.rejudge, is_dry, &problem);
	if (e)
		fail(c, e, &problem);
	else
		answer(c, 202);
	buf_deinit(&problem);
}
