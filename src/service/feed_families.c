#include "service/feed_families.h"

static void set_row(struct feed_row *r, const struct agent_families *f)
{
	r->os = str_from(f->os);
	r->device = str_from(f->device);
	r->browser = str_from(f->browser);
}

/* True if the tally has them. */
static bool find_kept(
	struct view *v, struct str agent, struct agent_families *to)
{
	enum err e;
	struct db_txn *t = view_tally(v, &e);

	if (!e)
		e = tally_families(t, agent, to);
	if (e == ERR_CORRUPT)
		tally_report_damage(v->region->tally);
	return !e;
}

static void ask(struct view *v, struct str agent, struct agent_families *to)
{
	const struct region *g = v->region;

	*to = (struct agent_families){{0}, {0}, {0}};
	if (g->families)
		g->families(g->families_arg, agent, to);
}

static void join_own(
	struct feed_families *f, struct view *v, struct feed_row *r)
{
	if (!find_kept(v, r->click.agent, &f->own))
		ask(v, r->click.agent, &f->own);
	set_row(r, &f->own);
}

static void join_interned(
	struct feed_families *f, struct view *v, struct feed_row *r)
{
	uint64_t opening = click_reader_opening(&v->clicks);
	uint32_t id = r->click.agent_id;
	struct feed_family *slot = &f->items[id % FEED_FAMILIES];
	bool is_ours = slot->opening == opening && slot->id == id;
	struct str agent;

	if (!is_ours || !slot->is_final) {
		/* The reader has said what was wrong, and the tally knows
		 * nothing of it either. */
		if (click_reader_agent(&v->clicks, id, &agent))
			return;
		slot->is_final = find_kept(v, agent, &slot->families);
		if (!slot->is_final && !is_ours)
			ask(v, agent, &slot->families);
		slot->opening = opening;
		slot->id = id;
	}
	set_row(r, &slot->families);
}

void feed_families_join(
	struct feed_families *f, struct view *v, struct feed_row *r)
{
	r->os = r->device = r->browser = str_make(NULL, 0);
	if (r->click.erased) {
		r->os = r->click.os;
		r->device = r->click.device;
		r->browser = r->click.browser;
	} else if (r->click.agent_id) {
		join_interned(f, v, r);
	} else if (r->click.agent.n) {
		join_own(f, v, r);
	}
}
