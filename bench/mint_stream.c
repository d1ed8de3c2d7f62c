/* Mints any number of tokens over one request: streams lines of NDJSON to
 * POST /v1/tokens and reads the answers at the same time, in constant memory.
 * Every answer must be a token, and there must be as many as lines; some are
 * written to files for ctio-load, as `TOKEN LOCATION`. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/num.h"
#include "core/token.h"
#include "http/chunked.h"

enum {
	CHUNK = 65536,  /* bytes of lines sent at a time */
	CHUNK_HEAD = 8, /* `xxxxxx\r\n` */
	PATTERN_MAX = 2048,
	TEXT_MAX = 2 * PATTERN_MAX, /* with its numbers */
	LINE_MAX_BYTES = 8192,      /* of an answer */
	READ_BYTES = 262144,
	HEAD_MAX = READ_BYTES + 16384, /* data may arrive with its end */
	PARTS_MAX = 16,
	NEWEST_MAX = 10000000,
	SILENCE_MS_MAX = 60000,
};

/* A text in which each `{n}` stands for the number of the token. */
struct pattern {
	struct str parts[PARTS_MAX + 1];
	size_t n;
};

struct kept {
	uint64_t number;
	char token[TOKEN_LEN];
};

struct options {
	uint16_t port;
	const char *unix_path;
	const char *key;
	struct pattern line, location;
	uint64_t from, tokens;
	uint64_t sample_every, newest;
	const char *sample_path, *newest_path;
};

struct client {
	struct options o;
	int fd;
	struct buf out;   /* to be sent */
	size_t sent;      /* of out */
	uint64_t written; /* lines put into out so far */
	bool body_done;
	struct buf head; /* of the answer, until it is whole */
	bool has_head;
	struct http_chunked chunked;
	struct buf partial; /* an answer that is not whole yet */
	bool is_over;
	uint64_t answered;
	FILE *sample;
	struct kept *newest; /* a ring */
};

static _Noreturn void die(const char *what, const char *detail)
{
	(void)fprintf(stderr, "mint_stream: %s%s%s\n", what, detail ? ": " : "",
		detail ? detail : "");
	exit(1);
}

static struct pattern pattern_of(const char *text)
{
	struct str rest = str_from(text);
	struct pattern p = {0};
	size_t at = 0;

	if (rest.n > PATTERN_MAX)
		die("a pattern is too long", NULL);
	while (at + 3 <= rest.n) {
		if (!str_starts(str_skip(rest, at), STR("{n}"))) {
			at++;
			continue;
		}
		if (p.n == PARTS_MAX)
			die("a pattern has too many {n}", NULL);
		p.parts[p.n++] = str_make(rest.p, at);
		rest = str_skip(rest, at + 3);
		at = 0;
	}
	p.parts[p.n] = rest;
	return p;
}

static void put_pattern(struct buf *out, const struct pattern *p, uint64_t n)
{
	char digits[NUM_U64_MAX];
	size_t digits_n = num_put_u64(digits, n);

	for (size_t i = 0; i < p->n; i++) {
		buf_str(out, p->parts[i]);
		buf_add(out, digits, digits_n);
	}
	buf_str(out, p->parts[p->n]);
}

static void write_target(
	FILE *to, const struct options *o, const char *token, uint64_t number)
{
	struct buf line;

	buf_init(&line, TEXT_MAX);
	buf_add(&line, token, TOKEN_LEN);
	buf_byte(&line, ' ');
	put_pattern(&line, &o->location, number);
	buf_byte(&line, '\n');
	ASSERT(buf_err(&line) == OK);
	if (fwrite(line.p, 1, line.n, to) != line.n)
		die("cannot write a sample", NULL);
	buf_deinit(&line);
}

/* `{"token":"u...` and nothing else is a token. */
static void take_answer(struct client *c, struct str line)
{
	static const struct str begin = {"{\"token\":\"", 10};
	uint64_t number = c->o.from + c->answered;
	const char *token = line.p + begin.n;

	if (line.n < begin.n + TOKEN_LEN + 2 || !str_starts(line, begin) ||
		token[TOKEN_LEN] != '"' || line.p[line.n - 1] != '}') {
		(void)fprintf(stderr, "mint_stream: answer %" PRIu64 ": %.*s\n",
			c->answered + 1, STR_FMT(line));
		exit(1);
	}
	if (c->answered == c->o.tokens)
		die("more answers than lines", NULL);
	if (c->sample && number % c->o.sample_every == 0)
		write_target(c->sample, &c->o, token, number);
	if (c->newest) {
		struct kept *k = &c->newest[c->answered % c->o.newest];

		k->number = number;
		memcpy(k->token, token, TOKEN_LEN);
	}
	c->answered++;
}

