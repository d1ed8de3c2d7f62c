#include "http/loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#include "base/assert.h"
#include "http/timers.h"

struct hook {
	void (*fn)(void *arg);
	void *arg;
};

struct loop {
	struct event_base *base;
	struct event mail_event;
	struct event tick; /* libevent's only timer */
	bool has_mail_event;
	uint64_t tick_ms; /* when it fires, UINT64_MAX: never */
	struct mailbox box;
	const struct clock *clock;
	bool clock_is_old;
	uint64_t mono_ms, wall_ms;
	struct timers timers;
	bool lingers; /* instead of waiting */
	uint32_t linger_us;
	struct loop_task deferred; /* heads of rings */
	struct loop_task ready;
	struct loop_task soon;
	unsigned soon_n; /* added since they last ran */
	struct hook hooks[LOOP_HOOKS_MAX];
	unsigned hooks_n;
	atomic_bool stop;
	bool stopping;
	struct loop_timer grace;
	uint32_t grace_ms;
	uint64_t cut_at_ms;
	struct loop_holder *holders;
	size_t held;
};

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;

	(void)fd;
	(void)what;
	mailbox_clear(&loop->box);
}

/* Waking is all it has to do: due timers run in every turn. */
static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;

	(void)fd;
	(void)what;
	loop->tick_ms = UINT64_MAX;
}

static void on_grace_over(void *arg)
{
	(void)arg;
}

static struct event_base *make_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (!config)
		return NULL;
	if (event_config_set_flag(config,
		    EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV) == 0)
		base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

static void ring_init(struct loop_task *head)
{
	head->prev = head;
	head->next = head;
}

static bool ring_is_empty(const struct loop_task *head)
{
	return head->next == head;
}

enum err loop_new(const struct loop_options *options, struct loop **to)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	enum err e = ERR_NOMEM;

	if (!loop)
		return ERR_NOMEM;
	loop->box.fd = -1;
	loop->clock = options->clock ? options->clock : &clock_system;
	loop->grace_ms = options->grace_ms;
	loop->grace.run = on_grace_over;
	loop->tick_ms = UINT64_MAX;
	loop->clock_is_old = true;
	timers_init(&loop->timers);
	ring_init(&loop->deferred);
	ring_init(&loop->ready);
	ring_init(&loop->soon);
	loop->base = make_base();
	if (!loop->base)
		goto out;
	e = mailbox_init(&loop->box);
	if (e)
		goto out;
	e = ERR_NOMEM;
	if (event_assign(&loop->mail_event, loop->base, loop->box.fd,
		    EV_READ | EV_PERSIST, on_mail, loop) != 0 ||
		evtimer_assign(&loop->tick, loop->base, on_tick, loop) != 0 ||
		event_add(&loop->mail_event, NULL) != 0)
		goto out;
	loop->has_mail_event = true;
	e = OK;
	*to = loop;
out:
	if (e)
		loop_free(loop);
	return e;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	if (loop->has_mail_event) {
		(void)event_del(&loop->mail_event);
		(void)event_del(&loop->tick);
	}
	if (loop->base)
		event_base_free(loop->base);
	if (loop->box.fd >= 0)
		mailbox_deinit(&loop->box);
	free(loop);
}

static void read_clock(struct loop *loop)
{
	if (!loop->clock_is_old)
		return;
	loop->clock_is_old = false;
	loop->mono_ms = clock_mono_ms(loop->clock);
	loop->wall_ms = clock_wall_ms(loop->clock);
}

uint64_t loop_mono_ms(struct loop *loop)
{
	read_clock(loop);
	return loop->mono_ms;
}

uint64_t loop_wall_ms(struct loop *loop)
{
	read_clock(loop);
	return loop->wall_ms;
}

uint64_t loop_precise_ns(struct loop *loop)
{
	return clock_mono_ns(loop->clock);
}

/* Before the loop blocks: wakes it for the next timer. A tick that is too
 * early is left alone, since deadlines mostly move away. */
static void set_tick(struct loop *loop)
{
	uint64_t next = timers_next(&loop->timers);
	uint64_t ms;
	struct timeval tv;

	if (next == UINT64_MAX && loop->tick_ms != UINT64_MAX) {
		(void)event_del(&loop->tick);
		loop->tick_ms = UINT64_MAX;
	}
	if (next >= loop->tick_ms)
		return;
	/* The turn has taken time. */
	loop->clock_is_old = true;
	ms = next > loop_mono_ms(loop) ? next - loop_mono_ms(loop) : 0;
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	/* Without a tick deadlines would be lost; only memory can lack. */
	ASSERT(event_add(&loop->tick, &tv) == 0);
	loop->tick_ms = next;
}

/* The sockets are then looked at without waiting. */
static void linger(struct loop *loop)
{
	struct pollfd mail = {.fd = loop->box.fd, .events = POLLIN};
	struct timespec most = {.tv_nsec = loop->linger_us * 1000l};

	/* Whatever it says, the sockets are looked at next. */
	(void)ppoll(&mail, 1, &most, NULL);
}

static void run_ring(struct loop *loop, struct loop_task *head)
{
	while (!ring_is_empty(head)) {
		struct loop_task *task = head->next;

		loop_undefer(loop, task);
		task->run(task->arg);
	}
}

static void run_soon(struct loop *loop)
{
	loop->soon_n = 0;
	run_ring(loop, &loop->soon);
}

