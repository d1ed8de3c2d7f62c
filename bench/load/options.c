#include "load/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "load/schedule.h"

enum {
	HELP_COLUMN = 24
};

/* As WhatsApp's in-app browser says. */
static const struct str default_agent =
	STR("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 "
	    "(KHTML, like Gecko) Chrome/141.0.7390.124 Mobile Safari/537.36 "
	    "[WA4A/2.25.32.75;]");

static bool put_text(struct str value, const char **to)
{
	*to = value.p;
	return value.n > 0;
}

static bool put_number(
	struct str value, uint64_t min, uint64_t max, uint64_t *to)
{
	return num_parse_u64(value, max, to) == OK && *to >= min;
}

/* Seconds, to the millisecond: "10", "0.5". */
static bool put_seconds(struct str value, uint64_t min_ms, uint64_t *ms)
{
	static const uint64_t units[] = {1000, 100, 10, 1};
	struct str rest = value;
	struct str whole = str_split(&rest, '.');
	uint64_t seconds;
	uint64_t fraction = 0;

	if (num_parse_u64(whole, OPTIONS_MS_MAX / 1000, &seconds) ||
		(rest.p && (rest.n > 3 || num_parse_u64(rest, 999, &fraction))))
		return false;
	*ms = seconds * 1000 + fraction * units[rest.n];
	return *ms >= min_ms && *ms <= OPTIONS_MS_MAX;
}

static bool is_field_value(struct str s, size_t max)
{
	if (s.n == 0 || s.n > max)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < ' ' || c == 0x7f)
			return false;
	}
	return true;
}

static bool put_port(struct options *o, struct str value)
{
	uint64_t port;

	if (!put_number(value, 1, UINT16_MAX, &port))
		return false;
	o->to.port = (uint16_t)port;
	return true;
}

static bool put_address(struct options *o, struct str value)
{
	return ip_parse(value, &o->to.ip) == OK;
}

static bool put_host(struct options *o, struct str value)
{
	return is_field_value(value, REQUEST_HOST_MAX) &&
	       put_text(value, &o->host);
}

static bool put_targets(struct options *o, struct str value)
{
	return put_text(value, &o->targets);
}

static bool put_connections(struct options *o, struct str value)
{
	return put_number(value, 1, OPTIONS_CONNECTIONS_MAX, &o->connections);
}

static bool put_measured(struct options *o, struct str value)
{
	return put_seconds(value, 1, &o->measured_ms);
}

static bool put_requests(struct options *o, struct str value)
{
	return put_number(value, 1, UINT64_MAX - 1, &o->requests);
}

static bool put_mode(struct options *o, struct str value)
{
	static const char *const modes[] = {
		[CONN_KEEP_ALIVE] = "keep-alive",
		[CONN_CLOSE] = "close",
		[CONN_ONE_SHOT] = "one-shot",
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (str_is(value, modes[i])) {
			o->mode = (enum conn_mode)i;
			return true;
		}
	}
	return false;
}

static bool put_rate(struct options *o, struct str value)
{
	return put_number(value, 1, SCHEDULE_RATE_MAX, &o->rate);
}

static bool put_seed(struct options *o, struct str value)
{
	return put_number(value, 0, UINT64_MAX, &o->seed);
}

static bool put_agent(struct options *o, struct str value)
{
	if (!is_field_value(value, REQUEST_AGENT_MAX) ||
		o->agents_n == REQUEST_AGENTS_MAX)
		return false;
	o->agents[o->agents_n++] = value;
	return true;
}

static bool put_answered(struct options *o, struct str value)
{
	return put_text(value, &o->answered);
}

static bool put_warmup(struct options *o, struct str value)
{
	return put_seconds(value, 0, &o->warmup_ms);
}

static bool put_timeout(struct options *o, struct str value)
{
	return put_seconds(value, 1, &o->timeout_ms);
}

static bool put_tls(struct options *o, struct str value)
{
	(void)value;
	o->tls = true;
	return true;
}

static bool put_help(struct options *o, struct str value)
{
	(void)value;
	o->help = true;
	return true;
}

