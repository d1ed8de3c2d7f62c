#include "service/region.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/file.h"
#include "base/log.h"
#include "base/random.h"

enum {
	DATA_MODE = 0700,
	KEYS_MODE = 0600
};

static enum err fail(struct region_problem *problem, enum err e,
	const char *path, const char *what)
{
	const char *more = e == ERR_SYSTEM ? strerror(errno) : err_text(e);

	(void)snprintf(problem->text, sizeof(problem->text), "%s: %s: %s", path,
		what, more);
	return e;
}

enum err regions_lock(
	const char *data_dir, int *fd, struct region_problem *problem)
{
	char path[PATH_MAX];
	enum err e = file_path(path, data_dir, "ctio.lock");

	if (e)
		return fail(problem, e, data_dir, "data folder");
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		return fail(problem, ERR_SYSTEM, path, "cannot open");
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return OK;
	if (errno != EWOULDBLOCK) {
		e = fail(problem, ERR_SYSTEM, path, "cannot lock");
	} else {
		(void)snprintf(problem->text, sizeof(problem->text),
			"%s: another ctio serves this data folder", data_dir);
		e = ERR_BUSY;
	}
	(void)close(*fd);
	*fd = -1;
	return e;
}

static enum err write_new_keys(
	struct region *g, const char *path, const struct clock *clock)
{
	uint8_t random[CIPHER_KEY];
	struct buf text;
	enum err e;

	random_fill(random, sizeof(random));
	token_keys_generate(
		&g->keys, g->settings.tag, random, clock_wall_ms(clock));
	buf_init(&text, TOKEN_KEYS_TEXT_MAX);
	token_keys_print(&text, &g->keys);
	e = buf_err(&text);
	if (!e)
		e = file_write(path, buf_view(&text), KEYS_MODE);
	buf_deinit(&text);
	return e;
}

static enum err read_keys(
	struct region *g, const char *path, struct region_problem *problem)
{
	struct token_keys_problem where = {0};
	struct buf text;
	enum err e;

	buf_init(&text, TOKEN_KEYS_TEXT_MAX);
	e = file_read(path, &text);
	if (e) {
		e = fail(problem, e, path, "cannot read");
	} else {
		e = token_keys_parse(
			buf_view(&text), g->settings.tag, &g->keys, &where);
		if (e)
			(void)snprintf(problem->text, sizeof(problem->text),
				"%s:%zu: %s", path, where.line, where.text);
	}
	buf_deinit(&text);
	return e;
}

/* Keys are made with the region, and only then: a store whose keys are gone
 * must not quietly get others. */
static enum err open_keys(struct region *g, const char *dir,
	const struct clock *clock, struct region_problem *problem)
{
	char path[PATH_MAX], links[PATH_MAX];
	struct stat s;
	enum err e = file_path(path, dir, "token.keys");

	if (!e)
		e = file_path(links, dir, "links");
	if (e)
		return fail(problem, e, dir, "region folder");
	if (stat(path, &s) != 0) {
		if (errno != ENOENT)
			return fail(problem, ERR_SYSTEM, path, "cannot read");
		if (stat(links, &s) == 0)
			return fail(problem, ERR_NOT_FOUND, path,
				"the keys of this region's tokens are missing; "
				"put them back from a backup");
		e = write_new_keys(g, path, clock);
		return e ? fail(problem, e, path, "cannot write") : OK;
	}
	if (s.st_mode & 077) {
		(void)snprintf(problem->text, sizeof(problem->text),
			"%s: others may read these keys (mode %03o); run "
			"chmod 600 on it",
			path, (unsigned)s.st_mode & 0777);
		return ERR_DENIED;
	}
	return read_keys(g, path, problem);
}

static enum err open_clicks(struct region *g, const char *dir,
	const struct regions_settings *settings, struct region_problem *problem)
{
	struct segments_problem where = {0};
	char path[PATH_MAX];
	enum err e;

	e = file_path(path, dir, "clicks");
	if (!e)
		e = segments_open(&(struct segments_options){.dir = path,
					  .shard = REGION_SHARD,
					  .sequence_min = restores_first_click(
						  &g->restores)},
			&g->segments, &where);
	if (e)
		return fail(problem, e, where.path[0] ? where.path : path,
			"the click log cannot be opened");
	e = file_path(path, dir, "tally");
	if (!e)
		e = tally_open(&(struct tally_options){.dir = path,
				       .segments = g->segments,
				       .clock = settings->clock,
				       .families = g->families,
				       .families_arg = g->families_arg},
			&g->tally);
	if (e)
		return fail(problem, e, path, "the tally cannot be opened");
	if (tally_lost_base(g->tally))
		log_error("tally: damaged with its base: counters hold only "
			  "what the click log still has region=%.*s",
			STR_FMT(g->settings.name));
	return OK;
}

