#include "load/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"
#include "load/picker.h"
#include "load/random.h"
#include "load/schedule.h"

enum {
	NS_PER_MS = 1000000,
	NS_PER_S = 1000000000,
	/* How often slow requests are looked for, and refused ones are tried
	 * again. */
	TICK_US = 20000,
	DESCRIBED_MAX = 10,
	LOCATION_SHOWN_MAX = 200,
};

struct load {
	const struct load_options *options;
	struct report *report;
	struct conn_shared shared;
	struct schedule schedule;
	struct xorshift random;
	struct picker picker;
	struct conn *conns;
	/* A ring of the free ones: each gets its turn. */
	struct conn **idle;
	size_t idle_first;
	size_t idle_n;
	size_t busy; /* from conn_begin() to its end, and the socket's */
	bool measures;
	uint64_t from_ns; /* of the window, 0: not yet */
	uint64_t cpu_ns;  /* at its start */
	uint64_t now_ns;
	unsigned described;
	struct event *tick;
	struct event *pace;
	struct event *warm;
	struct event *stop;
	int timer; /* open loop: fires when a request is due */
	uint64_t armed_ns;
};

static uint64_t now(struct load *l)
{
	l->now_ns = clock_mono_ns(&clock_system);
	return l->now_ns;
}

static uint64_t wall_us(void)
{
	struct timespec t;

	ASSERT(clock_gettime(CLOCK_REALTIME, &t) == 0);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t own_cpu_ns(void)
{
	struct timespec t;

	ASSERT(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void push_idle(struct load *l, struct conn *c)
{
	size_t at = l->idle_first + l->idle_n++;

	if (at >= l->options->connections)
		at -= l->options->connections;
	l->idle[at] = c;
}

static struct conn *pop_idle(struct load *l)
{
	struct conn *c = l->idle[l->idle_first++];

	if (l->idle_first == l->options->connections)
		l->idle_first = 0;
	l->idle_n--;
	return c;
}

static void issue(struct load *l, struct conn *c, uint64_t due_ns)
{
	uint32_t target = picker_next(&l->picker);
	uint32_t agent = 0;

	if (l->options->maker->n > 1)
		agent = xorshift_below(&l->random, l->options->maker->n);
	l->busy++;
	conn_begin(c, target, agent, due_ns, l->now_ns);
}

/* Gives what is due to those that are free now; one that is refused meanwhile
 * waits for the next time. */
static void pump(struct load *l)
{
	uint64_t due;

	for (size_t n = l->idle_n; n; n--) {
		if (!schedule_take(&l->schedule, l->now_ns, &due))
			return;
		issue(l, pop_idle(l), due);
	}
}

/* Open loop: wakes us when the next one is due, if somebody is free. */
static void arm(struct load *l)
{
	struct itimerspec when = {.it_value = {0, 0}};
	uint64_t next = UINT64_MAX;

	if (l->timer < 0)
		return;
	if (l->idle_n)
		next = schedule_next(&l->schedule);
	if (next == l->armed_ns)
		return;
	l->armed_ns = next;
	if (next != UINT64_MAX) {
		when.it_value.tv_sec = (time_t)(next / NS_PER_S);
		when.it_value.tv_nsec = (long)(next % NS_PER_S);
	}
	ASSERT(timerfd_settime(l->timer, TFD_TIMER_ABSTIME, &when, NULL) == 0);
}

static void end_window(struct load *l)
{
	struct report *r = l->report;

	if (!l->measures)
		return;
	l->measures = false;
	r->window_ns = l->now_ns - l->from_ns;
	r->cpu_ns = own_cpu_ns() - l->cpu_ns;
	r->to_wall_us = wall_us();
}

/* Ends the run when nothing is to come and nothing is out. */
static void look_for_end(struct load *l)
{
	if (l->busy || !schedule_is_over(&l->schedule))
		return;
	end_window(l);
	(void)event_base_loopbreak(l->shared.base);
}

static void begin_window(struct load *l)
{
	l->measures = true;
	l->from_ns = l->now_ns;
	l->cpu_ns = own_cpu_ns();
	l->report->from_wall_us = wall_us();
}

/* True for the first few. */
static bool may_describe(struct load *l)
{
	return l->described++ < DESCRIBED_MAX;
}

static struct target target_of(const struct load *l, const struct conn *c)
{
	return targets_get(l->options->targets, c->target);
}

static void describe(
	struct load *l, const struct conn *c, const char *what, const char *why)
{
	struct str token = target_of(l, c).token;

	if (may_describe(l))
		(void)fprintf(stderr, "ctio-load: %s /%.*s: %s\n", what,
			STR_FMT(token), why);
}

static struct str shown(struct str location)
{
	if (location.n > LOCATION_SHOWN_MAX)
		location.n = LOCATION_SHOWN_MAX;
	return location;
}

static void describe_wrong(
	struct load *l, const struct conn *c, const struct answer *answer)
{
	struct target target = target_of(l, c);
	struct str is = shown(answer->location);
	struct str right = shown(target.location);

	if (!may_describe(l))
		return;
	(void)fprintf(stderr,
		"ctio-load: wrong answer to /%.*s: ", STR_FMT(target.token));
	if (answer->status != 302)
		(void)fprintf(
			stderr, "status %d instead of 302\n", answer->status);
	else if (!is.p)
		(void)fprintf(stderr, "it has no Location\n");
	else
		(void)fprintf(stderr, "Location \"%.*s\" instead of \"%.*s\"\n",
			STR_FMT(is), STR_FMT(right));
}

static void judge(
	struct load *l, const struct conn *c, const struct answer *answer)
{
	struct report *r = l->report;

	if (answer->status != 302 || !answer->location.p ||
		!str_eq(answer->location, target_of(l, c).location)) {
		r->wrong++;
		describe_wrong(l, c, answer);
		return;
	}
	r->answered++;
	if (l->measures)
		r->requests++;
	if (l->from_ns && c->due_ns >= l->from_ns)
		latency_add(&r->latency, l->now_ns - c->due_ns);
	targets_count(l->options->targets, c->target);
}

static void on_done(void *arg, struct conn *c, enum conn_outcome outcome,
	const struct answer *answer, const char *why)
{
	struct load *l = arg;

	(void)now(l);
	switch (outcome) {
	case CONN_ANSWERED:
		judge(l, c, answer);
		break;
	case CONN_MALFORMED:
		l->report->wrong++;
		describe(l, c, "wrong answer to", why);
		break;
	case CONN_UNANSWERED:
		l->report->unanswered++;
		describe(l, c, "no answer to", why);
		break;
	case CONN_REFUSED:
		l->report->connect_errors++;
		describe(l, c, "no connection for", why);
		l->busy--;
		push_idle(l, c);
		break;
	}
}

static void on_free(void *arg, struct conn *c)
{
	struct load *l = arg;
	uint64_t due;

	l->busy--;
	if (schedule_take(&l->schedule, l->now_ns, &due)) {
		issue(l, c, due);
		return;
	}
	push_idle(l, c);
	arm(l);
	look_for_end(l);
}

static void on_unclean(void *arg, struct conn *c, const char *why)
{
	struct load *l = arg;

	l->report->unclean++;
	describe(l, c, "the connection ended badly after", why);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct load *l = arg;
	uint64_t limit = l->options->timeout_ms * NS_PER_MS;

	(void)fd;
	(void)what;
	(void)now(l);
	for (uint32_t i = 0; i < l->options->connections; i++) {
		struct conn *c = &l->conns[i];

		if (c->state != CONN_FREE && l->now_ns > c->begun_ns + limit)
			conn_give_up(c);
	}
	pump(l);
	arm(l);
	look_for_end(l);
}

static void on_pace(evutil_socket_t fd, short what, void *arg)
{
	struct load *l = arg;

	(void)fd;
	(void)what;
	(void)now(l);
	pump(l);
	/* Setting it, to whatever, also makes it unreadable. */
	l->armed_ns = 0;
	arm(l);
}

static void on_warm(evutil_socket_t fd, short what, void *arg)
{
	struct load *l = arg;

	(void)fd;
	(void)what;
	(void)now(l);
	begin_window(l);
}

static void on_stop(evutil_socket_t fd, short what, void *arg)
{
	struct load *l = arg;

	(void)fd;
	(void)what;
	l->report->unsent = schedule_stop(&l->schedule, now(l));
	end_window(l);
	look_for_end(l);
}

static enum err make_base(struct load *l)
{
	struct event_config *config = event_config_new();

	if (!config)
		return ERR_NOMEM;
	ASSERT(event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0);
	l->shared.base = event_base_new_with_config(config);
	event_config_free(config);
	return l->shared.base ? OK : ERR_NOMEM;
}

static enum err make_timer(struct load *l)
{
	if (!l->options->rate)
		return OK;
	l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (l->timer < 0)
		return err_from_errno(errno);
	l->pace = event_new(
		l->shared.base, l->timer, EV_READ | EV_PERSIST, on_pace, l);
	return l->pace && event_add(l->pace, NULL) == 0 ? OK : ERR_NOMEM;
}

static enum err make_events(struct load *l)
{
	struct event_base *base = l->shared.base;

	l->tick = event_new(base, -1, EV_PERSIST, on_tick, l);
	l->warm = event_new(base, -1, 0, on_warm, l);
	l->stop = event_new(base, -1, 0, on_stop, l);
	return l->tick && l->warm && l->stop ? OK : ERR_NOMEM;
}

static enum err make_conns(struct load *l)
{
	uint32_t n = l->options->connections;

	l->conns = calloc(n, sizeof(*l->conns));
	l->idle = calloc(n, sizeof(struct conn *));
	if (!l->conns || !l->idle)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < n; i++) {
		conn_init(&l->conns[i], &l->shared);
		push_idle(l, &l->conns[i]);
	}
	return OK;
}

static enum err add_timer(struct event *event, uint64_t ms)
{
	struct timeval in = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000 * 1000),
	};

	return event_add(event, &in) == 0 ? OK : ERR_NOMEM;
}

