/* Rules' regular expressions, matched by PCRE2's JIT in bounded time and
 * memory.
 *
 * A pattern is compiled by whoever first needs it and shared by all threads; a
 * runner is one thread's. The work of matching is counted in steps, each of
 * some 10 ns at most, by callouts in the pattern itself (core/regex_meter.h): a
 * runner is given so many for a question, which may take many patterns, and
 * when they are used up nothing matches any more. So the same text has the same
 * answer on every machine, however slow. PCRE2's own limits cannot do that,
 * since they count anew for each place where a match may begin; they are set
 * all the same, for patterns that cannot be metered. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum {
	AGENT_GROUPS = 10,          /* $0 to $9 */
	AGENT_PATTERN_PROBLEM = 160 /* bytes of a problem's text */
};

struct agent_pattern {
	struct str regex; /* borrowed, for as long as the pattern lives */
	bool caseless;
	uint32_t branches;    /* alternatives, once it is compiled */
	_Atomic(void *) code; /* NULL: not compiled yet */
};

/* On the caller's storage. */
void agent_pattern_init(
	struct agent_pattern *p, struct str regex, bool caseless);
void agent_pattern_deinit(struct agent_pattern *p);
/* Compiles it unless that was done; lock is held by whoever compiles one of the
 * patterns that share it. ERR_NOMEM: try again. ERR_INVALID, with a problem if
 * there is room for one: PCRE2 refuses it, and it never matches. */
CHECKED enum err agent_pattern_compile(struct agent_pattern *p,
	pthread_mutex_t *lock, char problem[AGENT_PATTERN_PROBLEM]);

struct agent_runner;

/* NULL: no memory. */
struct agent_runner *agent_runner_new(void);
void agent_runner_free(struct agent_runner *r);
/* A new question begins: matching may take this many steps from now on. */
void agent_runner_begin(struct agent_runner *r, uint32_t steps);
/* Steps that the question took, at most what it was given. */
uint32_t agent_runner_steps(const struct agent_runner *r);

/* True if the pattern, which is compiled, matches somewhere in the text. A
 * match that would take too long is none. Takes no memory once it has run. */
bool agent_pattern_match(
	const struct agent_pattern *p, struct agent_runner *r, struct str text);
/* What the last match's nth group holds, a part of its text; empty when it took
 * no part. n < AGENT_GROUPS. */
struct str agent_runner_group(const struct agent_runner *r, unsigned n);
