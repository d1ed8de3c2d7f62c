#include "load/conn.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"

static void run(struct conn *c);

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	if (what & EV_WRITE)
		c->is_writing = false;
	run(c);
}

static void unwatch(struct conn *c)
{
	if (c->is_reading)
		(void)event_del(&c->read_event);
	if (c->is_writing)
		(void)event_del(&c->write_event);
	c->is_reading = false;
	c->is_writing = false;
}

/* Goes on when the socket can be read, or else written. A socket that is read
 * stays registered, whatever comes. */
static void watch(struct conn *c, bool write)
{
	if (write ? c->is_writing : c->is_reading)
		return;
	unwatch(c);
	/* It can only fail for want of memory, or of descriptors in epoll. */
	ASSERT(event_add(write ? &c->write_event : &c->read_event, NULL) == 0);
	c->is_reading = !write;
	c->is_writing = write;
}

static void close_socket(struct conn *c, bool polite)
{
	unwatch(c);
	transport_close(&c->transport, polite);
}

static enum err open_socket(struct conn *c)
{
	const struct conn_shared *shared = c->shared;
	struct event_base *base = shared->base;
	struct transport t;
	enum err err;
	int fd;

	err = dialer_open(shared->dialer, &fd);
	if (err)
		return err;
	err = transport_open(&t, fd, shared->tls);
	if (err) {
		transport_close(
			&(struct transport){.fd = fd, .ssl = NULL}, false);
		errno = ENOMEM;
		return err;
	}
	c->transport = t;
	c->is_fresh = true;
	c->state = CONN_GREETING;
	/* They only fail for a bad kind of event. */
	ASSERT(event_assign(&c->read_event, base, fd, EV_READ | EV_PERSIST,
		       on_ready, c) == 0);
	ASSERT(event_assign(&c->write_event, base, fd, EV_WRITE, on_ready, c) ==
		0);
	return OK;
}

/* The request is over, and so is the connection. */
static void end(struct conn *c, enum conn_outcome outcome, const char *why)
{
	const struct conn_hooks *hooks = &c->shared->hooks;

	close_socket(c, false);
	c->state = CONN_FREE;
	hooks->done(hooks->arg, c, outcome, NULL, why);
	if (outcome != CONN_REFUSED)
		hooks->free(hooks->arg, c);
}

static const char *why_closed(void)
{
	return errno ? strerror(errno) : "the server closed the connection";
}

/* What failed before the request was sent is no loss. */
static void lose(struct conn *c)
{
	end(c, c->sent ? CONN_UNANSWERED : CONN_REFUSED, why_closed());
}

static void release(struct conn *c)
{
	c->state = CONN_FREE;
	c->shared->hooks.free(c->shared->hooks.arg, c);
}

static void end_unclean(struct conn *c, const char *why)
{
	close_socket(c, false);
	c->shared->hooks.unclean(c->shared->hooks.arg, c, why);
	release(c);
}

/* The three below return true if there is more to do at once. */

static bool greet(struct conn *c)
{
	enum err err = transport_greet(&c->transport);

	if (err == ERR_AGAIN) {
		watch(c, c->transport.wants_write);
		return false;
	}
	if (err) {
		lose(c);
		return false;
	}
	c->state = CONN_SENDING;
	return true;
}

/* The server closed a connection that was kept, before it got the request: the
 * request goes over a new one. */
static bool send_anew(struct conn *c)
{
	close_socket(c, false);
	if (open_socket(c) == OK)
		return true;
	lose(c);
	return false;
}

static bool send_request(struct conn *c)
{
	const struct conn_shared *shared = c->shared;
	struct target target = targets_get(shared->targets, c->target);
	char bytes[REQUEST_MAX];
	size_t size = request_put(bytes, shared->maker, target.token, c->agent);
	size_t n = 0;
	enum err err;

	while (c->sent < size) {
		err = transport_write(
			&c->transport, bytes + c->sent, size - c->sent, &n);
		if (err == ERR_AGAIN) {
			watch(c, c->transport.wants_write);
			return false;
		}
		if (err && c->sent == 0 && !c->is_fresh)
			return send_anew(c);
		if (err) {
			lose(c);
			return false;
		}
		c->sent += n;
	}
	answer_reader_begin(&c->reader);
	c->state = CONN_WAITING;
	watch(c, false);
	return false;
}

