/* A click as the log keeps it: what was tapped, when, by whom, and what became
 * of it. Never the recipient, the parameters or the expanded destination:
 * exports join those. Encoded as a sealed record of core/record.h, bound to
 * its sequence number; typically 60-90 bytes, never over CLICK_RECORD_MAX.
 *
 * Among the clicks the log has entries that are none: each announces that an
 * earlier click was judged anew or erased since. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/str.h"

enum {
	CLICK_AGENT_MAX = 512,
	CLICK_REFERER_MAX = 384,
	CLICK_LANGUAGE_MAX = 128,
	CLICK_QUERY_MAX = 768,
	CLICK_FAMILY_MAX = 64,
	CLICK_RECORD_MAX = 2022,
	CLICK_FORMAT = 2, /* the newest record version; older ones are read */
};

/* The numbers below are stored: none changes its meaning. */
enum click_outcome {
	CLICK_REDIRECTED = 0,
	CLICK_FALLBACK = 1,
	CLICK_GONE = 2,
	CLICK_OUTCOMES
};

/* Whose URL the answer led to. */
enum click_target {
	CLICK_TARGET_NONE = 0,
	CLICK_TARGET_OWN = 1,      /* the link's or the token's destination */
	CLICK_TARGET_CAMPAIGN = 2, /* the campaign's override */
	CLICK_TARGET_LINK_FALLBACK = 3,
	CLICK_TARGET_ACCOUNT_FALLBACK = 4,
	CLICK_TARGET_REGION_FALLBACK = 5,
	CLICK_TARGETS
};

/* token, account, link and campaign are numbers of (shard 16, sequence 48). A
 * decoded click's strings are views of the record. */
struct click {
	uint64_t at_ms; /* UTC; below 2^48 */
	uint64_t token;
	uint64_t account;
	uint64_t link;     /* 0: none */
	uint64_t campaign; /* 0: none */
	uint32_t nonce;    /* of the token */
	uint32_t link_revision;
	uint32_t target_revision; /* of what the target was taken from */
	uint32_t agent_id;        /* within its segment; 0: inline or none */
	uint16_t rules;           /* version of the rules behind the verdict */
	uint8_t outcome;          /* enum click_outcome */
	uint8_t target;           /* enum click_target */
	uint8_t verdict;          /* enum verdict of core/verdict.h */
	uint8_t reason;           /* enum reason */
	uint8_t signals;          /* bits of enum verdict_signal */
	char country[2];          /* ISO 3166-1 alpha-2; zeros: unknown */
	uint16_t revision;        /* how often it was changed since */
	bool counted;             /* redirected, human and not a test */
	bool unique;              /* the first counted one of its token */
	bool test;
	bool head; /* HEAD, not GET */
	bool misfilled;
	bool forwarded_query;
	bool erased; /* address, agent, referer, language and query are gone */
	/* Not 0: no click, but the announcement that this one was changed.
	 * at_ms, account and revision are set, all else is zero. */
	uint64_t revises;
	struct ip ip;
	struct str agent; /* with an agent_id it is not part of the record */
	struct str referer;
	struct str language;
	struct str query;
	/* Of an erased click, whose agent can no longer tell. */
	struct str os, device, browser;
};

/* Takes from it what tells of a person: address, agent, referer, language and
 * query. */
void click_forget(struct click *c);
/* ERR_TOO_LONG for a string over its limit, ERR_INVALID for a field that
 * cannot be stored: what click_encode() asks of its caller. */
CHECKED enum err click_check(const struct click *c);
/* Appends the record; c has passed click_check(). Errors are the buffer's. */
void click_encode(const struct click *c, uint64_t sequence, struct buf *to);
/* ERR_CORRUPT for a wrong checksum or shape or another sequence's record,
 * ERR_VERSION for one that a newer version wrote; c is set on OK only. Of a
 * record of the first version the signals are what the reason tells. */
CHECKED enum err click_decode(
	struct str record, uint64_t sequence, struct click *c);
