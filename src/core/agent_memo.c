#include "core/agent_memo.h"

#include <stdlib.h>

#include "base/random.h"

struct agent_memo_set {
	uint8_t oldest;
	struct agent_memo_entry entries[AGENT_MEMO_WAYS];
};

enum err agent_memo_init(struct agent_memo *m, size_t entries_min)
{
	size_t sets = entries_min ? 1 : 0;

	while (sets * AGENT_MEMO_WAYS < entries_min)
		sets *= 2;
	*m = (struct agent_memo){.sets_n = sets};
	random_fill(&m->seed, sizeof(m->seed));
	if (sets == 0)
		return OK;
	m->sets = calloc(sets, sizeof(*m->sets));
	return m->sets ? OK : ERR_NOMEM;
}

void agent_memo_deinit(struct agent_memo *m)
{
	free(m->sets);
	m->sets = NULL;
}

struct agent_memo_entry *agent_memo_at(struct agent_memo *m, struct str agent)
{
	uint8_t key[HASH128_BYTES];
	struct agent_memo_entry *e = &m->alone;
	struct agent_memo_set *set;
	size_t at;

	hash128_seeded(agent, m->seed, key);
	if (m->sets_n) {
		memcpy(&at, key, sizeof(at));
		set = &m->sets[at & (m->sets_n - 1)];
		for (size_t i = 0; i < AGENT_MEMO_WAYS; i++) {
			e = &set->entries[i];
			if (e->known && memcmp(e->key, key, sizeof(key)) == 0)
				return e;
		}
		e = &set->entries[set->oldest];
		set->oldest = (uint8_t)((set->oldest + 1) % AGENT_MEMO_WAYS);
	}
	memcpy(e->key, key, sizeof(key));
	e->known = 0;
	return e;
}
