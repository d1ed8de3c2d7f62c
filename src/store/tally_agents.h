/* Which families the tally has for the clicks' agents: looked up once for each
 * agent and kept in TALLY_AGENTS, so that statistics and exports agree
 * whatever rules are loaded later. In memory the systems' names have numbers,
 * and clicks find theirs by agent_id. Used while writing of the tally is
 * locked. For the files of store/tally*.c alone. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "core/agent_family.h"
#include "core/click_record.h"
#include "store/click_reader.h"
#include "store/db.h"
#include "store/tally.h"

enum {
	TALLY_NAMES_MAX = 4096,  /* systems known at once */
	TALLY_LOOKUPS_MAX = 2000 /* agents asked about in one batch */
};

struct tally_agents;

/* The options' families may be NULL: then nothing is known of agents. */
CHECKED enum err tally_agents_new(const struct tally_options *options,
	struct tally_metrics *metrics, struct tally_agents **a);
void tally_agents_free(struct tally_agents *a);

/* Before a batch: numbers of systems hold until the next one. */
void tally_agents_begin(struct tally_agents *a);
/* The batch must end: no more names, or enough of the agents were new. */
bool tally_agents_is_full(const struct tally_agents *a);
/* The number of the system of a click that the reader has just read, without
 * agents; 0: unknown. May write into the table; errors stick in txn. Not when
 * it is full. */
uint16_t tally_agents_os(struct tally_agents *a, struct db_txn *txn,
	struct click_reader *reader, const struct click *click);
struct str tally_agents_name(const struct tally_agents *a, uint16_t os);
/* What was put since tally_agents_begin() was not committed. */
void tally_agents_abort(struct tally_agents *a);
