/* A region that this process serves: its settings, its keys, its store and the
 * threads that write it. Immutable once open, so any thread may read it. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/gate.h"
#include "base/ip.h"
#include "base/str.h"
#include "core/agent_family.h"
#include "core/token_keys.h"
#include "core/url.h"
#include "service/judging.h"
#include "store/click_writer.h"
#include "store/links.h"
#include "store/links_writer.h"
#include "store/restores.h"
#include "store/segments.h"
#include "store/tally.h"

enum {
	REGIONS_MAX = 32,
	REGION_SHARD = 0, /* of the one node that mints for a region */
	REGION_PROBLEM_MAX = 5120,
};

/* The strings outlive the regions. */
struct region_settings {
	struct str name;
	char tag;
	struct str url; /* of templates, ending in {{1}} */
	const struct str *domains;
	size_t domains_n;
	bool serve;
	enum ip_policy ip;
	struct str homepage; /* empty: none */
	struct str fallback; /* empty: none */
	const struct str *schemes;
	size_t schemes_n;
	/* Clicks are kept no longer, and no shorter; tokens are forgotten so
	 * long after they expired. 0: for ever, no matter, never. */
	uint64_t retention_max_ms, retention_min_ms, forget_after_ms;
};

/* A brand's own domain: the only account whose tokens resolve there. */
struct domain_settings {
	struct str host;
	struct str region;
	struct str account; /* empty: any of the region */
	/* What files hold, read once; p NULL: none. */
	struct str page_not_found;
	struct str page_gone;
	struct str assetlinks;
	struct str app_site_association;
	const char *acme_challenge; /* a folder's path; NULL: none */
};

struct region {
	struct region_settings settings;
	size_t index; /* in struct regions */
	/* Below: only where settings.serve. */
	struct token_keys keys;
	struct links links;
	struct restores restores; /* that it has been through */
	struct links_writer *links_writer;
	struct segments *segments;
	struct tally *tally;
	struct click_judge *judge; /* NULL: as the clicks come */
	struct click_writer *click_writer;
	/* Held by whoever works on the whole of the region's data: the keeper,
	 * or who judges clicks again. */
	pthread_mutex_t upkeep;
	/* Where taps are from before their token is resolved until their click
	 * is queued; the regions' own. */
	struct gate *taps;
	/* What an agent says of itself; NULL: nothing is known. Any thread. */
	void (*families)(
		void *arg, struct str agent, struct agent_families *to);
	void *families_arg;
};

struct regions_settings {
	const struct region_settings *regions;
	size_t regions_n;
	const struct domain_settings *domains;
	size_t domains_n;
	const char *data_dir;
	const struct clock *clock;
	/* NULL: clicks are taken with the verdict that they bring. */
	const struct judging_settings *judging;
	/* Taps are answered before their clicks are on disk. */
	bool replies_do_not_wait;
	/* Passed to each click writer: see store/click_writer.h. */
	void (*clicks_done)(
		void *arg, struct click_entry *const *entries, size_t n);
	void *arg;
	/* Of each region: see there. Without judging, which has its own. */
	void (*families)(
		void *arg, struct str agent, struct agent_families *to);
	void *families_arg;
};

struct regions {
	size_t n;
	struct region items[REGIONS_MAX];
	struct region *by_tag[128];
	const struct domain_settings *domains;
	size_t domains_n;
	const struct clock *clock;
	/* Every domain of every region: never a destination. */
	struct str *own_domains;
	size_t own_domains_n;
	struct judging *judging; /* NULL: none */
	uint64_t repeat_window_ms;
	int lock_fd; /* in the data folder */
	struct gate taps;
};

/* While a restore runs, and after it was cut off: nothing is served then. */
#define REGIONS_RESTORE_PART "restore.part"

/* What went wrong, in a line that names the folder or file. */
struct region_problem {
	char text[REGION_PROBLEM_MAX];
};

/* Takes DATA/ctio.lock, then opens, or makes, every served region and starts
 * its threads. On failure nothing is left open. */
CHECKED enum err regions_open(const struct regions_settings *settings,
	struct regions **to, struct region_problem *problem);
/* Has whoever waits for a click writer told; pushes are refused from here on.
 */
void regions_stop_clicks(struct regions *r);
/* That lock alone, for those who look at a store that nobody serves: a file to
 * be closed. ERR_BUSY: a server has it. */
CHECKED enum err regions_lock(
	const char *data_dir, int *fd, struct region_problem *problem);
/* Commits what is queued, ends the threads, closes. No reader may be left.
 * NULL is fine. */
void regions_close(struct regions *r);

/* What an agent says of itself: as the tally has it, so that all that is told
 * agrees, or else as the rules say now. */
void region_families(
	struct region *g, struct str agent, struct agent_families *to);

/* The clicks that are kept. */
uint64_t region_clicks(const struct region *g);

/* About what the regions' data take on disk, and grow by: links, and clicks
 * written since the start. */
uint64_t regions_stored_bytes(const struct regions *r);
/* Free space of the file system that the data folder is on. */
uint64_t regions_free_bytes(const struct regions *r);

/* NULL if there is none. */
struct region *region_by_name(struct regions *r, struct str name);
struct region *region_by_tag(struct regions *r, char tag);
/* Whose domain a Host is, case ignored; NULL: nobody's. */
struct region *region_by_host(struct regions *r, struct str host);
/* The [domain] section of a Host, or NULL. */
const struct domain_settings *domain_by_host(
	struct regions *r, struct str host);
