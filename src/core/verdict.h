/* Who tapped: a person or a machine, judged by what the request says of itself,
 * with the reason. A tap is judged in stages, since agents repeat: its loop
 * notes the method and verdict_signals(); verdict_agent() says what the agent
 * alone tells, once for each; verdict_click() puts it together, from what a
 * click's record keeps, so that it can be judged again. Pure functions, for
 * any thread. The numbers are stored with clicks: none changes its meaning. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/str.h"

enum {
	VERDICT_RULES_VERSION = 2, /* of the rules that are built in */
	VERDICT_VALUE_MAX = 256,   /* bytes of a header value looked at */
	VERDICT_AGENT_MAX = 512    /* bytes of an agent looked at */
};

enum verdict {
	VERDICT_HUMAN = 0,
	VERDICT_PREVIEW = 1,
	VERDICT_PREFETCH = 2,
	VERDICT_BOT = 3,
	VERDICT_PROBE = 4,
	VERDICT_REPEAT = 5, /* never by the functions here */
	VERDICTS
};

enum reason {
	REASON_NONE = 0, /* no rule matched */
	REASON_HEAD_METHOD = 1,
	REASON_SEC_PURPOSE = 2,
	REASON_PURPOSE = 3,
	REASON_X_PURPOSE = 4,
	REASON_X_MOZ = 5,
	REASON_WHATSAPP_AGENT = 6,
	REASON_REPEAT = 7,
	REASON_OPERATOR_RULE = 8,
	REASON_WHATSAPP_APP = 9, /* a person, in WhatsApp's own browser */
	REASON_META_APP = 10,    /* a person, in another app of Meta's */
	REASON_META_AGENT = 11,
	REASON_MESSAGING_PREVIEW = 12, /* a messenger's */
	REASON_LINK_PREVIEW = 13,      /* a network's, a forum's, a tool's */
	REASON_SEARCH_AGENT = 14,
	REASON_AI_AGENT = 15,
	REASON_SEO_AGENT = 16,
	REASON_AD_AGENT = 17,
	REASON_MONITOR_AGENT = 18,
	REASON_SCANNER_AGENT = 19, /* of mail, of links, of servers */
	REASON_SCANNER_REFERER = 20,
	REASON_FEED_AGENT = 21,
	REASON_ARCHIVE_AGENT = 22,
	REASON_SERVICE_AGENT = 23, /* another firm's server */
	REASON_HTTP_LIBRARY = 24,
	REASON_HEADLESS = 25,
	REASON_EMPTY_AGENT = 26,
	REASON_GENERIC_WORD = 27, /* bot, crawler, monitor ... */
	REASON_AGENT_URL = 28,    /* it says where to read about it */
	REASON_NO_BROWSER = 29,   /* it names neither browser nor device */
	REASON_UAP_SPIDER = 30,   /* uap-core's device class "Spider" */
	REASONS
};

/* Which headers announce a speculative load; the bits are stored. */
enum verdict_signal {
	VERDICT_SIGNAL_SEC_PURPOSE = 1,
	VERDICT_SIGNAL_PURPOSE = 2,
	VERDICT_SIGNAL_X_PURPOSE = 4,
	VERDICT_SIGNAL_X_MOZ = 8,
	VERDICT_SIGNALS = 15 /* all of them */
};

/* The signals of a request's header values, empty when absent. */
uint8_t verdict_signals(struct str sec_purpose, struct str purpose,
	struct str x_purpose, struct str x_moz);

/* Rules, see core/verdict_rules.h. */
struct verdict_rules;

/* What the agent alone tells. May be remembered by agent for as long as the
 * rules live; the row has a meaning to verdict_click() alone. */
struct judgement {
	uint8_t verdict;
	uint8_t reason;
	uint16_t row; /* of the operator's first rule on the agent + 1, or 0 */
};

struct judgement verdict_agent(
	const struct verdict_rules *rules, struct str agent);

/* The address as it is kept, or whole: both are judged alike. */
struct verdict_input {
	bool is_head;
	uint8_t signals;
	struct judgement agent; /* by the same rules */
	struct str referer;
	struct ip ip;
};

/* The first that matches decides: the method; the operator's rules in their
 * order; the signals; built-in rules on the agent; those on the referer;
 * uap-core's Spider class. */
struct judgement verdict_click(
	const struct verdict_rules *rules, const struct verdict_input *input);

/* "human", "head-method" and so on; "unknown" for numbers of a newer version.
 */
const char *verdict_name(unsigned verdict);
const char *reason_name(unsigned reason);
/* ERR_INVALID for no verdict's name. */
CHECKED enum err verdict_parse(struct str name, enum verdict *verdict);