static void take_data(struct client *c, struct str data)
{
	while (data.n) {
		const char *end = memchr(data.p, '\n', data.n);
		struct str line =
			str_make(data.p, end ? (size_t)(end - data.p) : data.n);

		data = str_skip(data, line.n + (end != NULL));
		if (c->partial.n || !end)
			buf_str(&c->partial, line);
		if (buf_err(&c->partial))
			die("an answer is too long", NULL);
		if (!end)
			return;
		take_answer(c, c->partial.n ? buf_view(&c->partial) : line);
		buf_reset(&c->partial);
	}
}

/* What follows the head in bytes. */
static struct str take_head(struct client *c, struct str bytes)
{
	struct str whole;
	size_t end = 0;

	buf_str(&c->head, bytes);
	if (buf_err(&c->head))
		die("the answer's head is too long", NULL);
	whole = buf_view(&c->head);
	while (end < whole.n &&
		!str_starts(str_skip(whole, end), STR("\r\n\r\n")))
		end++;
	if (end == whole.n)
		return str_make(NULL, 0);
	if (!str_starts(whole, STR("HTTP/1.1 200 ")) ||
		!str_contains(str_make(whole.p, end),
			STR("\r\nTransfer-Encoding: chunked"))) {
		(void)fprintf(
			stderr, "mint_stream: refused: %.*s\n", STR_FMT(whole));
		exit(1);
	}
	c->has_head = true;
	return str_skip(whole, end + 4);
}

static void take_bytes(struct client *c, struct str bytes)
{
	struct str data;

	if (!c->has_head)
		bytes = take_head(c, bytes);
	while (c->has_head) {
		switch (http_chunked_next(&c->chunked, &bytes, &data)) {
		case CHUNK_DATA:
			take_data(c, data);
			http_chunked_took(&c->chunked, data.n);
			bytes = str_skip(bytes, data.n);
			break;
		case CHUNK_MORE:
			return;
		case CHUNK_END:
			c->is_over = true;
			return;
		default:
			die("the answer's chunks are malformed", NULL);
		}
	}
}

static void receive(struct client *c)
{
	static char bytes[READ_BYTES];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), 0);

	if (n > 0)
		take_bytes(c, str_make(bytes, (size_t)n));
	else if (n == 0)
		die("the server closed the connection", NULL);
	else if (errno != EAGAIN && errno != EINTR)
		die("recv", strerror(errno));
}

static void fill_out(struct client *c)
{
	static const char hex[] = "0123456789abcdef";
	const struct options *o = &c->o;
	size_t n;

	buf_reset(&c->out);
	c->sent = 0;
	if (c->written == o->tokens) {
		buf_text(&c->out, "0\r\n\r\n");
		c->body_done = true;
		return;
	}
	buf_text(&c->out, "000000\r\n");
	while (c->written < o->tokens && c->out.n < CHUNK) {
		put_pattern(&c->out, &o->line, o->from + c->written++);
		buf_byte(&c->out, '\n');
	}
	n = c->out.n - CHUNK_HEAD;
	for (size_t i = 6; i-- > 0; n >>= 4)
		c->out.p[i] = hex[n & 15];
	buf_text(&c->out, "\r\n");
	ASSERT(buf_err(&c->out) == OK);
}

static void transmit(struct client *c)
{
	ssize_t n;

	if (c->sent == c->out.n)
		fill_out(c);
	n = send(c->fd, c->out.p + c->sent, c->out.n - c->sent, MSG_NOSIGNAL);
	if (n >= 0)
		c->sent += (size_t)n;
	else if (errno != EAGAIN && errno != EINTR)
		die("send", strerror(errno));
}

static void connect_to(struct client *c)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons(c->o.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const struct sockaddr *to = (struct sockaddr *)&in;
	socklen_t n = sizeof(in);

	if (c->o.unix_path) {
		size_t path_n = strlen(c->o.unix_path);

		if (path_n >= sizeof(local.sun_path))
			die("the socket's path is too long", c->o.unix_path);
		memcpy(local.sun_path, c->o.unix_path, path_n);
		to = (struct sockaddr *)&local;
		n = sizeof(local);
	}
	c->fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, to, n) ||
		fcntl(c->fd, F_SETFL, O_NONBLOCK))
		die("cannot connect", strerror(errno));
}

static void run(struct client *c)
{
	buf_init(&c->out, CHUNK + TEXT_MAX);
	buf_init(&c->head, HEAD_MAX);
	buf_init(&c->partial, LINE_MAX_BYTES);
	connect_to(c);
	buf_text(&c->out, "POST /v1/tokens HTTP/1.1\r\nHost: ctio\r\n"
			  "Content-Type: application/x-ndjson\r\n"
			  "Transfer-Encoding: chunked\r\n");
	if (c->o.key) {
		buf_text(&c->out, "Authorization: Bearer ");
		buf_text(&c->out, c->o.key);
		buf_text(&c->out, "\r\n");
	}
	buf_text(&c->out, "\r\n");
	ASSERT(buf_err(&c->out) == OK);
	while (!c->is_over) {
		bool sending = !c->body_done || c->sent < c->out.n;
		struct pollfd p = {c->fd, POLLIN, 0};

		if (sending)
			p.events |= POLLOUT;
		if (poll(&p, 1, SILENCE_MS_MAX) == 0)
			die("the server has stopped", NULL);
		if (p.revents & (POLLIN | POLLERR | POLLHUP))
			receive(c);
		if (sending && p.revents & POLLOUT)
			transmit(c);
	}
	(void)close(c->fd);
	if (c->answered != c->o.tokens || c->partial.n)
		die("fewer answers than lines", NULL);
	buf_deinit(&c->out);
	buf_deinit(&c->head);
	buf_deinit(&c->partial);
}

