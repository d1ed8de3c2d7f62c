#include "cli/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "api/tap.h"
#include "base/assert.h"
#include "base/log.h"
#include "base/thread.h"
#include "cli/server_regions.h"
#include "cli/version.h"
#include "http/loop.h"
#include "http/server.h"
#include "service/backup.h"
#include "service/rejudge.h"
#include "service/webhooks.h"
#include "service/keeper.h"

enum {
	SERVER_GRACE_MS = 10000
};

_Static_assert((int)SETTINGS_LOOPS_MAX <= (int)GATE_PLACES,
	"each loop of taps has a place");

/* A loop and its thread. */
struct worker {
	struct loop *loop;
	pthread_t thread;
	bool is_running;
};

struct server {
	const struct settings *settings;
	struct server_regions regions_settings;
	struct regions *regions;
	struct rejudge *rejudge;
	struct backup *backup;
	struct keeper *keeper;
	size_t clicks_n;
	struct worker clicks[SETTINGS_LOOPS_MAX];
	struct tap_site *sites[SETTINGS_LOOPS_MAX];
	struct http_listener *click_listeners[SETTINGS_LOOPS_MAX];
	struct webhooks *webhooks;
	struct worker api_worker;
	struct api *api;
	struct http_listener *api_tcp;
	struct http_listener *api_local;
	char socket_path[SETTINGS_PATH_MAX + 16];
};

static enum err fail(
	struct server_problem *problem, enum err e, const char *what)
{
	const char *why = e == ERR_SYSTEM ? strerror(errno) : err_text(e);

	(void)snprintf(
		problem->text, sizeof(problem->text), "%s: %s", what, why);
	return e;
}

static void put_endpoint(char *to, size_t n, const struct ip_endpoint *at)
{
	char ip[IP_TEXT_MAX];

	ip_put(ip, &at->ip);
	(void)snprintf(to, n, at->ip.n == 16 ? "[%s]:%u" : "%s:%u",
		at->ip.n ? ip : "*", (unsigned)at->port);
}

static enum err fail_listen(struct server_problem *problem, enum err e,
	const char *key, const struct ip_endpoint *at)
{
	char text[IP_TEXT_MAX + 16];
	const char *why = e == ERR_BUSY     ? "the address is in use"
			  : e == ERR_DENIED ? "not allowed to listen there"
			  : e == ERR_NOT_FOUND
				  ? "this machine has no such address"
				  : strerror(errno);

	put_endpoint(text, sizeof(text), at);
	(void)snprintf(problem->text, sizeof(problem->text), "%s = %s: %s", key,
		text, why);
	return e;
}

static enum err new_loops(struct server *s, struct server_problem *problem)
{
	struct loop_options options = {.grace_ms = SERVER_GRACE_MS};
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t n = s->settings->server.loops;
	enum err e;

	if (!n)
		n = cores > 0 ? (uint64_t)cores : 1;
	s->clicks_n = n < SETTINGS_LOOPS_MAX ? (size_t)n : SETTINGS_LOOPS_MAX;
	e = loop_new(&options, &s->api_worker.loop);
	for (size_t i = 0; !e && i < s->clicks_n; i++)
		e = loop_new(&options, &s->clicks[i].loop);
	return e ? fail(problem, e, "event loops") : OK;
}

static enum err listen_clicks(struct server *s, size_t i, bool shared,
	struct ip_endpoint at, struct server_problem *problem)
{
	const struct settings_click *click = &s->settings->click;
	uint64_t share = click->connections_max / s->clicks_n;
	struct http_listen_options options = {
		.endpoint = at,
		.shared = shared,
		.keepalive = click->keepalive,
		.handler = tap_site_handler(s->sites[i]),
		.head_timeout_ms = (uint32_t)click->head_timeout_ms,
		.idle_timeout_ms = (uint32_t)click->idle_timeout_ms,
		.write_timeout_ms = (uint32_t)click->write_timeout_ms,
		.connections_max = share ? (uint32_t)share : 1,
		.connections_per_ip_max =
			(uint32_t)click->connections_per_ip_max,
		.trusted = click->trusted_proxies.prefix,
		.trusted_n = click->trusted_proxies.n,
	};
	enum err e;

