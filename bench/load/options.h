/* The command line of ctio-load. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/str.h"
#include "load/conn.h"
#include "load/request.h"

enum {
	OPTIONS_CONNECTIONS_MAX = 60000,
	OPTIONS_MS_MAX = 24 * 60 * 60 * 1000,
};

/* Texts are borrowed from argv. */
struct options {
	struct ip_endpoint to;
	const char *host;
	const char *targets;
	const char *answered; /* NULL: not asked for */
	uint64_t connections;
	uint64_t measured_ms; /* 0: until all requests were made */
	uint64_t requests;    /* UINT64_MAX: until the time is over */
	uint64_t warmup_ms;
	uint64_t timeout_ms;
	uint64_t rate; /* a second; 0: closed loop */
	uint64_t seed;
	enum conn_mode mode;
	bool tls;
	bool help;
	size_t agents_n;
	struct str agents[REQUEST_AGENTS_MAX];
};

/* False for wrong usage, after a line on stderr. With o->help nothing else is
 * to be done but options_help(). */
bool options_parse(struct options *o, int argc, char **argv);
/* To stdout. */
void options_help(void);
