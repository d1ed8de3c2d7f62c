/* What clicks are judged by, for all regions of the process: the rules of
 * verdicts, the operator's own included, uap-core's rules on agents, and the
 * countries of addresses. Any thread, but for opening and closing. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/agent_parser.h"
#include "core/click_record.h"
#include "core/verdict_rules.h"

enum {
	JUDGING_PROBLEM_MAX = 65536 /* bytes of text */
};

/* Paths; NULL: none. */
struct judging_settings {
	const char *rules;         /* the operator's */
	const char *agents;        /* uap-core's regexes.yaml */
	bool agents_may_lack;      /* a missing file is no error */
	const char *countries;     /* a MaxMind DB file */
	uint64_t repeat_window_ms; /* 0: nothing repeats */
};

struct geo;
struct judging;

/* On an error every finding is appended to problem, a line each, without a line
 * feed at its end. */
CHECKED enum err judging_open(const struct judging_settings *settings,
	struct judging **to, struct buf *problem);
/* Nobody judges any more. NULL is fine. */
void judging_close(struct judging *j);

/* What judging_open() would find, and more that takes time: every rule on
 * agents is compiled. */
CHECKED enum err judging_check(
	const struct judging_settings *settings, struct buf *problem);

/* The rules in force: stay until judging_close(). */
const struct verdict_rules *judging_rules(struct judging *j);
/* Reads the operator's file again; on an error the rules stay as they are. */
CHECKED enum err judging_reload(struct judging *j, struct buf *problem);

/* Reads it, for a trial: nothing comes into force. The rules are the caller's,
 * and to be freed before judging_close(). */
CHECKED enum err judging_try(
	struct judging *j, struct verdict_rules **rules, struct buf *problem);

/* The countries in force, to be closed by the caller; NULL: none. */
struct geo *judging_countries(struct judging *j);
/* Opens their file again if it was replaced, which takes a while; true if there
 * are others then. On one thread. */
bool judging_look(struct judging *j);

/* Of a click that is not written: as far as it alone tells, uap-core's rules
 * aside. Never waits. */
enum verdict judging_verdict(struct judging *j, const struct click *c);

/* The families of an agent; empty ones without rules or without memory. For
 * store/tally.h; j is a struct judging *. */
void judging_families(void *j, struct str agent, struct agent_families *to);