	e = http_listen(s->clicks[i].loop, &options, &s->click_listeners[i]);
	return e ? fail_listen(problem, e, "[click] listen", &at) : OK;
}

static enum err new_sites(struct server *s, struct server_problem *problem)
{
	const struct settings_click *click = &s->settings->click;
	struct ip_endpoint at = click->listen;
	enum err e = OK;

	for (size_t i = 0; !e && i < s->clicks_n; i++) {
		struct tap_options options = {
			.loop = s->clicks[i].loop,
			.index = i,
			.regions = s->regions,
			.commit_wait_max_ms =
				(uint32_t)click->commit_wait_max_ms,
			.trusted = click->trusted_proxies.prefix,
			.trusted_n = click->trusted_proxies.n,
		};

		e = tap_site_new(&options, &s->sites[i]);
		if (e)
			return fail(problem, e, "click loops");
		e = listen_clicks(s, i, i > 0, at, problem);
		/* Port 0 is chosen once. */
		if (!e && i == 0)
			at.port = http_listener_endpoint(s->click_listeners[0])
					  .port;
	}
	return e;
}

static enum err listen_api(struct server *s, struct server_problem *problem)
{
	const struct settings_api *api = &s->settings->api;
	struct http_listen_options options = {
		.endpoint = api->listen,
		.keepalive = true,
		.gzip = true,
		.handler = api_handler(s->api),
		.head_timeout_ms = (uint32_t)api->head_timeout_ms,
		.body_timeout_ms = (uint32_t)api->idle_timeout_ms,
		.idle_timeout_ms = (uint32_t)api->idle_timeout_ms,
		.connections_max = (uint32_t)api->connections_max,
	};
	enum err e;

	e = http_listen(s->api_worker.loop, &options, &s->api_tcp);
	if (e)
		return fail_listen(problem, e, "[api] listen", &api->listen);
	(void)snprintf(s->socket_path, sizeof(s->socket_path), "%s/ctio.sock",
		s->settings->server.data);
	options.unix_path = s->socket_path;
	e = http_listen(s->api_worker.loop, &options, &s->api_local);
	return e ? fail(problem, e, s->socket_path) : OK;
}

static enum err new_api(struct server *s, struct server_problem *problem)
{
	struct api_options options = {
		.loop = s->api_worker.loop,
		.regions = s->regions,
		.rejudge = s->rejudge,
		.backup = s->backup,
		.webhooks = s->webhooks,
		.keeper = s->keeper,
		.body_max = (size_t)s->settings->api.body_max,
		.version = CTIO_VERSION,
		.sites = s->sites,
		.click_listeners = s->click_listeners,
		.sites_n = s->clicks_n,
	};
	enum err e = api_new(&options, &s->api);

	if (e)
		return fail(problem, e, "API");
	e = listen_api(s, problem);
	if (!e)
		api_set_listeners(s->api, s->api_tcp, s->api_local);
	return e;
}

static enum err new_webhooks(struct server *s, struct server_problem *problem)
{
	const struct settings_webhook *hook = &s->settings->webhook;
	struct webhooks_options options = {
		.regions = s->regions,
		.clock = &clock_system,
		.rules = {.allow_http = hook->allow_http,
			.allowed = hook->allow_private.prefix,
			.allowed_n = hook->allow_private.n},
		.pace = {.first_ms = hook->retry_first_ms,
			.max_ms = hook->retry_max_ms},
		.user_agent = "ctio/" CTIO_VERSION,
		.ca_file = hook->ca_file[0] ? hook->ca_file : NULL,
		.connect_timeout_ms = hook->connect_timeout_ms,
		.timeout_ms = hook->timeout_ms,
	};
	enum err e = webhooks_new(&options, &s->webhooks);

	return e ? fail(problem, e, "webhooks") : OK;
}

static enum err open_regions(struct server *s, struct server_problem *problem)
{
	struct region_problem why;
	const char *path;
	enum err e;

	e = server_regions_fill(&s->regions_settings, s->settings, &path);
	if (e)
		return fail(problem, e, path);
	s->regions_settings.all.clicks_done = taps_done;
	e = regions_open(&s->regions_settings.all, &s->regions, &why);
	if (e)
		(void)snprintf(
			problem->text, sizeof(problem->text), "%s", why.text);
	return e;
}

