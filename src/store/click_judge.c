#include "store/click_judge.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/verdict.h"
#include "store/click_reader.h"

struct known_agent {
	uint64_t hash; /* 0: none */
	struct judgement judgement;
};

struct click_judge {
	struct click_judge_options options;
	_Atomic(const struct verdict_rules *)
		wanted; /* the rules from now on */
	const struct verdict_rules *rules;
	struct click_repeats repeats;
	struct known_agent *agents;     /* by hash, one place each */
	_Atomic(struct geo *) next_geo; /* to be taken, or NULL */
	struct geo *geo;                /* NULL: not known */
	struct geo_memo memo;           /* of that */
};

enum err click_judge_new(
	const struct click_judge_options *options, struct click_judge **to)
{
	struct click_judge *j = calloc(1, sizeof(*j));

	if (!j)
		return ERR_NOMEM;
	j->options = *options;
	j->rules = options->rules;
	atomic_init(&j->wanted, options->rules);
	j->repeats.window_ms = options->repeat_window_ms;
	j->agents = calloc(CLICK_JUDGE_AGENTS, sizeof(*j->agents));
	if (!j->agents) {
		click_judge_free(j);
		return ERR_NOMEM;
	}
	*to = j;
	return OK;
}

void click_judge_free(struct click_judge *j)
{
	if (!j)
		return;
	click_repeats_deinit(&j->repeats);
	geo_close(atomic_load(&j->next_geo));
	geo_close(j->geo);
	free(j->agents);
	free(j);
}

void click_judge_rules(struct click_judge *j, const struct verdict_rules *rules)
{
	atomic_store(&j->wanted, rules);
}

void click_judge_adopt(struct click_judge *j, struct click_judge *from)
{
	struct click_repeats own = j->repeats;

	j->repeats = from->repeats;
	j->repeats.window_ms = own.window_ms;
	click_repeats_deinit(&own);
	from->repeats = (struct click_repeats){
		.window_ms = from->options.repeat_window_ms};
}

void click_judge_countries(struct click_judge *j, struct geo *geo)
{
	geo_close(atomic_exchange(&j->next_geo, geo));
}

void click_judge_refresh(struct click_judge *j)
{
	struct geo *next;

	if (!atomic_load(&j->next_geo))
		return;
	next = atomic_exchange(&j->next_geo, NULL);
	geo_close(j->geo);
	j->geo = next;
	memset(&j->memo, 0, sizeof(j->memo));
}

void click_judge_receive(struct click_judge *j, struct click *c)
{
	if (j->geo)
		(void)geo_country(j->geo, &j->memo, &c->ip, c->country);
	ip_keep(&c->ip, j->options.ip);
}

static void take_rules(struct click_judge *j)
{
	const struct verdict_rules *wanted = atomic_load(&j->wanted);

	if (wanted == j->rules)
		return;
	j->rules = wanted;
	for (size_t i = 0; i < CLICK_JUDGE_AGENTS; i++)
		j->agents[i].hash = 0;
}

enum err click_judge_prepare(struct click_judge *j, size_t n, uint64_t at_ms)
{
	take_rules(j);
	return click_repeats_reserve(&j->repeats, n, at_ms);
}

static uint64_t hash_of_agent(struct str agent)
{
	uint64_t hash = agent.n ? hash64(agent) : 1;

	return hash ? hash : 1;
}

static struct judgement judge_agent(
	struct click_judge *j, struct str agent, uint64_t hash)
{
	struct known_agent *known = &j->agents[hash % CLICK_JUDGE_AGENTS];

	if (known->hash != hash) {
		known->judgement = verdict_agent(j->rules, agent);
		known->hash = hash;
	}
	return known->judgement;
}

/* Of the token, the address's prefix and the agent: who taps. */
static uint64_t visitor_of(const struct click *c, uint64_t agent_hash)
{
	struct ip ip = c->ip;
	uint64_t seed, key;

	ip_truncate(&ip);
	seed = hash64_seeded(
		str_make((const char *)ip.bytes, ip.n), agent_hash);
	key = hash64_seeded(
		str_make((const char *)&c->token, sizeof(c->token)), seed);
	return key ? key : 1;
}

void click_judge_prefetch(const struct click_judge *j, const struct click *c)
{
	if (j->repeats.window_ms)
		click_repeats_prefetch(
			&j->repeats, visitor_of(c, hash_of_agent(c->agent)));
}

void click_judge_decide(struct click_judge *j, struct click *c)
{
	uint64_t agent = hash_of_agent(c->agent);
	const struct verdict_input input = {
		.is_head = c->head,
		.signals = c->signals,
		.agent = judge_agent(j, c->agent, agent),
		.referer = c->referer,
		.ip = c->ip,
	};
	struct judgement found = verdict_click(j->rules, &input);
	uint64_t visitor;

	c->rules = verdict_rules_number(j->rules);
	c->verdict = found.verdict;
	c->reason = found.reason;
	c->counted = c->outcome == CLICK_REDIRECTED && !c->test &&
		     c->verdict == VERDICT_HUMAN;
	if (!c->counted || !j->repeats.window_ms)
		return;
	visitor = visitor_of(c, agent);
	if (click_repeats_has(&j->repeats, visitor, c->at_ms)) {
		c->verdict = VERDICT_REPEAT;
		c->reason = REASON_REPEAT;
		c->counted = false;
	} else {
		click_repeats_add(&j->repeats, visitor, c->at_ms);
	}
}

void click_judge_take_back(struct click_judge *j, const struct click *c)
{
	if (c->counted)
		click_repeats_take_back(
			&j->repeats, visitor_of(c, hash_of_agent(c->agent)));
}

/* From the log's end back to about the beginning of the window; steps double,
 * so that few clicks are read twice. */
static enum err find_begin(struct click_judge *j, struct click_reader *r,
	uint64_t oldest, uint64_t newest, uint64_t *begin)
{
	uint64_t back = 1, newest_ms = 0, sequence;
	struct click click;
	enum err e;

	do {
		*begin = newest - oldest > back ? newest - back : oldest;
		click_reader_seek(r, *begin - 1);
		e = click_reader_next(r, &sequence, &click);
		if (e)
			return e;
		if (!newest_ms)
			newest_ms = click.at_ms;
		back *= 2;
	} while (*begin > oldest && back <= CLICK_REPLAY_MAX &&
		 click.at_ms + j->repeats.window_ms >= newest_ms);
	return OK;
}

static enum err replay_from(
	struct click_judge *j, struct click_reader *r, uint64_t begin)
{
	struct click click;
	uint64_t sequence;
	enum err e;

	click_reader_seek(r, begin - 1);
	while ((e = click_reader_next(r, &sequence, &click)) == OK) {
		if (!click.counted || click.erased)
			continue;
		e = click_repeats_reserve(&j->repeats, 1, click.at_ms);
		if (e)
			return e;
		click_repeats_add(&j->repeats,
			visitor_of(&click, hash_of_agent(click.agent)),
			click.at_ms);
	}
	return e;
}

enum err click_judge_replay(struct click_judge *j, struct segments *segments)
{
	uint64_t oldest, newest, begin;
	struct click_reader r;
	enum err e;

	if (!j->repeats.window_ms)
		return OK;
	segments_range(segments, &oldest, &newest);
	if (newest < oldest || !oldest)
		return OK;
	click_reader_init(&r, segments);
	e = find_begin(j, &r, oldest, newest, &begin);
	if (!e)
		e = replay_from(j, &r, begin);
	click_reader_deinit(&r);
	return e == ERR_AGAIN ? OK : e;
}
