/* Part of the verdict rules: the table of those that are built in. Only
 * core/verdict*.c include it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Where in an agent a word counts, whatever its case; they add up. */
enum verdict_where {
	ANYWHERE = 0,
	FRONT = 1, /* the agent begins with it */
	BACK = 2,  /* the agent ends with it */
	WHOLE = FRONT | BACK,
	LEFT = 4,  /* no letter or digit before it */
	RIGHT = 8, /* no letter behind it */
	ALONE = LEFT | RIGHT,
	DIGIT = 16, /* a digit behind it */
	/* not within the model of an Android device: "M bot 60", "CUBOT" */
	NO_MODEL = 32
};

enum {
	VERDICT_EXCEPT_MAX = 4,
	VERDICT_TABLE_MAX = 64 /* rules, so that a set of them is 64 bits */
};

struct verdict_word {
	const char *text;
	uint8_t where;
	/* Longer words, lower case, within which it does not count. */
	const char *except[VERDICT_EXCEPT_MAX];
};

/* Words that make one rule, with their sources beside them. Where none is
 * given it is a list: uap-core's regexes.yaml and tests (ua-parser/uap-core),
 * monperrus/crawler-user-agents, omrilotan/isbot's fixtures. */
struct verdict_words {
	const struct verdict_word *p;
	size_t n;
};

#define VERDICT_WORDS(rows)                                                    \
	{                                                                      \
		(rows), sizeof(rows) / sizeof((rows)[0])                       \
	}

/* A rule matches an agent that holds one of its words (NULL: any) and that fits
 * (NULL: any). */
struct verdict_rule {
	uint8_t verdict;
	uint8_t reason;
	const struct verdict_words *words;
	bool (*fits)(struct str agent);
};

/* The first that matches decides; with REASON_NONE it says only that none of
 * those below it does. */
extern const struct verdict_rule verdict_table[];
extern const size_t verdict_table_n;

/* Hosts whose pages are mail and link scanners', with all hosts below them. */
extern const char *const verdict_scanner_hosts[];
extern const size_t verdict_scanner_hosts_n;

/* verdict_previews.c */
extern const struct verdict_words verdict_whatsapp_words;
extern const struct verdict_words verdict_messaging_words;
extern const struct verdict_words verdict_meta_preview_words;
extern const struct verdict_words verdict_meta_bot_words;
extern const struct verdict_words verdict_link_words;
/* verdict_crawlers.c */
extern const struct verdict_words verdict_search_words;
extern const struct verdict_words verdict_ai_words;
extern const struct verdict_words verdict_seo_words;
extern const struct verdict_words verdict_ad_words;
extern const struct verdict_words verdict_archive_words;
extern const struct verdict_words verdict_feed_words;
/* verdict_tools.c */
extern const struct verdict_words verdict_monitor_words;
extern const struct verdict_words verdict_scanner_words;
extern const struct verdict_words verdict_service_words;
extern const struct verdict_words verdict_library_words;
extern const struct verdict_words verdict_headless_words;
/* verdict_people.c */
extern const struct verdict_words verdict_meta_app_words;
extern const struct verdict_words verdict_device_words;
extern const struct verdict_words verdict_desktop_words;
