/* The families of system, device and browser that a user agent names, by
 * uap-core's rules (core/agent_rules.h), and whether it is a machine by them.
 *
 * A parser is immutable once loaded, and shared by all threads; what is
 * compiled lazily is compiled under its lock by whoever needs it first. A
 * matcher is one thread's and refers to a parser, which outlives it.
 *
 * In bounded time, whatever the agent: it is cut at AGENT_TEXT_MAX bytes; rules
 * none of whose literals occur in it are passed over; and each question may
 * take so many steps of matching (core/agent_pattern.h), after which no further
 * rule matches. Only a rule's first use takes longer, since it is compiled
 * then.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "core/agent_family.h"
#include "core/agent_rules.h"

enum {
	AGENT_TEXT_MAX = 512, /* bytes of an agent that are looked at */
	/* Of matching, for each of browser, system, device, and spider. A
	 * person's agent mostly takes less than a tenth. */
	AGENT_STEPS_MAX = 25000
};

struct agent_parser;
struct agent_matcher;

/* Reads regexes.yaml; in milliseconds, since nothing is compiled yet.
 * ERR_INVALID or ERR_TOO_LONG, or what opening the file said, with a problem
 * that names the file; ERR_NOMEM. */
CHECKED enum err agent_parser_load(const char *path, struct agent_parser **p,
	struct agent_problem *problem);
/* The same from memory, which need not outlive the call; file is its name for
 * problems. */
CHECKED enum err agent_parser_load_text(const char *file, struct str yaml,
	struct agent_parser **p, struct agent_problem *problem);
/* Compiles every rule now, some 50 ms, and names the first that PCRE2 refuses
 * (ERR_INVALID); such a rule never matches. May run beside matchers. */
CHECKED enum err agent_parser_compile(
	struct agent_parser *p, struct agent_problem *problem);
/* XXH3-64 of the rules' file. */
uint64_t agent_parser_fingerprint(const struct agent_parser *p);
void agent_parser_free(struct agent_parser *p);

/* memo_entries: of how many agents it remembers the answers, about 256 bytes
 * each; 0: of none. NULL: no memory. */
struct agent_matcher *agent_matcher_new(
	struct agent_parser *p, size_t memo_entries);
void agent_matcher_free(struct agent_matcher *m);

/* All that is told of the agent. */
void agent_parser_families(struct agent_matcher *m, struct str agent,
	struct agent_families *families);
/* families.is_spider alone, sooner. */
bool agent_parser_is_spider(struct agent_matcher *m, struct str agent);

/* What the last question cost; nothing if the memo knew the answer. */
struct agent_work {
	uint32_t rules;     /* patterns that were run */
	uint32_t steps;     /* of matching, of all lists together */
	uint32_t steps_max; /* of the list that took most */
};
struct agent_work agent_matcher_work(const struct agent_matcher *m);
