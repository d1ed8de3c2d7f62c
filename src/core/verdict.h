/* Who tapped: a person or a machine, judged by what the request says of itself,
 * with the reason. The numbers are stored with clicks: none changes its
 * meaning. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum {
	VERDICT_RULES_VERSION = 1, /* of the rules in verdict.c */
	VERDICT_VALUE_MAX = 256    /* bytes of a header value looked at */
};

enum verdict {
	VERDICT_HUMAN = 0,
	VERDICT_PREVIEW = 1,
	VERDICT_PREFETCH = 2,
	VERDICT_BOT = 3,
	VERDICT_PROBE = 4,
	VERDICT_REPEAT = 5,
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
	REASONS
};

/* Header values, empty when absent. */
struct verdict_input {
	bool is_head;
	struct str user_agent;
	struct str sec_purpose;
	struct str purpose;
	struct str x_purpose;
	struct str x_moz;
};

enum verdict verdict_of(const struct verdict_input *input, enum reason *reason);

/* "human", "head-method" and so on; "unknown" for numbers of a newer version.
 */
const char *verdict_name(unsigned verdict);
const char *reason_name(unsigned reason);
/* ERR_INVALID for no verdict's name. */
CHECKED enum err verdict_parse(struct str name, enum verdict *verdict);
