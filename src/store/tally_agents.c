#include "store/tally_agents.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/random.h"
#include "core/hash.h"
#include "store/tally_tables.h"

enum {
	MEMO_SIZE = 1 << 16,
	INDEX_SIZE = 2 * TALLY_NAMES_MAX, /* a power of two */
	NAMES_LOW = TALLY_NAMES_MAX / 2,  /* a batch has this many for itself */
	ID_BITS = 32,
};

/* Keys of agents that are not interned have this bit. */
#define KEY_OF_TEXT ((uint64_t)1 << 63)

struct memo {
	uint64_t key;
	uint32_t era; /* another than the present one: free */
	uint16_t os;
};

struct name {
	uint8_t n;
	char text[AGENT_FAMILY_SIZE];
};

struct tally_agents {
	void (*families)(
		void *arg, struct str agent, struct agent_families *to);
	void *arg;
	uint64_t kept_max;
	uint64_t seed; /* so that nobody can make two texts meet */
	struct tally_metrics *metrics;
	uint32_t era;
	unsigned lookups_n; /* of this batch */
	size_t names_n;     /* 0 is the unknown one's */
	uint16_t *index;    /* of names by hash; 0: free */
	struct name *names;
	struct memo *memo;
	struct buf record;
};

static void forget(struct tally_agents *a)
{
	a->era++;
	if (!a->era) {
		memset(a->memo, 0, MEMO_SIZE * sizeof(*a->memo));
		a->era = 1;
	}
	memset(a->index, 0, INDEX_SIZE * sizeof(*a->index));
	a->names_n = 1;
}

enum err tally_agents_new(const struct tally_options *options,
	struct tally_metrics *metrics, struct tally_agents **to)
{
	struct tally_agents *a = calloc(1, sizeof(*a));

	if (!a)
		return ERR_NOMEM;
	a->metrics = metrics;
	a->families = options->families;
	a->arg = options->families_arg;
	a->kept_max =
		options->agents_max ? options->agents_max : TALLY_AGENTS_MAX;
	random_fill(&a->seed, sizeof(a->seed));
	buf_init(&a->record, TALLY_AGENT_RECORD_MAX);
	a->index = calloc(INDEX_SIZE, sizeof(*a->index));
	a->names = calloc(TALLY_NAMES_MAX, sizeof(*a->names));
	a->memo = calloc(MEMO_SIZE, sizeof(*a->memo));
	if (!a->index || !a->names || !a->memo) {
		tally_agents_free(a);
		return ERR_NOMEM;
	}
	forget(a);
	*to = a;
	return OK;
}

void tally_agents_free(struct tally_agents *a)
{
	if (!a)
		return;
	buf_deinit(&a->record);
	free(a->index);
	free(a->names);
	free(a->memo);
	free(a);
}

void tally_agents_begin(struct tally_agents *a)
{
	a->lookups_n = 0;
	if (a->names_n > NAMES_LOW)
		forget(a);
}

bool tally_agents_is_full(const struct tally_agents *a)
{
	return a->names_n == TALLY_NAMES_MAX ||
	       a->lookups_n == TALLY_LOOKUPS_MAX;
}

struct str tally_agents_name(const struct tally_agents *a, uint16_t os)
{
	ASSERT(os < a->names_n);
	return str_make(a->names[os].text, a->names[os].n);
}

void tally_agents_abort(struct tally_agents *a)
{
	forget(a);
}

/* The number of a name, given now if need be. */
static uint16_t number_of(struct tally_agents *a, struct str name)
{
	size_t i = hash64_seeded(name, a->seed) % INDEX_SIZE;
	struct name *to;

	if (!name.n)
		return 0;
	for (; a->index[i]; i = (i + 1) % INDEX_SIZE)
		if (str_eq(tally_agents_name(a, a->index[i]), name))
			return a->index[i];
	ASSERT(a->names_n < TALLY_NAMES_MAX && name.n <= sizeof(to->text));
	to = &a->names[a->names_n];
	to->n = (uint8_t)name.n;
	memcpy(to->text, name.p, name.n);
	a->index[i] = (uint16_t)a->names_n;
	return (uint16_t)a->names_n++;
}

static void keep(struct tally_agents *a, struct db_txn *txn, struct str agent,
	const struct agent_families *found)
{
	uint64_t n = db_count(txn, TALLY_AGENTS);

	if (n >= a->kept_max) {
		counter_add(&a->metrics->agents_unkept, 1);
		return;
	}
	tally_put_agent(txn, agent, found, &a->record);
	counter_set(&a->metrics->agents, n + 1);
}

/* As the table has it, or else as the rules say now. */
static uint16_t look_up(
	struct tally_agents *a, struct db_txn *txn, struct str agent)
{
	struct agent_families found;
	enum err e = tally_get_agent(txn, agent, &found);

	a->lookups_n++;
	if (e == ERR_NOT_FOUND) {
		found = (struct agent_families){{0}, {0}, {0}};
		if (a->families)
			a->families(a->arg, agent, &found);
		keep(a, txn, agent, &found);
	} else if (e) {
		db_fail(txn, e);
		return 0;
	}
	return number_of(a, str_from(found.os));
}

/* The agent's text; false for one that has none, or cannot be read. */
static bool text_of(struct click_reader *reader, const struct click *click,
	struct str *agent)
{
	*agent = click->agent;
	/* The reader has said what was wrong. */
	if (click->agent_id &&
		click_reader_agent(reader, click->agent_id, agent))
		return false;
	return agent->n > 0;
}

uint16_t tally_agents_os(struct tally_agents *a, struct db_txn *txn,
	struct click_reader *reader, const struct click *click)
{
	struct memo *memo;
	struct str agent;
	uint64_t key;

	if (click->erased)
		return number_of(a, click->os);
	if (click->agent_id)
		key = click_reader_opening(reader) << ID_BITS | click->agent_id;
	else if (click->agent.n)
		key = hash64_seeded(click->agent, a->seed) | KEY_OF_TEXT;
	else
		return 0;
	memo = &a->memo[(key * 0x9e3779b97f4a7c15) >> 48];
	if (memo->era == a->era && memo->key == key)
		return memo->os;
	memo->os = text_of(reader, click, &agent) ? look_up(a, txn, agent) : 0;
	memo->key = key;
	memo->era = a->era;
	return memo->os;
}
