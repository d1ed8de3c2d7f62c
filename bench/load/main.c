/* ctio-load: the load generator of bench/run. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "load/load.h"
#include "load/options.h"

enum {
	DONE,
	FAILED,
	USAGE,
	SPARE_DESCRIPTORS = 64
};

static int failed(const char *what, enum err err)
{
	(void)fprintf(stderr, "ctio-load: %s: %s\n", what,
		err == ERR_SYSTEM ? strerror(errno) : err_text(err));
	return FAILED;
}

static bool raise_descriptors(uint64_t connections)
{
	struct rlimit limit;
	rlim_t wanted = connections + SPARE_DESCRIPTORS;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return false;
	if (limit.rlim_cur >= wanted)
		return true;
	limit.rlim_cur = wanted;
	if (limit.rlim_max < wanted)
		limit.rlim_max = wanted;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static enum err run(const struct options *o, struct targets *targets,
	const struct request_maker *maker, struct report *report)
{
	struct dialer dialer;
	struct tls *tls = NULL;
	enum err err;

	/* TLS writes the end of its handshake and the request apart. */
	dialer_init(&dialer, &o->to, o->mode != CONN_KEEP_ALIVE,
		o->mode == CONN_KEEP_ALIVE || o->tls);
	if (o->tls) {
		err = tls_new(o->host, &tls);
		if (err)
			return err;
	}
	err = load_run(
		&(struct load_options){
			.targets = targets,
			.maker = maker,
			.dialer = &dialer,
			.tls = tls,
			.mode = o->mode,
			.connections = (uint32_t)o->connections,
			.rate = o->rate,
			.requests = o->requests,
			.warmup_ms = o->warmup_ms,
			.measured_ms = o->measured_ms,
			.timeout_ms = o->timeout_ms,
			.seed = o->seed,
		},
		report);
	tls_free(tls);
	return err;
}

static int finish(const struct options *o, const struct targets *targets,
	const struct report *report)
{
	enum err err = report_print(report, stdout);

	if (err)
		return failed("stdout", err);
	if (o->answered) {
		err = targets_write_answers(targets, o->answered);
		if (err)
			return failed(o->answered, err);
	}
	return report_is_good(report) ? DONE : FAILED;
}

static int load(const struct options *o, struct targets *targets)
{
	struct request_maker maker;
	struct report *report;
	enum err err;
	int status;

	err = request_maker_init(&maker, str_from(o->host), o->agents,
		o->agents_n, o->mode == CONN_CLOSE);
	if (err)
		return failed("the requests", err);
	report = malloc(sizeof(*report));
	err = report ? run(o, targets, &maker, report) : ERR_NOMEM;
	status = err ? failed("the run", err) : finish(o, targets, report);
	free(report);
	request_maker_deinit(&maker);
	return status;
}

static int open_and_load(const struct options *o)
{
	struct targets targets;
	struct targets_error error;
	enum err err = targets_open(&targets, o->targets, &error);
	int status;

	if (err == ERR_INVALID && error.line) {
		(void)fprintf(stderr, "ctio-load: %s:%zu: %s\n", o->targets,
			error.line, error.text);
		return FAILED;
	}
	if (err == ERR_INVALID) {
		(void)fprintf(
			stderr, "ctio-load: %s: %s\n", o->targets, error.text);
		return FAILED;
	}
	if (err)
		return failed(o->targets, err);
	status = load(o, &targets);
	targets_deinit(&targets);
	return status;
}

int main(int argc, char **argv)
{
	static struct options options;

	if (!options_parse(&options, argc, argv))
		return USAGE;
	if (options.help) {
		options_help();
		return DONE;
	}
	/* OpenSSL writes to sockets without a flag against it. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
		!raise_descriptors(options.connections))
		return failed("the limit of descriptors", ERR_SYSTEM);
	return open_and_load(&options);
}
