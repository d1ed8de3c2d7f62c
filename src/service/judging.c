#include "service/judging.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/file.h"
#include "base/log.h"
#include "core/geo.h"

enum {
	RULES_MAX = 1000, /* read so far, two at a time */
	MATCHERS_MAX = 8, /* kept: one for each thread that asks */
};

struct judging {
	struct judging_settings settings;
	struct agent_parser *agents; /* NULL: none */
	/* judging_look()'s: what the path was found to be, and the file
	 * before, which is kept until the next look, so that who gives up a
	 * share of it need not free it. */
	struct geo_refused refused;
	struct geo *former;
	pthread_mutex_t lock;  /* of what is below */
	struct geo *countries; /* NULL: none */
	struct agent_matcher *spiders;
	struct agent_matcher *matchers[MATCHERS_MAX];
	size_t matchers_n;
	const struct verdict_rules *in_force;
	/* The same, without uap-core's. */
	_Atomic(const struct verdict_rules *) plain;
	/* All that were read: somebody may still judge by them. */
	struct verdict_rules *rules[RULES_MAX];
	size_t rules_n;
};

static void lock(struct judging *j)
{
	ASSERT(pthread_mutex_lock(&j->lock) == 0);
}

static void unlock(struct judging *j)
{
	ASSERT(pthread_mutex_unlock(&j->lock) == 0);
}

/* Asked once for each agent that is new. */
static bool is_spider(void *arg, struct str agent)
{
	struct judging *j = arg;
	bool found;

	lock(j);
	found = agent_parser_is_spider(j->spiders, agent);
	unlock(j);
	return found;
}

static enum err fail_file(struct buf *problem, const char *path, enum err e)
{
	buf_printf(problem, "%s: %s", path,
		e == ERR_SYSTEM ? strerror(errno) : err_text(e));
	return e;
}

/* The operator's file; empty without one. */
static enum err read_text(
	const struct judging *j, struct buf *text, struct buf *problem)
{
	const char *path = j->settings.rules;
	enum err e = path ? file_read(path, text) : OK;

	return e ? fail_file(problem, path, e) : OK;
}

static enum err make_rules(struct judging *j, struct str text, bool spiders,
	struct verdict_rules **to, struct buf *problem)
{
	const struct verdict_rules_source source = {.name = j->settings.rules,
		.text = text,
		.is_spider = spiders && j->spiders ? is_spider : NULL,
		.arg = j};
	enum err e = verdict_rules_new(&source, problem, to);

	if (e && e != ERR_INVALID)
		buf_text(problem, err_text(e));
	if (problem->n && problem->p[problem->n - 1] == '\n')
		problem->n--;
	return e;
}

/* plain may be NULL; else both kinds, or none. */
static enum err read_rules(struct judging *j, struct verdict_rules **to,
	struct verdict_rules **plain, struct buf *problem)
{
	struct verdict_rules *rules = NULL;
	struct buf text;
	enum err e;

	buf_init(&text, VERDICT_FILE_MAX);
	e = read_text(j, &text, problem);
	if (!e)
		e = make_rules(j, buf_view(&text), true, &rules, problem);
	if (!e && plain)
		e = make_rules(j, buf_view(&text), false, plain, problem);
	if (e)
		verdict_rules_free(rules);
	else
		*to = rules;
	buf_deinit(&text);
	return e;
}

static enum err add_rules(struct judging *j, struct buf *problem)
{
	struct verdict_rules *rules = NULL, *plain = NULL;
	enum err e;

	if (j->rules_n + 2 > RULES_MAX) {
		buf_printf(problem,
			"the rules were read anew %d times: restart the server",
			RULES_MAX / 2);
		return ERR_FULL;
	}
	e = read_rules(j, &rules, &plain, problem);
	if (e)
		return e;
	lock(j);
	j->rules[j->rules_n++] = rules;
	j->rules[j->rules_n++] = plain;
	j->in_force = rules;
	atomic_store(&j->plain, plain);
	unlock(j);
	return OK;
}

static enum err open_agents(struct judging *j, struct buf *problem)
{
	struct agent_problem why;
	enum err e;

	if (!j->settings.agents)
		return OK;
	e = agent_parser_load(j->settings.agents, &j->agents, &why);
	if (e == ERR_NOT_FOUND && j->settings.agents_may_lack) {
		log_warn("agents: systems, devices and browsers are not told: "
			 "there is no %s (package uap-core)",
			j->settings.agents);
		return OK;
	}
	if (e) {
		buf_text(problem, why.text);
		return e;
	}
	j->spiders = agent_matcher_new(j->agents, 0);
	return j->spiders ? OK : ERR_NOMEM;
}