static void wait_and_serve(struct loop *loop)
{
	int flags = EVLOOP_ONCE;

	if (!ring_is_empty(&loop->ready) || !ring_is_empty(&loop->soon) ||
		(loop->lingers && !loop->linger_us) ||
		!mailbox_sleep(&loop->box)) {
		flags |= EVLOOP_NONBLOCK;
	} else if (loop->lingers) {
		flags |= EVLOOP_NONBLOCK;
		linger(loop);
	} else {
		set_tick(loop);
	}
	loop->lingers = false;
	loop->clock_is_old = true;
	ASSERT(event_base_loop(loop->base, flags) >= 0);
	run_soon(loop);
	mailbox_woke(&loop->box);
}

static void run_timers(struct loop *loop)
{
	uint64_t now = loop_mono_ms(loop);
	struct loop_timer *timer;

	while ((timer = timers_take(&loop->timers, now)) != NULL)
		timer->run(timer->arg);
}

static void move_deferred(struct loop *loop)
{
	struct loop_task *from = &loop->deferred, *to = &loop->ready;

	if (ring_is_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	ring_init(from);
}

static void run_hooks(struct loop *loop)
{
	for (unsigned i = 0; i < loop->hooks_n; i++)
		loop->hooks[i].fn(loop->hooks[i].arg);
}

static void turn(struct loop *loop)
{
	move_deferred(loop);
	wait_and_serve(loop);
	mailbox_deliver(&loop->box);
	run_timers(loop);
	run_ring(loop, &loop->ready);
	run_hooks(loop);
}

static void begin_stop(struct loop *loop)
{
	struct loop_holder *next;

	loop->stopping = true;
	loop->clock_is_old = true;
	loop->cut_at_ms = loop_mono_ms(loop) + loop->grace_ms;
	loop_timer_set(loop, &loop->grace, loop->grace_ms);
	for (struct loop_holder *h = loop->holders; h; h = next) {
		next = h->next;
		h->begin(h->arg);
	}
}

static bool is_done(struct loop *loop)
{
	if (!atomic_load(&loop->stop))
		return false;
	if (!loop->stopping)
		begin_stop(loop);
	return loop->held == 0 || loop_mono_ms(loop) >= loop->cut_at_ms;
}

void loop_run(struct loop *loop)
{
	struct loop_holder *next;

	while (!is_done(loop))
		turn(loop);
	for (struct loop_holder *h = loop->holders; h; h = next) {
		next = h->next;
		h->cut(h->arg);
	}
	run_hooks(loop);
	loop_timer_clear(loop, &loop->grace);
}

void loop_stop(struct loop *loop)
{
	atomic_store(&loop->stop, true);
	mailbox_wake(&loop->box);
}

bool loop_is_stopping(const struct loop *loop)
{
	return loop->stopping;
}

void loop_post(struct loop *loop, struct mail *mail)
{
	mailbox_post(&loop->box, mail);
}

void loop_linger(struct loop *loop, uint32_t us)
{
	ASSERT(us <= LOOP_LINGER_US_MAX);
	loop->lingers = true;
	loop->linger_us = us;
}

void loop_post_chain(struct loop *loop, struct mail_chain chain)
{
	mailbox_post_chain(&loop->box, chain);
}

void loop_on_turn_end(struct loop *loop, void (*fn)(void *arg), void *arg)
{
	ASSERT(loop->hooks_n < LOOP_HOOKS_MAX);
	loop->hooks[loop->hooks_n++] = (struct hook){fn, arg};
}

static void ring_add(struct loop_task *head, struct loop_task *task)
{
	task->prev = head->prev;
	task->next = head;
	head->prev->next = task;
	head->prev = task;
}

void loop_defer(struct loop *loop, struct loop_task *task)
{
	if (!loop_task_waits(task))
		ring_add(&loop->deferred, task);
}

void loop_soon(struct loop *loop, struct loop_task *task)
{
	loop_undefer(loop, task);
	ring_add(&loop->soon, task);
	if (++loop->soon_n >= LOOP_SOON_MAX)
		run_soon(loop);
}

void loop_undefer(struct loop *loop, struct loop_task *task)
{
	(void)loop;
	if (!loop_task_waits(task))
		return;
	task->prev->next = task->next;
	task->next->prev = task->prev;
	task->prev = NULL;
	task->next = NULL;
}

bool loop_task_waits(const struct loop_task *task)
{
	return task->next != NULL;
}

void loop_timer_set(struct loop *loop, struct loop_timer *timer, uint32_t ms)
{
	timers_set(&loop->timers, timer, loop_mono_ms(loop), ms);
}

void loop_timer_clear(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	timers_clear(timer);
}

bool loop_timer_is_set(const struct loop_timer *timer)
{
	return timer->list != NULL;
}

void loop_add_holder(struct loop *loop, struct loop_holder *holder)
{
	holder->next = loop->holders;
	loop->holders = holder;
}

void loop_remove_holder(struct loop *loop, struct loop_holder *holder)
{
	struct loop_holder **at = &loop->holders;

	while (*at && *at != holder)
		at = &(*at)->next;
	if (*at)
		*at = holder->next;
}

void loop_hold(struct loop *loop)
{
	loop->held++;
}

void loop_release(struct loop *loop)
{
	ASSERT(loop->held > 0);
	loop->held--;
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}
