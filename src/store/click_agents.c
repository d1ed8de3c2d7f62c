#include "store/click_agents.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "core/hash.h"
#include "store/segment.h"

enum {
	INDEX_BITS = 17,
	INDEX_SIZE = 1 << INDEX_BITS, /* twice the agents at most */
	AGENTS_STEP = 256,
};

struct click_agent {
	uint64_t hash;
	uint32_t id;
	uint32_t length;
	char *text;
};

enum err click_agents_init(struct click_agents *a)
{
	*a = (struct click_agents){0};
	a->index = calloc(INDEX_SIZE, sizeof(*a->index));
	if (!a->index)
		return ERR_NOMEM;
	/* Whoever chooses agents by their hash does not know this. */
	random_fill(&a->multiplier, sizeof(a->multiplier));
	a->multiplier |= 1;
	return OK;
}

static void truncate_to(struct click_agents *a, size_t n)
{
	while (a->n > n)
		free(a->agents[--a->n].text);
}

void click_agents_deinit(struct click_agents *a)
{
	truncate_to(a, 0);
	free(a->agents);
	free(a->index);
	*a = (struct click_agents){0};
}

static size_t place(const struct click_agents *a, uint64_t hash)
{
	return (size_t)((hash * a->multiplier) >> (64 - INDEX_BITS));
}

static void index_add(struct click_agents *a, size_t i)
{
	size_t at = place(a, a->agents[i].hash);

	while (a->index[at])
		at = (at + 1) % INDEX_SIZE;
	a->index[at] = (uint32_t)i + 1;
}

void click_agents_clear(struct click_agents *a)
{
	truncate_to(a, 0);
	a->committed_n = 0;
	a->knows_last = false;
	memset(a->index, 0, INDEX_SIZE * sizeof(*a->index));
}

void click_agents_commit(struct click_agents *a)
{
	a->committed_n = a->n;
	a->committed_id = a->last_id;
}

void click_agents_abort(struct click_agents *a)
{
	a->last_id = a->committed_id;
	if (a->n == a->committed_n)
		return;
	truncate_to(a, a->committed_n);
	memset(a->index, 0, INDEX_SIZE * sizeof(*a->index));
	for (size_t i = 0; i < a->n; i++)
		index_add(a, i);
}

static uint32_t find(
	const struct click_agents *a, struct str agent, uint64_t hash)
{
	uint32_t i;

	for (size_t at = place(a, hash); (i = a->index[at]);
		at = (at + 1) % INDEX_SIZE) {
		const struct click_agent *c = &a->agents[i - 1];

		if (c->hash == hash &&
			str_eq(agent, str_make(c->text, c->length)))
			return c->id;
	}
	return 0;
}

static enum err reserve(struct click_agents *a)
{
	struct click_agent *grown;

	if (a->n < a->size)
		return OK;
	grown = realloc(a->agents, (a->size + AGENTS_STEP) * sizeof(*grown));
	if (!grown)
		return ERR_NOMEM;
	a->agents = grown;
	a->size += AGENTS_STEP;
	return OK;
}

static enum err keep(
	struct click_agents *a, struct str agent, uint64_t hash, uint32_t id)
{
	enum err e = reserve(a);
	char *text;

	if (e)
		return e;
	text = malloc(agent.n);
	if (!text)
		return ERR_NOMEM;
	memcpy(text, agent.p, agent.n);
	a->agents[a->n] = (struct click_agent){
		.hash = hash,
		.id = id,
		.length = (uint32_t)agent.n,
		.text = text,
	};
	index_add(a, a->n++);
	return OK;
}

static uint32_t last_id(struct click_agents *a, struct db_txn *t)
{
	if (!a->knows_last) {
		a->last_id = segment_last_agent(t);
		a->committed_id = a->last_id;
		a->knows_last = t->err == OK;
	}
	return a->last_id;
}

/* One that is not in memory: in the segment from before a restart, or new. */
static uint32_t intern_unknown(struct click_agents *a, struct db_txn *t,
	struct str agent, uint64_t hash)
{
	uint32_t id;
	bool taken;
	enum err e = segment_find_agent(t, agent, hash, &id, &taken);

	if (t->err || (e && taken))
		return 0;
	if (e && last_id(a, t) >= SEGMENT_AGENTS_MAX)
		return 0;
	if (e)
		id = last_id(a, t) + 1;
	if (t->err || keep(a, agent, hash, id))
		return 0;
	if (e) {
		segment_put_agent(t, agent, hash, id);
		a->last_id = id;
	}
	return id;
}

uint32_t click_agents_intern(
	struct click_agents *a, struct db_txn *t, struct str agent)
{
	uint64_t hash;
	uint32_t id;

	if (!agent.n)
		return 0;
	hash = hash64(agent);
	id = find(a, agent, hash);
	if (id || a->n >= SEGMENT_AGENTS_MAX)
		return id;
	return intern_unknown(a, t, agent, hash);
}