static const struct row {
	const char *name;
	const char *value; /* NULL: a flag */
	bool (*put)(struct options *o, struct str value);
	const char *help;
} rows[] = {
	{"port", "N", put_port, "where the server listens"},
	{"address", "IP", put_address, "its address (127.0.0.1)"},
	{"host", "NAME", put_host, "the Host field, and TLS's name (ct5.io)"},
	{"targets", "FILE", put_targets,
		"lines `TOKEN LOCATION`: what is asked, and where it must "
		"lead"},
	{"connections", "N", put_connections, "how many at once"},
	{"seconds", "S", put_measured,
		"how long to measure, after the warm-up"},
	{"requests", "N", put_requests,
		"instead: how many to make, with those of the warm-up"},
	{"mode", "MODE", put_mode,
		"keep-alive (default), close: the server is asked to close, "
		"one-shot: we close after the answer"},
	{"rate", "R", put_rate,
		"open loop: R requests a second, whatever comes back; latency "
		"counts from when each was due"},
	{"tls", NULL, put_tls, "over TLS, a full handshake a connection"},
	{"seed", "N", put_seed, "for the choice of targets (1)"},
	{"agent", "TEXT", put_agent,
		"the User-Agent; given more than once, one at random"},
	{"answered", "FILE", put_answered,
		"writes `TOKEN COUNT`, how often each was answered as it "
		"should, warm-up included"},
	{"warmup", "S", put_warmup,
		"load before, which counts in no figure but `answered`"},
	{"timeout", "S", put_timeout,
		"after which a request counts as unanswered (10)"},
	{"help", NULL, put_help, "this"},
};

enum {
	ROWS = sizeof(rows) / sizeof(rows[0])
};

__attribute__((format(printf, 1, 2))) static bool wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fprintf(stderr, "ctio-load: ");
	(void)vfprintf(stderr, format, args);
	(void)fprintf(stderr, "; see ctio-load --help\n");
	va_end(args);
	return false;
}

static const struct row *find_row(const char *word)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (strncmp(word, "--", 2) == 0 &&
			strcmp(word + 2, rows[i].name) == 0)
			return &rows[i];
	}
	return NULL;
}

static bool take_words(struct options *o, int argc, char **argv)
{
	bool seen[ROWS] = {false};

	for (int i = 1; i < argc && !o->help; i++) {
		const struct row *row = find_row(argv[i]);
		const char *value = NULL;

		if (!row)
			return wrong("there is no option %s", argv[i]);
		if (row->value && ++i == argc)
			return wrong(
				"--%s needs its %s", row->name, row->value);
		if (row->value)
			value = argv[i];
		if (seen[row - rows] && row->put != put_agent)
			return wrong("--%s is given twice", row->name);
		seen[row - rows] = true;
		if (!row->put(o, str_from(value)))
			return wrong("--%s cannot be %s", row->name, value);
	}
	return true;
}

static bool is_complete(const struct options *o)
{
	if (!o->to.port)
		return wrong("--port is missing");
	if (!o->targets)
		return wrong("--targets is missing");
	if (!o->connections)
		return wrong("--connections is missing");
	if (!o->measured_ms && !o->requests)
		return wrong("--seconds or --requests is missing");
	if (o->measured_ms && o->requests)
		return wrong("--seconds and --requests exclude each other");
	return true;
}

bool options_parse(struct options *o, int argc, char **argv)
{
	memset(o, 0, sizeof(*o));
	o->to.ip = (struct ip){4, {127, 0, 0, 1}};
	o->host = "ct5.io";
	o->seed = 1;
	o->timeout_ms = 10000;
	if (!take_words(o, argc, argv))
		return false;
	if (o->help)
		return true;
	if (!is_complete(o))
		return false;
	if (!o->requests)
		o->requests = UINT64_MAX;
	if (!o->agents_n)
		o->agents[o->agents_n++] = default_agent;
	return true;
}

void options_help(void)
{
	(void)printf("usage: ctio-load --port N --targets FILE --connections N "
		     "(--seconds S | --requests N)\n\n"
		     "Asks a server for tokens, checks that every answer is a "
		     "302 to the right place, and\n"
		     "prints what it measured as a JSON object. Exit status: 0 "
		     "if every request that was\n"
		     "sent was answered as it should, 1 if not, 2 for wrong "
		     "usage.\n\n");
	for (size_t i = 0; i < ROWS; i++) {
		char left[HELP_COLUMN + 1];

		(void)snprintf(left, sizeof(left), "--%s %s", rows[i].name,
			rows[i].value ? rows[i].value : "");
		(void)printf("  %-*s %s\n", HELP_COLUMN, left, rows[i].help);
	}
}
