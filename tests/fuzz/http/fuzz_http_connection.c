/* A whole connection, over a transport that gives the input in pieces: every
 * exchange ends, and what is answered does not depend on the pieces. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "http/listener.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	INPUT_MAX = 4096,
	OUTPUT_MAX = 1 << 20,
};

/* The client: what it still sends, how much of it at once, what it got. */
static struct {
	struct str input;
	size_t piece;
	bool may_block; /* every other write finds no room */
	unsigned writes;
	size_t output_n;
	char output[2][OUTPUT_MAX];
	unsigned which;
	int fd;
} peer;

static struct loop *loop;
static struct http_listener *listener;
static unsigned begun, ended;

/* What a handler does for one exchange. */
struct work {
	struct loop_task task;
	struct http_exchange *ex;
	size_t bytes;
	unsigned pulls;
	bool whole, broken; /* the body */
};

/* The connection's socket tells that something has changed, as it would if the
 * pieces had come through it. */
static void rouse_reader(int fd)
{
	char c;

	/* What it told before, lest the socket fills up. */
	(void)recv(fd, &c, 1, MSG_DONTWAIT);
	(void)send(peer.fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The same of room to write: it is told when the other side has read. */
static void rouse_writer(int fd)
{
	char c;

	(void)send(fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)recv(peer.fd, &c, 1, MSG_DONTWAIT);
}

static ssize_t peer_read(int fd, void *state, void *to, size_t n)
{
	rouse_reader(fd);
	(void)state;
	if (n > peer.piece)
		n = peer.piece;
	if (n > peer.input.n)
		n = peer.input.n;
	if (n)
		memcpy(to, peer.input.p, n);
	peer.input = str_skip(peer.input, n);
	return (ssize_t)n;
}

static ssize_t peer_write(int fd, void *state, const void *from, size_t n)
{
	(void)state;
	/* A client that does not even take "100 Continue" is dropped. */
	if (peer.may_block && n != 25 && peer.writes++ % 2) {
		rouse_writer(fd);
		return TRANSPORT_AGAIN;
	}
	if (n > OUTPUT_MAX - peer.output_n)
		return TRANSPORT_LOST;
	memcpy(peer.output[peer.which] + peer.output_n, from, n);
	peer.output_n += n;
	return (ssize_t)n;
}

static const struct transport peer_transport = {
	peer_read, peer_write, peer_write};

static struct work *work_new(struct http_exchange *ex, void (*run)(void *arg))
{
	struct work *work = calloc(1, sizeof(*work));

	ASSERT(work);
	work->ex = ex;
	work->task.run = run;
	work->task.arg = work;
	return work;
}

static void work_end(struct work *work)
{
	loop_undefer(loop, &work->task);
	free(work);
	ended++;
}

static void answer(struct work *work, int status)
{
	struct http_exchange *ex = work->ex;
	char digit = (char)('0' + work->bytes % 10);

	work_end(work);
	http_answer(ex, status, STR("X: y\r\n"), str_make(&digit, 1));
}

static void answer_later(void *arg)
{
	answer(arg, 200);
}

static void resume(void *arg)
{
	struct work *work = arg;

	http_body_resume(work->ex);
}

/* Never takes all at once, but of a single byte. */
static size_t take(void *arg, struct str bytes)
{
	struct work *work = arg;
	size_t n = (bytes.n + 1) / 2;

	ASSERT(bytes.n > 0);
	work->bytes += n;
	loop_defer(loop, &work->task);
	return n;
}

static void end(void *arg)
{
	answer(arg, 200);
}

static void broken(void *arg, enum err why)
{
	struct work *work = arg;

	/* How much came before it depends on the pieces. */
	work->bytes = 0;
	answer(work, why == ERR_TOO_LONG ? 413 : 400);
}

static const struct http_sink sink = {take, end, broken};

static void wake(void *arg)
{
	struct work *work = arg;

	http_stream_wake(work->ex);
}

static enum http_pull pull(void *arg, struct buf *out)
{
	struct work *work = arg;

	buf_text(out, "some text\n");
	switch (work->pulls++) {
	case 0:
		return PULL_MORE;
	case 1:
		return PULL_AGAIN;
	case 2:
		loop_defer(loop, &work->task);
		return PULL_WAIT;
	default:
		return PULL_END;
	}
}

static void stop(void *arg)
{
	work_end(arg);
}

static const struct http_source source = {pull, stop};

/* The body and the answer at once: the answer waits for the body's end. */
static void resume_and_wake(void *arg)
{
	struct work *work = arg;

	http_stream_wake(work->ex);
	if (!work->whole && !work->broken)
		http_body_resume(work->ex);
}

static void both_end(void *arg)
{
	struct work *work = arg;

	work->whole = true;
	http_stream_wake(work->ex);
}

static void both_broken(void *arg, enum err why)
{
	struct work *work = arg;

	ASSERT(why != OK && !work->whole && !work->broken);
	work->broken = true;
	loop_defer(loop, &work->task);
}

static const struct http_sink both_sink = {take, both_end, both_broken};

static enum http_pull both_pull(void *arg, struct buf *out)
{
	struct work *work = arg;

	if (work->broken)
		return PULL_ABORT;
	if (!work->whole)
		return PULL_WAIT;
	buf_u64(out, work->bytes);
	return PULL_END;
}

static const struct http_source both_source = {both_pull, stop};

static void do_both(struct http_exchange *ex)
{
	struct work *work = work_new(ex, resume_and_wake);

	http_accept_body(ex, &both_sink, work, 1000);
	http_answer_stream(ex, 200, STR(""), &both_source, work);
}

static void on_request(
	struct http_exchange *ex, const struct http_request *request, void *arg)
{
	(void)arg;
	begun++;
	switch (request->path.n > 1 ? request->path.p[1] : '\0') {
	case 'b':
		http_accept_body(ex, &sink, work_new(ex, resume), 100);
		break;
	case 'e':
		do_both(ex);
		break;
	case 'd':
		loop_defer(loop, &work_new(ex, answer_later)->task);
		break;
	case 's':
		http_answer_stream(
			ex, 200, STR(""), &source, work_new(ex, wake));
		break;
	default:
		answer(work_new(ex, answer_later), 302);
		break;
	}
}

static uint64_t frozen(void *arg)
{
	(void)arg;
	return 1000000000;
}

static void stop_when_closed(void *arg)
{
	(void)arg;
	if (counter_get(&listener->counters.open) == 0)
		loop_stop(loop);
}

/* The socket is only there to be waited for. */
static void serve(struct str input, size_t piece, bool may_block)
{
	const struct clock clock = {frozen, frozen, NULL};
	const struct loop_options loop_options = {.clock = &clock};
	const struct http_listen_options options = {
		.endpoint = {.ip = {4, {127, 0, 0, 1}}},
		.keepalive = true,
		.gzip = true,
		.handler = {on_request, NULL, NULL, NULL},
	};
	struct ip ip = {0};
	int fds[2];

	peer.input = input;
	peer.piece = piece;
	peer.may_block = may_block;
	peer.writes = 0;
	peer.output_n = 0;
	begun = 0;
	ended = 0;
	ASSERT(loop_new(&loop_options, &loop) == OK);
	ASSERT(http_listen(loop, &options, &listener) == OK);
	listener->transport = &peer_transport;
	ASSERT(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	peer.fd = fds[1];
	loop_on_turn_end(loop, stop_when_closed, NULL);
	conn_accept(listener, fds[0], &ip, false);
	/* It may have been closed at once, and then nothing wakes the loop. */
	stop_when_closed(NULL);
	loop_run(loop);
	ASSERT(begun == ended);
	http_listener_free(listener);
	loop_free(loop);
	(void)close(fds[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = str_make((const char *)data, size);
	size_t whole_n;

	if (size > INPUT_MAX)
		return 0;
	peer.which = 0;
	serve(input, INPUT_MAX, false);
	whole_n = peer.output_n;
	peer.which = 1;
	serve(input, 1 + size % 5, true);
	ASSERT(peer.output_n == whole_n);
	ASSERT(memcmp(peer.output[0], peer.output[1], whole_n) == 0);
	return 0;
}
