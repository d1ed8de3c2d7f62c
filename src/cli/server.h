/* Everything that `ctio serve` runs, built and wired: regions, loops, the
 * public listener on each click loop, the API on a loop of its own. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/ip.h"
#include "cli/settings.h"

struct server;

enum {
	SERVER_PROBLEM_MAX = 6144
};

struct server_problem {
	char text[SERVER_PROBLEM_MAX]; /* a line for the operator */
};

/* Opens the store and the listeners; nothing is served yet. The settings
 * outlive it. On failure nothing is left open. */
CHECKED enum err server_new(const struct settings *settings, struct server **to,
	struct server_problem *problem);
/* The addresses really bound. */
struct ip_endpoint server_click_endpoint(const struct server *s);
struct ip_endpoint server_api_endpoint(const struct server *s);
/* Starts the loops' threads. Signals that are blocked in the caller stay so in
 * them. */
CHECKED enum err server_start(struct server *s, struct server_problem *problem);
/* Stops accepting, lets answers in flight finish within a grace time, commits
 * what is queued, closes, frees. NULL is fine. */
void server_stop(struct server *s);