static enum err open_countries(struct judging *j, struct buf *problem)
{
	struct geo_problem why;
	enum err e;

	if (!j->settings.countries)
		return OK;
	e = geo_open(j->settings.countries, &j->countries, &why);
	if (e)
		buf_text(problem, why.text);
	return e;
}

enum err judging_open(const struct judging_settings *settings,
	struct judging **to, struct buf *problem)
{
	struct judging *j = calloc(1, sizeof(*j));
	enum err e;

	if (!j)
		return ERR_NOMEM;
	j->settings = *settings;
	ASSERT(pthread_mutex_init(&j->lock, NULL) == 0);
	e = open_agents(j, problem);
	if (!e)
		e = add_rules(j, problem);
	if (!e)
		e = open_countries(j, problem);
	if (e) {
		judging_close(j);
		return e;
	}
	*to = j;
	return OK;
}

void judging_close(struct judging *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < j->rules_n; i++)
		verdict_rules_free(j->rules[i]);
	while (j->matchers_n)
		agent_matcher_free(j->matchers[--j->matchers_n]);
	agent_matcher_free(j->spiders);
	agent_parser_free(j->agents);
	geo_close(j->former);
	geo_close(j->countries);
	ASSERT(pthread_mutex_destroy(&j->lock) == 0);
	free(j);
}

enum err judging_check(
	const struct judging_settings *settings, struct buf *problem)
{
	struct judging *j;
	struct agent_problem why;
	enum err e = judging_open(settings, &j, problem);

	if (e)
		return e;
	if (j->agents) {
		e = agent_parser_compile(j->agents, &why);
		if (e)
			buf_text(problem, why.text);
	}
	judging_close(j);
	return e;
}

const struct verdict_rules *judging_rules(struct judging *j)
{
	const struct verdict_rules *rules;

	lock(j);
	rules = j->in_force;
	unlock(j);
	return rules;
}

enum err judging_reload(struct judging *j, struct buf *problem)
{
	return add_rules(j, problem);
}

enum err judging_try(
	struct judging *j, struct verdict_rules **rules, struct buf *problem)
{
	return read_rules(j, rules, NULL, problem);
}

struct geo *judging_countries(struct judging *j)
{
	struct geo *g;

	lock(j);
	g = j->countries ? geo_share(j->countries) : NULL;
	unlock(j);
	return g;
}

bool judging_look(struct judging *j)
{
	struct geo_problem why;
	struct geo *next;

	if (!j->countries)
		return false;
	geo_close(j->former);
	j->former = NULL;
	switch (geo_look(j->countries, j->settings.countries, &j->refused,
		&next, &why)) {
	case GEO_SAME:
		return false;
	case GEO_REFUSED:
		log_error("countries: the former ones stay: %s", why.text);
		return false;
	case GEO_REPLACED:
		break;
	}
	log_info("countries: the file was replaced, and read again");
	lock(j);
	j->former = j->countries;
	j->countries = next;
	unlock(j);
	return true;
}

enum verdict judging_verdict(struct judging *j, const struct click *c)
{
	const struct verdict_rules *rules = atomic_load(&j->plain);
	const struct verdict_input input = {
		.is_head = c->head,
		.signals = c->signals,
		.agent = verdict_agent(rules, c->agent),
		.referer = c->referer,
		.ip = c->ip,
	};

	return (enum verdict)verdict_click(rules, &input).verdict;
}

/* One that nobody uses now; NULL without memory. */
static struct agent_matcher *take_matcher(struct judging *j)
{
	struct agent_matcher *m = NULL;

	lock(j);
	if (j->matchers_n)
		m = j->matchers[--j->matchers_n];
	unlock(j);
	return m ? m : agent_matcher_new(j->agents, 0);
}

static void give_matcher(struct judging *j, struct agent_matcher *m)
{
	lock(j);
	if (j->matchers_n < MATCHERS_MAX) {
		j->matchers[j->matchers_n++] = m;
		m = NULL;
	}
	unlock(j);
	agent_matcher_free(m);
}

void judging_families(void *arg, struct str agent, struct agent_families *to)
{
	struct judging *j = arg;
	struct agent_matcher *m = j->agents ? take_matcher(j) : NULL;

	if (!m) {
		*to = (struct agent_families){.os = ""};
		return;
	}
	agent_parser_families(m, agent, to);
	give_matcher(j, m);
}