static enum err open_judge(struct region *g, struct judging *judging,
	const struct judging_settings *settings, struct region_problem *problem)
{
	struct geo *countries;
	enum err e;

	if (!judging)
		return OK;
	e = click_judge_new(
		&(struct click_judge_options){.rules = judging_rules(judging),
			.ip = g->settings.ip,
			.repeat_window_ms = settings->repeat_window_ms},
		&g->judge);
	if (e)
		return fail(problem, e, "click judge", "cannot be made");
	countries = judging_countries(judging);
	if (countries)
		click_judge_countries(g->judge, countries);
	return OK;
}

static enum err start_threads(struct region *g,
	const struct regions_settings *settings, struct region_problem *problem,
	const char *dir)
{
	enum err e;

	e = links_writer_start(
		&(struct links_writer_options){.links = &g->links,
			.clock = settings->clock,
			.key_version = g->keys.current},
		&g->links_writer);
	if (!e)
		e = tally_start(g->tally);
	if (!e)
		e = click_writer_start(
			&(struct click_writer_options){.segments = g->segments,
				.tally = g->tally,
				.clock = settings->clock,
				.judge = g->judge,
				.is_relaxed = settings->replies_do_not_wait,
				.done = settings->clicks_done,
				.arg = settings->arg},
			&g->click_writer);
	return e ? fail(problem, e, dir, "the writers cannot be started") : OK;
}

static enum err open_region(struct region *g, struct judging *judging,
	const struct regions_settings *settings, struct region_problem *problem)
{
	char name[64], dir[PATH_MAX], path[PATH_MAX];
	enum err e;

	(void)snprintf(name, sizeof(name), "%.*s", STR_FMT(g->settings.name));
	e = file_path(dir, settings->data_dir, name);
	if (!e)
		e = file_make_dir(dir, DATA_MODE);
	if (e)
		return fail(problem, e, dir, "cannot make the folder");
	e = open_keys(g, dir, settings->clock, problem);
	if (e)
		return e;
	e = file_path(path, dir, "links");
	if (!e)
		e = links_open(path, REGION_SHARD, &g->links);
	if (!e)
		e = restores_load(g->links.env, &g->restores);
	if (e)
		return fail(problem, e, path, "the links cannot be opened");
	e = open_clicks(g, dir, settings, problem);
	if (!e)
		e = open_judge(g, judging, settings->judging, problem);
	return e ? e : start_threads(g, settings, problem, dir);
}

static void close_region(struct region *g)
{
	if (!g->settings.serve)
		return;
	/* The click writer may wait for the tally. */
	click_writer_stop(g->click_writer);
	click_judge_free(g->judge);
	tally_close(g->tally);
	segments_close(g->segments);
	links_writer_stop(g->links_writer);
	restores_deinit(&g->restores);
	links_close(&g->links);
	ASSERT(pthread_mutex_destroy(&g->upkeep) == 0);
}

static enum err gather_own_domains(
	struct regions *r, const struct regions_settings *settings)
{
	size_t n = settings->domains_n, at = 0;

	for (size_t i = 0; i < settings->regions_n; i++)
		n += settings->regions[i].domains_n;
	r->own_domains = calloc(n ? n : 1, sizeof(*r->own_domains));
	if (!r->own_domains)
		return ERR_NOMEM;
	for (size_t i = 0; i < settings->regions_n; i++)
		for (size_t j = 0; j < settings->regions[i].domains_n; j++)
			r->own_domains[at++] = settings->regions[i].domains[j];
	for (size_t i = 0; i < settings->domains_n; i++)
		r->own_domains[at++] = settings->domains[i].host;
	r->own_domains_n = at;
	return OK;
}

static enum err open_judging(struct regions *r,
	const struct judging_settings *settings, struct region_problem *problem)
{
	struct buf why;
	enum err e;

	if (!settings)
		return OK;
	r->repeat_window_ms = settings->repeat_window_ms;
	buf_init(&why, JUDGING_PROBLEM_MAX);
	e = judging_open(settings, &r->judging, &why);
	if (e)
		(void)snprintf(problem->text, sizeof(problem->text), "%s",
			why.n ? buf_cstr(&why) : err_text(e));
	buf_deinit(&why);
	return e;
}

/* Regions that were to be put back would be made empty. */
static enum err check_restore(
	const char *data_dir, struct region_problem *problem)
{
	char path[PATH_MAX];
	struct stat s;
	enum err e = file_path(path, data_dir, REGIONS_RESTORE_PART);

	if (e || stat(path, &s) != 0)
		return e;
	(void)snprintf(problem->text, sizeof(problem->text),
		"%s: a restore was cut off; run it again, or remove this "
		"folder",
		path);
	return ERR_CONFLICT;
}