static FILE *open_file(const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f)
		die(path, strerror(errno));
	return f;
}

static void close_file(FILE *f)
{
	if (f && fclose(f))
		die("cannot write a sample", strerror(errno));
}

static void write_newest(const struct client *c)
{
	uint64_t n = c->answered < c->o.newest ? c->answered : c->o.newest;
	FILE *f = open_file(c->o.newest_path);

	for (uint64_t i = 0; i < n; i++)
		write_target(f, &c->o, c->newest[i].token, c->newest[i].number);
	close_file(f);
}

static const struct option long_options[] = {
	{"port", required_argument, NULL, 'p'},
	{"unix", required_argument, NULL, 'u'},
	{"key", required_argument, NULL, 'k'},
	{"tokens", required_argument, NULL, 'n'},
	{"from", required_argument, NULL, 'f'},
	{"line", required_argument, NULL, 'l'},
	{"location", required_argument, NULL, 'L'},
	{"sample-every", required_argument, NULL, 'e'},
	{"sample", required_argument, NULL, 's'},
	{"newest-count", required_argument, NULL, 'm'},
	{"newest", required_argument, NULL, 'w'},
	{NULL, 0, NULL, 0},
};

static void usage(void)
{
	(void)fputs("usage: mint_stream --port N | --unix PATH --tokens N\n"
		    "  [--key KEY] [--from N] [--line TEXT] [--location TEXT]\n"
		    "  [--sample-every K --sample FILE] [--newest-count M "
		    "--newest FILE]\n"
		    "{n} in TEXT stands for the number of the token.\n",
		stderr);
	exit(2);
}

static uint64_t number_of(const char *text, uint64_t max)
{
	uint64_t v = 0;

	if (num_parse_u64(str_from(text), max, &v))
		usage();
	return v;
}

static void set_option(struct options *o, int c)
{
	switch (c) {
	case 'p':
		o->port = (uint16_t)number_of(optarg, UINT16_MAX);
		break;
	case 'u':
		o->unix_path = optarg;
		break;
	case 'k':
		o->key = optarg;
		break;
	case 'n':
		o->tokens = number_of(optarg, TOKEN_SEQ_MAX);
		break;
	case 'f':
		o->from = number_of(optarg, TOKEN_SEQ_MAX);
		break;
	case 'l':
		o->line = pattern_of(optarg);
		break;
	case 'L':
		o->location = pattern_of(optarg);
		break;
	case 'e':
		o->sample_every = number_of(optarg, TOKEN_SEQ_MAX);
		break;
	case 's':
		o->sample_path = optarg;
		break;
	case 'm':
		o->newest = number_of(optarg, NEWEST_MAX);
		break;
	case 'w':
		o->newest_path = optarg;
		break;
	default:
		usage();
	}
}

static void read_options(struct options *o, int argc, char **argv)
{
	int c;

	o->line = pattern_of("{\"link\":\"shop\",\"recipient\":\"user-{n}\","
			     "\"params\":{\"cart\":\"C{n}\"}}");
	o->location = pattern_of("https://shop.example/cart/C{n}?u=user-{n}");
	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		set_option(o, c);
	if (optind != argc || !o->tokens || !o->port == !o->unix_path ||
		!o->sample_every != !o->sample_path ||
		!o->newest != !o->newest_path)
		usage();
}

static void print_result(const struct client *c, uint64_t ns)
{
	struct rusage u;

	ASSERT(getrusage(RUSAGE_SELF, &u) == 0);
	printf("{\"tokens\": %" PRIu64
	       ", \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n",
		c->answered, (double)ns / 1e9,
		(double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
			(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) /
				1e6);
}

int main(int argc, char **argv)
{
	struct client c = {.fd = -1};
	uint64_t start;

	read_options(&c.o, argc, argv);
	if (c.o.sample_path)
		c.sample = open_file(c.o.sample_path);
	if (c.o.newest) {
		c.newest = calloc(c.o.newest, sizeof(*c.newest));
		if (!c.newest)
			die("no memory", NULL);
	}
	start = clock_mono_ns(&clock_system);
	run(&c);
	start = clock_mono_ns(&clock_system) - start;
	close_file(c.sample);
	if (c.newest)
		write_newest(&c);
	free(c.newest);
	print_result(&c, start);
	return 0;
}