static enum err start(struct load *l)
{
	const struct load_options *o = l->options;
	const struct timeval tick = {0, TICK_US};

	if (event_add(l->tick, &tick) != 0)
		return ERR_NOMEM;
	if (o->warmup_ms && add_timer(l->warm, o->warmup_ms))
		return ERR_NOMEM;
	if (o->measured_ms && add_timer(l->stop, o->warmup_ms + o->measured_ms))
		return ERR_NOMEM;
	schedule_init(&l->schedule, now(l), o->rate, o->requests);
	if (!o->warmup_ms)
		begin_window(l);
	pump(l);
	arm(l);
	return OK;
}

static void free_event(struct event *event)
{
	if (event)
		event_free(event);
}

static void deinit(struct load *l)
{
	for (uint32_t i = 0; l->idle && i < l->options->connections; i++)
		conn_deinit(&l->conns[i]);
	free_event(l->tick);
	free_event(l->pace);
	free_event(l->warm);
	free_event(l->stop);
	if (l->timer >= 0)
		(void)close(l->timer);
	if (l->shared.base)
		event_base_free(l->shared.base);
	free(l->conns);
	free(l->idle);
}

enum err load_run(const struct load_options *options, struct report *report)
{
	struct load l = {
		.options = options,
		.report = report,
		.timer = -1,
		.shared = {.mode = options->mode,
			.dialer = options->dialer,
			.tls = options->tls,
			.maker = options->maker,
			.targets = options->targets,
			.hooks = {on_done, on_free, on_unclean, &l}},
	};
	enum err err;

	memset(report, 0, sizeof(*report));
	xorshift_init(&l.random, options->seed);
	picker_init(&l.picker, options->targets, &l.random);
	err = make_base(&l);
	if (!err)
		err = make_timer(&l);
	if (!err)
		err = make_events(&l);
	if (!err)
		err = make_conns(&l);
	if (!err)
		err = start(&l);
	if (!err && event_base_dispatch(l.shared.base) < 0)
		err = ERR_SYSTEM;
	deinit(&l);
	return err;
}