static enum err open_all(struct regions *r,
	const struct regions_settings *settings, struct region_problem *problem)
{
	enum err e = file_make_dir(settings->data_dir, DATA_MODE);

	if (e)
		return fail(problem, e, settings->data_dir,
			"cannot make the data folder");
	e = regions_lock(settings->data_dir, &r->lock_fd, problem);
	if (!e)
		e = check_restore(settings->data_dir, problem);
	if (!e)
		e = gather_own_domains(r, settings);
	if (!e)
		e = open_judging(r, settings->judging, problem);
	for (size_t i = 0; !e && i < settings->regions_n; i++) {
		struct region *g = &r->items[r->n];

		g->settings = settings->regions[i];
		g->families =
			r->judging ? judging_families : settings->families;
		g->families_arg =
			r->judging ? r->judging : settings->families_arg;
		g->taps = &r->taps;
		g->index = r->n++;
		r->by_tag[(unsigned char)g->settings.tag & 127] = g;
		if (!g->settings.serve)
			continue;
		ASSERT(pthread_mutex_init(&g->upkeep, NULL) == 0);
		e = open_region(g, r->judging, settings, problem);
	}
	return e;
}

enum err regions_open(const struct regions_settings *settings,
	struct regions **to, struct region_problem *problem)
{
	struct regions *r =
		aligned_alloc(_Alignof(struct regions), sizeof(struct regions));
	enum err e;

	*problem = (struct region_problem){0};
	if (r)
		memset(r, 0, sizeof(*r));
	if (!r || settings->regions_n > REGIONS_MAX) {
		free(r);
		return fail(problem, ERR_NOMEM, settings->data_dir, "regions");
	}
	r->lock_fd = -1;
	r->domains = settings->domains;
	r->domains_n = settings->domains_n;
	r->clock = settings->clock;
	e = open_all(r, settings, problem);
	if (e) {
		regions_close(r);
		return e;
	}
	*to = r;
	return OK;
}

void regions_stop_clicks(struct regions *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->items[i].settings.serve)
			click_writer_close(r->items[i].click_writer);
}

void regions_close(struct regions *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		close_region(&r->items[i]);
	judging_close(r->judging);
	free(r->own_domains);
	if (r->lock_fd >= 0)
		(void)close(r->lock_fd); /* which unlocks */
	free(r);
}

static enum err known_families(
	struct region *g, struct str agent, struct agent_families *to)
{
	struct db_txn t;
	enum err e = db_reader_init(tally_env(g->tally), &t);

	if (e)
		return e;
	e = db_reader_renew(&t);
	if (!e)
		e = tally_families(&t, agent, to);
	db_reader_deinit(&t);
	return e;
}

void region_families(
	struct region *g, struct str agent, struct agent_families *to)
{
	*to = (struct agent_families){.os = ""};
	if (agent.n && known_families(g, agent, to) && g->families)
		g->families(g->families_arg, agent, to);
}

uint64_t region_clicks(const struct region *g)
{
	uint64_t oldest, newest;

	segments_range(g->segments, &oldest, &newest);
	return restores_clicks(&g->restores, oldest, newest);
}

uint64_t regions_stored_bytes(const struct regions *r)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct region *g = &r->items[i];

		if (g->settings.serve)
			sum += db_file_bytes(g->links.env) +
			       counter_get(
				       &click_writer_metrics(g->click_writer)
						->bytes);
	}
	return sum;
}

uint64_t regions_free_bytes(const struct regions *r)
{
	struct statvfs s;

	if (fstatvfs(r->lock_fd, &s) != 0)
		return 0;
	return (uint64_t)s.f_bavail * s.f_frsize;
}

struct region *region_by_name(struct regions *r, struct str name)
{
	for (size_t i = 0; i < r->n; i++)
		if (str_eq(r->items[i].settings.name, name))
			return &r->items[i];
	return NULL;
}

struct region *region_by_tag(struct regions *r, char tag)
{
	return (unsigned char)tag < 128 ? r->by_tag[(unsigned char)tag] : NULL;
}

const struct domain_settings *domain_by_host(struct regions *r, struct str host)
{
	for (size_t i = 0; i < r->domains_n; i++)
		if (str_eq_nocase(r->domains[i].host, host))
			return &r->domains[i];
	return NULL;
}

struct region *region_by_host(struct regions *r, struct str host)
{
	const struct domain_settings *domain = domain_by_host(r, host);

	if (domain)
		return region_by_name(r, domain->region);
	for (size_t i = 0; i < r->n; i++)
		for (size_t j = 0; j < r->items[i].settings.domains_n; j++)
			if (str_eq_nocase(
				    r->items[i].settings.domains[j], host))
				return &r->items[i];
	return NULL;
}
