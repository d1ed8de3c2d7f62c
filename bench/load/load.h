/* A run: keeps the connections busy as the schedule says, judges every answer,
 * and measures. One thread, its own event base. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "load/conn.h"
#include "load/dial.h"
#include "load/report.h"
#include "load/request.h"
#include "load/targets.h"
#include "load/transport.h"

struct load_options {
	struct targets *targets; /* counts the answers */
	const struct request_maker *maker;
	struct dialer *dialer;
	struct tls *tls; /* NULL: plain */
	enum conn_mode mode;
	uint32_t connections;
	uint64_t rate;     /* a second; 0: closed loop */
	uint64_t requests; /* the most there will be */
	uint64_t warmup_ms;
	uint64_t measured_ms; /* 0: until all requests were made */
	uint64_t timeout_ms;
	uint64_t seed;
};

/* Returns when every request has its fate. The first few answers that were not
 * as they should are described on stderr. ERR_NOMEM, or ERR_SYSTEM with
 * errno. */
CHECKED enum err load_run(
	const struct load_options *options, struct report *report);
