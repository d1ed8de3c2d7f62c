#include "store/click_fold.h"

#include "core/verdict.h"

enum err click_fold_init(struct click_fold *f, struct tally *tally,
	const struct verdict_rules *rules, uint64_t repeat_window_ms)
{
	const struct click_judge_options options = {
		.rules = rules,
		.ip = IP_FULL, /* it was cut when it was written */
		.repeat_window_ms = repeat_window_ms,
	};
	enum err e;

	*f = (struct click_fold){0};
	e = click_judge_new(&options, &f->judge);
	if (!e)
		e = tally_load_base_seen(tally, &f->seen);
	if (e)
		click_fold_deinit(f);
	return e;
}

void click_fold_deinit(struct click_fold *f)
{
	click_judge_free(f->judge);
	seen_set_deinit(&f->seen);
	*f = (struct click_fold){0};
}

static bool is_same(const struct click *a, const struct click *b)
{
	return a->verdict == b->verdict && a->reason == b->reason &&
	       a->counted == b->counted && a->unique == b->unique;
}

bool click_fold_next(struct click_fold *f, struct click *c)
{
	struct click was = *c;
	bool added = false;

	/* An agent that can no longer be read says nothing new. */
	if (!f->err && !c->erased && !(c->agent_id && !c->agent.n)) {
		f->err = click_judge_prepare(f->judge, 1, c->at_ms);
		if (!f->err)
			click_judge_decide(f->judge, c);
	}
	if (!f->err && c->counted)
		f->err = seen_set_add(&f->seen, c->token, &added);
	if (f->err) {
		*c = was;
		return false;
	}
	c->unique = added;
	if (is_same(&was, c)) {
		*c = was; /* by which rules: those that first said so */
		return false;
	}
	if (c->revision < UINT16_MAX)
		c->revision++;
	return true;
}