/* The answer is whole; is_over: so is the connection. True if there is more to
 * do at once. */
static bool answered(struct conn *c, bool is_over)
{
	const struct conn_hooks *hooks = &c->shared->hooks;
	enum conn_mode mode = c->shared->mode;
	bool closes = c->reader.answer.closes;

	hooks->done(hooks->arg, c, CONN_ANSWERED, &c->reader.answer, NULL);
	if (is_over || mode == CONN_ONE_SHOT) {
		close_socket(c, !is_over);
	} else if (closes || mode == CONN_CLOSE) {
		c->state = CONN_ENDING;
		return true;
	}
	release(c);
	return false;
}

static bool read_answer(struct conn *c)
{
	enum err err;
	size_t n;

	do {
		size_t size;
		char *room = answer_reader_room(&c->reader, &size);

		err = transport_read(&c->transport, room, size, &n);
		if (err == ERR_AGAIN) {
			watch(c, c->transport.wants_write);
			return false;
		}
		if (err && errno == 0 && answer_reader_end(&c->reader) == OK)
			return answered(c, true);
		if (err) {
			lose(c);
			return false;
		}
		err = answer_reader_take(&c->reader, n);
	} while (err == ERR_AGAIN);
	if (err) {
		end(c, CONN_MALFORMED, c->reader.fault);
		return false;
	}
	return answered(c, false);
}

/* Nothing is to come but the end. False if it has not come. */
static bool read_end(struct conn *c, const char **why)
{
	char byte;
	size_t n;
	enum err err = transport_read(&c->transport, &byte, 1, &n);

	if (err == ERR_AGAIN) {
		watch(c, c->transport.wants_write);
		return false;
	}
	if (!err)
		*why = "there are bytes behind the answer";
	else
		*why = errno ? strerror(errno) : NULL;
	return true;
}

static void await_end(struct conn *c)
{
	const char *why;

	if (!read_end(c, &why))
		return;
	if (why) {
		end_unclean(c, why);
		return;
	}
	close_socket(c, false);
	release(c);
}

/* A kept connection that nobody uses may end at any time. */
static void watch_free(struct conn *c)
{
	const char *why;

	if (!read_end(c, &why))
		return;
	close_socket(c, false);
	if (why)
		c->shared->hooks.unclean(c->shared->hooks.arg, c, why);
}

static bool step(struct conn *c)
{
	switch (c->state) {
	case CONN_GREETING:
		return greet(c);
	case CONN_SENDING:
		return send_request(c);
	case CONN_WAITING:
		return read_answer(c);
	case CONN_ENDING:
		await_end(c);
		break;
	case CONN_FREE:
		watch_free(c);
		break;
	}
	return false;
}

static void run(struct conn *c)
{
	while (step(c))
		;
}

void conn_init(struct conn *c, const struct conn_shared *shared)
{
	memset(c, 0, offsetof(struct conn, reader));
	c->shared = shared;
	c->transport.fd = -1;
	c->state = CONN_FREE;
}

void conn_deinit(struct conn *c)
{
	close_socket(c, true);
}

void conn_begin(struct conn *c, uint32_t target, uint32_t agent,
	uint64_t due_ns, uint64_t now_ns)
{
	ASSERT(c->state == CONN_FREE);
	c->target = target;
	c->agent = agent;
	c->due_ns = due_ns;
	c->begun_ns = now_ns;
	c->sent = 0;
	c->is_fresh = false;
	c->state = CONN_SENDING;
	if (c->transport.fd < 0 && open_socket(c) != OK)
		lose(c);
	else
		run(c);
}

void conn_give_up(struct conn *c)
{
	if (c->state == CONN_FREE)
		return;
	if (c->state == CONN_ENDING) {
		end_unclean(c, "the server did not close the connection");
		return;
	}
	errno = ETIMEDOUT;
	lose(c);
}