static enum err new_rejudge(struct server *s, struct server_problem *problem)
{
	enum err e = rejudge_new(s->regions, &s->rejudge);

	return e ? fail(problem, e, "rejudge") : OK;
}

static enum err new_backup(struct server *s, struct server_problem *problem)
{
	const struct backup_options options = {
		.regions = s->regions,
		.version = CTIO_VERSION,
	};
	enum err e = backup_new(&options, &s->backup);

	return e ? fail(problem, e, "backup") : OK;
}

static enum err new_keeper(struct server *s, struct server_problem *problem)
{
	const struct keeper_options options = {
		.regions = s->regions,
		.clock = &clock_system,
	};
	enum err e = keeper_new(&options, &s->keeper);

	return e ? fail(problem, e, "upkeep") : OK;
}

enum err server_new(const struct settings *settings, struct server **to,
	struct server_problem *problem)
{
	struct server *s = calloc(1, sizeof(*s));
	enum err e;

	if (!s)
		return fail(problem, ERR_NOMEM, "server");
	s->settings = settings;
	e = new_loops(s, problem);
	if (!e)
		e = open_regions(s, problem);
	if (!e)
		e = new_rejudge(s, problem);
	if (!e)
		e = new_backup(s, problem);
	if (!e)
		e = new_keeper(s, problem);
	if (!e)
		e = new_sites(s, problem);
	if (!e)
		e = new_webhooks(s, problem);
	if (!e)
		e = new_api(s, problem);
	if (e) {
		server_stop(s);
		return e;
	}
	*to = s;
	return OK;
}

struct ip_endpoint server_click_endpoint(const struct server *s)
{
	return http_listener_endpoint(s->click_listeners[0]);
}

struct ip_endpoint server_api_endpoint(const struct server *s)
{
	return http_listener_endpoint(s->api_tcp);
}

static void *run_taps(void *arg)
{
	loop_run(arg);
	return NULL;
}

static void *run_api(void *arg)
{
	thread_step_back();
	loop_run(arg);
	return NULL;
}

static enum err start_worker(
	struct worker *w, const char *name, void *(*run)(void *arg))
{
	enum err e = thread_start(&w->thread, name, run, w->loop);

	w->is_running = !e;
	return e;
}

enum err server_start(struct server *s, struct server_problem *problem)
{
	enum err e = start_worker(&s->api_worker, "ctio-api", run_api);

	for (size_t i = 0; !e && i < s->clicks_n; i++)
		e = start_worker(&s->clicks[i], "ctio-taps", run_taps);
	if (!e)
		e = webhooks_start(s->webhooks);
	if (!e)
		e = keeper_start(s->keeper);
	return e ? fail(problem, e, "threads") : OK;
}

static void join_worker(struct worker *w)
{
	if (w->is_running)
		ASSERT(pthread_join(w->thread, NULL) == 0);
	w->is_running = false;
}

void server_stop(struct server *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->clicks_n; i++)
		if (s->clicks[i].loop)
			loop_stop(s->clicks[i].loop);
	if (s->api_worker.loop)
		loop_stop(s->api_worker.loop);
	for (size_t i = 0; i < s->clicks_n; i++)
		join_worker(&s->clicks[i]);
	join_worker(&s->api_worker);
	/* No loop reads any more; the writers finish what was queued. */
	for (size_t i = 0; i < s->clicks_n; i++) {
		http_listener_free(s->click_listeners[i]);
		tap_site_leave(s->sites[i]);
	}
	http_listener_free(s->api_tcp);
	http_listener_free(s->api_local);
	api_leave(s->api);
	webhooks_stop(s->webhooks);
	backup_free(s->backup);
	keeper_free(s->keeper);
	rejudge_free(s->rejudge);
	regions_close(s->regions);
	/* Only now can no writer post to a loop. */
	for (size_t i = 0; i < s->clicks_n; i++) {
		tap_site_free(s->sites[i]);
		loop_free(s->clicks[i].loop);
	}
	api_free(s->api);
	webhooks_free(s->webhooks);
	loop_free(s->api_worker.loop);
	server_regions_deinit(&s->regions_settings);
	free(s);
}
