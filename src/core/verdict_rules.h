/* The rules by which verdicts are given: those that are built in, and the
 * operator's own, from a text like this:
 *
 *     # ours
 *     version 3
 *     human agent contains "Acme Kiosk"
 *     bot   agent starts   acme-health/
 *     bot   referer host   scanner.example
 *     bot   ip in          192.0.2.0/24
 *
 * The version is 1 to 999, stands first, and is to be counted up with every
 * change, since clicks remember it. A rule gives human, preview, prefetch or
 * bot to a tap
 *
 *     agent    contains, starts, ends: in any case; is: exactly
 *     referer  host: that host, or one below it
 *     ip       in: a prefix of at most /24 (IPv4) or /48 (IPv6)
 *
 * and the first that matches decides. Quotes are needed around a text with
 * blanks or with # at its beginning; a text holds no quotes. Immutable once
 * made: any thread may judge by it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "core/verdict.h"

enum {
	VERDICT_FILE_MAX = 256 << 10,  /* bytes of the operator's text */
	VERDICT_FILE_RULES_MAX = 1000, /* rules of it */
	VERDICT_TEXT_MAX = 256,        /* bytes of a rule's text */
	VERDICT_FILE_VERSION_MAX = 999,
	VERDICT_FILE_VERSIONS = 1000 /* per version of the built-in rules */
};

struct verdict_rules_source {
	const char *name; /* of the operator's file; NULL: there is none */
	struct str text;  /* what it holds; copied */
	/* uap-core's device class; NULL: not asked. Must be fit for any
	   thread that judges, and always answer alike. */
	bool (*is_spider)(void *arg, struct str agent);
	void *arg;
};

/* ERR_INVALID for an operator's text that breaks a rule, with every finding
 * appended, one a line, as `NAME:LINE: text`; ERR_NOMEM. */
CHECKED enum err verdict_rules_new(const struct verdict_rules_source *source,
	struct buf *findings, struct verdict_rules **rules);
void verdict_rules_free(struct verdict_rules *rules);
/* What clicks remember: VERDICT_RULES_VERSION * 1000 + the file's version (0
 * without one). */
uint16_t verdict_rules_number(const struct verdict_rules *rules);
